"""Every night: the declared checks on the real tables of a tenant, issues for what fails, and what the catalogue says
written down where it has changed.

Beside what a dataset declares, every table is held against its declared columns, and every dataset that a job promises
to keep fresh against that promise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime

from akademos.catalogue.catalogue_content import versions_of
from akademos.catalogue.checks import Check, CheckKind, fresh, schema_stands
from akademos.catalogue.declarations import Dataset
from akademos.catalogue.job_flows import flow_of
from akademos.catalogue.products import PRODUCTS
from akademos.catalogue.registry import Registry
from akademos.jobs.warehouse_models import warehouse_models
from akademos.stores.ports.catalogue import CatalogueVersions
from akademos.stores.ports.job_runs import JobRun, JobRuns, PastRun
from akademos.stores.ports.quality import Offence, QualityResult, QualityStore, Status, TableChecks

JOB = "quality"


def checks_of(dataset: Dataset) -> tuple[Check, ...]:
    """What is run on a table: its columns, what it declares, and the promise of the job that makes it."""
    flow = flow_of(dataset.name)
    promised = () if flow is None or flow.promise is None or not flow.by_tenant else (fresh(flow.promise),)
    declared = tuple(one for one in dataset.checks if one.kind is not CheckKind.ENFORCED)
    return (schema_stands(), *declared, *promised)


class QualityJob:
    """Runs the checks of a tenant."""

    def __init__(
        self,
        tables: TableChecks,
        store: QualityStore,
        versions: CatalogueVersions,
        runs: JobRuns,
        registries: Callable[[str], Registry],
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._tables = tables
        self._store = store
        self._versions = versions
        self._runs = runs
        self._registries = registries
        self._clock = clock

    def run(self, tenant_id: str) -> JobRun | None:
        """One run; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                registry, now = self._registries(tenant_id), self._clock()
                results = list(self._results(tenant_id, registry.datasets, now))
                owners = {one.name: one.owner for one in registry.datasets}
                opened, closed = self._store.record(tenant_id, results, owners)
                entries = versions_of((*registry.datasets, *warehouse_models()), PRODUCTS, registry.policies)
                changed = self._versions.record(tenant_id, entries, now)
                failed = sum(one.status == "failed" for one in results)
                run.rows_in, run.rows_out = len(results), failed
                run.detail |= {"failed": failed, "opened": opened, "closed": closed, "changed": changed}
        return run

    def _results(self, tenant_id: str, datasets: Sequence[Dataset], now: datetime) -> Iterator[QualityResult]:
        succeeded = self._runs.succeeded()
        for dataset in datasets:
            if not dataset.available or not self._tables.stands(dataset):
                continue
            for check in checks_of(dataset):
                found = _freshness(succeeded, tenant_id, dataset, check, now)
                if found is None:
                    found = self._tables.offences(tenant_id, dataset, check, now)
                status: Status = "failed" if found.offending else "passed" if found.enough else "not_enough"
                yield QualityResult(
                    dataset.name, check.name, check.kind.value, check.severity.value, check.statement,
                    status, found.offending, found.sample, found.said, now,
                )  # fmt: skip


def _freshness(
    succeeded: Mapping[tuple[str, str | None], PastRun],
    tenant_id: str,
    dataset: Dataset,
    check: Check,
    now: datetime,
) -> Offence | None:
    """Of a dataset that a job makes: by the job's last success, since a run may find nothing to write."""
    flow = flow_of(dataset.name)
    if check.kind is not CheckKind.FRESHNESS or flow is None or check.within is None:
        return None
    if flow.job == JOB:  # this very run
        return Offence(0, said="by this run")
    last = succeeded.get((flow.job, tenant_id if flow.by_tenant else None))
    if last is None or last.finished_at is None:
        return Offence(0, enough=False, said=f"{flow.job} has not run yet")
    late = now - last.finished_at > check.within
    return Offence(int(late), said=f"{flow.job} last succeeded {last.finished_at:%Y-%m-%d %H:%M} UTC")
