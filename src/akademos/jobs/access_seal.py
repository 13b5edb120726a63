"""Seals the access log in batches, so that no row can be changed, removed or added unseen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from akademos.catalogue.policies import LIMITS
from akademos.jobs.plan import seal_due
from akademos.stores.ports.access_seals import AccessSeals
from akademos.stores.ports.job_runs import JobRun, JobRuns

JOB = "access_seal"


class AccessSealJob:
    """Seals what was logged since the last seal; running it twice seals nothing twice."""

    def __init__(self, seals: AccessSeals, runs: JobRuns, *, clock: Callable[[], datetime]) -> None:
        self._seals = seals
        self._runs = runs
        self._clock = clock

    def needed(self) -> bool:
        """Whether a tenant's unsealed rows are old enough, or many enough."""
        now = self._clock()
        return any(
            seal_due(waiting.rows, waiting.oldest, now) for waiting in self._seals.unsealed(LIMITS.access_seal_rows)
        )

    def run(self) -> JobRun | None:
        """Seal every tenant's rows up to this moment; None when another process is at it."""
        with self._runs.running(JOB) as run:
            if run is not None:
                decided = self._seals.decided()
                for waiting in self._seals.unsealed(1):
                    rows = -1
                    while rows:
                        rows = self._seals.seal(
                            waiting.tenant_id, decided, limit=LIMITS.access_seal_rows, sealed_at=self._clock()
                        )
                        run.rows_in += rows
                        run.rows_out += rows > 0
        return run
