"""The curriculum, made ready once for many evaluations.

`prepare` turns the curriculum tables into a `Curriculum`: topics with their tree, the prerequisite graph in
topological order, items and materials per topic, exam weights. Cycles are refused with the topics named.
A caller keeps one `Curriculum` per tenant for as long as the tables stay the same.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from akademos.analytics.prerequisites import PrerequisiteGraph, build_graph
from akademos.analytics.schemas import conform
from akademos.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class Topic:
    """One node of the curriculum taxonomy; `order` is its place among all topics."""

    topic_id: str
    name: str
    parent_id: str | None
    course_id: str | None
    order: int


@dataclass(frozen=True, slots=True)
class Exam:
    """An exam: `pass_mark` is the share of the full mark from which it is passed, where known; `sections` hold the
    weight 0..10 of each topic, in the order of their names (one section "" where the exam has none)."""

    name: str | None
    pass_mark: float | None
    sections: Mapping[str, Mapping[str, float]]


NO_EXAM = Exam(None, None, {})


@dataclass(frozen=True, slots=True)
class Curriculum:
    """What there is to learn.

    Attributes:
        topics: by topic_id, in curriculum order (course, position, id).
        graph: prerequisites between known topics.
        items: question_ids per topic_id.
        materials: material_ids per topic_id.
        exam_weights: exam_id -> topic_id -> weight 0..10.
        by_course: topic_ids per course_id; under None those of no course, which concern everybody.
        headings: topics that only group others: they have topics below them, but no items and materials of their own.
        exams: by exam_id.
    """

    topics: Mapping[str, Topic]
    graph: PrerequisiteGraph
    items: Mapping[str, frozenset[str]]
    materials: Mapping[str, frozenset[str]]
    exam_weights: Mapping[str, Mapping[str, float]]
    by_course: Mapping[str | None, tuple[str, ...]]
    headings: frozenset[str]
    exams: Mapping[str, Exam]

    def exam(self, exam_id: str | None) -> Exam:
        """An exam, without name and sections where there is none."""
        return self.exams.get(exam_id, NO_EXAM) if exam_id is not None else NO_EXAM

    def name(self, topic_id: str) -> str:
        """The topic's name, or its id when the curriculum does not know it."""
        topic = self.topics.get(topic_id)
        return topic.name if topic else topic_id

    def ancestors(self, topic_id: str) -> Iterable[str]:
        """Parents in the topic tree, nearest first."""
        topic = self.topics.get(topic_id)
        while topic and topic.parent_id is not None and topic.parent_id in self.topics:
            yield topic.parent_id
            topic = self.topics[topic.parent_id]

    def scope(self, courses: Collection[str], seen: Collection[str], exam_id: str | None) -> list[str]:
        """Topics that concern a learner, in curriculum order.

        Those seen, those of no course, all of the learner's courses and of the courses of the seen topics, those
        that the target exam weighs, and every prerequisite of these; headings only when seen. Seen topics that the
        curriculum does not know come last.
        """
        met = {topic for topic in seen if topic in self.topics}
        wanted = set(met)
        reached = set(courses) | {self.topics[topic].course_id for topic in wanted} | {None}
        for course in reached:
            wanted.update(self.by_course.get(course, ()))
        weights = self.exam_weights.get(exam_id, {}) if exam_id is not None else {}
        wanted.update(topic for topic, weight in weights.items() if weight > 0 and topic in self.topics)
        wanted |= self.graph.upstream(wanted)
        wanted -= self.headings - met
        known = sorted(wanted, key=lambda topic: self.topics[topic].order)
        return known + sorted(topic for topic in seen if topic not in self.topics)

    def weights(self, exam_id: str | None) -> Mapping[str, float]:
        """Exam weight 0..10 per topic_id of one exam; empty where there is none."""
        return self.exam_weights.get(exam_id, {}) if exam_id is not None else {}


def prepare(tables: Mapping[str, pl.DataFrame]) -> Curriculum:
    """The curriculum of one tenant.

    Args:
        tables: `topics`, `topic_relationships`, `materials`, `items`, `exams`, `exam_weights`, `exam_sections` of
            `schemas.INPUT`; a missing table has no rows.

    Raises:
        CatalogueError: the topic tree or the prerequisites hold a cycle (`topics_cyclic`,
            `prerequisites_cyclic`), or an exam weight lies outside 0..10 (`exam_weight_invalid`).
        InputError: a table is malformed (`table_malformed`).
    """
    topics = _topics(conform(tables.get("topics"), "topics"))
    by_course: dict[str | None, list[str]] = {}
    for topic in topics.values():
        by_course.setdefault(topic.course_id, []).append(topic.topic_id)
    edges = conform(tables.get("topic_relationships"), "topic_relationships").filter(pl.col("kind") == "prerequisite")
    items = _members(conform(tables.get("items"), "items"), "question_id")
    materials = _members(conform(tables.get("materials"), "materials"), "material_id")
    weights = _exam_weights(conform(tables.get("exam_weights"), "exam_weights"))
    parents = {topic.parent_id for topic in topics.values() if topic.parent_id is not None}
    return Curriculum(
        topics=topics,
        graph=build_graph(topics, zip(edges["from_topic"], edges["to_topic"], strict=True)),
        items=items,
        materials=materials,
        exam_weights=weights,
        by_course={course: tuple(members) for course, members in by_course.items()},
        headings=frozenset(parents - items.keys() - materials.keys()),
        exams=_exams(tables, weights),
    )


def _topics(table: pl.DataFrame) -> dict[str, Topic]:
    ordered = table.unique("topic_id", keep="first", maintain_order=True).sort(
        "course_id", "position", "topic_id", nulls_last=True
    )
    topics = {
        row["topic_id"]: Topic(
            row["topic_id"], row["name"] or row["topic_id"], row["parent_id"], row["course_id"], order
        )
        for order, row in enumerate(ordered.iter_rows(named=True))
    }
    settled: set[str] = set()
    for start in topics:
        trail: list[str] = []
        step: str | None = start
        while step is not None and step in topics and step not in settled:
            if step in trail:
                loop = [*trail[trail.index(step) :], step]
                raise CatalogueError(
                    f"The topic tree goes in a circle: {' > '.join(loop)}.",
                    hint="Give one of these topics another parent.",
                    code="topics_cyclic",
                )
            trail.append(step)
            step = topics[step].parent_id
        settled.update(trail)
    return topics


def _members(table: pl.DataFrame, key: str) -> dict[str, frozenset[str]]:
    grouped = (
        table.select(key, pl.col("topic_ids").alias("topic_id"))
        .explode("topic_id")
        .drop_nulls()
        .group_by("topic_id")
        .agg(pl.col(key))
    )
    return {topic: frozenset(members) for topic, members in grouped.iter_rows()}


def _exam_weights(table: pl.DataFrame) -> dict[str, dict[str, float]]:
    wrong = table.filter(~pl.col("weight").is_between(0, 10))
    if wrong.height:
        exam, topic, weight = wrong.select("exam_id", "topic_id", "weight").row(0)
        raise CatalogueError(
            f"Exam {exam} weighs topic {topic} with {weight}.",
            hint="Weights go from 0 to 10.",
            code="exam_weight_invalid",
        )
    weights: dict[str, dict[str, float]] = {}
    for exam, topic, weight in table.select("exam_id", "topic_id", "weight").iter_rows():
        weights.setdefault(exam, {})[topic] = weight
    return weights


def _exams(tables: Mapping[str, pl.DataFrame], weights: Mapping[str, Mapping[str, float]]) -> dict[str, Exam]:
    known = conform(tables.get("exams"), "exams")
    names: dict[str, str | None] = dict(zip(known["exam_id"], known["name"], strict=True))
    marks: dict[str, float | None] = dict(zip(known["exam_id"], known["pass_mark"], strict=True))
    sections: dict[str, dict[str, dict[str, float]]] = {}
    listed = conform(tables.get("exam_sections"), "exam_sections").filter(pl.col("weight") > 0)
    for exam, section, topic, weight in listed.sort("exam_id", "section", "topic_id").iter_rows():
        sections.setdefault(exam, {}).setdefault(section, {})[topic] = weight
    return {
        exam: Exam(
            names.get(exam),
            marks.get(exam),
            sections.get(exam) or {"": {topic: one for topic, one in weights[exam].items() if one > 0}},
        )
        for exam in sorted(weights)
    }
