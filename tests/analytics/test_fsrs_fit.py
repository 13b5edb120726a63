"""Fitting FSRS-6 to reviews: derivatives, recovery of simulated learners, shrinkage, independence of learners."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from akademos.analytics import fsrs
from akademos.analytics.clock import DAY_US
from akademos.analytics.fsrs_fit import LOWER, UPPER, Fitted, fit
from akademos.analytics.fsrs_gradient import recall_slopes
from akademos.analytics.parameters import FSRS_6_DEFAULT, FitParameters
from akademos.analytics.rounds import Index

DEFAULT = np.asarray(FSRS_6_DEFAULT)
PARAMS = FitParameters()
QUICK = np.array([
    0.4, 0.9, 3.5, 14.0, 6.2, 0.9, 2.6, 0.02, 1.5, 0.2, 1.0, 1.2, 0.08, 0.35, 1.3, 0.5, 2.1, 0.6, 0.2, 0.1, 0.35,
])  # fmt: skip


def drawn(weights: np.ndarray, cards: int, seed: int, reviews: int = 8) -> tuple[Index, Index, Index, Index]:
    """at_us, grades, starts, counts of cards that remember as the weights say; some repeats on the same day."""
    rng = np.random.default_rng(seed)
    at_us, grades = np.empty((cards, reviews), dtype=np.int64), np.empty((cards, reviews), dtype=np.int64)
    w = weights[:, None]
    now = rng.integers(0, 30 * DAY_US, cards)
    last = now
    s = d = np.empty(0)
    for k in range(reviews):
        right = rng.choice([2, 3, 3, 3, 4], cards)
        if k == 0:
            grade = rng.choice([1, 2, 3, 4], cards)
            s, d = fsrs.first_state(grade, w)
        else:
            gap = np.where(rng.random(cards) < 0.2, 0.2, np.exp(rng.normal(np.log(np.maximum(s, 1)), 0.8)))
            now = last + (gap * DAY_US).astype(np.int64)
            days = ((now - last) // DAY_US).astype(np.float64)
            r = fsrs.retrievability(days, s, weights[20])
            grade = np.where(rng.random(cards) < r, right, fsrs.AGAIN)
            s, d = fsrs.next_state(s, d, r, days, grade, w)
        at_us[:, k], grades[:, k], last = now, grade, now
    starts = np.arange(cards) * reviews
    return at_us.reshape(-1), grades.reshape(-1), starts, np.full(cards, reviews)


def fitted(*logs: Any, prior: np.ndarray = DEFAULT) -> Fitted:
    """Logs of several learners fitted side by side."""
    rows = np.cumsum([0, *(len(log[0]) for log in logs)])
    return fit(
        np.concatenate([log[0] for log in logs]),
        np.concatenate([log[1] for log in logs]),
        np.concatenate([log[2] + begin for log, begin in zip(logs, rows[:-1], strict=True)]),
        np.concatenate([log[3] for log in logs]),
        np.concatenate([np.full(len(log[2]), n) for n, log in enumerate(logs)]),
        np.tile(prior, (len(logs), 1)),
        PARAMS,
    )


@pytest.mark.parametrize("weights", [DEFAULT, QUICK])
def test_the_derivatives_are_those_of_the_recursion(weights: np.ndarray) -> None:
    at_us, grades, starts, counts = drawn(weights, 300, 3)
    found = recall_slopes(at_us, grades, starts, counts, weights[:, None], np.zeros(len(starts), dtype=np.int64))
    plain = fsrs.review_all(at_us, grades, starts, counts, weights).retrievability
    np.testing.assert_allclose(found.recall, plain[found.row], rtol=1e-12)
    for j in range(21):
        step = 1e-6 * max(1.0, abs(weights[j]))
        ends = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[j] += sign * step
            ends.append(fsrs.review_all(at_us, grades, starts, counts, moved).retrievability[found.row])
        np.testing.assert_allclose(found.slope[:, j], (ends[0] - ends[1]) / (2 * step), atol=2e-5)


def test_weights_of_each_card_give_what_each_alone_gives() -> None:
    one, other = drawn(DEFAULT, 20, 1), drawn(QUICK, 20, 2)
    together = fsrs.review_all(
        np.concatenate((one[0], other[0])),
        np.concatenate((one[1], other[1])),
        np.concatenate((one[2], other[2] + len(one[0]))),
        np.concatenate((one[3], other[3])),
        np.column_stack((np.tile(DEFAULT[:, None], 20), np.tile(QUICK[:, None], 20))),
    )
    for log, weights, rows in ((one, DEFAULT, slice(0, 160)), (other, QUICK, slice(160, 320))):
        alone = fsrs.review_all(*log, weights)
        np.testing.assert_array_equal(together.stability[rows], alone.stability)
        np.testing.assert_array_equal(together.retrievability[rows], alone.retrievability)


def test_a_fit_recovers_how_simulated_learners_forget() -> None:
    log = drawn(QUICK, 2500, 7)
    found = fitted(log)
    truth = fsrs.review_all(*log, QUICK).retrievability
    mine = fsrs.review_all(*log, found.weights[0]).retrievability
    usual = fsrs.review_all(*log, DEFAULT).retrievability
    scored = truth > 0
    error = np.sqrt(np.mean((mine - truth)[scored] ** 2))
    assert error < 0.015
    assert error < np.sqrt(np.mean((usual - truth)[scored] ** 2)) / 2
    assert found.log_loss[0] < found.log_loss_prior[0]
    assert np.all((found.weights >= LOWER) & (found.weights <= UPPER))


def test_without_reviews_the_weights_are_the_prior_and_few_hardly_move_them() -> None:
    once = drawn(QUICK, 30, 5, reviews=1)
    assert fitted(once, prior=QUICK).weights[0].tolist() == QUICK.tolist()
    assert fitted(once).reviews[0] == 0
    distance = []
    for cards in (4, 40, 400):
        found = fitted(drawn(QUICK, cards, 11))
        distance.append(float(np.abs(found.weights[0] - DEFAULT)[[8, 20]].sum()))
    assert distance[0] < distance[1] < distance[2]


def test_a_fit_beats_its_prior_on_reviews_it_has_not_seen() -> None:
    found = fitted(drawn(QUICK, 400, 21))
    later = drawn(QUICK, 2000, 22)
    outcome = later[1] > fsrs.AGAIN
    losses = []
    for weights in (found.weights[0], DEFAULT):
        p = np.clip(fsrs.review_all(*later, weights).retrievability, 1e-6, 1 - 1e-6)
        known = fsrs.review_all(*later, DEFAULT).retrievability > 0
        losses.append(-np.mean(np.where(outcome, np.log(p), np.log1p(-p))[known]))
    assert losses[0] < losses[1]


def test_other_learners_and_their_order_change_nothing_and_a_second_fit_gives_the_same() -> None:
    logs = [drawn(weights, cards, seed) for weights, cards, seed in ((QUICK, 90, 1), (DEFAULT, 60, 2), (QUICK, 30, 3))]
    together, reversed_ = fitted(*logs), fitted(*logs[::-1])
    assert fitted(*logs).weights.tolist() == together.weights.tolist()
    for n, log in enumerate(logs):
        alone = fitted(log).weights[0].tolist()
        assert together.weights[n].tolist() == alone
        assert reversed_.weights[len(logs) - 1 - n].tolist() == alone
