"""A pause, a restriction and an objection: nothing new comes in, nothing goes out, nothing is deleted, nothing lost."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from tests.intake.conftest import answered
from tests.jobs.pipeline import Pipeline
from tests.jobs.test_learner_jobs import LearnerJobs

from akademos.catalogue.declarations import Purpose
from akademos.jobs.withdraw import WithdrawalsJob
from akademos.privacy.standing import Decision

STOPS: tuple[tuple[Decision, Decision], ...] = (
    ("paused", "resumed"),
    ("restricted", "restriction_lifted"),
    ("objected", "objection_withdrawn"),
)


@pytest.fixture
def jobs(pipeline: Pipeline) -> LearnerJobs:
    return LearnerJobs(pipeline)


def decide(jobs: LearnerJobs, user: str, decision: Decision) -> int:
    door = jobs.door
    return door.consent.decide(
        door.tenant, door.person(user), list(Purpose), decision, text_version="v1", recorded_by="self"
    ).released


@pytest.mark.parametrize(("stop", "lift"), STOPS)
def test_what_was_accepted_before_arrives_and_nothing_after(jobs: LearnerJobs, stop: Decision, lift: Decision) -> None:
    door, pipeline = jobs.door, jobs.pipeline
    door.grant("u-1")
    first, second, third = (answered("u-1") for _ in range(3))
    assert door.verdicts(first) == ["accepted"]
    decide(jobs, "u-1", stop)
    assert door.verdicts(second) == ["suppressed"]
    pipeline.drain()
    assert pipeline.ids() == [first["event_id"]]
    assert pipeline.moved() == {"moved": 1}
    decide(jobs, "u-1", lift)
    assert door.verdicts(second, third) == ["duplicate", "accepted"]
    pipeline.drain()
    assert sorted(pipeline.ids()) == sorted([first["event_id"], third["event_id"]])


def test_a_pause_is_worked_off_without_deleting_but_a_withdrawal_in_it_deletes(jobs: LearnerJobs) -> None:
    door, pipeline = jobs.door, jobs.pipeline
    for user in ("u-1", "u-2"):
        door.grant(user)
    jobs.study(["u-1", "u-2"], answers=3)
    registries = lambda _: door.registry  # noqa: E731 -- as the system hands it in
    work = WithdrawalsJob(pipeline.core, door.consent, pipeline.queue, jobs.states, jobs.runs, registries, jobs.carried)
    decide(jobs, "u-1", "paused")
    assert not work.pending()
    decide(jobs, "u-2", "paused")
    door.withdraw("u-1", Purpose.RESEARCH)  # the others still cover everything, though they are paused
    run = work.run()
    assert run is not None
    assert run.rows_out == 0
    assert len(pipeline.ids()) == 6
    door.withdraw("u-1")
    run = work.run()
    assert run is not None
    assert run.rows_out == 3
    assert {row["learner_key"] for row in pipeline.rows()} == {door.person("u-2")}
    pipeline.equation()


@pytest.mark.parametrize(("stop", "lift"), STOPS)
def test_the_next_night_leaves_them_out_and_keeps_their_state(
    jobs: LearnerJobs, stop: Decision, lift: Decision
) -> None:
    users = ["u-1", "u-2", "u-3"]
    for user in users:
        jobs.door.grant(user)
    jobs.study(users)
    jobs.night().run(jobs.tenant)
    key, tenant = jobs.door.person("u-1"), jobs.tenant
    before = jobs.states.read(tenant, key)
    assert before is not None
    taught = jobs.states.item_difficulty(tenant)
    decide(jobs, "u-1", stop)
    jobs.door.pass_time(hours=24)
    jobs.states.mark_stale(tenant, [key])
    jobs.refresh().drain()
    jobs.night().run(tenant)
    assert jobs.states.read(tenant, key) == before
    kept = "SELECT count(*), max(as_of) FROM topic_mastery WHERE learner_key = '{}'"
    topics, as_of = jobs.door.rows(kept.format(key))[0]
    other_topics, other_as_of = jobs.door.rows(kept.format(jobs.door.person("u-2")))[0]
    assert topics == other_topics > 0
    assert other_as_of - as_of == timedelta(hours=24)
    fewer = jobs.states.item_difficulty(tenant)
    assert taught is not None
    assert fewer is not None
    assert fewer[1]["answers"].sum() * 3 == taught[1]["answers"].sum() * 2
    decide(jobs, "u-1", lift)
    assert jobs.refresh().drain() == 1  # lifting it has the state made anew
    after = jobs.states.read(tenant, key)
    assert after is not None
    assert after.version > before.version


def test_what_waits_for_another_is_freed_by_the_resumption(jobs: LearnerJobs) -> None:
    door, pipeline = jobs.door, jobs.pipeline
    sender, registered = f"u-{uuid.uuid4().hex}", f"u-{uuid.uuid4().hex}"
    door.grant(sender)
    door.person(registered)
    event = {
        **dict(door.registry.latest("course_registered").example),
        "event_id": str(uuid.uuid4()),
        "user_id": sender,
        "subject_id": registered,
    }
    event.pop("anonymous_id", None)
    event["client_timestamp"] = door.now.isoformat()
    assert door.verdicts(event) == ["held"]
    decide(jobs, sender, "paused")
    door.grant(registered)
    assert (door.count("landing"), door.count("held")) == (0, 1)
    decide(jobs, sender, "resumed")
    assert (door.count("landing"), door.count("held")) == (1, 0)
    pipeline.drain()
    assert pipeline.ids() == [event["event_id"]]


def test_what_is_held_about_staff_and_a_learner_is_freed_by_the_learner(jobs: LearnerJobs) -> None:
    door = jobs.door
    example = dict(door.registry.latest("advisor_note_added").example)
    event = {**example, "event_id": str(uuid.uuid4()), "client_timestamp": door.now.isoformat()}
    learner = str(event["subject_id"])
    assert door.verdicts(event) == ["held"]
    door.grant(learner)
    assert (door.count("landing"), door.count("held")) == (1, 0)
