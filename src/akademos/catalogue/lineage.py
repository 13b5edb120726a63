"""Where data comes from and where it goes: of events, datasets and metrics, down to the column.

The graph is put together from what is declared and from SQL that runs: what a dataset or metric is made from, which
event property lands in which column, what the columns that jobs write are made from (`column_origins`), which columns
of other datasets keep their declaration from one to the next, and what was parsed from the queries of the warehouse
(`column_lineage.json`, kept equal to them by a test). A trained model is a node by name, between what it learns from
and what rests on it, so that nothing seems to come from what another model of the register learned from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from akademos.catalogue.column_origins import MODEL, MODEL_INPUTS, MODELS_OF, ORIGINS, places
from akademos.catalogue.declarations import Dataset, EventType, Metric

REGISTER = "models"
"""The dataset that holds every version of every trained model."""


class NodeKind(StrEnum):
    """What stands in the graph."""

    EVENT = "event"
    DATASET = "dataset"
    METRIC = "metric"
    MODEL = "model"  # a trained one; its versions are rows of the dataset `models`


class How(StrEnum):
    """From what a column's origin is known."""

    PROPERTY = "property"  # an event's property is declared with the column that holds it
    JOB = "job"  # declared of the job that writes it
    KEPT = "kept"  # both datasets declare the very same column
    SQL = "sql"  # parsed from a query


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A column of a dataset, or a property of an event."""

    node: str
    column: str


@dataclass(frozen=True, slots=True, order=True)
class ColumnEdge:
    """A column and one of those it is made from."""

    origin: Place
    target: Place
    how: How


@dataclass(frozen=True)
class Lineage:
    """The graph. `edges` lead from what is read to what is made; `columns` are edges between columns."""

    kinds: Mapping[str, NodeKind]
    edges: frozenset[tuple[str, str]]
    columns: tuple[ColumnEdge, ...] = ()
    _none: tuple[str, ...] = field(default=(), repr=False)

    def upstream(self, name: str, depth: int | None = None) -> dict[str, int]:
        """What it is made from, directly and further back: name -> steps; at most `depth` steps."""
        return _walk(name, self._before, depth)

    def downstream(self, name: str, depth: int | None = None) -> dict[str, int]:
        """What is made from it: name -> steps."""
        return _walk(name, self._after, depth)

    def origins(self, name: str, column: str) -> tuple[ColumnEdge, ...]:
        """The columns that one column is made from, directly."""
        return self._into.get(Place(name, column), ())

    def uses(self, name: str, column: str) -> tuple[ColumnEdge, ...]:
        """The columns that are made from one, directly."""
        return self._out_of.get(Place(name, column), ())

    def stored(self, place: Place) -> Place | None:
        """Where a column is stored: of a trained model in the register; None for what no dataset holds."""
        kind = self.kinds.get(place.node)
        if kind is NodeKind.MODEL:
            return Place(REGISTER, place.column)
        return place if kind is NodeKind.DATASET and place.column != "*" else None

    @cached_property
    def _before(self) -> Mapping[str, Sequence[str]]:
        return _grouped((target, origin) for origin, target in self.edges)

    @cached_property
    def _after(self) -> Mapping[str, Sequence[str]]:
        return _grouped(self.edges)

    @cached_property
    def _into(self) -> Mapping[Place, tuple[ColumnEdge, ...]]:
        found: dict[Place, list[ColumnEdge]] = {}
        for edge in self.columns:
            found.setdefault(edge.target, []).append(edge)
        return {place: tuple(sorted(edges)) for place, edges in found.items()}

    @cached_property
    def _out_of(self) -> Mapping[Place, tuple[ColumnEdge, ...]]:
        found: dict[Place, list[ColumnEdge]] = {}
        for edge in self.columns:
            found.setdefault(edge.origin, []).append(edge)
        return {place: tuple(sorted(edges)) for place, edges in found.items()}


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one, other in sorted(pairs):
        found.setdefault(one, []).append(other)
    return found


def _walk(name: str, following: Mapping[str, Sequence[str]], depth: int | None) -> dict[str, int]:
    steps, frontier, step = {name: 0}, [name], 0
    while frontier and (depth is None or step < depth):
        step += 1
        frontier = list(dict.fromkeys(after for one in frontier for after in following.get(one, ())))
        frontier = [one for one in frontier if one not in steps]
        steps |= dict.fromkeys(frontier, step)
    del steps[name]
    return steps


def lineage_of(
    events: Sequence[EventType],
    datasets: Sequence[Dataset],
    metrics: Sequence[Metric],
    parsed: Iterable[ColumnEdge] = (),
) -> Lineage:
    """The graph of a registry.

    Args:
        events: newest versions.
        datasets: tables, the event log, marts, and models of the warehouse.
        metrics: the numbers that are answered.
        parsed: edges between columns that were parsed from queries; they bring their datasets' edges with them.
    """
    log = "event_log"
    names = {one.name for one in datasets}
    kinds = dict.fromkeys((event.wire_name for event in events), NodeKind.EVENT)
    kinds |= dict.fromkeys((one.name for one in metrics if one.name not in names), NodeKind.METRIC)
    if REGISTER in names:
        kinds |= dict.fromkeys((f"{MODEL}{one}" for one in MODEL_INPUTS), NodeKind.MODEL)
    kinds |= dict.fromkeys(names, NodeKind.DATASET)
    edges = {(event.wire_name, log) for event in events if event.zone.value == "core"}
    edges |= {(event.wire_name, event.zone.value) for event in events if event.zone.value in names}
    edges |= {(origin, one.name) for one in datasets for origin in one.upstream if origin in kinds}
    edges |= {(origin, one.name) for one in metrics if one.name in kinds for origin in one.upstream if origin in kinds}
    found = [*_properties(events), *_written(datasets, kinds), *_kept(datasets), *parsed]
    edges |= {(edge.origin.node, edge.target.node) for edge in found}
    edges |= {(origin, f"{MODEL}{one}") for one, read in MODEL_INPUTS.items() for origin, _ in places(read)}
    edges |= {(f"{MODEL}{model}", target) for target, models in MODELS_OF.items() for model in models}
    edges -= {(REGISTER, target) for target in MODELS_OF}
    inside = frozenset((one, other) for one, other in edges if one in kinds and other in kinds and one != other)
    return Lineage(kinds, inside, tuple(sorted(set(found))))


def _properties(events: Sequence[EventType]) -> Iterable[ColumnEdge]:
    for event in events:
        for rule in event.properties:
            if rule.column is not None:
                yield ColumnEdge(Place(event.wire_name, rule.name), Place("event_log", rule.column), How.PROPERTY)


def _written(datasets: Sequence[Dataset], kinds: Mapping[str, NodeKind]) -> Iterable[ColumnEdge]:
    """Columns that a job writes, from those that they are declared to be made from."""
    for one in datasets:
        for column, origins in ORIGINS.get(one.name, {}).items():
            for node, name in places(origins):
                if node in kinds:
                    yield ColumnEdge(Place(node, name), Place(one.name, column), How.JOB)


def _kept(datasets: Sequence[Dataset]) -> Iterable[ColumnEdge]:
    """Columns whose very declaration is the upstream's: passed on, not computed; where no job is declared to write."""
    declared = {one.name: {column.name: column for column in one.columns} for one in datasets}
    for one in datasets:
        for column in one.columns if one.name not in ORIGINS else ():
            for origin in one.upstream:
                if column.name != "tenant_id" and declared.get(origin, {}).get(column.name) == column:
                    yield ColumnEdge(Place(origin, column.name), Place(one.name, column.name), How.KEPT)
