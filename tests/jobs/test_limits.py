"""Withdrawal, limits in time and compaction: what goes, what stays, and that all of it is counted exactly."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.intake.conftest import START, answered
from tests.jobs.pipeline import Killed, Pipeline
from tests.jobs.test_mover import example

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.registry import builtin
from akademos.jobs.carry_forward import CarryForward
from akademos.jobs.compaction import CompactionJob
from akademos.jobs.expiry import ExpiryJobs
from akademos.jobs.withdraw import WithdrawalsJob
from akademos.stores.postgres.access import PostgresTenants
from akademos.stores.postgres.carried import PostgresCarriedForward
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.retention import PostgresRetention


@pytest.fixture
def withdrawals(pipeline: Pipeline) -> WithdrawalsJob:
    database = pipeline.door.database
    return WithdrawalsJob(
        pipeline.core,
        pipeline.door.consent,
        pipeline.queue,
        PostgresLearnerStates(database),
        PostgresJobRuns(database),
        lambda _: pipeline.door.registry,
        PostgresCarriedForward(database),
    )


@pytest.fixture
def expiry(pipeline: Pipeline) -> ExpiryJobs:
    door = pipeline.door
    return ExpiryJobs(
        pipeline.queue,
        pipeline.core,
        PostgresTenants(door.database, door.vault._keys),
        PostgresJobRuns(door.database),
        PostgresRetention(door.database, builtin().datasets),
        lambda _: door.registry,
        CarryForward(
            pipeline.core,
            PostgresCarriedForward(door.database),
            door.consent,
            PostgresLearnerStates(door.database),
            lambda _: door.registry,
        ),
        clock=lambda: door.now,
    )


def once(monkeypatch: pytest.MonkeyPatch, target: object, name: str) -> None:
    """The process dies where this is called first."""
    whole: Callable[..., object] = getattr(target, name)
    calls: list[object] = []

    def die(*arguments: object, **named: object) -> object:
        calls.append(arguments)
        if len(calls) == 1:
            raise Killed
        return whole(*arguments, **named)

    monkeypatch.setattr(target, name, die)


def test_a_withdrawal_deletes_what_nothing_else_covers(pipeline: Pipeline, withdrawals: WithdrawalsJob) -> None:
    door = pipeline.door
    for user in ("u-1", "u-2"):
        door.grant(user)
    onboarding = example(door, "student_onboarding_completed", user_id="u-1")
    door.batch(answered("u-1"), answered("u-1"), answered("u-2"), onboarding)
    pipeline.drain()
    assert not withdrawals.pending()
    door.withdraw("u-1", Purpose.PRODUCT_ANALYTICS)
    assert withdrawals.pending()
    run = withdrawals.run()
    assert run is not None
    assert (run.rows_in, run.rows_out) == (1, 1)  # what served product analytics only
    assert onboarding["event_id"] not in pipeline.ids()
    pipeline.equation()
    door.withdraw("u-1")
    withdrawals.run()
    assert {row["learner_key"] for row in pipeline.rows()} == {door.person("u-2")}
    assert pipeline.moved()["withdrawn"] == 3
    pipeline.equation()
    assert not withdrawals.pending()


def test_a_withdrawal_that_crashes_before_it_counts_is_counted_once(
    pipeline: Pipeline, withdrawals: WithdrawalsJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"), answered("u-1"))
    pipeline.drain()
    door.withdraw("u-1")
    once(monkeypatch, door.consent, "withdrawal_done")
    with pytest.raises(Killed):
        withdrawals.run()
    assert pipeline.ids() == []
    pipeline.equation()
    run = withdrawals.run()
    assert run is not None
    assert run.rows_out == 2
    assert pipeline.moved()["withdrawn"] == 2
    pipeline.equation()


def test_a_withdrawal_waits_for_a_write_that_checked_consent_before(
    pipeline: Pipeline, withdrawals: WithdrawalsJob
) -> None:
    from concurrent.futures import ThreadPoolExecutor
    from threading import Event

    from akademos.stores.postgres.locks import lock_consented_writes

    door = pipeline.door
    door.grant("u-1")
    door.withdraw("u-1")
    with ThreadPoolExecutor(1) as pool:
        with door.database.pipeline() as importing:
            lock_consented_writes(importing)
            job = pool.submit(withdrawals.run)
            assert not Event().wait(0.3)
            assert not job.done()
        assert job.result() is not None


def test_events_about_a_learner_go_with_their_consent_and_contract_stays(
    pipeline: Pipeline, withdrawals: WithdrawalsJob
) -> None:
    door = pipeline.door
    door.grant("u-1029")
    note = example(door, "advisor_note_added")
    registered = example(door, "course_registered", user_id="u-1029")
    door.batch(note, registered)
    pipeline.drain()
    assert len(pipeline.ids()) == 2
    kept = {
        event["event_id"]
        for event, name in ((note, "advisor_note_added"), (registered, "course_registered"))
        if door.registry.latest(name).basis != "consent"
    }
    door.withdraw("u-1029")
    withdrawals.run()
    assert set(pipeline.ids()) == kept
    pipeline.equation()


def test_what_is_held_goes_after_a_day(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    door.batch(answered("u-1"), answered("u-2"), {"event_name": "never_declared"})
    assert door.count("dead_letters") == 1
    door.pass_time(hours=23)
    door.batch(answered("u-3"))
    expiry.expire_landing()
    assert (door.count("held"), door.count("dead_letters")) == (3, 1)
    door.pass_time(hours=1, seconds=1)
    run = expiry.expire_landing()
    assert run is not None
    assert run.rows_out == 2
    assert (door.count("held"), door.count("dead_letters")) == (1, 0)
    assert pipeline.moved()["expired_held"] == 2
    pipeline.equation()


def test_accepted_rows_never_expire_in_landing(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(answered("u-1"))
    door.pass_time(days=3)
    expiry.expire_landing()
    assert door.count("landing") == 1


def test_ids_leave_the_index_after_five_weeks_and_their_envelopes_stay(pipeline: Pipeline, expiry: ExpiryJobs) -> None:
    door = pipeline.door
    door.grant("u-1")
    door.batch(*(answered("u-1") for _ in range(3)))
    door.pass_time(days=35)
    expiry.expire_landing()
    assert door.count("event_index") == 3
    door.pass_time(seconds=1)
    expiry.expire_landing()
    assert door.count("event_index") == 0
    assert door.rows("SELECT verdict, event, count(*) FROM envelopes GROUP BY 1, 2") == [
        ("accepted", "question_submitted", 3)
    ]


def test_retention_removes_bytes_and_counts_them(
    pipeline: Pipeline, expiry: ExpiryJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    door = pipeline.door
    door.grant("u-1")
    old, young = answered("u-1", START - timedelta(days=20)), answered("u-1")
    door.batch(old, young)
    pipeline.drain()
    door.now = START + door.registry.latest("question_submitted").retention - timedelta(days=1)
    once(monkeypatch, pipeline.queue, "settle")
    with pytest.raises(Killed):
        expiry.enforce_retention()
    assert pipeline.ids() == [young["event_id"]]
    pipeline.equation()
    run = expiry.enforce_retention()
    assert run is not None
    assert run.rows_out == 1
    assert expiry.enforce_retention().rows_out == 0  # type: ignore[union-attr]
    assert pipeline.moved()["expired_retention"] == 1
    pipeline.equation()
    content = b"".join(path.read_bytes() for path in pipeline.folder.rglob("*.parquet"))
    assert old["event_id"].encode() not in content


def test_compaction_is_due_when_files_pile_up(pipeline: Pipeline) -> None:
    door = pipeline.door
    job = CompactionJob(pipeline.core, PostgresJobRuns(door.database))
    door.grant("u-1")
    for _ in range(16):
        assert not job.needed()
        door.batch(answered("u-1"))
        pipeline.drain()
    assert job.needed()
    run = job.run()
    assert run is not None
    assert (run.rows_in, run.detail["files_before"], run.detail["files_after"]) == (3, 3, 1) or run.rows_in == 16
    assert not job.needed()
    job.run_fully()
    assert job.sweep() == 0  # readers of the version before may still be at it
    pipeline.equation()
