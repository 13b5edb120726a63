"""The registry: everything that is declared, checked against each other and indexed for use.

`builtin()` is the dictionary that ships; `Registry.with_tenant_events` adds a tenant's own events to it. A
registry is frozen; look-ups are dictionary accesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TypeVar

from akademos.catalogue.column_plan import ColumnPlan
from akademos.catalogue.consistency import (
    dataset_problems,
    event_problems,
    example_problems,
    metric_problems,
    twice,
    version_problems,
    word_problems,
)
from akademos.catalogue.core_properties import CORE_PROPERTIES
from akademos.catalogue.declarations import CoreProperty, Dataset, EventType, Metric, Policy, Term
from akademos.catalogue.tenant_events import events_from_mappings
from akademos.catalogue.upcasting import apply_upcast
from akademos.catalogue.validation import CoreChecks, EventChecker
from akademos.errors import CatalogueError, NotFound

_PROBLEMS_NAMED = 20
_Declared = TypeVar("_Declared", Dataset, Metric, Policy, Term)


@dataclass(frozen=True, slots=True)
class KnownEvent:
    """One version of one event as a door needs it: the declaration, its compiled checks, its columns.

    `latest` is False for a version that readers upcast.
    """

    event: EventType
    checker: EventChecker
    columns: ColumnPlan
    latest: bool


@dataclass(frozen=True)
class Registry:
    """All declarations.

    Attributes:
        events: every version of every event type.
        by_wire_name: `name` and `name_v2` to `KnownEvent`; the hot path's index.

    Raises:
        CatalogueError: the declarations contradict each other; the reason names up to 20 problems.
    """

    events: tuple[EventType, ...]
    datasets: tuple[Dataset, ...] = ()
    metrics: tuple[Metric, ...] = ()
    policies: tuple[Policy, ...] = ()
    terms: tuple[Term, ...] = ()
    core: tuple[CoreProperty, ...] = CORE_PROPERTIES
    by_wire_name: Mapping[str, KnownEvent] = field(init=False, repr=False, compare=False)
    _versions: Mapping[str, tuple[EventType, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        versions: dict[str, tuple[EventType, ...]] = {}
        for event in sorted(self.events, key=lambda event: event.version):
            versions[event.name] = (*versions.get(event.name, ()), event)
        checks = CoreChecks(self.core)
        known = {
            event.wire_name: KnownEvent(
                event=event,
                checker=EventChecker(event, checks),
                columns=ColumnPlan(event, self.core),
                latest=event is versions[event.name][-1],
            )
            for event in self.events
        }
        object.__setattr__(self, "by_wire_name", MappingProxyType(known))
        object.__setattr__(self, "_versions", MappingProxyType(versions))
        problems = list(self._problems())
        if problems:
            more = len(problems) - _PROBLEMS_NAMED
            named = "; ".join(problems[:_PROBLEMS_NAMED]) + (f"; and {more} more" if more > 0 else "")
            raise CatalogueError(
                f"The declarations do not fit together: {named}.",
                hint="Correct them where they are declared; nothing else repeats what they say.",
            )

    def _problems(self) -> Iterator[str]:
        yield from twice("event", (event.wire_name for event in self.events))
        yield from twice("dataset", (dataset.name for dataset in self.datasets))
        yield from twice("metric", (metric.name for metric in self.metrics))
        yield from twice("core property", (rule.name for rule in self.core))
        core = {rule.name: rule for rule in self.core}
        datasets = frozenset(dataset.name for dataset in self.datasets)
        for event in self.events:
            yield from event_problems(event, core, datasets)
            yield from example_problems(event, self.by_wire_name[event.wire_name].checker)
        checkers = {name: known.checker for name, known in self.by_wire_name.items()}
        for versions in self._versions.values():
            yield from version_problems(versions, checkers)
        for dataset in self.datasets:
            yield from dataset_problems(dataset, datasets, frozenset(self._versions))
        metrics = frozenset(metric.name for metric in self.metrics)
        for metric in self.metrics:
            yield from metric_problems(metric, datasets, metrics)
        yield from word_problems(self.policies, self.terms, self.datasets)

    def lookup(self, wire_name: str) -> KnownEvent | None:
        """The event that a sender calls by this name, in the version the suffix says; None when unknown."""
        return self.by_wire_name.get(wire_name)

    def versions(self, name: str) -> tuple[EventType, ...]:
        """All versions of an event, ascending; empty when unknown."""
        return self._versions.get(name, ())

    def latest(self, name: str) -> EventType:
        """The newest version of an event, by its name without suffix.

        Raises:
            NotFound: no event has this name.
        """
        versions = self._versions.get(name)
        if versions is None:
            raise NotFound(f"The dictionary has no event {name}.", hint="`akademos events show` lists them.")
        return versions[-1]

    def newest(self) -> tuple[EventType, ...]:
        """The newest version of every event, in declared order."""
        return tuple(event for event in self.events if self.by_wire_name[event.wire_name].latest)

    def upcast(self, name: str, version: int, properties: Mapping[str, object]) -> Mapping[str, object]:
        """Properties written under an old version, as the newest one has them; columns need no upcast.

        Args:
            name: the event's name without suffix, as in the event log.
            version: the version it was written under.
            properties: the event log's `properties`, parsed, or those on the wire.
        """
        for event in self._versions.get(name, ())[version:]:
            if event.upcast is not None:
                properties = apply_upcast(event.upcast, properties)
        return properties

    def dataset(self, name: str) -> Dataset:
        """A dataset by name; NotFound when there is none."""
        return _named("dataset", name, self.datasets)

    def metric(self, name: str) -> Metric:
        """A metric by name; NotFound when there is none."""
        return _named("metric", name, self.metrics)

    def policy(self, name: str) -> Policy:
        """A policy by name; NotFound when there is none."""
        return _named("policy", name, self.policies)

    def term(self, name: str) -> Term:
        """A word of the glossary by name; NotFound when there is none."""
        return _named("term", name, self.terms)

    def with_tenant_events(self, document: object) -> Registry:
        """A registry that also has a tenant's event types.

        Args:
            document: what a YAML parser made of the tenant's file, `{"events": [...]}`.

        Raises:
            CatalogueError: the file is malformed, an event has the name of a built-in one, or an event does not
                fit the rest.
        """
        added = events_from_mappings(document)
        for event in added:
            if event.name in self._versions:
                raise CatalogueError(
                    f"The tenant's event {event.name} has the name of a built-in one.",
                    hint="Choose another name; built-in events are changed in the catalogue only.",
                )
        return Registry((*self.events, *added), self.datasets, self.metrics, self.policies, self.terms, self.core)


def _named(kind: str, name: str, declared: Sequence[_Declared]) -> _Declared:
    for declaration in declared:
        if declaration.name == name:
            return declaration
    raise NotFound(f"The catalogue has no {kind} {name}.", hint="The reference pages list them all.")


@cache
def builtin() -> Registry:
    """The registry that ships, built and checked on first use and then shared."""
    from akademos.catalogue.alert_datasets import ALERT_POLICIES
    from akademos.catalogue.content_policies import CONTENT_POLICIES
    from akademos.catalogue.datasets import DATASETS
    from akademos.catalogue.enrolment_events import ENROLMENT_EVENTS
    from akademos.catalogue.glossary import TERMS
    from akademos.catalogue.metrics import METRICS
    from akademos.catalogue.model_policies import MODEL_POLICIES
    from akademos.catalogue.money_datasets import MONEY_POLICIES
    from akademos.catalogue.outbox import OUTBOX_POLICIES
    from akademos.catalogue.policies import POLICIES
    from akademos.catalogue.product_events import PRODUCT_EVENTS
    from akademos.catalogue.records.policies import RECORD_POLICIES
    from akademos.catalogue.study_events import STUDY_EVENTS

    institution = (*MONEY_POLICIES, *CONTENT_POLICIES, *ALERT_POLICIES, *MODEL_POLICIES)
    policies = (*POLICIES, *RECORD_POLICIES, *OUTBOX_POLICIES, *institution)
    return Registry((*PRODUCT_EVENTS, *ENROLMENT_EVENTS, *STUDY_EVENTS), DATASETS, METRICS, policies, TERMS)
