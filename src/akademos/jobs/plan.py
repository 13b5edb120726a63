"""What is due: pure decisions over the schedule, the clock and the record of past runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from akademos.catalogue.policies import LIMITS
from akademos.stores.ports.job_runs import PastRun


@dataclass(frozen=True, slots=True)
class Every:
    """A job that is due again so long after its last start."""

    job: str
    period: timedelta


@dataclass(frozen=True, slots=True)
class Nightly:
    """A job of the night, due once after `at` (UTC); a night that was missed is made up for at the next chance."""

    job: str
    at: time


SCHEDULE: tuple[Every | Nightly, ...] = (
    Every("withdrawals", timedelta(seconds=1)),
    Every("erasure", timedelta(seconds=5)),
    Every("compaction", timedelta(seconds=10)),
    Every("access_seal", timedelta(seconds=10)),
    Every("outbox_standing", timedelta(seconds=15)),
    Every("alert_mail_standing", timedelta(seconds=15)),
    Every("sweep", timedelta(minutes=2)),
    Every("releases", timedelta(minutes=1)),
    Every("landing_expiry", timedelta(minutes=15)),
    Every("record_expiry", timedelta(minutes=5)),
    Nightly("log_verification", time(1, 30)),  # before retention takes the oldest rows
    Nightly("retention", time(2, 0)),
    Nightly("full_compaction", time(2, 10)),
    Nightly("learner_states", time(2, 30)),
    Nightly("train", time(3, 15)),
    Nightly("group_statistics", time(3, 30)),  # earlier where the states are done; then at the latest
    Nightly("peer_comparison", time(3, 30)),
    Nightly("content_statistics", time(3, 40)),
    Nightly("kpis", time(3, 40)),  # some of them are made of what is published of contents
    Nightly("risk_scores", time(3, 45)),  # of a week: the other nights find it done
    Nightly("metering", time(3, 50)),
    Nightly("quality", time(3, 55)),  # of what the others have made; the marts show it
    Nightly("marts", time(4, 0)),  # after what it reports on
)

RETRY_AFTER = timedelta(minutes=10)
"""A job of the night that failed is tried again after so long."""

ITS_HOURS = timedelta(hours=3)

GROWN_RETRY_AFTER = timedelta(minutes=1)
GROWN_BY = 2.0
GROWN_LEAST = 500
CURRICULUM_RETRY_AFTER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class History:
    """What is known of one job (of one tenant): its last start, and the start of its last success."""

    started_at: datetime | None = None
    succeeded_at: datetime | None = None


def history_of(last: PastRun | None, succeeded: PastRun | None) -> History:
    """The same from two lines of the record."""
    return History(last.started_at if last else None, succeeded.started_at if succeeded else None)


def follows(before: PastRun | None, after: PastRun | None, now: datetime) -> bool:
    """Whether a job that rests on another one is due: the other has succeeded since it last started; or it failed, and
    it is time to try again."""
    if before is None or before.outcome != "succeeded" or before.finished_at is None:
        return False
    if after is None or after.started_at < before.finished_at:
        return True
    return after.outcome == "failed" and now - after.started_at >= RETRY_AFTER


def is_due(job: Every | Nightly, history: History, now: datetime) -> bool:
    """Whether a job should start now."""
    if isinstance(job, Every):
        return history.started_at is None or now - history.started_at >= job.period
    tonight = datetime.combine(now.date(), job.at, tzinfo=now.tzinfo)
    last_night = tonight if now >= tonight else tonight - timedelta(days=1)
    if history.succeeded_at is not None and history.succeeded_at >= last_night:
        return False
    return history.started_at is None or history.started_at < last_night or now - history.started_at >= RETRY_AFTER


def in_its_hours(job: Nightly, now: datetime) -> bool:
    """Whether a job's hours have begun and are not over yet. In them it starts however much is coming in; a night that
    is made up for at another time waits for a calm moment."""
    tonight = datetime.combine(now.date(), job.at, tzinfo=now.tzinfo)
    return timedelta(0) <= (now - tonight) % timedelta(days=1) < ITS_HOURS


@dataclass(frozen=True, slots=True)
class StatesBasis:
    """What the last computation of all learners' states rested on, or what one now would."""

    rows: int
    curriculum: int
    tracing: int | None = None


def states_outdated(before: StatesBasis | None, present: StatesBasis, history: History, now: datetime) -> bool:
    """Whether the states of all learners should be computed without waiting for the night.

    They should when what they rest on has become another: the core has doubled (an import, a first day), or the
    curriculum or the knowledge-tracing model was changed. Never in a row: each try waits for some time after the one
    before.
    """
    since = timedelta.max if history.started_at is None else now - history.started_at
    rows = 0 if before is None else before.rows
    grown = present.rows >= max(GROWN_BY * rows, rows + GROWN_LEAST)
    rests_on = present.curriculum, present.tracing
    changed = before is not None and rests_on != (before.curriculum, before.tracing) and present.rows > 0
    return (grown and since >= GROWN_RETRY_AFTER) or (changed and since >= CURRICULUM_RETRY_AFTER)


def seal_due(rows: int, oldest: datetime, now: datetime) -> bool:
    """Whether unsealed rows of the access log should be sealed: the oldest has waited a minute, or a batch is full."""
    return rows >= LIMITS.access_seal_rows or now - oldest >= LIMITS.access_seal_pause


def due(schedule: Sequence[Every | Nightly], histories: dict[str, History], now: datetime) -> list[str]:
    """Names of the jobs that should start now, in the order of the schedule."""
    return [job.job for job in schedule if is_due(job, histories.get(job.job, History()), now)]
