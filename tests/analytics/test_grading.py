"""Grades from answers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.grading import grade_answers, own_percentile
from akademos.analytics.parameters import ForgettingParameters

GOLDEN = Path(__file__).parents[1] / "golden" / "analytics" / "grades.csv"
PARAMS = ForgettingParameters()


def _answers(rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = {
        "learner": pl.Int64,
        "correct": pl.Boolean,
        "duration_seconds": pl.Float64,
        "confidence": pl.Float64,
        "hints": pl.Int32,
    }
    return pl.DataFrame([{"learner": 0, "hints": 0, **row} for row in rows], schema=schema)


def test_grades_follow_the_table_of_cases() -> None:
    # 20 earlier correct answers of 20, 21, ..., 39 seconds: 25th percentile 24.75, 90th 37.1.
    earlier: list[dict[str, object]] = [{"correct": True, "duration_seconds": 20.0 + n} for n in range(20)]
    cases = pl.read_csv(GOLDEN).to_dicts()
    for case in cases:
        last = {
            "correct": case["correct"],
            "duration_seconds": case["seconds"],
            "confidence": case["confidence"],
            "hints": case["hints"],
        }
        found = grade_answers(_answers([*earlier, last]), PARAMS)
        assert (found.grade[-1], found.quality[-1]) == (case["grade"], case["quality"]), case["why"]


def test_speed_decides_nothing_before_twenty_timed_correct_answers() -> None:
    earlier: list[dict[str, object]] = [{"correct": True, "duration_seconds": 20.0}] * 19
    ignored: list[dict[str, object]] = [
        {"correct": False, "duration_seconds": 20.0},
        {"correct": True, "duration_seconds": None},
    ] * 30
    found = grade_answers(_answers([*earlier, *ignored, {"correct": True, "duration_seconds": 900.0}]), PARAMS)
    assert found.grade[-1] == 3
    found = grade_answers(
        _answers([*earlier, *ignored, *earlier[:1], {"correct": True, "duration_seconds": 900.0}]), PARAMS
    )
    assert found.grade[-1] == 2


@settings(max_examples=50, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1), st.booleans(), st.one_of(st.none(), st.floats(1, 100))), min_size=1, max_size=80
    ),
    st.sampled_from((0.25, 0.9)),
)
def test_own_percentiles_use_only_the_own_earlier_correct_answers(
    drawn: list[tuple[int, bool, float | None]], percentile: float
) -> None:
    rows = sorted(drawn, key=lambda row: row[0])
    table = _answers(
        [{"learner": learner, "correct": correct, "duration_seconds": seconds} for learner, correct, seconds in rows]
    )
    found = own_percentile(table, percentile, 5)
    for at, (learner, correct, seconds) in enumerate(rows):
        earlier = [s for who, right, s in rows[:at] if who == learner and right and s is not None]
        if correct and seconds is not None and len(earlier) >= 5:
            np.testing.assert_allclose(found[at], np.quantile(earlier, percentile))
        else:
            assert np.isnan(found[at])
