"""Lets records expire whose time is over: certificates, recommendations, attempts that were never handed in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.record_expiry import RecordExpiry

JOB = "record_expiry"


class RecordExpiryJob:
    """What is over is so at once for whoever asks; the job writes it down. Running it twice expires nothing twice."""

    def __init__(self, expiry: RecordExpiry, runs: JobRuns, *, clock: Callable[[], datetime]) -> None:
        self._expiry = expiry
        self._runs = runs
        self._clock = clock

    def run(self) -> JobRun | None:
        """Let everything expire that is over; None when another process is at it."""
        with self._runs.running(JOB) as run:
            if run is not None:
                expired = self._expiry.expire_due(self._clock())
                run.rows_in = run.rows_out = sum(expired.values())
                run.detail.update(expired)
        return run
