"""How the pipeline of one tenant is, on PostgreSQL: counts and ages, nobody's rows.

What only the pipeline may read (landing, what is held) is read as it, for the one tenant that is asked about.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from akademos.stores.ports.pipeline_health import Aside, Health, JobState, Station
from akademos.stores.postgres.database import Database, Transaction

DAY = timedelta(days=1)

_RECEIVED = """
    SELECT coalesce(sum(received) FILTER (WHERE received_at >= %(since)s), 0),
        coalesce(sum(accepted + held) FILTER (WHERE received_at >= %(since)s), 0), max(received_at),
        max(received_at) FILTER (WHERE accepted + held > 0)
    FROM receipts WHERE tenant_id = %(tenant)s
"""
_MOVED = """
    SELECT coalesce(sum(events) FILTER (WHERE recorded_at >= %(since)s), 0)::bigint, max(recorded_at)
    FROM movements WHERE tenant_id = %(tenant)s AND kind IN ('moved', 'imported') AND events > 0
"""
_SERVED = """
    SELECT count(*) FILTER (WHERE at >= %(since)s), max(at) FROM access_log
    WHERE tenant_id = %(tenant)s AND decision = 'allowed'
        AND access_id > (SELECT coalesce(max(access_id), 0) - 1000000 FROM access_log WHERE tenant_id = %(tenant)s)
"""
_JOBS = """
    SELECT DISTINCT ON (job, tenant_id) job, tenant_id IS NULL, started_at,
        extract(epoch FROM finished_at - started_at)::float8, outcome, rows_in, rows_out
    FROM job_runs WHERE started_at >= %(weeks)s AND (tenant_id = %(tenant)s OR tenant_id IS NULL)
    ORDER BY job, tenant_id, started_at DESC, job_run_id DESC
"""
_LANDED = "SELECT count(*), min(received_at) FROM landing WHERE tenant_id = %(tenant)s"
_HELD = "SELECT count(*), min(received_at) FROM held WHERE tenant_id = %(tenant)s"
_LETTERS = "SELECT count(*), min(received_at) FROM dead_letters WHERE tenant_id = %(tenant)s"
_STALE = """
    SELECT count(*), min(due_at) FROM stale_learner_states WHERE tenant_id = %(tenant)s AND due_at <= clock_timestamp()
"""
_COMPUTED = """
    SELECT (SELECT max(computed_at) FROM learner_state WHERE tenant_id = %(tenant)s),
        (SELECT count(*) FROM learner_state WHERE tenant_id = %(tenant)s AND computed_at >= %(since)s)
"""
_CORE = """
    SELECT value::bigint, measured_at FROM ops_figures
    WHERE figure = 'core_events' AND tenant_id = %(tenant)s ORDER BY measured_at DESC LIMIT 1
"""
_BACKLOG = """
    SELECT measured_at, value FROM ops_figures
    WHERE figure = 'landing_backlog' AND measured_at >= %(since)s ORDER BY measured_at
"""
_LOOKED = "SELECT max(measured_at) FROM ops_figures WHERE figure = 'landing_backlog'"


class PostgresPipelineHealth:
    """Adapter of the port `PipelineHealth`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def health(self, tenant_id: str, now: datetime) -> Health:
        """How the pipeline of a tenant is; see the port."""
        values = {"tenant": tenant_id, "since": now - DAY, "weeks": now - 14 * DAY}
        with self._database.serving(tenant_id) as transaction:
            received, taken, last_received, last_taken = _one(transaction, _RECEIVED, values)
            moved, last_moved = _one(transaction, _MOVED, values)
            served, last_served = _one(transaction, _SERVED, values)
            computed_at, computed = _one(transaction, _COMPUTED, values)
        with self._database.pipeline() as transaction:
            landed, oldest = _one(transaction, _LANDED, values)
            held, letters = (Aside(*_one(transaction, query, values)) for query in (_HELD, _LETTERS))
            stale, stale_since = _one(transaction, _STALE, values)
            core = transaction.execute(_CORE, values).fetchone() or (None, None)
            jobs = [JobState(*row) for row in transaction.execute(_JOBS, values)]
            backlog = [(at, value) for at, value in transaction.execute(_BACKLOG, values)]
            (looked_at,) = _one(transaction, _LOOKED, values)
        stations = (
            Station("received", received, last_at=last_received),
            Station("landed", taken, landed, oldest, last_taken),
            Station("moved", moved, last_at=last_moved),
            Station("core", core[0], last_at=core[1]),
            Station("computed", computed, stale, stale_since, computed_at),
            Station("served", served, last_at=last_served),
        )
        return Health(stations, held, letters, jobs, backlog, looked_at)


def _one(transaction: Transaction, query: str, values: dict[str, Any]) -> tuple[Any, ...]:
    (row,) = transaction.execute(query, values)
    return row
