"""Events expire, answers stay: what is carried forward from end to end, with a moved clock, and when it goes itself."""

from __future__ import annotations

from datetime import timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.analytics.test_carry_forward import STANDS
from tests.intake.conftest import answered
from tests.jobs.pipeline import Killed
from tests.jobs.test_learner_jobs import LearnerJobs, jobs
from tests.jobs.test_limits import expiry, once, withdrawals

from akademos.analytics.learner_state import precompute, unpack
from akademos.catalogue.declarations import Purpose
from akademos.jobs.expiry import ExpiryJobs
from akademos.jobs.withdraw import WithdrawalsJob
from akademos.stores.ports.event_log import EventLogWriter

__all__ = ["expiry", "jobs", "withdrawals"]


def answers(user: str, number: int, jobs: LearnerJobs, first: int = 0) -> None:
    """Some answers at the door's own time, and on into the core."""
    now = jobs.door.now
    events = [
        answered(
            user, now - timedelta(days=n % 9, minutes=n), question_id=f"q-{(first + n) % 5}",
            properties={"correct": n % 3 > 0, "time_to_answer_seconds": 20 + n},
        )
        for n in range(number)
    ]  # fmt: skip
    assert set(jobs.door.verdicts(*events)) == {"accepted"}
    jobs.pipeline.drain()


def state(jobs: LearnerJobs, user: str) -> dict[str, pl.DataFrame]:
    key = jobs.door.person(user)
    found = precompute(jobs.tables(jobs.tenant, [key], until=jobs.door.now), jobs.door.now)
    return {name: found[name] for name in STANDS} | {"profile": found["profile"].drop("fingerprint")}


def same(one: dict[str, pl.DataFrame], other: dict[str, pl.DataFrame]) -> None:
    for name, table in one.items():
        assert_frame_equal(table, other[name], check_exact=True)


@pytest.fixture
def aged(jobs: LearnerJobs) -> LearnerJobs:
    """u-1 studied two years ago and a month ago, u-2 two years ago only; all consent."""
    for user in ("u-1", "u-2"):
        jobs.door.grant(user)
        answers(user, 24, jobs)
    jobs.door.pass_time(days=700)
    answers("u-1", 9, jobs, first=3)
    jobs.door.pass_time(days=40)
    return jobs


def test_answers_stay_what_they_were_when_their_events_expire(aged: LearnerJobs, expiry: ExpiryJobs) -> None:
    before = {user: state(aged, user) for user in ("u-1", "u-2")}
    assert before["u-1"]["profile"]["answers"].item() == 33
    run = expiry.enforce_retention()
    assert run is not None
    assert run.detail["removed"][aged.tenant]["event_log"] == 48
    assert len(aged.pipeline.rows()) == 9
    for user, was in before.items():
        same(was, state(aged, user))
    assert expiry.enforce_retention() is not None
    same(before["u-1"], state(aged, "u-1"))
    aged.pipeline.equation()


def test_the_night_keeps_the_state_of_whoever_has_no_event_left(aged: LearnerJobs, expiry: ExpiryJobs) -> None:
    aged.night().run(aged.tenant)
    key = aged.door.person("u-2")
    before = aged.states.read(aged.tenant, key)
    assert before is not None
    expiry.enforce_retention()
    aged.door.pass_time(days=1)
    aged.night().run(aged.tenant)
    aged.states.mark_stale(aged.tenant, [key])
    aged.refresh().drain()
    after = aged.states.read(aged.tenant, key)
    assert after is not None
    assert after.events == before.events == 24
    assert_frame_equal(unpack(after.packed)["cards"], unpack(before.packed)["cards"], check_exact=True)


def test_a_kill_between_carrying_and_deleting_counts_nothing_twice(
    aged: LearnerJobs, expiry: ExpiryJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state(aged, "u-1")
    core: EventLogWriter = aged.pipeline.core
    once(monkeypatch, core, "expire")
    with pytest.raises(Killed):
        expiry.enforce_retention()
    assert len(aged.pipeline.rows()) == 57
    same(before, state(aged, "u-1"))
    expiry.enforce_retention()
    assert len(aged.pipeline.rows()) == 9
    same(before, state(aged, "u-1"))


def test_what_expires_later_is_added(aged: LearnerJobs, expiry: ExpiryJobs) -> None:
    expiry.enforce_retention()
    aged.door.pass_time(days=200)
    answers("u-1", 6, aged, first=1)
    aged.door.pass_time(days=400)
    before = state(aged, "u-1")
    aged.door.pass_time(days=200)
    expiry.enforce_retention()
    assert len(aged.pipeline.rows()) == 6
    after = state(aged, "u-1")
    assert after["profile"]["answers"].item() == 39
    for name in ("cards", "materials"):
        assert_frame_equal(before[name], after[name], check_exact=True)


def test_without_consent_nothing_is_carried_and_a_withdrawal_removes_it(
    aged: LearnerJobs, expiry: ExpiryJobs, withdrawals: WithdrawalsJob
) -> None:
    door = aged.door
    door.withdraw("u-2", Purpose.LEARNING_SUPPORT)  # research still covers the events themselves
    withdrawals.run()
    expiry.enforce_retention()
    assert aged.carried.keys(aged.tenant) == [door.person("u-1")]
    door.withdraw("u-1", Purpose.LEARNING_SUPPORT)
    withdrawals.run()
    assert aged.carried.keys(aged.tenant) == []
    assert state(aged, "u-1")["cards"].is_empty()


def test_a_pause_keeps_what_was_carried_and_carries_on(aged: LearnerJobs, expiry: ExpiryJobs) -> None:
    door = aged.door
    key = door.person("u-1")
    before = state(aged, "u-1")
    for decision in ("paused", "resumed"):
        door.consent.decide(
            aged.tenant, key, [Purpose.LEARNING_SUPPORT], decision, text_version="v1", recorded_by="test"
        )  # fmt: skip
        expiry.enforce_retention()
        assert key in aged.carried.keys(aged.tenant)
    same(before, state(aged, "u-1"))
