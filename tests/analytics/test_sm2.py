"""The quality-scaled interval rule against its table."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics import sm2
from akademos.analytics.clock import DAY_US

GOLDEN = Path(__file__).parents[1] / "golden" / "analytics" / "interval_rule.csv"


def test_the_rule_gives_the_table() -> None:
    rows = pl.read_csv(GOLDEN)
    found = sm2.next_interval(rows["previous"].to_numpy(), rows["quality"].to_numpy())
    assert found.tolist() == rows["next"].to_list()


@given(st.integers(2, 20_000), st.integers(3, 5))
def test_the_integer_rule_is_the_floor_of_the_product(previous: int, quality: int) -> None:
    tenths = 13 + 2 * (quality - 3)
    found = sm2.next_interval(np.array([previous]), np.array([quality])).item()
    assert found * 10 <= previous * tenths < found * 10 + 10


def _after(*reviews: tuple[float, int]) -> int:
    at_us = np.array([int(day * DAY_US) for day, _ in reviews])
    qualities = np.array([quality for _, quality in reviews])
    return int(sm2.review_all(at_us, qualities, np.array([0]), np.array([len(reviews)]))[-1])


def test_reviews_on_different_days_extend_the_interval() -> None:
    assert _after((0, 4)) == 1
    assert _after((0, 4), (1, 4)) == 6
    assert _after((0, 4), (1, 4), (7, 4)) == 9
    assert _after((0, 4), (1, 4), (7, 1)) == 1


def test_a_repeat_within_a_day_resets_but_never_extends() -> None:
    assert _after((0, 4), (0.5, 5)) == 1
    assert _after((0, 4), (1, 4), (1.2, 5), (1.9, 5)) == 6
    assert _after((0, 4), (1, 4), (1.2, 0)) == 1


def test_cards_do_not_touch_each_other() -> None:
    at_us = np.array([0, 2, 0, 9, 20]) * DAY_US
    qualities = np.array([4, 4, 5, 5, 5])
    found = sm2.review_all(at_us, qualities, np.array([0, 2]), np.array([2, 3]))
    assert found.tolist() == [1, 6, 1, 6, 10]


def test_intervals_stay_within_a_century() -> None:
    reviews = [(float(day * 40_000), 5) for day in range(60)]
    assert _after(*reviews) == 36_500
