"""An answer about the past rests on nothing that came after it, whatever others have answered since."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from tests.intake.conftest import START, answered
from tests.jobs.pipeline import Pipeline
from tests.jobs.test_learner_jobs import USERS, LearnerJobs

from akademos.analytics.curriculum import prepare
from akademos.analytics.item_difficulty import item_difficulties, item_difficulty
from akademos.analytics.learner_state import evaluate, precompute
from akademos.jobs.cohort_teaching import past_instants

THEN = START + timedelta(days=10)


@pytest.fixture
def jobs(pipeline: Pipeline) -> LearnerJobs:
    for user in USERS:
        pipeline.door.grant(user)
    return LearnerJobs(pipeline)


def answers(jobs: LearnerJobs, until: datetime, right: Callable[[int], bool]) -> None:
    """Of everybody, on the days before: four items a day."""
    for user in USERS:
        jobs.door.batch(
            *(
                answered(
                    user,
                    until - timedelta(days=day, minutes=item + 1),
                    question_id=f"q-{item}",
                    properties={"correct": right(item), "time_to_answer_seconds": 20 + item},
                )
                for day in range(6)
                for item in range(4)
            )
        )
    jobs.pipeline.drain()


def past(jobs: LearnerJobs, at: datetime) -> tuple[dict[str, pl.DataFrame], str]:
    """(mastery, gaps and reviews of a learner then, the version of difficulty they rest on)."""
    tables = jobs.tables(jobs.tenant, [jobs.door.person("u-1")], until=at)
    state = precompute(tables, at)
    said = evaluate(state, prepare(jobs.records.curriculum(jobs.tenant).tables), at)
    return {name: said[name] for name in said}, state["profile"]["item_difficulty"][0]


def test_what_is_answered_later_changes_no_answer_about_the_past(jobs: LearnerJobs) -> None:
    answers(jobs, START, lambda item: item < 2)
    jobs.door.now = THEN
    jobs.night().run(jobs.tenant)
    before, version = past(jobs, THEN - timedelta(days=1))
    assert version.startswith("item_difficulty/1 2026-03-09"), "the Monday before"
    jobs.door.now = START + timedelta(days=25)
    answers(jobs, jobs.door.now - timedelta(days=1), lambda item: item >= 2)  # the other way round
    newest = jobs.states.cohort(jobs.tenant)
    jobs.night().run(jobs.tenant)
    assert newest is not None
    changed = jobs.states.cohort(jobs.tenant)
    assert changed is not None
    assert not changed.tables["cohort_times"].equals(newest.tables["cohort_times"])
    after, again = past(jobs, THEN - timedelta(days=1))
    assert again == version
    assert after.keys() == before.keys()
    for name, table in before.items():
        assert_frame_equal(after[name], table, check_exact=True)


def test_what_was_received_later_is_left_out_where_that_is_asked(jobs: LearnerJobs) -> None:
    answers(jobs, START, lambda item: item < 2)
    jobs.door.now = THEN
    answers(jobs, START - timedelta(days=7), lambda item: True)  # sent late
    key = jobs.door.person("u-1")

    def given(known_at: datetime | None) -> int:
        tables = jobs.tables(jobs.tenant, [key], until=THEN, known_at=known_at)
        return tables["question_attempts"].height

    assert (given(None), given(THEN), given(THEN - timedelta(seconds=1)), given(START - timedelta(days=1))) == (
        48,
        48,
        24,
        0,
    )


def test_before_anything_was_known_no_difficulty_is_used(jobs: LearnerJobs) -> None:
    answers(jobs, START, lambda item: item < 2)
    jobs.door.now = THEN
    jobs.night().run(jobs.tenant)
    assert jobs.states.cohort(jobs.tenant, START - timedelta(days=1)) is None
    assert past(jobs, START - timedelta(days=1))[1] == "none"


def test_who_is_gone_is_in_no_past_table_after_the_night(jobs: LearnerJobs) -> None:
    answers(jobs, START, lambda item: item < 2)
    jobs.door.now = THEN
    jobs.night().run(jobs.tenant)
    monday = datetime(2026, 3, 9, tzinfo=UTC)

    def known() -> pl.DataFrame:
        cohort = jobs.states.cohort(jobs.tenant, monday)
        assert cohort is not None
        return cohort.tables["item_difficulty"]

    assert known()["answers"].to_list() == [len(USERS)] * 4
    jobs.pipeline.core.delete(jobs.tenant, jobs.door.person("u-3"))
    jobs.door.pass_time(hours=1)
    jobs.night().run(jobs.tenant)
    assert known().is_empty(), "fewer than the floor"


def rows(draw: Any) -> pl.DataFrame:
    size = draw(st.integers(1, 40))
    return pl.DataFrame(
        {
            "learner_key": [f"l-{draw(st.integers(0, 4))}" for _ in range(size)],
            "event_id": [f"{n:04d}" for n in range(size)],
            "occurred_at": [START + timedelta(hours=draw(st.integers(0, 200))) for _ in range(size)],
            "question_id": [f"q-{draw(st.integers(0, 3))}" for _ in range(size)],
            "score": [draw(st.sampled_from((0.0, 0.5, 1.0))) for _ in range(size)],
        }
    )


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_difficulty_of_an_instant_is_that_of_the_rows_until_then(data: st.DataObject) -> None:
    table, at = rows(data.draw), START + timedelta(hours=data.draw(st.integers(0, 200)))
    early, late = table.filter(pl.col("occurred_at") <= at), table.filter(pl.col("occurred_at") > at)
    shuffled = late.with_columns(pl.col("score").shuffle(seed=data.draw(st.integers(0, 9))), question_id=pl.lit("q-9"))
    (then, now) = item_difficulties(pl.concat([early, shuffled]), [at, START + timedelta(days=30)])
    assert_frame_equal(then, item_difficulty(early, at), check_exact=True)
    assert now.height == early["question_id"].n_unique() + (late.height > 0)


@given(st.integers(0, 3_000_000), st.integers(0, 900))
def test_instants_of_the_past_rise_and_lie_at_most_a_month_apart(minutes: int, days: int) -> None:
    as_of = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    first = as_of - timedelta(days=days)
    found = past_instants(as_of, first)
    assert found == sorted(set(found))
    assert all(first <= one < as_of for one in found)
    if days >= 14:
        assert as_of - found[-1] <= timedelta(days=7)
    gaps = [after - before for before, after in pairwise(found)]
    assert max(gaps, default=timedelta(0)) <= timedelta(days=31)
