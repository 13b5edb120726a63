"""Ports of the catalogue: what stands of a dataset, samples, use, certifications, and the entries put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal, Protocol

from akademos.catalogue.classification import Classification, Sensitivity
from akademos.catalogue.declarations import Dataset, Metric, Term
from akademos.catalogue.job_flows import JobFlow
from akademos.catalogue.lineage import Lineage
from akademos.catalogue.products import DataProduct
from akademos.catalogue.registry import Registry
from akademos.catalogue.roles import Role
from akademos.stores.ports.quality import QualityIssue, QualityResult

Freshness = Literal["fresh", "late", "never", "no promise"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a table stands: rows (counted up to a limit, then the planner's estimate), its newest row, and the types of
    its columns where they are not declared but follow from the query that makes it."""

    rows: int
    counted: bool
    newest: datetime | None
    types: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sample:
    """Some rows of a dataset, as text; `left_out` are columns that samples never show."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Use:
    """Reads by role in a window; the access log knows who, the catalogue does not say."""

    role: str
    reads: int
    last_at: datetime


Level = Literal["certified", "provisional", "deprecated"]


@dataclass(frozen=True, slots=True)
class Certification:
    """What a steward says of a dataset, for the columns that it had then (`fingerprint`)."""

    certification_id: str
    dataset: str
    level: Level
    statement: str
    fingerprint: str
    decided_by: str
    decided_at: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class ServiceLevel:
    """Whether a dataset is as fresh as promised: by the job that makes it."""

    state: Freshness
    promise: timedelta | None
    job: str | None
    last_success: datetime | None


@dataclass(frozen=True)
class CatalogueEntry:
    """A dataset as the catalogue shows it."""

    dataset: Dataset
    classification: Classification
    sensitivity: Sensitivity
    tags: tuple[str, ...]
    terms: tuple[Term, ...]
    flow: JobFlow | None
    service_level: ServiceLevel
    readers: frozenset[Role]
    certification: Certification | None
    certification_stands: bool
    results: Sequence[QualityResult]
    issues: Sequence[QualityIssue]

    @property
    def quality(self) -> str:
        """`failed` where a check fails, `passed` where all that could be said passed, else `unchecked`."""
        if any(one.status == "failed" for one in self.results):
            return "failed"
        return "passed" if any(one.status == "passed" for one in self.results) else "unchecked"


@dataclass(frozen=True, slots=True)
class FoundBeside:
    """What a query finds beside datasets, each best first."""

    products: Sequence[DataProduct] = ()
    metrics: Sequence[Metric] = ()
    terms: Sequence[Term] = ()


class DataCatalogue(Protocol):
    """What there is, put together from what is declared and what ran."""

    def registry(self, tenant_id: str) -> Registry:
        """The tenant's registry: events, metrics, policies, terms."""
        ...

    def lineage(self, tenant_id: str) -> Lineage:
        """Events, datasets, metrics, and their columns."""
        ...

    def entries(self, tenant_id: str) -> Mapping[str, CatalogueEntry]:
        """Every dataset by name."""
        ...

    def search(self, tenant_id: str, query: str) -> list[CatalogueEntry]:
        """What a query finds, best first; everything by name for an empty one."""
        ...

    def products(self) -> Sequence[DataProduct]:
        """Every data product."""
        ...

    def beside(self, tenant_id: str, query: str) -> FoundBeside:
        """Products, metrics and words of the glossary that a query finds; none for an empty one."""
        ...


class DatasetLooks(Protocol):
    """Looks at the rows of one dataset of a tenant."""

    def standing(self, tenant_id: str, dataset: Dataset) -> Standing | None:
        """How its table stands; None where it is no table, or one that all tenants share."""
        ...

    def sample(self, tenant_id: str, dataset: Dataset, limit: int) -> Sample | None:
        """Some rows, by key; None where it is no table, or one that all tenants share."""
        ...

    def use(self, tenant_id: str, addresses: Sequence[str], since: datetime) -> list[Use]:
        """Looks at addresses that were allowed, by role, most first; a look at many people is one."""
        ...


class Certifications(Protocol):
    """What stewards say of datasets."""

    def certify(self, tenant_id: str, made: Certification) -> None:
        """Keep it, with its entry in the audit log; it replaces the one before."""
        ...

    def revoke(self, tenant_id: str, dataset: str, *, by: str, at: datetime) -> None:
        """Take back what stands; raises NotFound when nothing does."""
        ...

    def standing(self, tenant_id: str) -> list[Certification]:
        """Those that nobody took back or replaced, newest first."""
        ...


class CatalogueVersions(Protocol):
    """What the catalogue said, and since when."""

    def record(
        self, tenant_id: str, entries: Mapping[tuple[str, str], tuple[str, Mapping[str, object]]], now: datetime
    ) -> int:
        """Write those of `entries` ((kind, name) -> fingerprint and content) that are new or have changed; how many."""
        ...
