"""Rankings of what comes next: closed forms, nothing of the future, the blend finds what decides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.next_content import (
    EASE_PENALTY,
    NEVER,
    SIGNALS,
    Asked,
    CourseHistory,
    CourseItems,
    Question,
    ease_weights,
    fit_blend,
    knn_weights,
    signals,
    standardised,
)


def openings(learners: int, items: int, seed: int) -> npt.NDArray[np.int16]:
    """Days of first openings: everybody a while after the item's own day, a third never."""
    rng = np.random.default_rng(seed)
    days = np.arange(items) * 3 + rng.integers(0, 20, (learners, items))
    return np.where(rng.random((learners, items)) < 0.3, NEVER, days).astype(np.int16)


def plain_items(items: int) -> CourseItems:
    """Two kinds, no planned weeks."""
    none = np.full(items, np.nan)
    return CourseItems(np.arange(items) / items, np.arange(items) % 2, none, none)


def test_ease_is_the_ridge_regression_of_each_item_on_the_others() -> None:
    """Steck (2019): each column of the closed form minimises its own squared error under the zero diagonal."""
    opened = (openings(80, 9, 1) < 20).astype(float)
    gram = opened.T @ opened
    weights = ease_weights(gram)
    for item in range(9):
        others = np.delete(np.arange(9), item)
        ridge = np.linalg.solve(gram[np.ix_(others, others)] + EASE_PENALTY * np.eye(8), gram[others, item])
        np.testing.assert_allclose(weights[others, item], ridge, atol=1e-10)
        assert weights[item, item] == 0


def test_neighbours_are_shrunk_cosines_of_the_nearest() -> None:
    opened = (openings(90, 70, 2) < 120).astype(float)
    weights = knn_weights(opened.T @ opened)
    one, other = opened[:, 3], opened[:, 4]
    expected = (one @ other) / (np.sqrt((one @ one) * (other @ other)) + 10)
    assert weights[3, 4] in (0.0, pytest.approx(expected))
    assert ((weights > 0).sum(axis=0) <= 50).all()


@given(seed=st.integers(0, 1_000), day=st.integers(5, 60))
@settings(max_examples=20, deadline=None)
def test_what_happens_on_the_day_or_later_changes_no_signal(seed: int, day: int) -> None:
    first = openings(30, 12, seed)
    rng = np.random.default_rng(seed)
    later = first.copy()
    future = first >= day
    later[future] = rng.integers(day, 200, int(future.sum()))
    asked = Question(np.arange(30), np.full(30, day))
    for one, other in zip(*(_signals(table, day, asked) for table in (first, later)), strict=True):
        np.testing.assert_array_equal(one, other)


def _signals(first: npt.NDArray[np.int16], day: int, asked: Question) -> npt.NDArray[np.float64]:
    items = plain_items(first.shape[1])
    return signals(CourseHistory(first).fitted(day), first, asked, items)


def test_reading_on_gives_what_reading_at_once_gives() -> None:
    first = openings(40, 15, 3)
    growing = CourseHistory(first)
    for day in (0, 7, 21, 35):
        step = growing.fitted(day)
    at_once = CourseHistory(first).fitted(35)
    np.testing.assert_array_equal(step.steps, at_once.steps)
    with pytest.raises(ValueError, match="order"):
        growing.fitted(7)


def test_steps_are_counted_over_days_with_something_new() -> None:
    first = np.array([[0, 0, 4, NEVER], [1, 3, NEVER, 3]], dtype=np.int16)
    steps = CourseHistory(first).fitted(10).steps
    assert steps == pytest.approx(np.array([[0, 1 / 3, 1 / 3, 1 / 3], [0, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]))
    assert not CourseHistory(first).fitted(3).steps.any()


def test_the_blend_finds_the_signal_that_decides() -> None:
    rng = np.random.default_rng(4)
    raw = rng.normal(size=(400, 20, len(SIGNALS)))
    candidates = rng.random((400, 20)) < 0.8
    candidates[:, 0] = True
    z = standardised(raw, candidates)
    score = np.where(candidates, 2.0 * z[:, :, 3] + rng.gumbel(size=(400, 20)), -np.inf)
    chosen = score == score.max(axis=1, keepdims=True)
    weights = fit_blend(
        [Asked(z[:200], candidates[:200], chosen[:200]), Asked(z[200:], candidates[200:], chosen[200:])]
    )
    assert weights[3] == pytest.approx(2.0, abs=0.4)
    assert np.abs(np.delete(weights, 3)).max() < 0.4


def test_standardised_signals_have_mean_zero_and_spread_one_among_candidates() -> None:
    rng = np.random.default_rng(5)
    raw = rng.normal(3, 5, size=(6, 30, 2))
    raw[:, :, 1] = 7.0
    candidates = rng.random((6, 30)) < 0.5
    z = standardised(raw, candidates)
    for row, able in zip(z, candidates, strict=True):
        assert (float(row[able, 0].mean()), float(row[able, 0].std())) == pytest.approx((0, 1), abs=1e-9)
    assert not z[:, :, 1].any()
