"""Evaluated tables about gaps: `gaps`, `path`, `graph_nodes`, `graph_edges`."""

from __future__ import annotations

from itertools import compress
from math import isnan
from typing import Any

import numpy as np

from akademos.analytics.clock import DAY_US
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.evaluated_schemas import EVALUATED
from akademos.analytics.evaluated_tables import Columns
from akademos.analytics.group_mastery import GroupMastery
from akademos.analytics.knowledge_gaps import Gaps, Pace, TopicEvidence, knowledge_gaps
from akademos.analytics.mastery import composite
from akademos.analytics.parameters import Parameters
from akademos.analytics.rounds import Index, runs
from akademos.analytics.state_arrays import Floats, StateArrays
from akademos.analytics.weekly_points import WeeklyPoints

_GAP_FIELDS = (
    "topic_id", "kind", "severity", "gap", "mastery", "low", "high", "priority", "gap_part", "exam_part",
    "prerequisite_part", "failure_part", "exam_weight", "exam_weight_source", "recent_failure_rate",
    "recent_answers", "hours", "hours_basis", "prerequisites_missing", "path", "unlocks", "reason",
)  # fmt: skip
_PROFILE = ("exam_id", "answer_seconds", "answer_seconds_basis", "material_seconds", "material_seconds_basis")


def gap_tables(
    arrays: StateArrays,
    found: GroupMastery,
    points: WeeklyPoints,
    scopes: list[list[str]],
    curriculum: Curriculum,
    *,
    graph: bool,
) -> dict[str, Columns]:
    """Tables `gaps` and `path` of every learner, with `graph` also `graph_nodes` and `graph_edges`; `points` are past
    week ends."""
    gaps: list[dict[str, Any]] = []
    path: list[dict[str, Any]] = []
    nodes: list[dict[str, Any]] = []
    edges: list[dict[str, Any]] = []
    evidence = _Evidence.of(arrays, found, points)
    profile = {name: arrays.texts("profile", name) for name in _PROFILE}
    for n, scope in enumerate(scopes):
        key = arrays.keys[n]
        topics = evidence.topics(n, scope, curriculum)
        pace = Pace(
            profile["answer_seconds"][n],
            profile["answer_seconds_basis"][n],
            profile["material_seconds"][n],
            profile["material_seconds_basis"][n],
        )
        result = knowledge_gaps(topics, curriculum, curriculum.weights(profile["exam_id"][n]), pace, arrays.params)
        for gap in result.gaps:
            row = {name: getattr(gap, name) for name in _GAP_FIELDS}
            row["learner_key"], row["name"] = key, curriculum.name(gap.topic_id)
            row["hours_status"] = "not_available" if gap.hours is None else "ok"
            gaps.append(row)
        path.extend(
            {
                "learner_key": key,
                "position": position,
                "topic_id": topic,
                "name": curriculum.name(topic),
                "why": why,
            }
            for position, (topic, why) in enumerate(result.path, 1)
        )
        if not graph:
            continue
        nodes.extend(_nodes(key, topics, result, curriculum))
        members = {topic.topic_id for topic in topics}
        edges.extend(
            {"learner_key": key, "from_topic": before, "to_topic": after}
            for before in curriculum.graph.order
            if before in members
            for after in curriculum.graph.after.get(before, ())
            if after in members
        )
    tables = {"gaps": _table("gaps", gaps), "path": _table("path", path)}
    if graph:
        tables |= {"graph_nodes": _table("graph_nodes", nodes), "graph_edges": _table("graph_edges", edges)}
    return tables


def _table(name: str, rows: list[dict[str, Any]]) -> Columns:
    return {column: [row[column] for row in rows] for column in EVALUATED[name]}


def _nodes(key: str, topics: list[TopicEvidence], result: Gaps, curriculum: Curriculum) -> list[dict[str, Any]]:
    by_topic = {topic.topic_id: topic for topic in topics}
    gaps = {gap.topic_id: gap for gap in result.gaps}
    rows = []
    for topic, layer in curriculum.graph.layers(by_topic.keys()).items():
        gap = gaps.get(topic)
        rows.append(
            {
                "learner_key": key,
                "topic_id": topic,
                "name": curriculum.name(topic),
                "mastery": by_topic[topic].mastery,
                "severity": gap.severity if gap else None,
                "layer": layer,
                "status": gap.kind if gap else "mastered",
            }
        )
    return rows


class _Evidence:
    """What the gaps of every learner rest on, per group as lists with None for no data."""

    def __init__(self, arrays: StateArrays, columns: dict[str, list[Any]]) -> None:
        self._arrays = arrays
        self._columns = columns
        settled = arrays.flags("cards", "last_correct") & (arrays.due > arrays.now)
        self._settled: list[bool] = settled.tolist()
        self._questions: list[str] = arrays.texts("cards", "question_id")
        self._finished: list[bool] = (arrays.floats("materials", "share") >= 1).tolist()
        self._materials: list[str] = arrays.texts("materials", "material_id")
        self._material_edges = np.searchsorted(arrays.learner_of("materials"), np.arange(len(arrays.keys) + 1)).tolist()

    @classmethod
    def of(cls, arrays: StateArrays, found: GroupMastery, points: WeeklyPoints) -> _Evidence:
        estimates = found.estimates
        accuracies = estimates.components.copy()
        accuracies[2:] = np.nan
        accuracy = composite(accuracies, arrays.params.mastery)[0] if accuracies.size else np.empty(0)
        failure, recent = _failure(arrays, arrays.params)
        best = np.full(len(arrays.group_learner), -1.0)
        np.maximum.at(best, points.group, points.value)
        return cls(
            arrays,
            {
                "mastery": _listed(found.spread(estimates.value)),
                "low": _listed(found.spread(estimates.low)),
                "high": _listed(found.spread(estimates.high)),
                "accuracy": _listed(found.spread(accuracy)),
                "retrieval": _listed(found.spread(estimates.components[2])),
                "best_past": _listed(np.where(best < 0, np.nan, best)),
                "failure": _listed(failure),
                "recent_answers": recent.tolist(),
                "answers": arrays.answers.tolist(),
            },
        )

    def topics(self, learner: int, scope: list[str], curriculum: Curriculum) -> list[TopicEvidence]:
        """Evidence on each topic in scope."""
        arrays, columns = self._arrays, self._columns
        begin, end = int(arrays.first_group[learner]), int(arrays.first_group[learner + 1])
        place = {arrays.topic_ids[group]: group for group in range(begin, end)}
        cards = slice(int(arrays.first_card[learner]), int(arrays.first_card[learner + 1]))
        settled = set(compress(self._questions[cards], self._settled[cards]))
        touched = slice(self._material_edges[learner], self._material_edges[learner + 1])
        finished = set(compress(self._materials[touched], self._finished[touched]))
        found = []
        for topic in scope:
            items, materials = curriculum.items.get(topic), curriculum.materials.get(topic)
            group = place.get(topic)
            known = {} if group is None else {name: values[group] for name, values in columns.items()}
            found.append(
                TopicEvidence(
                    topic_id=topic,
                    remaining_items=None if items is None else len(items) - len(items & settled),
                    remaining_materials=None if materials is None else len(materials) - len(materials & finished),
                    **known,
                )
            )
        return found


def _failure(arrays: StateArrays, params: Parameters) -> tuple[Floats, Index]:
    """(recent failure rate, number of answers it rests on) per group; NaN without recent answers."""
    group, at = arrays.group_of("recent"), arrays.integers("recent", "occurred_at")
    clocked = arrays.flags("recent", "clocked")
    timed = arrays.has_clock()[arrays.group_learner[group]]
    used = np.where(timed, clocked & (at > arrays.now - params.gaps.recent_days * DAY_US), True)
    group, score = group[used], arrays.floats("recent", "score")[used]
    starts, counts = runs(group)
    from_end = np.repeat(starts + counts, counts) - np.arange(len(group))
    last = from_end <= params.gaps.recent_answers
    groups = len(arrays.group_learner)
    count = np.bincount(group[last], minlength=groups)
    total = np.bincount(group[last], score[last], minlength=groups)
    rate = np.divide(count - total, count, out=np.full(groups, np.nan), where=count > 0)
    return rate, count


def _listed(values: Floats) -> list[float | None]:
    """The numbers, None for NaN."""
    return [None if isnan(value) else value for value in values.tolist()]
