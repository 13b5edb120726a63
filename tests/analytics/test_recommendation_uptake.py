"""Uptake: a recommendation counts once, when its window has closed; of accepted and dismissed the last word stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.kpi_units import Span
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.recommendation_uptake import EVENTS, POINTS, uptake_units

START = datetime(2026, 3, 2, tzinfo=UTC)
SPAN = Span(START, START + timedelta(days=60))
WINDOW = DEFAULT.recommendations.outcome_days
SOON = DEFAULT.recommendations.decided_days
Said = tuple[str, str, float]
"""(recommendation, change, day)"""


def events(said: list[Said], kind: str | None = "content", trigger: str | None = "gap") -> pl.DataFrame:
    rows = [
        {
            "learner_key": "l",
            "event_name": f"recommendation_{change}",
            "occurred_at": START + timedelta(days=day),
            "time_precision": "exact",
            "topic_ids": ["sums"],
            "recommendation_id": one,
            "recommendation_kind": kind,
            "source_trigger": trigger,
        }
        for one, change, day in said
    ]
    return pl.DataFrame(rows, schema=EVENTS)


def points(*days: tuple[float, float, float]) -> pl.DataFrame:
    """Weekly points of sums: (day, value, retrieval)."""
    rows = [
        {"learner_key": "l", "topic_id": "sums", "ended_at": START + timedelta(days=day), "value": value,
         "retrieval": retrieval}
        for day, value, retrieval in days
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=POINTS)


def units(
    said: list[Said], known: pl.DataFrame | None = None, since: datetime = START, **more: Any
) -> list[tuple[Any, ...]]:
    found = uptake_units(events(said, **more), points() if known is None else known, SPAN, DEFAULT, points_since=since)
    return found.select("recommendation_id", "accepted", "dismissed", "completed", "resolved").rows()


@pytest.mark.parametrize(
    ("said", "fate"),
    [
        ([("r", "shown", 0)], (False, False, False)),
        ([("r", "shown", 0), ("r", "accepted", 3)], (True, False, False)),
        ([("r", "shown", 0), ("r", "accepted", SOON + 1)], (False, False, False)),  # too late to be uptake
        ([("r", "accepted", 1), ("r", "dismissed", 2)], (False, True, False)),  # never shown: decided on, so seen
        ([("r", "dismissed", 1), ("r", "accepted", 2), ("r", "completed", 20)], (True, False, True)),
        ([("r", "accepted", 1), ("r", "completed", WINDOW + 2)], (True, False, False)),
        ([("r", "completed", 2)], (False, False, False)),  # done without a word before
    ],
)
def test_the_last_word_in_time_is_what_became_of_it(said: list[Said], fate: tuple[bool, ...]) -> None:
    assert units(said) == [("r", *fate, None)]


def test_a_unit_counts_in_the_span_in_which_its_window_closes_and_never_before() -> None:
    early, late = -WINDOW - 0.1, 60 - WINDOW
    assert units([("gone", "shown", early), ("open", "shown", late)]) == []
    assert [one[0] for one in units([("r", "shown", -WINDOW)])] == ["r"]


def test_a_gap_is_resolved_by_mastery_and_a_review_by_retrieval_within_the_window() -> None:
    said = [("r", "shown", 1.0), ("r", "accepted", 2.0)]
    strong, fresh = points((6, 0.85, 0.5)), points((6, 0.5, 0.95))
    assert [one[-1] for one in units(said, strong)] == [True]
    assert [one[-1] for one in units(said, fresh)] == [False]
    assert [one[-1] for one in units(said, fresh, kind="review", trigger="schedule")] == [True]
    assert [one[-1] for one in units(said, points((1, 0.9, 0.9), (1 + WINDOW + 0.1, 0.9, 0.9)))] == [None]


def test_of_what_was_seen_on_a_sunday_the_week_that_ends_that_night_is_in_the_window() -> None:
    sunday = [("r", "shown", 6.4)]
    assert [one[-1] for one in units(sunday, points((7, 0.9, 0.9)))] == [True]
    assert [one[-1] for one in units(sunday, points((7, 0.5, 0.5), (7 + WINDOW, 0.9, 0.9)))] == [False]


def test_what_was_seen_before_the_points_begin_has_no_outcome() -> None:
    said, known = [("r", "shown", 1.0), ("s", "shown", 8.0)], points((14, 0.5, 0.5))
    assert [one[-1] for one in units(said, known, since=START + timedelta(days=7))] == [None, False]


def test_what_no_event_says_the_kind_of_is_not_counted() -> None:
    assert units([("r", "shown", 0)], kind=None) == []


@given(
    said=st.lists(
        st.tuples(
            st.sampled_from(["a", "b"]),
            st.sampled_from(["shown", "accepted", "dismissed", "completed"]),
            st.integers(0, 29).map(float),
        ),
        max_size=10,
    ),
    data=st.data(),
)
@settings(max_examples=60, deadline=None)
def test_order_and_repeats_change_nothing_and_nobody_accepts_and_dismisses(
    said: list[Said], data: st.DataObject
) -> None:
    once = units(said)
    assert units(data.draw(st.permutations([*said, *said[:3]]))) == once
    assert len(once) == len({one for one, _, _ in said})
    for _, accepted, dismissed, completed, _ in once:
        assert not (accepted and dismissed)
        assert accepted or not completed
