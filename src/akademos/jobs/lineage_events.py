"""Runs of jobs as OpenLineage events: of the record, for an export; and while they run, into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path

import orjson
import structlog

from akademos.catalogue.declarations import Dataset
from akademos.catalogue.job_flows import FLOW_OF
from akademos.catalogue.lineage import Lineage
from akademos.catalogue.openlineage import Assertion, Event, Run, events_of
from akademos.catalogue.registry import builtin
from akademos.errors import AkademosError
from akademos.jobs.data_catalogue import derive
from akademos.jobs.quality import JOB as QUALITY
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores.ports.job_runs import JobRun, JobRuns, PastRun
from akademos.stores.ports.quality import QualityResult

log = structlog.get_logger()

Described = Callable[[], tuple[Mapping[str, Dataset], Lineage]]
"""The datasets and the graph that events are described with."""


@cache
def packaged_description() -> tuple[Mapping[str, Dataset], Lineage]:
    """Of the registry that ships, with the models of the warehouse."""
    derived = derive(builtin(), warehouse_models())
    return {name: one.dataset for name, one in derived.described.items()}, derived.lineage


def assertions_of(results: Iterable[QualityResult], datasets: Mapping[str, Dataset]) -> list[Assertion]:
    """The newest results as events carry them; those that could not be judged are left out."""
    columns = {(name, check.name): check.columns for name, one in datasets.items() for check in one.checks}
    return [
        Assertion(one.dataset, one.check, one.status == "passed", columns.get((one.dataset, one.check), ()),
                  one.severity, one.checked_at)
        for one in results
        if one.status != "not_enough"
    ]  # fmt: skip


def past_events(
    runs: Iterable[PastRun],
    tenant_id: str,
    datasets: Mapping[str, Dataset],
    lineage: Lineage,
    assertions: Sequence[Assertion],
) -> Iterator[Event]:
    """Events of the runs of a tenant, and of the installation's own, oldest run first. All datasets are the tenant's;
    results of checks go with the run that judged them."""
    for one in sorted(runs, key=lambda run: run.started_at):
        flow = FLOW_OF.get(one.job)
        if flow is not None and one.tenant_id in (tenant_id, None):
            judged = [found for found in assertions if _judged(one, found)]
            yield from events_of(_run(one), flow, datasets, lineage, judged, tenant_id=tenant_id)


def _judged(run: PastRun, found: Assertion) -> bool:
    """Whether a run judged it: a build of the warehouse its own tables, the checks of the night all others."""
    if run.job != ("marts" if "." in found.dataset else QUALITY) or run.finished_at is None:
        return False
    return run.started_at <= found.at <= run.finished_at


def _run(one: PastRun) -> Run:
    failure = None
    if one.outcome == "failed":
        failure = str(one.detail.get("reason") or one.detail.get("code") or "failed")
    return Run(one.job, one.tenant_id, one.started_at, one.finished_at, one.outcome, one.rows_out, failure)


class EmittingRuns:
    """A record of jobs that also writes each run's events to a file, a line of JSON each, as OpenLineage's file
    transport does. A file that cannot be written is logged and never fails a job."""

    def __init__(self, runs: JobRuns, file: Path, described: Described, *, clock: Callable[[], datetime]) -> None:
        self._runs = runs
        self._file = file
        self._described = described
        self._clock = clock

    @contextmanager
    def running(self, job: str, tenant_id: str | None = None) -> Iterator[JobRun | None]:
        """As the record's own; START when entered as the one who runs it, COMPLETE or FAIL at the end."""
        with self._runs.running(job, tenant_id) as run:
            if run is None or job not in FLOW_OF:
                yield run
                return
            began = Run(job, tenant_id, run.started_at, None, "running", None)
            self._write(began, 0, 1)
            outcome, failure = "failed", None
            try:
                yield run
                outcome = "succeeded"
            except BaseException as refused:
                failure = refused.reason if isinstance(refused, AkademosError) else type(refused).__name__
                raise
            finally:
                ended = Run(job, tenant_id, run.started_at, self._clock(), outcome, run.rows_out, failure)
                self._write(ended, 1, 2)

    def _write(self, run: Run, first: int, last: int) -> None:
        try:
            datasets, lineage = self._described()
            events = events_of(run, FLOW_OF[run.job], datasets, lineage)[first:last]
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with self._file.open("ab") as out:
                out.write(b"".join(orjson.dumps(one) + b"\n" for one in events))
        except OSError as refused:
            log.warning("lineage_not_written", job=run.job, reason=refused.strerror)

    def note(self, run: JobRun) -> None:
        """Record how far a run has come."""
        self._runs.note(run)

    def last(self, job: str, tenant_id: str | None = None) -> PastRun | None:
        """The latest run of a job."""
        return self._runs.last(job, tenant_id)

    def succeeded(self) -> dict[tuple[str, str | None], PastRun]:
        """The latest success of every job and tenant."""
        return self._runs.succeeded()

    def recent(self, limit: int) -> list[PastRun]:
        """The latest runs, newest first."""
        return self._runs.recent(limit)

    def pause(self) -> AbstractContextManager[None]:
        """Keep workers from nights and refreshes."""
        return self._runs.pause()

    def paused(self) -> bool:
        """Whether anybody has paused the workers."""
        return self._runs.paused()
