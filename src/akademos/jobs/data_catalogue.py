"""The catalogue as it is read: declarations, models of the warehouse, checks, certifications and runs put together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from akademos.catalogue.catalogue_content import columns_fingerprint
from akademos.catalogue.classification import (
    Classification,
    Sensitivity,
    classification_of,
    sensitivity_of,
    tags_of,
    terms_of,
)
from akademos.catalogue.column_lineage import parsed_edges
from akademos.catalogue.dataset_rights import readers_of
from akademos.catalogue.declarations import Dataset, Term
from akademos.catalogue.job_flows import JobFlow, flow_of
from akademos.catalogue.lineage import Lineage, lineage_of
from akademos.catalogue.products import PRODUCTS, DataProduct
from akademos.catalogue.registry import Registry
from akademos.catalogue.roles import Role
from akademos.catalogue.search import search, search_metrics, search_products, search_terms, words_of
from akademos.stores.ports.catalogue import (
    CatalogueEntry,
    Certification,
    Certifications,
    FoundBeside,
    Freshness,
    ServiceLevel,
)
from akademos.stores.ports.job_runs import JobRuns, PastRun
from akademos.stores.ports.quality import QualityStore

KEPT_REGISTRIES = 16
"""Derivations of so many tenants' registries are kept; a tenant without events of its own shares the built-in one."""


@dataclass(frozen=True, slots=True)
class Described:
    """What follows from a dataset's declaration alone."""

    dataset: Dataset
    classification: Classification
    sensitivity: Sensitivity
    tags: tuple[str, ...]
    terms: tuple[Term, ...]
    readers: frozenset[Role]


@dataclass(frozen=True, slots=True)
class Derived:
    """What follows from a registry alone."""

    registry: Registry
    described: Mapping[str, Described]
    lineage: Lineage


class PutTogether:
    """Adapter of the port `DataCatalogue`."""

    def __init__(
        self,
        registries: Callable[[str], Registry],
        models: Callable[[], Sequence[Dataset]],
        quality: QualityStore,
        certifications: Certifications,
        runs: JobRuns,
        *,
        clock: Callable[[], datetime],
    ) -> None:
        self._registries = registries
        self._models = models
        self._quality = quality
        self._certifications = certifications
        self._runs = runs
        self._clock = clock
        self._kept: dict[int, Derived] = {}

    def _derived(self, tenant_id: str) -> Derived:
        registry = self._registries(tenant_id)
        kept = self._kept.get(id(registry))
        if kept is None:
            kept = derive(registry, self._models())
            if len(self._kept) >= KEPT_REGISTRIES:
                self._kept.clear()
            self._kept[id(registry)] = kept  # holds the registry, so that no other one gets its id
        return kept

    def registry(self, tenant_id: str) -> Registry:
        """The tenant's registry."""
        return self._registries(tenant_id)

    def lineage(self, tenant_id: str) -> Lineage:
        """Events, datasets, metrics, and their columns."""
        return self._derived(tenant_id).lineage

    def products(self) -> Sequence[DataProduct]:
        """Every data product."""
        return PRODUCTS

    def entries(self, tenant_id: str) -> Mapping[str, CatalogueEntry]:
        """Every dataset by name."""
        now, succeeded = self._clock(), self._runs.succeeded()
        results = _by_dataset(self._quality.latest(tenant_id))
        issues = _by_dataset(self._quality.issues(tenant_id, open_only=True))
        stated: dict[str, Certification] = {}
        for one in self._certifications.standing(tenant_id):
            stated.setdefault(one.dataset, one)
        found = {}
        for name, known in self._derived(tenant_id).described.items():
            flow, said = flow_of(name), stated.get(name)
            found[name] = CatalogueEntry(
                known.dataset, known.classification, known.sensitivity, known.tags, known.terms, flow,
                service_level(flow, succeeded, tenant_id, now), known.readers, said,
                said is not None and stands(said, known.dataset, now), results.get(name, ()), issues.get(name, ()),
            )  # fmt: skip
        return found

    def search(self, tenant_id: str, query: str) -> list[CatalogueEntry]:
        """What a query finds, best first; everything by name for an empty one."""
        entries = self.entries(tenant_id)
        also = [(name, " ".join((*one.tags, *(term.name for term in one.terms)))) for name, one in entries.items()]
        return [entries[name] for name in search((one.dataset for one in entries.values()), query, also=also)]

    def beside(self, tenant_id: str, query: str) -> FoundBeside:
        """Products, metrics and words of the glossary that a query finds; none for an empty one."""
        if not words_of(query):
            return FoundBeside()
        registry, products = self._registries(tenant_id), {one.name: one for one in PRODUCTS}
        metrics, terms = {one.name: one for one in registry.metrics}, {one.name: one for one in registry.terms}
        return FoundBeside(
            [products[name] for name in search_products(PRODUCTS, query)],
            [metrics[name] for name in search_metrics(registry.metrics, query)],
            [terms[name] for name in search_terms(registry.terms, query)],
        )


def derive(registry: Registry, models: Sequence[Dataset]) -> Derived:
    """Everything that needs no store."""
    datasets = (*registry.datasets, *models)
    described = {
        one.name: Described(
            one, classification_of(one), sensitivity_of(one), tags_of(one), terms_of(one, registry.terms),
            readers_of(one),
        )
        for one in datasets
    }  # fmt: skip
    return Derived(registry, described, lineage_of(registry.newest(), datasets, registry.metrics, parsed_edges()))


def service_level(
    flow: JobFlow | None, succeeded: Mapping[tuple[str, str | None], PastRun], tenant_id: str, now: datetime
) -> ServiceLevel:
    """Whether the job that makes a dataset keeps its promise."""
    if flow is None:
        return ServiceLevel("no promise", None, None, None)
    last = succeeded.get((flow.job, tenant_id if flow.by_tenant else None))
    at = None if last is None else last.finished_at
    state: Freshness = "no promise"
    if flow.promise is not None:
        state = "never" if at is None else "late" if now - at > flow.promise else "fresh"
    return ServiceLevel(state, flow.promise, flow.job, at)


def stands(said: Certification, dataset: Dataset, now: datetime) -> bool:
    """A certification holds for the columns that it was given for, and until its end."""
    in_time = said.valid_until is None or now < said.valid_until
    return in_time and said.fingerprint == columns_fingerprint(dataset)


class _OfDataset(Protocol):
    @property
    def dataset(self) -> str: ...


_Row = TypeVar("_Row", bound=_OfDataset)


def _by_dataset(rows: Iterable[_Row]) -> dict[str, list[_Row]]:
    found: dict[str, list[_Row]] = {}
    for one in rows:
        found.setdefault(one.dataset, []).append(one)
    return found
