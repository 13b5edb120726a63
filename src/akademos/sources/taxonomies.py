"""Topic taxonomies of elsewhere: topics, their hierarchy and what is needed before what.

Layouts:

    rows         any table or list of objects with topic_id, name, and where there are some parent_id, description,
                 position, prerequisites, related, weights (of exams: `exam:weight` or `exam/section:weight`)
    metacademy   concepts with prerequisites, in two tables
    esco         occupations and skills, JSON lines; skills are named by their labels

An edge to a topic that the taxonomy does not have dangles. It is handed back with where it stands, never dropped in
silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from akademos.errors import InputError

Layout: TypeAlias = Literal["rows", "metacademy", "esco"]
LAYOUTS: tuple[Layout, ...] = ("rows", "metacademy", "esco")

ESCO_GROUPS = {
    "esco:occupation": "Occupations",
    "esco:knowledge": "Knowledge",
    "esco:skill": "Skills",
}
"""Headings that ESCO's occupations and skills are put under."""

_LISTS = ("prerequisites", "related", "weights")
KNOWN = ("topic_id", "name", "parent_id", "description", "position", *_LISTS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: the file and its line, from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Edge:
    """One topic is needed before, or related to, another; `missing` is the end that the taxonomy does not have."""

    from_topic: str
    to_topic: str
    kind: Literal["prerequisite", "related"]
    place: Place
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class Weight:
    """How much a topic counts in an exam, 0..10 as text."""

    exam_id: str
    section: str
    topic_id: str
    weight: str
    place: Place


@dataclass(slots=True)
class Taxonomy:
    """A taxonomy as it was read; topics are rows of our record of that name, as text."""

    topics: list[tuple[dict[str, str], Place]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    dangling: list[Edge] = field(default_factory=list)
    weights: list[Weight] = field(default_factory=list)


Rows: TypeAlias = Iterable[tuple[int, Mapping[str, object]]]
"""(line, cells or members)."""


def of_rows(file: str, rows: Rows) -> Taxonomy:
    """A taxonomy of the layout `rows`."""
    found = Taxonomy()
    edges: list[Edge] = []
    for line, row in rows:
        place = Place(file, line)
        for unknown in row.keys() - set(KNOWN):
            raise InputError(
                f"{file}, line {line}: `{str(unknown)[:60]}` is not known.", hint="Known: " + ", ".join(KNOWN) + "."
            )
        topic = {name: _text(row.get(name)) for name in KNOWN if name not in _LISTS and _text(row.get(name))}
        found.topics.append((topic, place))
        own = topic.get("topic_id", "")
        edges += [Edge(one, own, "prerequisite", place) for one in _listed(row.get("prerequisites"))]
        edges += [Edge(min(one, own), max(one, own), "related", place) for one in _listed(row.get("related"))]
        for one in _listed(row.get("weights")):
            exam, _, weight = one.rpartition(":")
            exam_id, _, section = exam.partition("/")
            found.weights.append(Weight(exam_id, section, own, weight, place))
    return _sorted_out(found, edges)


def of_metacademy(concepts: tuple[str, Rows], prerequisites: tuple[str, Rows]) -> Taxonomy:
    """Concepts (concept, title, summary) and prerequisites (concept, prerequisite), each with the file's name."""
    found = Taxonomy()
    file, rows = concepts
    for line, row in rows:
        topic = {"topic_id": _text(row.get("concept")), "name": _text(row.get("title")) or _text(row.get("concept"))}
        if _text(row.get("summary")):
            topic["description"] = _text(row.get("summary"))
        found.topics.append((topic, Place(file, line)))
    file, rows = prerequisites
    edges = [
        Edge(_text(row.get("prerequisite")), _text(row.get("concept")), "prerequisite", Place(file, line))
        for line, row in rows
    ]
    return _sorted_out(found, edges)


def of_esco(occupations: tuple[str, Rows], skills: tuple[str, Rows]) -> Taxonomy:
    """Occupations (uri, label, description, skill: labels) and skills (uri, label, description, skillType).

    A skill is needed for an occupation. Labels of skills that are not among them dangle.
    """
    found = Taxonomy()
    file, rows = skills
    by_label: dict[str, str] = {}
    listed: list[tuple[dict[str, str], Place]] = []
    for line, row in rows:
        kind = "esco:knowledge" if row.get("skillType") == "knowledge" else "esco:skill"
        listed.append((_esco_topic(row, kind), Place(file, line)))
        by_label.setdefault(_text(row.get("label")), _text(row.get("uri")))
    file, rows = occupations
    edges: list[Edge] = []
    for line, row in rows:
        place = Place(file, line)
        topic = _esco_topic(row, "esco:occupation")
        listed.append((topic, place))
        edges += [
            Edge(by_label.get(label, label), topic["topic_id"], "prerequisite", place)
            for label in _listed(row.get("skill"))
        ]
    found.topics = [
        ({"topic_id": group, "name": name}, Place(file, 1))
        for group, name in ESCO_GROUPS.items()
        if any(topic.get("parent_id") == group for topic, _ in listed)
    ]
    found.topics += listed
    return _sorted_out(found, edges)


def completed(taxonomy: Taxonomy) -> Taxonomy:
    """The taxonomy with a topic for every missing end, named by its id, and no dangling edge."""
    made = {edge.missing: edge.place for edge in taxonomy.dangling if edge.missing}
    topics = [({"topic_id": one, "name": one}, place) for one, place in made.items()]
    edges = [Edge(one.from_topic, one.to_topic, one.kind, one.place) for one in taxonomy.dangling]
    return Taxonomy([*taxonomy.topics, *topics], [*taxonomy.edges, *edges], [], taxonomy.weights)


def _esco_topic(row: Mapping[str, object], parent: str) -> dict[str, str]:
    topic = {"topic_id": _text(row.get("uri")), "name": _text(row.get("label")), "parent_id": parent}
    if _text(row.get("description")):
        topic["description"] = _text(row.get("description"))
    return topic


def _sorted_out(found: Taxonomy, edges: Iterable[Edge]) -> Taxonomy:
    known = {topic.get("topic_id", "") for topic, _ in found.topics}
    seen: set[tuple[str, str, str]] = set()
    for edge in edges:
        key = (edge.from_topic, edge.to_topic, edge.kind)
        if key in seen:
            continue
        seen.add(key)
        missing = next((one for one in (edge.from_topic, edge.to_topic) if one not in known), None)
        if missing is None:
            found.edges.append(edge)
        else:
            found.dangling.append(Edge(edge.from_topic, edge.to_topic, edge.kind, edge.place, missing))
    return found


def _text(value: object) -> str:
    return "" if value is None else str(value).strip()


def _listed(value: object) -> Sequence[str]:
    """A list in JSON, or text with semicolons between its parts; of weights also `{"exam": weight}`."""
    if isinstance(value, Mapping):
        return [f"{name}:{weight}" for name, weight in value.items()]
    parts = value if isinstance(value, list) else _text(value).split(";")
    return [_text(part) for part in parts if _text(part)]
