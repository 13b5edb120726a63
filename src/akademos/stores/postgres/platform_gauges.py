"""Figures of the platform that its store can tell: what waits, what failed, what is late."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from akademos.catalogue.alert_rules import ALERT_RULES
from akademos.catalogue.job_budgets import FRESH_HOURS, FRESHNESS, JOB_BUDGETS
from akademos.stores.ports.incidents import Measured
from akademos.stores.postgres.database import Database

LOG_VERIFICATION, LOGS_BROKEN = "log_verification", "logs_broken"
"""The job that verifies the logs, and the code in the record of a run that found a fault."""

LOST_OVER = timedelta(minutes=10)

_WAITING = """
    SELECT (SELECT count(*) FROM landing), (SELECT received_at FROM landing ORDER BY transaction_id, seq LIMIT 1),
        (SELECT min(received_at) FROM held), (SELECT min(received_at) FROM dead_letters),
        (SELECT min(requested_at) FROM erasures WHERE completed_at IS NULL),
        (SELECT min(o.sequenced_at) FROM outbox_consumers c CROSS JOIN LATERAL (
            SELECT sequenced_at FROM outbox o WHERE o.tenant_id = c.tenant_id AND o.position > c.position
            ORDER BY o.position LIMIT 1) AS o WHERE c.url IS NOT NULL),
        (SELECT count(*) FROM outbox_letters),
        (SELECT min(told_at) FROM outbox_notices WHERE confirmed_at IS NULL),
        (SELECT coalesce(sum(lost), 0) FROM ops_log_loads WHERE loaded_at >= %s)
"""
_AGES = ("landing_age", "held_age", "dead_letter_age", "erasure_age", "outbox_lag", "outbox_unconfirmed")
_LAST_RUNS = """
    SELECT DISTINCT ON (job, tenant_id) job, tenant_id, started_at, finished_at, outcome FROM job_runs
    WHERE started_at >= %s ORDER BY job, tenant_id, started_at DESC, job_run_id DESC
"""
_LAST_ENDS = """
    SELECT DISTINCT ON (job, tenant_id) job, tenant_id, finished_at, outcome FROM job_runs
    WHERE started_at >= %s AND outcome <> 'running' ORDER BY job, tenant_id, started_at DESC, job_run_id DESC
"""
_LAST_SUCCESSES = """
    SELECT job, tenant_id, max(finished_at) FROM job_runs WHERE outcome = 'succeeded' AND job = ANY (%s)
    GROUP BY job, tenant_id
"""
_LAST_VERIFICATIONS = """
    SELECT DISTINCT ON (tenant_id) tenant_id, finished_at, detail->>'code' FROM job_runs
    WHERE job = %s AND started_at >= %s AND outcome = 'succeeded' ORDER BY tenant_id, started_at DESC, job_run_id DESC
"""
LOOKED_BACK = timedelta(days=8)
"""Jobs that have not run for longer say nothing any more, but through what is not fresh."""

_LEAST = {figure: min((rule.above for rule in ALERT_RULES if rule.figure == figure), default=0.0) for figure in _AGES}


class PlatformGauges:
    """Measures with a few queries."""

    figures = frozenset(
        {
            *_AGES, "landing_backlog", "outbox_letters", "log_lines_lost", "log_fault", "job_failed",
            "job_budget_share", "freshness",
        }
    )  # fmt: skip

    def __init__(self, database: Database) -> None:
        self._database = database

    def measure(self, now: datetime) -> Sequence[Measured]:
        """What waits, and how the jobs are."""
        with self._database.pipeline() as transaction:
            (waiting,) = transaction.execute(_WAITING, (now - LOST_OVER,))
            runs = transaction.execute(_LAST_RUNS, (now - LOOKED_BACK,)).fetchall()
            ends = transaction.execute(_LAST_ENDS, (now - LOOKED_BACK,)).fetchall()
            verified = transaction.execute(_LAST_VERIFICATIONS, (LOG_VERIFICATION, now - LOOKED_BACK)).fetchall()
            successes = transaction.execute(_LAST_SUCCESSES, (list(FRESHNESS),)).fetchall()
        backlog, landing, held, letters, erasure, webhook, undelivered, unconfirmed, lost = waiting
        since = dict(zip(_AGES, (landing, held, letters, erasure, webhook, unconfirmed), strict=True))
        return [
            Measured("landing_backlog", backlog),
            Measured("outbox_letters", undelivered),
            Measured("log_lines_lost", float(lost)),
            *(_age(name, at, now) for name, at in since.items()),
            *(_failed(*row) for row in ends),
            *(_fault(*row) for row in verified),
            *(
                _budget(job, tenant_id, started_at, finished_at, now)
                for job, tenant_id, started_at, finished_at, _ in runs
                if job in JOB_BUDGETS
            ),
            *(_fresh(job, tenant_id, succeeded_at, now) for job, tenant_id, succeeded_at in successes),
        ]


def _age(figure: str, at: datetime | None, now: datetime) -> Measured:
    if at is None:
        return Measured(figure, 0.0)
    return Measured(figure, max(0.0, (now - at).total_seconds()), since=at + timedelta(seconds=_LEAST[figure]))


def _failed(job: str, tenant_id: str | None, finished_at: datetime, outcome: str) -> Measured:
    failed = outcome == "failed"
    return Measured("job_failed", float(failed), job, tenant_id, finished_at if failed else None)


def _fault(tenant_id: str | None, finished_at: datetime, code: str | None) -> Measured:
    broken = code == LOGS_BROKEN
    return Measured("log_fault", float(broken), "", tenant_id, finished_at if broken else None)


def _budget(
    job: str, tenant_id: str | None, started_at: datetime, finished_at: datetime | None, now: datetime
) -> Measured:
    budget = JOB_BUDGETS[job]
    share = max(0.0, ((finished_at or now) - started_at) / budget)
    return Measured("job_budget_share", share, job, tenant_id, started_at + budget if share > 1 else None)


def _fresh(job: str, tenant_id: str | None, succeeded_at: datetime, now: datetime) -> Measured:
    since = succeeded_at + timedelta(hours=FRESH_HOURS)
    return Measured("freshness", max(0.0, (now - succeeded_at).total_seconds() / 3600), job, tenant_id, since)
