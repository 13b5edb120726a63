"""The report of retention: what is kept for how long, how old it is, what is due, what went last."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from akademos.catalogue.declarations import Dataset, Zone
from akademos.catalogue.registry import Registry
from akademos.jobs.expiry import CORE, LANDING_JOB, RETENTION_JOB
from akademos.privacy.retention import cutoffs
from akademos.stores.ports.job_runs import JobRuns, PastRun
from akademos.stores.ports.retention import Age, EventRetention, RecordRetention, RetentionLine

_NOTHING = Age(0, None, 0)
_BY_THE_HOUR = ("landing", "held", "dead_letters", "event_index")


class RetentionReport:
    """Adapter of the port `RetentionReports`."""

    def __init__(
        self,
        records: RecordRetention,
        core: Callable[[], EventRetention],
        runs: JobRuns,
        registries: Callable[[str], Registry],
        datasets: Sequence[Dataset],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._core = core
        self._runs = runs
        self._registries = registries
        self._datasets = datasets
        self._clock = clock

    def report(self, tenant_id: str) -> list[RetentionLine]:
        """Event types first, then datasets; by name."""
        now, registry = self._clock(), self._registries(tenant_id)
        succeeded = self._runs.succeeded()
        nightly, hourly = succeeded.get((RETENTION_JOB, None)), succeeded.get((LANDING_JOB, None))
        removed = {} if nightly is None else nightly.detail.get("removed", {}).get(tenant_id, {})
        events = self._core().event_ages(tenant_id, cutoffs(registry.newest(), now))
        everybody, people = self._records.held_people(tenant_id, "event_log")
        lines = [
            RetentionLine(
                "event", event.name, event.basis.value, event.retention, "retention_from",
                events.get(event.name, _NOTHING), _started(nightly),
                None, everybody or bool(people),
            )
            for event in sorted(registry.newest(), key=lambda event: event.name)
            if event.zone is Zone.CORE
        ]  # fmt: skip
        ages = {CORE: _together(events.values()), **self._records.ages(tenant_id, now)}
        for dataset in sorted(self._datasets, key=lambda dataset: dataset.name):
            if dataset.name not in ages:
                continue
            run = hourly if dataset.name in _BY_THE_HOUR else nightly
            everybody, people = self._records.held_people(tenant_id, dataset.name)
            lines.append(
                RetentionLine(
                    "dataset", dataset.name, dataset.basis.value, dataset.retention,
                    dataset.time_column or "end of the course", ages[dataset.name], _started(run),
                    removed.get(dataset.name, 0), everybody or bool(people),
                )
            )  # fmt: skip
        return lines


def _started(run: PastRun | None) -> datetime | None:
    return None if run is None else run.started_at


def _together(ages: Collection[Age]) -> Age:
    oldest = min((age.oldest for age in ages if age.oldest is not None), default=None)
    return Age(sum(age.rows for age in ages), oldest, sum(age.due for age in ages))
