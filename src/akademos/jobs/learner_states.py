"""Every night: what the cohort teaches first, then the state of every learner on top of it, bucket by bucket.

A run that was interrupted goes on where it stopped, as of the same instant and with the same cohort tables.
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.memory_weights import fit_learners
from akademos.analytics.next_answer import ServedTracing
from akademos.catalogue.registry import Registry
from akademos.jobs.child_process import end_with_parent
from akademos.jobs.cohort_teaching import COHORT_COLUMNS, cohort_teaching
from akademos.jobs.group_statistics import declared_floor
from akademos.jobs.learner_buckets import Bucket, LearnerBuckets
from akademos.jobs.memory_weights import fit_cohort_weights
from akademos.jobs.past_tables import (
    EVENT_COLUMNS,
    People,
    Tables,
    learner_tables,
    learning_events,
)
from akademos.jobs.served_tracing import TracingInService
from akademos.jobs.state_rows import StateRows, state_rows
from akademos.jobs.study_rows import is_sign
from akademos.stores.ports.carried import CarriedReader
from akademos.stores.ports.consent import ConsentLedger
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.job_runs import JobRun, JobRuns, PastRun
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.models import TrainedModels
from akademos.stores.ports.records import Records

JOB = "learner_states"
MODEL = "item_difficulty"
"""Dataset of what the cohort teaches: a model that its rows train."""

RESUMED_WITHIN = timedelta(hours=12)
ROWS_PER_BUCKET = 25_000
"""A process holds a bucket and its states: about 100 MB."""

ROWS_WORTH_PROCESSES = 200_000
"""Starting a process costs about two seconds; below so many rows one process is quicker."""


@dataclass(frozen=True, slots=True)
class Shared:
    """What all buckets of a run share: sent to each process once."""

    known: Tables
    taught: Tables
    as_of: datetime
    tracing: ServedTracing | None = None


class LearnerStatesJob:
    """Computes the states of all learners of a tenant.

    Args:
        events, records, states, consent, runs, carried: the stores.
        registries: a tenant's registry, which names the events that count.
        models: remembers whose rows taught what.
        clock: the installation's.
        tracing: the knowledge-tracing models in service.
        processes: how many compute side by side when there is enough to do.
    """

    def __init__(
        self,
        events: EventLogReader,
        records: Records,
        states: LearnerStates,
        consent: ConsentLedger,
        runs: JobRuns,
        registries: Callable[[str], Registry],
        models: TrainedModels,
        carried: CarriedReader,
        *,
        clock: Callable[[], datetime],
        tracing: TracingInService | None = None,
        processes: int = 2,
        rows_per_bucket: int = ROWS_PER_BUCKET,
    ) -> None:
        self._events = events
        self._records = records
        self._states = states
        self._buckets = LearnerBuckets(events, consent, rows_per_bucket, carried)
        self._events_only = LearnerBuckets(events, consent, rows_per_bucket)
        self._runs = runs
        self._registries = registries
        self._models = models
        self._clock = clock
        self._tracing = tracing
        self._processes = processes

    def run(self, tenant_id: str) -> JobRun | None:
        """One run; None when another process is at it."""
        before = self._runs.last(JOB, tenant_id)
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                self._run(tenant_id, run, before)
        return run

    def _run(self, tenant_id: str, run: JobRun, before: PastRun | None) -> None:
        curriculum = self._records.curriculum(tenant_id)
        names = learning_events(self._registries(tenant_id))
        progress = self._resumed(before, curriculum.version)
        if progress is None:
            as_of = self._clock()
            teaching = [name for name in names if not is_sign(name)]
            buckets = self._events_only.read(tenant_id, teaching, COHORT_COLUMNS)
            taught, pasts, learners = cohort_teaching(buckets, as_of, self._floor(tenant_id))
            version = self._states.write_cohort(tenant_id, as_of, taught, pasts)
            self._models.record(tenant_id, MODEL, version, as_of, learners)
            fit_cohort_weights(
                self._events, self._states, self._models, tenant_id, learners, as_of, self._floor(tenant_id)
            )
            progress = {"as_of": as_of.isoformat(), "cohort": version, "curriculum": curriculum.version}
        run.detail |= progress
        as_of = datetime.fromisoformat(str(progress["as_of"]))
        cohort = self._states.cohort(tenant_id)
        tracing = None if self._tracing is None else self._tracing.at(tenant_id, as_of)
        run.detail["tracing"] = None if self._tracing is None else self._tracing.version_at(tenant_id, as_of)
        shared = Shared(curriculum.tables, cohort.tables if cohort else {}, as_of, tracing)
        rows = self._events.count(tenant_id)
        processes = self._processes if rows >= ROWS_WORTH_PROCESSES else 1
        with _computing(processes, shared) as compute:
            waiting: deque[_Waiting] = deque()
            for bucket in self._buckets.read(tenant_id, names, EVENT_COLUMNS, progress.get("done_through")):
                keys = list(bucket.consenting)
                known = _Known(
                    {**self._states.weights(tenant_id, keys, as_of), **bucket.carried},
                    [state.packed for state in self._states.read_many(tenant_id, keys)],
                )
                waiting.append(_Waiting(bucket, compute(bucket.events, bucket.consenting, known, self._clock())))
                while len(waiting) > processes:
                    self._write(tenant_id, run, waiting.popleft())
            while waiting:
                self._write(tenant_id, run, waiting.popleft())
        self._states.drop_before(tenant_id, as_of)
        run.detail["rows"] = rows

    def tracing_version(self, tenant_id: str) -> int | None:
        """The version of the knowledge-tracing model that a run now would use."""
        return None if self._tracing is None else self._tracing.version_at(tenant_id, self._clock())

    def _write(self, tenant_id: str, run: JobRun, waiting: _Waiting) -> None:
        computed, bucket = waiting.rows(), waiting.bucket
        fitted = self._states.write_weights(tenant_id, bucket.consenting, computed.weights)
        run.detail["weights_fitted"] = run.detail.get("weights_fitted", 0) + fitted
        self._states.write(tenant_id, computed.states, of=bucket.consenting)
        self._states.write_topic_mastery(tenant_id, bucket.consenting, computed.topics)
        run.rows_in += bucket.events.height
        run.rows_out += len(computed.states)
        run.detail["done_through"] = bucket.last
        self._runs.note(run)

    def _resumed(self, before: PastRun | None, curriculum_version: int) -> dict[str, Any] | None:
        if before is None or before.outcome == "succeeded" or "done_through" not in before.detail:
            return None
        if before.detail["curriculum"] != curriculum_version or self._clock() - before.started_at > RESUMED_WITHIN:
            return None
        return {name: before.detail[name] for name in ("as_of", "cohort", "curriculum", "done_through")}

    def _floor(self, tenant_id: str) -> int:
        """Of how many learners on the cohort teaches anything."""
        return declared_floor((self._registries(tenant_id).metric("item_difficulty"),))


@dataclass(frozen=True, slots=True)
class _Waiting:
    bucket: Bucket
    rows: Callable[[], StateRows]


@dataclass(frozen=True, slots=True)
class _Known:
    """What is stored of the people of a bucket: memory weights in force, what was carried forward, and packed states
    computed before."""

    tables: Tables
    states: Sequence[bytes]


_Compute = Callable[[pl.DataFrame, People, _Known, datetime], Callable[[], StateRows]]


@contextmanager
def _computing(processes: int, shared: Shared) -> Iterator[_Compute]:
    """A function that starts to compute a bucket and returns how to get its rows."""
    if processes == 1:
        snapshot_on = prepare(shared.known)

        def here(events: pl.DataFrame, people: People, known: _Known, computed_at: datetime) -> Callable[[], StateRows]:
            return lambda: _rows(shared, snapshot_on, events, people, known, computed_at)

        yield here
        return
    # Spawned, not forked: the parent runs threads and engines.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_share, initargs=(shared,)) as pool:

        def there(
            events: pl.DataFrame, people: People, known: _Known, computed_at: datetime
        ) -> Callable[[], StateRows]:
            return pool.submit(_rows_in_process, events, people, known, computed_at).result

        yield there


def _rows(
    shared: Shared,
    snapshot_on: Curriculum,
    events: pl.DataFrame,
    people: People,
    known: _Known,
    computed_at: datetime,
) -> StateRows:
    tables = learner_tables(events, people, shared.known, {**shared.taught, **known.tables})
    fitted = fit_learners(tables, shared.as_of)
    older = known.tables["memory_weights"].join(fitted, on="learner_key", how="anti")
    tables = {**tables, "memory_weights": pl.concat([older, fitted])}
    rows = state_rows(
        tables, shared.as_of, computed_at, snapshot_on=snapshot_on, tracing=shared.tracing, before=known.states
    )
    return replace(rows, weights=fitted)


_SHARED: list[tuple[Shared, Curriculum]] = []
"""In a process of the pool: what its run shares."""


def _share(shared: Shared) -> None:
    end_with_parent()
    _SHARED[:] = [(shared, prepare(shared.known))]


def _rows_in_process(events: pl.DataFrame, people: People, known: _Known, computed_at: datetime) -> StateRows:
    ((shared, snapshot_on),) = _SHARED
    return _rows(shared, snapshot_on, events, people, known, computed_at)
