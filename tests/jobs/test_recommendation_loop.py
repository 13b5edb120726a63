"""What a learner does with a recommendation comes by the door of events and changes what is recommended next: live, at
night, and asked of the past."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.intake.conftest import START, answered
from tests.jobs.pipeline import Pipeline
from tests.jobs.test_learner_jobs import LearnerJobs

from akademos.jobs.learner_answers import LearnerAnswers
from akademos.stores.ports.answers import AnswerName, Question
from akademos.stores.postgres.models import PostgresModels

USER = "u-1"


@pytest.fixture
def jobs(pipeline: Pipeline) -> LearnerJobs:
    pipeline.door.grant(USER)
    jobs = LearnerJobs(pipeline)
    for n in range(8):  # learned, and then left alone for weeks
        at = START - timedelta(days=20, minutes=n)
        right = {"correct": True, "time_to_answer_seconds": 20}
        pipeline.door.batch(answered(USER, at, question_id=f"q-{n}", properties=right, course_id="maths"))
    jobs.pipeline.drain()
    jobs.refresh().drain()
    return jobs


def listed(jobs: LearnerJobs, as_of: datetime | None = None) -> list[dict[str, Any]]:
    models = PostgresModels(jobs.door.database, jobs.door.vault._keys)
    source = LearnerAnswers(jobs.records, jobs.tables, models)
    key = jobs.door.person(USER)
    version = jobs.records.curriculum(jobs.tenant).version
    names = [AnswerName.RECOMMENDATIONS]
    question = Question(jobs.tenant, key, as_of or jobs.door.now, "UTC", version)
    answer = source.past(question, names) if as_of else source.now(question, names, jobs.state(USER))
    found: list[dict[str, Any]] = answer[AnswerName.RECOMMENDATIONS]["recommendations"]
    return found


def said(step: dict[str, Any], change: str, at: datetime) -> dict[str, Any]:
    return {
        "event_name": f"recommendation_{change}",
        "user_id": USER,
        "client_timestamp": at.isoformat(),
        "recommendation_id": step["recommendation_id"],
        "properties": {"recommendation_kind": step["kind"], "source_trigger": step["trigger"]},
    }


def test_a_word_on_a_step_changes_the_next_list_live_at_night_and_not_before_it_was_said(jobs: LearnerJobs) -> None:
    advisor, review = listed(jobs)
    assert (advisor["kind"], review["kind"], review["status"]) == ("advisor", "review", "proposed")
    now = jobs.door.now
    answer = jobs.door.batch(
        said(advisor, "dismissed", now - timedelta(minutes=1)),
        said(review, "accepted", now - timedelta(minutes=2)),
        said(review, "shown", now - timedelta(minutes=3)),
    )
    assert answer.counts["accepted"] == 3
    jobs.pipeline.drain()
    assert jobs.refresh().once() == 1  # the moves left a mark
    (live,) = listed(jobs)
    assert (live["kind"], live["status"]) == ("review", "accepted")
    assert live["shown_at"] < live["accepted_at"]
    jobs.night().run(jobs.tenant)
    assert listed(jobs) == [live]
    assert [one["kind"] for one in listed(jobs, now - timedelta(minutes=5))] == ["advisor", "review"]
    jobs.door.batch(said(review, "completed", now))
    jobs.pipeline.drain()
    jobs.refresh().once()
    assert listed(jobs) == []
    jobs.door.pass_time(days=15)
    assert [one["kind"] for one in listed(jobs)] == ["advisor", "review"]
