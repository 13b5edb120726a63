"""What merging or splitting topics does to the curriculum.

Merged: everything of the sources goes to the target: items, materials, topics below, relationships; exam weights add
up, to 10 at most. Split: the parts stand where the topic stood; items and materials go to the part they are assigned
to, and what is not assigned to the rest; each part has the topic's relationships and an equal share of its weights.
Sources are archived, and relationships and weights of theirs go with them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import TypeAlias

import orjson

from akademos.errors import Conflict, InputError, NotFound, VersionMoved
from akademos.stores.ports.topic_changes import KEYS, CurriculumRows, Edit, Move, Row, TopicPlan

MOST_WEIGHT = 10.0
_MovesOf: TypeAlias = Callable[[str, str], Mapping[str, Sequence[str]]]
"""(table, key of a row) -> where its topics go."""

Planner: TypeAlias = Callable[[CurriculumRows], TopicPlan]
"""What a change would do to a curriculum."""


class _Draft:
    """Rows of the curriculum as they will be."""

    def __init__(self, rows: CurriculumRows) -> None:
        self._before = {table: {_key(table, row): row for row in found} for table, found in rows.items()}
        self._after: dict[str, dict[tuple[object, ...], Row]] = {table: {} for table in KEYS}

    def rows(self, table: str) -> list[Row]:
        """As they will be."""
        return list((self._before.get(table, {}) | self._after[table]).values())

    def get(self, table: str, *key: object) -> Row | None:
        """One of them."""
        return self._after[table].get(key, self._before.get(table, {}).get(key))

    def put(self, table: str, row: Row) -> None:
        """Have a row so."""
        self._after[table][_key(table, row)] = row

    def edits(self) -> list[Edit]:
        """What that changes, new topics first."""
        return [
            Edit(table, before, row)
            for table, rows in self._after.items()
            for key, row in rows.items()
            if (before := self._before.get(table, {}).get(key)) != row
        ]


def plan_merge(rows: CurriculumRows, sources: Sequence[str], target: str) -> TopicPlan:
    """Make several topics one that is there.

    Raises:
        InputError: nothing to merge, or the target is among the sources.
        NotFound: there is no such topic.
        Conflict: a topic is archived.
    """
    sources = tuple(dict.fromkeys(sources))
    if not sources or target in sources:
        raise InputError("A topic is merged into another one.", hint="Name the topics that go, and the one that stays.")
    draft = _Draft(rows)
    for topic in (*sources, target):
        _active(draft, topic)
    moved = dict.fromkeys(sources, (target,))
    _move_tags(draft, lambda _table, _key: moved)
    _move_edges(draft, moved)
    _add_weights(draft, sources, target)
    stays = _active(draft, target)
    above = stays["parent_id"]
    while above in sources:
        above = _topic(draft, str(above))["parent_id"]
    draft.put("topics", {**stays, "parent_id": above})
    _move_children(draft, sources, target)
    _archive(draft, sources)
    return TopicPlan("merge", sources, (target,), draft.edits(), [Move(source, target) for source in sources])


def plan_split(
    rows: CurriculumRows,
    source: str,
    parts: Mapping[str, str],
    rest: str,
    items: Mapping[str, str],
    materials: Mapping[str, str],
) -> TopicPlan:
    """Make several new topics of one.

    Args:
        parts: names by topic_id of the parts.
        rest: the part that takes whatever is not assigned.
        items, materials: part by question_id and material_id.

    Raises:
        InputError: fewer than two parts, a part that is there already, or an assignment to or of something else.
        NotFound: there is no such topic.
        Conflict: the topic is archived.
    """
    draft = _Draft(rows)
    whole = _active(draft, source)
    if len(parts) < 2:
        raise InputError("A split makes two topics or more.", hint="Name the parts.")
    for part in parts:
        if draft.get("topics", part) is not None:
            raise InputError(f"There is a topic `{part}` already.", hint="Give each part an id of its own.")
    for part in (rest, *items.values(), *materials.values()):
        if part not in parts:
            raise InputError(f"`{part}` is none of the parts.", hint="The parts are " + ", ".join(parts) + ".")
    _check_tagged(draft, "items", source, items)
    _check_tagged(draft, "materials", source, materials)
    for place, (part, name) in enumerate(parts.items()):
        position = int(str(whole["position"])) + place
        draft.put("topics", {**whole, "topic_id": part, "name": name, "position": position})
    assigned = {"items": items, "materials": materials}
    _move_tags(draft, lambda table, key: {source: (assigned[table].get(key, rest),)})
    _move_edges(draft, {source: tuple(parts)})
    _share_weights(draft, source, tuple(parts))
    _move_children(draft, (source,), rest)
    _archive(draft, (source,))
    moves = [
        *(Move(source, part, question_id=question) for question, part in items.items()),
        *(Move(source, part, material_id=material) for material, part in materials.items()),
        Move(source, rest),
    ]
    return TopicPlan("split", (source,), tuple(parts), draft.edits(), moves)


def tag_of(plan: TopicPlan) -> str:
    """Names what a plan does, row by row: two plans have the same tag when they do the same to the same curriculum."""
    return hashlib.sha256(orjson.dumps(asdict(plan), option=orjson.OPT_SORT_KEYS)).hexdigest()[:32]


def upon(planner: Planner, tag: str | None) -> Planner:
    """The planner, which refuses to do anything else than was looked at; None: whatever comes of it."""

    def checked(rows: CurriculumRows) -> TopicPlan:
        plan = planner(rows)
        if tag is not None and tag_of(plan) != tag:
            raise VersionMoved(
                "The curriculum has changed since this change was previewed: it would do something else now.",
                hint="Preview it again, look at what it would do, and send it with that tag.",
                pointer="/header/If-Match",
            )
        return plan

    return checked


def _topic(draft: _Draft, topic: str) -> Row:
    found = draft.get("topics", topic)
    if found is None:
        raise NotFound(f"There is no topic `{topic}`.", hint="`akademos records` and the curriculum list them.")
    return found


def _active(draft: _Draft, topic: str) -> Row:
    found = _topic(draft, topic)
    if found["status"] != "active":
        raise Conflict(f"The topic `{topic}` is archived.", hint="Restore it first, or take another one.")
    return found


def _check_tagged(draft: _Draft, table: str, source: str, assigned: Iterable[str]) -> None:
    for one in assigned:
        row = draft.get(table, one)
        if row is None or source not in _texts(row["topic_ids"]):
            raise InputError(f"`{one}` is none of the {table} of `{source}`.", hint="Assign only what belongs to it.")


def _move_tags(draft: _Draft, moved: _MovesOf) -> None:
    for table in ("items", "materials"):
        for row in draft.rows(table):
            places = moved(table, str(row[KEYS[table][0]]))
            topics = _texts(row["topic_ids"])
            now = list(dict.fromkeys(new for old in topics for new in places.get(old, (old,))))
            if now != topics:
                draft.put(table, {**row, "topic_ids": now})


def _move_edges(draft: _Draft, moved: Mapping[str, Sequence[str]]) -> None:
    for row in draft.rows("topic_relationships"):
        ends = str(row["from_topic"]), str(row["to_topic"])
        if row["status"] != "active" or not set(ends) & moved.keys():
            continue
        draft.put("topic_relationships", {**row, "status": "archived"})
        for begin in moved.get(ends[0], (ends[0],)):
            for end in moved.get(ends[1], (ends[1],)):
                if begin != end:
                    new = {"from_topic": begin, "to_topic": end, "kind": row["kind"], "status": "active"}
                    draft.put("topic_relationships", new)


def _add_weights(draft: _Draft, sources: Sequence[str], target: str) -> None:
    for row in draft.rows("exam_weights"):
        if row["topic_id"] not in sources or not _number(row["weight"]):
            continue
        there = draft.get("exam_weights", row["exam_id"], row["section"], target)
        total = _number(row["weight"]) + (_number(there["weight"]) if there else 0.0)
        draft.put("exam_weights", {**row, "topic_id": target, "weight": min(total, MOST_WEIGHT)})
        draft.put("exam_weights", {**row, "weight": 0.0})


def _share_weights(draft: _Draft, source: str, parts: Sequence[str]) -> None:
    for row in draft.rows("exam_weights"):
        if row["topic_id"] != source or not _number(row["weight"]):
            continue
        for part in parts:
            draft.put("exam_weights", {**row, "topic_id": part, "weight": _number(row["weight"]) / len(parts)})
        draft.put("exam_weights", {**row, "weight": 0.0})


def _move_children(draft: _Draft, sources: Sequence[str], target: str) -> None:
    for row in draft.rows("topics"):
        if row["parent_id"] in sources and row["topic_id"] not in (*sources, target):
            draft.put("topics", {**row, "parent_id": target})


def _archive(draft: _Draft, topics: Sequence[str]) -> None:
    for topic in topics:
        draft.put("topics", {**_topic(draft, topic), "status": "archived"})


def _key(table: str, row: Row) -> tuple[object, ...]:
    return tuple(row[name] for name in KEYS[table])


def _texts(value: object) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


def _number(value: object) -> float:
    return float(str(value))
