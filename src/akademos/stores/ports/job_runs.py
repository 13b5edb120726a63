"""Port of the record of jobs: what ran, when, how long, over how many rows, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


@dataclass(slots=True)
class JobRun:
    """A run under way; what is set here is recorded at its end."""

    started_at: datetime
    rows_in: int = 0
    rows_out: int = 0
    detail: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastRun:
    """One line of the record. `outcome` is running, succeeded or failed."""

    job: str
    tenant_id: str | None
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    rows_in: int | None
    rows_out: int | None
    detail: Mapping[str, Any]


class JobRuns(Protocol):
    """One run of a job (and tenant) at a time, in all processes."""

    def running(self, job: str, tenant_id: str | None = None) -> AbstractContextManager[JobRun | None]:
        """Enter as the one who runs the job, or with None when somebody else does.

        At the end duration, rows and outcome are recorded; an exception makes the outcome `failed`, with its code
        and reason, and goes on. A run that its process did not survive is recorded as failed by the next one.
        """
        ...

    def note(self, run: JobRun) -> None:
        """Record how far a run has come, so that the next one can go on there."""
        ...

    def last(self, job: str, tenant_id: str | None = None) -> PastRun | None:
        """The latest run of a job, ended or not."""
        ...

    def succeeded(self) -> dict[tuple[str, str | None], PastRun]:
        """The latest success of every job and tenant."""
        ...

    def recent(self, limit: int) -> list[PastRun]:
        """The latest runs of all jobs, newest first."""
        ...

    def pause(self) -> AbstractContextManager[None]:
        """While entered, workers start no job of the night and compute no stale states: somebody brings in so much
        that all should be computed once, at the end. It ends with its process at the latest."""
        ...

    def paused(self) -> bool:
        """Whether anybody has paused the workers."""
        ...
