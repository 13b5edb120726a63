"""FSRS-6 against package `fsrs`, its oracle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from fsrs import Card, Rating, Scheduler
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics import fsrs
from akademos.analytics.clock import DAY_US
from akademos.analytics.parameters import FSRS_6_DEFAULT
from akademos.analytics.rounds import Index, runs

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TOLERANCE = 1e-4  # relative
OTHER_WEIGHTS = (
    0.4, 1.1, 3.2, 15.7, 7.2, 0.5, 1.5, 0.05, 1.6, 0.2, 1.1,
    1.9, 0.1, 0.3, 2.3, 0.2, 3.0, 0.6, 0.3, 0.15, 0.35,
)  # fmt: skip


def _oracle(
    at_us: Index, grades: Index, starts: Index, counts: Index, weights: tuple[float, ...] = FSRS_6_DEFAULT
) -> np.ndarray:
    """stability, difficulty, retrievability before, due in days after, of every review: (4, reviews)."""
    scheduler = Scheduler(weights, learning_steps=(), relearning_steps=(), enable_fuzzing=False)
    found = np.zeros((4, len(at_us)))
    for start, count in zip(starts.tolist(), counts.tolist(), strict=True):
        card = Card(card_id=1)
        for row in range(start, start + count):
            moment = EPOCH + timedelta(microseconds=int(at_us[row]))
            recall = scheduler.get_card_retrievability(card, moment)
            card, _ = scheduler.review_card(card, Rating(int(grades[row])), moment)
            found[:, row] = card.stability, card.difficulty, recall, (card.due - moment).days
    return found


def _check(at_us: Index, grades: Index, starts: Index, counts: Index, weights: tuple[float, ...]) -> None:
    expected = _oracle(at_us, grades, starts, counts, weights)
    found = fsrs.review_all(at_us, grades, starts, counts, weights)
    np.testing.assert_allclose(found.stability, expected[0], rtol=TOLERANCE)
    np.testing.assert_allclose(found.difficulty, expected[1], rtol=TOLERANCE)
    np.testing.assert_allclose(found.retrievability, expected[2], rtol=TOLERANCE)
    np.testing.assert_array_equal(fsrs.interval_days(found.stability, decay=weights[20]), expected[3])


@pytest.mark.parametrize("weights", [FSRS_6_DEFAULT, OTHER_WEIGHTS])
def test_thousands_of_cards_equal_the_oracle(weights: tuple[float, ...]) -> None:
    rng = np.random.default_rng(7)
    counts = rng.integers(1, 20, 2000)
    starts = np.cumsum(counts) - counts
    reviews = int(counts.sum())
    short = rng.random(reviews) < 0.4  # repeats within the day, some of them just under or over 24 hours
    gaps = np.where(short, rng.exponential(0.4, reviews), rng.exponential(25, reviews)) * DAY_US
    at_us = np.concatenate([np.cumsum(gaps[s : s + c]) for s, c in zip(starts, counts, strict=True)])
    at_us = at_us.astype(np.int64) + 1_700_000_000_000_000
    _check(at_us, rng.integers(1, 5, reviews), starts, counts, weights)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 4),
            st.one_of(
                st.integers(0, 2 * DAY_US), st.integers(0, 4000).map(lambda days: days * DAY_US), st.just(DAY_US - 1)
            ),
        ),
        min_size=1,
        max_size=30,
    )
)
def test_any_history_of_one_card_equals_the_oracle(history: list[tuple[int, int]]) -> None:
    grades = np.array([grade for grade, _ in history])
    at_us = np.cumsum(np.array([gap for _, gap in history], dtype=np.int64)) + 1_600_000_000_000_000
    _check(at_us, grades, np.array([0]), np.array([len(history)]), FSRS_6_DEFAULT)


def test_a_real_review_log_equals_the_oracle(shared_data: Path) -> None:
    log = (
        pl.read_csv(shared_data / "srs" / "pyfsrs_josh_review_logs.csv")
        .with_columns(pl.col("review_time").str.to_datetime(time_unit="us", time_zone="UTC").dt.epoch("us"))
        .sort("card_id", "review_time", maintain_order=True)
    )
    assert log.height == 12_580
    starts, counts = runs(log["card_id"].to_numpy())
    few = slice(0, 1500)
    end = int(starts[few][-1] + counts[few][-1])
    _check(
        log["review_time"].to_numpy()[:end],
        log["review_rating"].to_numpy()[:end],
        starts[few],
        counts[few],
        FSRS_6_DEFAULT,
    )


def test_retrievability_is_nine_tenths_when_the_stability_has_passed() -> None:
    stability = np.array([0.5, 1.0, 20.0, 3650.0])
    np.testing.assert_allclose(fsrs.retrievability(stability, stability), 0.9)
    assert fsrs.retrievability(np.array([0.0]), np.array([3.0])).item() == 1.0


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 10_000), st.floats(0, 5000), st.floats(0, 5000))
def test_memory_only_fades(stability: float, one: float, other: float) -> None:
    early, late = sorted((one, other))
    s = np.array([stability])
    assert fsrs.retrievability(np.array([early]), s) >= fsrs.retrievability(np.array([late]), s)


@pytest.mark.parametrize(("target", "days"), [(0.9, 20), (0.95, 8), (0.8, 66)])
def test_the_interval_meets_the_target(target: float, days: int) -> None:
    stability = np.array([20.0])
    found = fsrs.interval_days(stability, target)
    assert found.item() == days

    def recall(off: int) -> float:
        return fsrs.retrievability((found + off).astype(np.float64), stability).item()

    # One day more or less misses the target on either side.
    assert recall(+1) < target < recall(-1)


def test_no_cards_give_no_states() -> None:
    none = np.empty(0, dtype=np.int64)
    assert fsrs.review_all(none, none, none, none).stability.shape == (0,)
