"""Live state and the night: the same rows from both, only of those who consent, and exact after interruptions."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.intake.conftest import START, answered
from tests.jobs.pipeline import Pipeline

from akademos.analytics.learner_state import unpack
from akademos.analytics.parameters import FSRS_6_DEFAULT
from akademos.analytics.schemas import STATE
from akademos.catalogue.declarations import Purpose
from akademos.jobs import refresh as refresh_module
from akademos.jobs.learner_history import PastTables
from akademos.jobs.learner_states import LearnerStatesJob
from akademos.jobs.refresh import Refresh
from akademos.jobs.state_rows import state_rows
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.postgres.carried import PostgresCarriedForward
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.models import PostgresModels
from akademos.stores.postgres.records import PostgresRecords

LEARNERS = 5
ANSWERS = 36


class LearnerJobs:
    """The jobs over one pipeline, with its clock."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.door = pipeline.door
        self.tenant = pipeline.door.tenant
        database = pipeline.door.database
        self.states = PostgresLearnerStates(database)
        self.records = PostgresRecords(database, pipeline.door.vault._keys)
        self.runs = PostgresJobRuns(database)
        self.carried = PostgresCarriedForward(database)
        self.tables = PastTables(
            pipeline.core,
            self.records,
            self.states,
            pipeline.door.consent,
            self.carried,
            lambda _: pipeline.door.registry,
        )

    def clock(self) -> datetime:
        return self.door.now

    def refresh(self) -> Refresh:
        return Refresh(self.states, self.tables, self.door.consent, clock=self.clock)

    def night(self, states: PostgresLearnerStates | None = None, **settings: Any) -> LearnerStatesJob:
        return LearnerStatesJob(
            self.pipeline.core,
            self.records,
            states or self.states,
            self.door.consent,
            self.runs,
            lambda _: self.door.registry,
            PostgresModels(self.door.database, self.door.vault._keys),
            self.carried,
            clock=self.clock,
            **{"processes": 1, "rows_per_bucket": 2 * ANSWERS, **settings},
        )

    def study(self, users: Sequence[str], answers: int = ANSWERS) -> None:
        for user in users:
            self.door.batch(
                *(
                    answered(
                        user,
                        START - timedelta(days=n % 9, minutes=n),
                        question_id=f"q-{n % 4}",
                        properties={"correct": n % 3 > 0, "time_to_answer_seconds": 20 + n},
                    )
                    for n in range(answers)
                )
            )
        self.pipeline.drain()

    def state(self, user: str) -> LearnerState | None:
        return self.states.read(self.tenant, self.door.person(user))


@pytest.fixture
def jobs(pipeline: Pipeline) -> LearnerJobs:
    for n in range(LEARNERS):
        pipeline.door.grant(f"u-{n}")
    return LearnerJobs(pipeline)


USERS = [f"u-{n}" for n in range(LEARNERS)]


def tables(state: LearnerState | None) -> dict[str, pl.DataFrame]:
    assert state is not None
    return {name: unpack(state.packed)[name] for name in STATE}


def test_an_answer_becomes_a_state(jobs: LearnerJobs) -> None:
    jobs.study(["u-1"])
    assert jobs.refresh().once() == 1
    state = jobs.state("u-1")
    assert state is not None
    assert (state.version, state.events, state.last_event_at, state.computed_as_of) == (1, ANSWERS, START, START)
    assert tables(state)["profile"]["answers"].to_list() == [ANSWERS]
    assert jobs.refresh().once() == 0
    jobs.study(["u-1"], answers=1)
    assert jobs.refresh().drain() == 1
    again = jobs.state("u-1")
    assert again is not None
    assert (again.version, again.events) == (2, ANSWERS + 1)


def test_a_first_answer_becomes_a_state(jobs: LearnerJobs) -> None:
    jobs.door.batch(answered("u-1"))
    jobs.pipeline.drain()
    assert jobs.refresh().once() == 1
    state = jobs.state("u-1")
    assert state is not None
    assert state.events == 1


def test_who_does_not_consent_to_learning_support_has_no_state(jobs: LearnerJobs) -> None:
    jobs.study(["u-1", "u-2"])
    jobs.refresh().drain()
    jobs.door.withdraw("u-1", Purpose.LEARNING_SUPPORT)
    jobs.study(["u-1"], answers=1)  # kept for research
    jobs.refresh().drain()
    assert jobs.state("u-1") is None
    assert jobs.state("u-2") is not None
    jobs.night().run(jobs.tenant)
    assert jobs.state("u-1") is None
    assert jobs.door.count("topic_mastery") > 0
    assert jobs.door.rows("SELECT DISTINCT learner_key::text FROM topic_mastery") == [(jobs.door.person("u-2"),)]


def test_a_state_cannot_slip_past_a_withdrawal(jobs: LearnerJobs) -> None:
    jobs.study(["u-1"])
    jobs.refresh().drain()
    state = jobs.state("u-1")
    assert state is not None
    jobs.door.withdraw("u-1")
    assert jobs.states.write(jobs.tenant, [state]) == 0
    assert jobs.state("u-1") is None


def test_an_older_state_never_replaces_a_newer_one(jobs: LearnerJobs) -> None:
    jobs.study(["u-1"])
    jobs.refresh().drain()
    old = jobs.state("u-1")
    jobs.door.pass_time(hours=1)
    jobs.study(["u-1"], answers=2)
    jobs.refresh().drain()
    new = jobs.state("u-1")
    assert old is not None
    assert jobs.states.write(jobs.tenant, [old]) == 0
    assert jobs.state("u-1") == new


def test_a_mark_that_is_set_again_meanwhile_stays(jobs: LearnerJobs) -> None:
    key = jobs.door.person("u-1")
    jobs.states.mark_stale(jobs.tenant, [key, key])
    taken = jobs.states.stale(10)
    assert [one.learner_key for one in taken] == [key]
    jobs.states.mark_stale(jobs.tenant, [key])
    jobs.states.settle(taken)
    left = jobs.states.stale(10)
    assert [one.learner_key for one in left] == [key]
    jobs.states.settle(left)
    assert jobs.states.stale(10) == []


def test_the_night_equals_the_refresh(jobs: LearnerJobs) -> None:
    jobs.study(USERS)
    run = jobs.night().run(jobs.tenant)
    assert run is not None
    assert (run.rows_in, run.rows_out) == (ANSWERS * LEARNERS, LEARNERS)
    nightly = {user: tables(jobs.state(user)) for user in USERS}
    people = [jobs.door.person(user) for user in USERS]
    jobs.states.remove(jobs.tenant, people)  # else the refresh would take past weeks from the night's
    jobs.states.mark_stale(jobs.tenant, people)
    assert jobs.refresh().drain() == LEARNERS
    for user in USERS:
        live = tables(jobs.state(user))
        for name in STATE:
            assert_frame_equal(live[name], nightly[user][name], check_exact=True)
    cohort = jobs.states.cohort(jobs.tenant)
    assert cohort is not None
    assert cohort.tables["item_difficulty"]["answers"].to_list() == [LEARNERS] * 4
    assert cohort.tables["cohort_times"]["observations"].to_list() == [ANSWERS * LEARNERS]


def test_the_cohort_is_the_same_however_it_is_cut_into_buckets(jobs: LearnerJobs) -> None:
    jobs.study(USERS)
    cohorts = []
    for rows_per_bucket in (1, 2 * ANSWERS, 10**6):
        jobs.night(rows_per_bucket=rows_per_bucket).run(jobs.tenant)
        cohorts.append(jobs.states.cohort(jobs.tenant))
    assert [one.version for one in cohorts if one] == [1, 2, 3]
    for name in ("item_difficulty", "cohort_times"):
        first, *others = [one.tables[name] for one in cohorts if one]
        for other in others:
            assert_frame_equal(other, first, check_exact=True)


def test_a_pool_of_processes_gives_the_same(jobs: LearnerJobs, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs.study(USERS)
    jobs.night().run(jobs.tenant)
    alone = {user: tables(jobs.state(user)) for user in USERS}
    monkeypatch.setattr("akademos.jobs.learner_states.ROWS_WORTH_PROCESSES", 1)
    jobs.night(processes=2).run(jobs.tenant)
    for user in USERS:
        state = jobs.state(user)
        assert state is not None
        assert state.version == 2
        for name in STATE:
            assert_frame_equal(tables(state)[name], alone[user][name], check_exact=True)


class Interrupted(Exception):
    """Stands for the end of the process."""


class FailingStates(PostgresLearnerStates):
    """Gives up after some buckets."""

    buckets = 2

    def write(self, tenant_id: str, states: Any, **of: Any) -> int:
        if not self.buckets:
            raise Interrupted
        self.buckets -= 1
        return super().write(tenant_id, states, **of)


def test_an_interrupted_night_goes_on_where_it_stopped(jobs: LearnerJobs) -> None:
    jobs.study(USERS)
    with pytest.raises(Interrupted):
        jobs.night(FailingStates(jobs.door.database), rows_per_bucket=1).run(jobs.tenant)
    failed = jobs.runs.last("learner_states", jobs.tenant)
    assert failed is not None
    assert (failed.outcome, failed.rows_out, failed.detail["reason"]) == ("failed", 2, "Interrupted")
    jobs.door.pass_time(minutes=10)
    run = jobs.night(rows_per_bucket=1).run(jobs.tenant)
    assert run is not None
    assert run.rows_out == LEARNERS - 2
    states = [jobs.state(user) for user in USERS]
    assert {(one.version, one.computed_as_of) for one in states if one} == {(1, START)}
    assert jobs.states.cohort(jobs.tenant).version == 1  # type: ignore[union-attr]
    fresh = jobs.night().run(jobs.tenant)
    assert fresh is not None
    assert fresh.rows_out == LEARNERS


def test_the_night_drops_who_has_no_events_any_more(jobs: LearnerJobs) -> None:
    jobs.study(USERS)
    jobs.night().run(jobs.tenant)
    jobs.pipeline.core.delete(jobs.tenant, jobs.door.person("u-3"))
    jobs.door.pass_time(hours=1)
    jobs.night().run(jobs.tenant)
    assert jobs.state("u-3") is None
    assert jobs.door.count("learner_state") == LEARNERS - 1
    assert len(jobs.door.rows("SELECT DISTINCT learner_key FROM topic_mastery")) == LEARNERS - 1


def test_one_run_at_a_time(jobs: LearnerJobs) -> None:
    with jobs.runs.running("learner_states", jobs.tenant) as first:
        assert first is not None
        assert jobs.night().run(jobs.tenant) is None
        with jobs.runs.running("learner_states", "another") as other:
            assert other is not None
    assert jobs.night().run(jobs.tenant) is not None


def test_a_run_whose_process_died_is_recorded_as_failed(jobs: LearnerJobs) -> None:
    with jobs.door.database.pipeline() as transaction:
        transaction.execute("INSERT INTO job_runs (job, started_at) VALUES ('retention', now())")
    with jobs.runs.running("retention"):
        pass
    latest, before = jobs.runs.recent(2)
    assert (before.outcome, before.detail) == ("failed", {"code": "interrupted"}) or (
        latest.outcome,
        latest.detail,
    ) == ("failed", {"code": "interrupted"})
    assert jobs.runs.succeeded()["retention", None].started_at <= datetime.now(UTC)


def reviewed(jobs: LearnerJobs, user: str, days: int = 9) -> None:
    """Eight items, one answer to each a day: eight scored reviews a day from the second on."""
    jobs.door.batch(
        *(
            answered(
                user,
                START - timedelta(days=day, minutes=item),
                question_id=f"q-{item}",
                properties={"correct": (item + day) % 5 > 0, "time_to_answer_seconds": 20},
            )
            for day in range(days)
            for item in range(8)
        )
    )
    jobs.pipeline.drain()


def basis(jobs: LearnerJobs, user: str) -> list[str]:
    found: list[str] = tables(jobs.state(user))["profile"]["memory_basis"].to_list()
    return found


def test_weights_are_fitted_at_night_and_in_force_from_then_on(jobs: LearnerJobs) -> None:
    key = jobs.door.person("u-1")
    reviewed(jobs, "u-1")
    jobs.refresh().drain()
    assert basis(jobs, "u-1") == ["default"]
    before = jobs.door.now
    jobs.door.pass_time(hours=1)
    run = jobs.night().run(jobs.tenant)
    assert run is not None
    assert run.detail["weights_fitted"] == 1
    assert basis(jobs, "u-1") == ["shrunk"]
    then, now = (jobs.tables(jobs.tenant, [key], until=until)["memory_weights"] for until in (before, jobs.door.now))
    assert then.is_empty()
    assert now["reviews"].to_list() == [64]
    assert now["fitted_at"].to_list() == [jobs.door.now]
    jobs.states.mark_stale(jobs.tenant, [key])
    nightly = tables(jobs.state("u-1"))
    jobs.refresh().drain()
    for name in STATE:
        assert_frame_equal(tables(jobs.state("u-1"))[name], nightly[name], check_exact=True)
    again = jobs.night().run(jobs.tenant)
    assert again is not None
    assert again.detail["weights_fitted"] == 0  # no tenth more reviews


def test_a_state_that_overtook_a_fit_is_computed_anew(jobs: LearnerJobs) -> None:
    key = jobs.door.person("u-1")
    reviewed(jobs, "u-1")
    jobs.door.pass_time(hours=2)
    jobs.refresh().drain()
    fit = pl.DataFrame(
        {
            "learner_key": [key],
            "weights": [[0.3, *FSRS_6_DEFAULT[1:]]],
            "reviews": [64],
            "fitted_at": [jobs.door.now - timedelta(hours=1)],
        }
    )
    assert jobs.states.write_weights(jobs.tenant, {key: (key,)}, fit) == 1
    assert jobs.refresh().drain() == 1
    assert basis(jobs, "u-1") == ["shrunk"]


def test_weights_go_with_the_consent_and_are_not_written_without(jobs: LearnerJobs) -> None:
    for user in ("u-1", "u-2"):
        reviewed(jobs, user)
    jobs.night().run(jobs.tenant)
    assert jobs.door.count("memory_weights") == 2
    key = jobs.door.person("u-1")
    fit = jobs.tables(jobs.tenant, [key], until=jobs.door.now)["memory_weights"]
    jobs.door.withdraw("u-1", Purpose.LEARNING_SUPPORT)
    jobs.states.remove(jobs.tenant, [key])
    assert jobs.door.rows("SELECT learner_key::text FROM memory_weights") == [(jobs.door.person("u-2"),)]
    assert jobs.states.write_weights(jobs.tenant, {key: (key,)}, fit) == 0
    assert jobs.door.count("memory_weights") == 1


def test_the_cohort_teaches_weights_from_as_many_learners_on_as_the_floor_says(jobs: LearnerJobs) -> None:
    for user in USERS[:4]:
        reviewed(jobs, user, days=4)
    jobs.night().run(jobs.tenant)
    assert jobs.door.count("cohort_memory_weights") == 0
    reviewed(jobs, USERS[4], days=4)
    jobs.door.pass_time(hours=1)
    jobs.night().run(jobs.tenant)
    assert jobs.door.rows("SELECT version, learners, reviews FROM cohort_memory_weights") == [(1, 5, 5 * 24)]
    assert {tuple(basis(jobs, user)) for user in USERS} == {("cohort",)}
    assert jobs.door.rows("SELECT learners FROM models WHERE model = 'cohort_memory_weights'") == [(5,)]


def test_while_workers_are_paused_stale_states_wait(jobs: LearnerJobs) -> None:
    jobs.study(["u-1"])
    stop, wake = threading.Event(), threading.Event()
    looked: list[bool] = []

    def paused() -> bool:
        looked.append(jobs.runs.paused())
        return looked[-1]

    worker = threading.Thread(target=jobs.refresh().run, args=(stop, wake), kwargs={"pause_s": 0.02, "paused": paused})
    try:
        with jobs.runs.pause():
            worker.start()
            while len(looked) < 3:
                time.sleep(0.01)
            assert all(looked)
            assert jobs.state("u-1") is None
        while jobs.state("u-1") is None:
            time.sleep(0.01)
    finally:
        stop.set()
        wake.set()
        worker.join()
    assert not jobs.runs.paused()


def test_a_state_made_before_saves_the_past_weeks_and_changes_no_number(
    jobs: LearnerJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs.study(["u-1"])
    jobs.refresh().drain()
    given: list[int] = []

    def watched(*arguments: Any, before: Sequence[bytes] = (), **rest: Any) -> Any:
        given.append(len(before))
        return state_rows(*arguments, before=before, **rest)

    monkeypatch.setattr(refresh_module, "state_rows", watched)
    jobs.study(["u-1"], answers=1)
    jobs.refresh().drain()
    assert given == [1]
    after = tables(jobs.state("u-1"))
    jobs.states.remove(jobs.tenant, [jobs.door.person("u-1")])
    jobs.states.mark_stale(jobs.tenant, [jobs.door.person("u-1")])
    jobs.refresh().drain()
    assert given == [1, 0]
    for name, table in tables(jobs.state("u-1")).items():
        assert_frame_equal(table, after[name], check_exact=True)
