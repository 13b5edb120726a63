"""The limits in time: a day for what waits without consent, five weeks for ids, and each event type's retention."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry
from akademos.privacy.retention import cutoffs
from akademos.stores.ports.access import Tenants
from akademos.stores.ports.event_log import EventLogWriter
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.landing_queue import LandingQueue
from akademos.stores.ports.retention import RecordRetention
from akademos.telemetry import DEAD_LETTER_AGE, HELD_AGE

LANDING_JOB = "landing_expiry"
RETENTION_JOB = "retention"
CORE = "event_log"


class ExpiryJobs:
    """Enforces the limits; both jobs find out by themselves what is due, so running them twice changes nothing.

    `carry` keeps what later answers need of a tenant's events that are due (`carry_forward.CarryForward`); it is called
    before they are deleted.
    """

    def __init__(
        self,
        queue: LandingQueue,
        core: EventLogWriter,
        tenants: Tenants,
        runs: JobRuns,
        records: RecordRetention,
        registries: Callable[[str], Registry],
        carry: Callable[[str, Mapping[str, datetime], datetime], int],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._queue = queue
        self._core = core
        self._tenants = tenants
        self._runs = runs
        self._records = records
        self._registries = registries
        self._carry = carry
        self._clock = clock

    def expire_landing(self) -> JobRun | None:
        """Held rows and dead letters after their day, ids after five weeks; None when another process is at it."""
        with self._runs.running(LANDING_JOB) as run:
            if run is not None:
                now = self._clock()
                run.rows_out = self._queue.expire(
                    landing_before=now - timedelta(hours=LIMITS.landing_hours),
                    index_before=now - timedelta(days=LIMITS.dedupe_days),
                )
                waiting = self._queue.waiting()
                HELD_AGE.set(0 if waiting.held is None else (now - waiting.held).total_seconds())
                DEAD_LETTER_AGE.set(0 if waiting.letters is None else (now - waiting.letters).total_seconds())
        return run

    def enforce_retention(self) -> JobRun | None:
        """Core and table rows whose retention ended, and the bytes they leave; what a crash left uncounted is counted
        by the next run. What is under a legal hold stays."""
        with self._runs.running(RETENTION_JOB) as run:
            if run is not None:
                removed = {tenant.tenant_id: self._enforce(tenant.tenant_id) for tenant in self._tenants.all()}
                shared = dict(self._records.expire_shared(self._clock()))
                run.detail["removed"] = removed
                run.detail["removed_shared"] = shared
                run.rows_out = sum(sum(one.values()) for one in (*removed.values(), shared))
                tables = {name for one in (*removed.values(), shared) for name in one}
                self._records.rewrite(sorted(tables - {CORE}))
        return run

    def _enforce(self, tenant_id: str) -> dict[str, int]:
        now, events = self._clock(), 0
        everybody, people = self._records.held_people(tenant_id, CORE)
        if not everybody:
            due = cutoffs(self._registries(tenant_id).newest(), now)
            self._carry(tenant_id, due, now)
            total = self._core.expire(tenant_id, due, application=f"expired_retention/{tenant_id}", keep=people)
            events = self._queue.settle("expired_retention", {tenant_id: total})
        return {CORE: events, **self._records.expire(tenant_id, now, events_removed=events)}
