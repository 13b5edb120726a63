"""Keep the core quick to read: many small files of the mover into few sorted ones, and old files off the disk."""

from __future__ import annotations

from akademos.stores.ports.event_log import EventLogWriter
from akademos.stores.ports.job_runs import JobRun, JobRuns

JOB = "compaction"
NIGHTLY_JOB = "full_compaction"

MOST_FILES = 16
"""In so many files a learner's month may lie by day: reading one costs about a millisecond more each."""

KEEP_S = 120.0
"""How long replaced files stay for readers that opened an earlier version."""


class CompactionJob:
    """Merges by tiers during the day, and everything at night."""

    def __init__(self, core: EventLogWriter, runs: JobRuns) -> None:
        self._core = core
        self._runs = runs

    def needed(self) -> bool:
        """Whether there is anything to merge by day."""
        return self._core.needs_compaction(minimum_files=MOST_FILES)

    def run(self) -> JobRun | None:
        """Merge what has piled up; None when another process is at it."""
        return self._run(JOB, MOST_FILES)

    def run_fully(self) -> JobRun | None:
        """Merge until every learner's month lies in one file; None when another process is at it."""
        return self._run(NIGHTLY_JOB, 2)

    def sweep(self) -> int:
        """Remove replaced files once nobody reads them, and files of crashed writers; return how many."""
        return self._core.vacuum(keep_s=KEEP_S)

    def _run(self, job: str, minimum_files: int) -> JobRun | None:
        with self._runs.running(job) as run:
            if run is not None:
                done = self._core.compact(minimum_files=minimum_files)
                run.rows_in = run.rows_out = done.rows
                run.detail = {
                    "partitions": done.partitions,
                    "files_before": done.files_before,
                    "files_after": done.files_after,
                }
        return run
