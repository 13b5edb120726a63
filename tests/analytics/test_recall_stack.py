"""The stacked model of recall: causal features, and FSRS itself where nothing speaks against it."""

from __future__ import annotations

import numpy as np
import pytest

from akademos.analytics.recall_stack import (
    fit_stack,
    moving_average,
    recall_probability,
    running_difficulty,
    stack_features,
)


def test_the_moving_average_is_its_formula() -> None:
    outcomes = np.array([True, True, False, True])
    x, expected = 1.2, []
    for outcome in outcomes:
        expected.append(x)
        x += 0.3 * (outcome - 1 / (1 + np.exp(-x)))
    found = moving_average(np.zeros(4, dtype=np.int64), np.arange(4), outcomes, 0.3)
    assert found == pytest.approx(expected)


def test_learners_do_not_touch_each_others_average_and_rows_may_come_in_any_order() -> None:
    rng = np.random.default_rng(1)
    learner, at_us, outcome = rng.integers(0, 3, 60), rng.permutation(60), rng.random(60) < 0.7
    found = moving_average(learner, at_us, outcome, 0.05)
    for one in range(3):
        rows = learner == one
        alone = moving_average(np.zeros(rows.sum(), dtype=np.int64), at_us[rows], outcome[rows], 0.05)
        np.testing.assert_array_equal(found[rows], alone)


def test_the_future_changes_no_feature() -> None:
    rng = np.random.default_rng(2)
    count = 200
    learner, item, at_us = rng.integers(0, 4, count), rng.integers(0, 9, count), rng.permutation(count)
    recall, outcome = rng.uniform(0.2, 1, count), rng.random(count) < 0.8
    lapses, earlier = rng.integers(0, 3, count), rng.integers(1, 9, count)
    found = stack_features(recall, learner, item, at_us, outcome, lapses, earlier)
    for now in (0, 57, 150):
        past = at_us <= now
        turned = np.where(at_us >= now, ~outcome, outcome)
        again = stack_features(recall, learner, item, at_us, turned, lapses, earlier)
        np.testing.assert_array_equal(found[past], again[past])


def test_an_item_that_is_often_missed_is_harder() -> None:
    item, at_us = np.tile([0, 1], 50), np.arange(100)
    logit = running_difficulty(item, at_us, np.tile([True, False], 50))
    assert logit[-2] > 1 > -1 > logit[-1]
    assert logit[0] == logit[1] or abs(logit[0] - logit[1]) < 0.3  # nothing known yet


def test_without_evidence_it_is_fsrs_itself() -> None:
    features = np.column_stack((np.linspace(-2, 3, 20), np.ones((20, 5))))
    stack = fit_stack(np.empty((0, 6)), np.empty(0, dtype=bool))
    assert recall_probability(stack, features) == pytest.approx(1 / (1 + np.exp(-features[:, 0])))


def test_it_learns_what_fsrs_does_not_know() -> None:
    rng = np.random.default_rng(3)
    features = np.column_stack((rng.normal(1, 1, 4000), rng.normal(0, 1, (4000, 5))))
    truth = 1 / (1 + np.exp(-(features[:, 0] + 0.8 * features[:, 5])))
    stack = fit_stack(features, rng.random(4000) < truth)
    assert stack.coefficients[0] == pytest.approx(1, abs=0.1)
    assert stack.coefficients[5] == pytest.approx(0.8, abs=0.1)
    assert np.abs(recall_probability(stack, features) - truth).max() < 0.1
