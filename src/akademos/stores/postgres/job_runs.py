"""The record of jobs on PostgreSQL: a lock that dies with its process, and a row a run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from akademos.errors import AkademosError
from akademos.stores.ports.job_runs import JobRun, PastRun
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.locks import PAUSE, job_number, lock, try_lock

_LEFT_BEHIND = """
    UPDATE job_runs SET outcome = 'failed', finished_at = now(), detail = detail || '{"code": "interrupted"}'
    WHERE job = %s AND tenant_id IS NOT DISTINCT FROM %s AND outcome = 'running'
"""
_START = "INSERT INTO job_runs (job, tenant_id, started_at) VALUES (%s, %s, %s) RETURNING job_run_id"
_NOTE = "UPDATE job_runs SET rows_in = %s, rows_out = %s, detail = %s::jsonb WHERE job_run_id = %s"
_FINISH = """
    UPDATE job_runs SET finished_at = %s, outcome = %s, rows_in = %s, rows_out = %s, detail = %s::jsonb
    WHERE job_run_id = %s
"""
_COLUMNS = "job, tenant_id, started_at, finished_at, outcome, rows_in, rows_out, detail"
_LAST = f"""
    SELECT {_COLUMNS} FROM job_runs WHERE job = %s AND tenant_id IS NOT DISTINCT FROM %s
    ORDER BY started_at DESC, job_run_id DESC LIMIT 1
"""
_SUCCEEDED = f"""
    SELECT DISTINCT ON (job, tenant_id) {_COLUMNS} FROM job_runs WHERE outcome = 'succeeded'
    ORDER BY job, tenant_id, started_at DESC
"""
_RECENT = f"SELECT {_COLUMNS} FROM job_runs ORDER BY started_at DESC, job_run_id DESC LIMIT %s"


class PostgresJobRuns:
    """Adapter of the port `JobRuns`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._numbers: dict[int, int] = {}

    @contextmanager
    def running(self, job: str, tenant_id: str | None = None) -> Iterator[JobRun | None]:
        """Enter as the one who runs the job; see the port."""
        with self._database.pipeline() as guard:
            if not try_lock(guard, job_number(f"{job}/{tenant_id or ''}")):
                yield None
                return
            run = JobRun(datetime.now(UTC))
            with self._database.pipeline() as transaction:
                transaction.execute(_LEFT_BEHIND, (job, tenant_id))
                ((number,),) = transaction.execute(_START, (job, tenant_id, run.started_at))
            self._numbers[id(run)] = number
            outcome = "failed"
            try:
                yield run
                outcome = "succeeded"
            except BaseException as failure:
                run.detail |= _reason(failure)
                raise
            finally:
                del self._numbers[id(run)]
                values = (datetime.now(UTC), outcome, run.rows_in, run.rows_out, json.dumps(run.detail), number)
                with self._database.pipeline() as transaction:
                    transaction.execute(_FINISH, values)

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Keep workers from nights and refreshes; see the port."""
        with self._database.pipeline() as guard:
            lock(guard, PAUSE)
            yield

    def paused(self) -> bool:
        """Whether anybody has paused the workers."""
        with self._database.pipeline() as transaction:
            return not try_lock(transaction, PAUSE, shared=True)

    def note(self, run: JobRun) -> None:
        """Record how far a run has come."""
        values = (run.rows_in, run.rows_out, json.dumps(run.detail), self._numbers[id(run)])
        with self._database.pipeline() as transaction:
            transaction.execute(_NOTE, values)

    def last(self, job: str, tenant_id: str | None = None) -> PastRun | None:
        """The latest run of a job, ended or not."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_LAST, (job, tenant_id)).fetchone()
        return PastRun(*row) if row else None

    def succeeded(self) -> dict[tuple[str, str | None], PastRun]:
        """The latest success of every job and tenant."""
        with self._database.pipeline() as transaction:
            runs = [PastRun(*row) for row in transaction.execute(_SUCCEEDED)]
        return {(run.job, run.tenant_id): run for run in runs}

    def recent(self, limit: int) -> list[PastRun]:
        """The latest runs of all jobs, newest first."""
        with self._database.pipeline() as transaction:
            return [PastRun(*row) for row in transaction.execute(_RECENT, (limit,))]


def _reason(failure: BaseException) -> dict[str, str]:
    # Other exceptions may quote data: their kind only.
    if isinstance(failure, AkademosError):
        return {"code": failure.code, "reason": failure.reason}
    return {"code": "unexpected", "reason": type(failure).__name__}
