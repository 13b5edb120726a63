"""Comparison with peers: what one learner adds, and what is made of published numbers."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.analytics.populations import NOW, START, Tables, answer, populations, table, tables_of

from akademos.analytics.cohort_comparison import (
    HABITS,
    PARTS,
    Band,
    as_far_as_closed,
    comparison_rows,
    habit_difference,
    middle,
    placed,
    time_band,
    time_to_mastery,
    top_edge,
)
from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.learner_state import evaluate, precompute
from akademos.analytics.parameters import DEFAULT

TOPICS = ("algebra", "geometry", "limits")
CURRICULUM: Curriculum = prepare(
    {"topics": table("topics", [{"topic_id": topic, "name": topic, "course_id": "maths"} for topic in TOPICS])}
)
WEEKS = DEFAULT.comparison.weeks
law = settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def rows_of(tables: Tables) -> dict[str, pl.DataFrame]:
    return comparison_rows(evaluate(precompute(tables, NOW), CURRICULUM, NOW, parts=PARTS))


def studied(scores: dict[str, float], *, days: range = range(0, 80, 4), key: str = "ada") -> Tables:
    """Answers on every topic on some days; so large a share of them right."""
    rows: list[dict[str, Any]] = []
    for topic, share in scores.items():
        for place, day in enumerate(days):
            rows.append(
                answer(
                    len(rows),
                    learner_key=key,
                    event_id=f"{key}-{len(rows)}",
                    topic_ids=[topic],
                    question_id=f"{topic}-{place}",
                    score=float(place < share * len(days)),
                    occurred_at=START + timedelta(days=day, minutes=len(rows)),
                )
            )
    return {
        **tables_of(rows),
        "materials": table("materials", []),
        "learners": table("learners", [{"learner_key": key, "time_zone": "UTC"}]),
    }


@law
@given(populations())
def test_one_learner_alone_equals_the_same_learner_among_all(tables: Tables) -> None:
    together = rows_of(tables)
    for key in tables["question_attempts"]["learner_key"].unique().to_list():
        of = {
            name: one.filter(pl.col("learner_key") == key) if "learner_key" in one.columns else one
            for name, one in tables.items()
        }
        for name, one in rows_of(of).items():
            assert_frame_equal(one, together[name].filter(pl.col("learner_key") == key), check_exact=True)


@law
@given(populations(), st.integers(0, 2**32))
def test_order_and_future_rows_change_nothing(tables: Tables, seed: int) -> None:
    attempts = tables["question_attempts"]
    later = attempts.filter(pl.col("time_precision") != "order").with_columns(
        event_id=pl.lit("later-") + pl.col("event_id"), occurred_at=pl.col("occurred_at") + timedelta(days=400)
    )
    shuffled = pl.concat([attempts, later]).sample(fraction=1, shuffle=True, seed=seed)
    for name, one in rows_of({**tables, "question_attempts": shuffled}).items():
        assert_frame_equal(one, rows_of(tables)[name], check_exact=True)


def test_standing_is_the_mean_of_the_topics_and_needs_three() -> None:
    tables = studied({"algebra": 1.0, "geometry": 0.5, "limits": 0.25})
    found = rows_of(tables)
    (row,) = found["standing"].to_dicts()
    mastery = evaluate(precompute(tables, NOW), CURRICULUM, NOW, parts=PARTS)["mastery"]
    values = mastery.filter(pl.col("topic_id").is_in(TOPICS))["value"].to_list()
    assert row["value"] == pytest.approx(sum(values) / 3)
    assert row["low"] < row["value"] < row["high"]
    assert (row["topics"], row["answers"], row["course_id"]) == (3, 60, "maths")
    accuracy = dict(found["topics"].select("topic_id", "first_attempt_accuracy").iter_rows())
    assert accuracy == {"algebra": 1.0, "geometry": 0.5, "limits": 0.25}
    assert rows_of(studied({"algebra": 1.0, "geometry": 0.5}))["standing"].is_empty()


def test_weeks_to_mastery_or_so_far() -> None:
    found = {row["topic_id"]: row for row in rows_of(studied({"algebra": 1.0, "limits": 0.0}))["topics"].to_dicts()}
    assert found["algebra"]["mastered"] is True
    assert 1 <= found["algebra"]["weeks"] <= 4
    limits = found["limits"]
    assert (limits["mastered"], limits["weeks"], limits["observed"]) == (False, 12, 12)  # begun 90 days ago


@given(st.none() | st.integers(1, 40), st.integers(0, 60))
def test_a_week_counts_when_its_band_is_over_for_quick_and_slow_alike(reached: int | None, observed: int) -> None:
    found = as_far_as_closed(reached, observed)
    closed = [end for end in WEEKS if end <= observed]
    if not closed:
        assert found is None
    elif reached is None or reached > closed[-1]:  # it cannot be known yet who is quick
        assert found == as_far_as_closed(None, observed) == (closed[-1], False)
    else:
        assert found == (reached, True) == as_far_as_closed(reached, observed + 7)


def test_who_has_just_begun_changes_no_median() -> None:
    def median_of(people: list[tuple[int | None, int]]) -> int | None:
        bands = [0] * (2 * len(WEEKS))
        for one in (as_far_as_closed(*person) for person in people):
            if one is not None:
                bands[time_band(one[0], mastered=one[1])] += 1
        return time_to_mastery(bands).weeks

    settled: list[tuple[int | None, int]] = [(2, 20)] * 60 + [(None, 20)] * 40
    assert median_of(settled) == 2
    assert median_of(settled + [(None, 0)] * 150) == 2
    assert median_of([*settled, *[(1, 0)] * 150]) == 2
    assert median_of([(None, 5)] * 60 + [(5, 5)] * 40) is None  # the band of weeks 5 and 6 is not over


def test_without_dates_there_is_neither_time_nor_habit() -> None:
    tables = studied({"algebra": 1.0})
    ordered = tables["question_attempts"].with_columns(
        time_precision=pl.lit("order"),
        occurred_at=pl.datetime(1970, 1, 1, time_zone="UTC") + pl.duration(seconds=pl.int_range(pl.len())),
    )
    found = rows_of({**tables, "question_attempts": ordered})
    assert found["topics"]["weeks"].to_list() == [None]
    assert found["habits"].is_empty()


def test_habits_are_of_the_last_eight_weeks() -> None:
    often = rows_of(studied({"algebra": 1.0}, days=range(40, 90, 2)))["habits"]
    assert dict(often.select("habit", "has").iter_rows()) == {
        "regular_days": True,
        "no_long_pause": True,
        "small_portions": True,
        "weekends": True,
    }
    seldom = rows_of(studied({"algebra": 1.0}, days=range(35, 90, 9)))["habits"]
    assert dict(seldom.select("habit", "has").iter_rows())["no_long_pause"] is False
    assert dict(seldom.select("habit", "has").iter_rows())["regular_days"] is False
    assert rows_of(studied({"algebra": 1.0}, days=range(10)))["habits"].is_empty()
    assert len(HABITS) == len(often)


def test_the_median_is_that_of_kaplan_and_meier() -> None:
    """Against the product of its definition, over drawn times."""
    chance = random.Random(3)
    for _ in range(50):
        people = [(chance.randrange(1, 27), chance.random() < 0.6) for _ in range(chance.randrange(10, 120))]
        bands = [0] * (2 * len(WEEKS))
        for weeks, mastered in people:
            bands[time_band(weeks, mastered=mastered)] += 1
        ends = [next(end for end in WEEKS if weeks <= end) for weeks, _ in people]
        survival, expected = 1.0, None
        for end in WEEKS:
            at_risk = sum(one >= end for one in ends)
            reached = sum(one == end and mastered for one, (_, mastered) in zip(ends, people, strict=True))
            survival *= 1 - reached / at_risk if at_risk else 1.0
            if expected is None and survival <= 0.5:
                expected = end
        found = time_to_mastery(bands)
        assert found.weeks == expected
        assert found.weeks is None or found.low is None or found.low <= found.weeks
        assert found.high is None or (found.weeks is not None and found.weeks <= found.high)


def test_who_is_not_there_yet_makes_the_median_later() -> None:
    reached = [0] * (2 * len(WEEKS))
    reached[time_band(2, mastered=True)] = 12
    with_waiting = list(reached)
    with_waiting[time_band(6, mastered=False)] = 14
    assert time_to_mastery(reached).weeks == 2
    assert time_to_mastery(with_waiting).weeks is None


def test_the_middle_and_the_place_follow_from_published_bands_alone() -> None:
    bands = [Band(0.0, 0.5, 0.2), Band(0.5, 0.7, 0.5), Band(0.7, 1.0, 0.3)]
    low, high = middle(bands, 0.8)
    assert (low, high) == (0.25, 0.9)
    assert [placed(bands, value).band for value in (0.0, 0.49, 0.5, 0.69, 0.7, 1.0)] == [0, 0, 1, 1, 2, 2]
    assert (placed(bands, 0.6).below, placed(bands, 0.6).through) == (0.2, 0.7)
    uneven = [Band(0.0, 0.5, 0.21), Band(0.5, 1.0, 0.84)]  # shares of rounded counts need not add up to one
    assert placed(uneven, 0.9).through == 1.0


def test_the_top_begins_where_about_a_third_is_above() -> None:
    assert top_edge([Band(0.0, 0.5, 0.2), Band(0.5, 0.7, 0.5), Band(0.7, 1.0, 0.3)]) == 0.7
    assert top_edge([Band(0.0, 0.9, 0.95), Band(0.9, 1.0, 0.05)]) is None
    assert top_edge([]) is None


def test_differences_by_newcombe() -> None:
    """Without the widening for rounded counts and at 95% for one: 56/70 - 48/80 gives 0.0524 to 0.3339 (Newcombe 1998,
    table II, contrast a, method 10)."""
    from akademos.analytics.proportions import wilson

    z = 1.959964
    low_top, high_top = wilson(56 / 70, 70, z)
    low_rest, high_rest = wilson(48 / 80, 80, z)
    assert 0.2 - ((0.8 - low_top) ** 2 + (high_rest - 0.6) ** 2) ** 0.5 == pytest.approx(0.0524, abs=5e-5)
    assert 0.2 + ((high_top - 0.8) ** 2 + (0.6 - low_rest) ** 2) ** 0.5 == pytest.approx(0.3339, abs=5e-5)
    wide = habit_difference(56 / 70, 70, 48 / 80, 80)
    assert wide.low < 0.0524
    assert wide.high > 0.3339
    assert not wide.clear


def test_shuffled_habits_hardly_ever_go_with_mastery() -> None:
    """A/A: of reports over groups without any difference at most 5% may say that a habit goes with mastery."""
    chance, reports, emitting = random.Random(8), 400, 0
    for _ in range(reports):
        said = False
        for _ in HABITS:
            share = chance.uniform(0.2, 0.8)
            top, rest = (sum(chance.random() < share for _ in range(n)) / n for n in (40, 80))
            said = said or habit_difference(top, 40, rest, 80).clear
        emitting += said
    assert emitting / reports <= 0.05
