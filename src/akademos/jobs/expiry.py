"""The limits in time: a day for what waits without consent, five weeks for ids, and each event type's retention."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import Registry
from akademos.privacy.retention import cutoffs
from akademos.stores.ports.access import Tenants
from akademos.stores.ports.event_log import EventLogWriter
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.landing_queue import LandingQueue

LANDING_JOB = "landing_expiry"
RETENTION_JOB = "retention"


class ExpiryJobs:
    """Enforces the limits; both jobs find out by themselves what is due, so running them twice changes nothing."""

    def __init__(
        self,
        queue: LandingQueue,
        core: EventLogWriter,
        tenants: Tenants,
        runs: JobRuns,
        registries: Callable[[str], Registry],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._queue = queue
        self._core = core
        self._tenants = tenants
        self._runs = runs
        self._registries = registries
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
        return run

    def enforce_retention(self) -> JobRun | None:
        """Core rows whose retention ended; what a crash left uncounted is counted by the next run."""
        with self._runs.running(RETENTION_JOB) as run:
            if run is not None:
                for tenant in self._tenants.all():
                    due = cutoffs(self._registries(tenant.tenant_id).newest(), self._clock())
                    application = f"expired_retention/{tenant.tenant_id}"
                    total = self._core.expire(tenant.tenant_id, due, application=application)
                    run.rows_out += self._queue.settle("expired_retention", {tenant.tenant_id: total})
        return run
