"""The nightly build of the warehouse, in a process of its own: the worker's memory stays small."""

from __future__ import annotations

from collections.abc import Callable

from akademos.stores.ports.job_runs import JobRun, JobRuns

JOB = "marts"


class MartsNight:
    """Has warehouses built.

    Args:
        build: builds a tenant's warehouse elsewhere, and records the run there.
    """

    def __init__(self, build: Callable[[str], None], runs: JobRuns) -> None:
        self._build = build
        self._runs = runs

    def run(self, tenant_id: str) -> JobRun | None:
        """Build; what the record says of it, or None when another process is at it."""
        before = self._runs.last(JOB, tenant_id)
        self._build(tenant_id)
        last = self._runs.last(JOB, tenant_id)
        if last is None or last == before or last.outcome == "running":
            return None
        return JobRun(last.started_at, last.rows_in or 0, last.rows_out or 0, dict(last.detail))
