"""Where each value of an event goes in the event log: a typed column, or the JSON of the rest.

The plan is derived from the declarations, so the row-wise mover, the vectorised import and the readers follow
one statement of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from akademos.catalogue.declarations import CoreProperty, EventType, Kind

#: Event log columns that hold what a sender said about the event; the other columns are made by intake.
CONTENT_COLUMNS: tuple[str, ...] = (
    "environment",
    "persona",
    "course_id",
    "topic_ids",
    "question_id",
    "material_id",
    "session_id",
    "assessment_id",
    "attempt_number",
    "score",
    "duration_seconds",
    "confidence",
    "hints",
    "quantity",
)
_TOPICS = "topic_ids"


class Placement(NamedTuple):
    """One property with a column: from `core` or `properties`, by name, of a kind, into an event log column."""

    source: str
    name: str
    kind: Kind
    column: str


class ColumnPlan:
    """The placements of one event type, in the order in which they win.

    Two properties may lead to one column. Topics are united, the single `topic_id` first; of all others the
    first one declared that has a value wins (`score` before `correct`).

    Attributes:
        placements: core properties first, then the event's own in declared order.
        defaults: columns that are filled even when nothing was sent (`persona`, `environment`).
    """

    __slots__ = ("_core", "_properties", "_ranked", "_rest", "defaults", "placements")

    def __init__(self, event: EventType, core: Iterable[CoreProperty]) -> None:
        core = tuple(core)
        contents = [rule for rule in core if rule.kept_in == "column" and rule.column in CONTENT_COLUMNS]
        self.placements = (
            *(Placement("core", rule.name, rule.kind, str(rule.column)) for rule in contents),
            *(
                Placement("properties", rule.name, rule.kind, rule.column)
                for rule in event.properties
                if rule.column is not None
            ),
        )
        self.defaults = {str(rule.column): rule.default for rule in contents if rule.default is not None}
        shared = Counter(placement.column for placement in self.placements)
        simple = [
            placement
            for placement in self.placements
            if shared[placement.column] == 1 and placement.kind is not Kind.BOOLEAN and placement.column != _TOPICS
        ]
        self._core = {at.name: at.column for at in simple if at.source == "core"}
        self._properties = {at.name: at.column for at in simple if at.source == "properties"}
        self._ranked = tuple(placement for placement in self.placements if placement not in simple)
        self._properties |= {at.name: "" for at in self._ranked if at.source == "properties"}
        self._rest = frozenset(rule.name for rule in core if rule.kept_in == "properties")

    def split(
        self, properties: Mapping[str, object], core: Mapping[str, object]
    ) -> tuple[dict[str, object], dict[str, object]]:
        """Splits one checked event (unknown names and nulls left out) into columns and the rest.

        Returns:
            The content columns that have a value (booleans as 1.0 and 0.0, the others as sent), and what goes
            into the JSON column `properties`.
        """
        columns: dict[str, object] = dict(self.defaults)
        rest: dict[str, object] = {}
        for name, value in properties.items():
            column = self._properties.get(name)
            if column is None:
                rest[name] = value
            elif column:
                columns[column] = value
        for name, value in core.items():
            if value is not None:
                if name in self._core:
                    columns[self._core[name]] = value
                elif name in self._rest:
                    rest[name] = value
        for source, name, kind, column in self._ranked:
            value = core.get(name) if source == "core" else properties.get(name)
            if value is None:
                continue
            if column == _TOPICS:
                before = columns.get(_TOPICS)
                added = value if isinstance(value, list) else [value]
                columns[_TOPICS] = list(dict.fromkeys((*before, *added) if isinstance(before, list) else added))
            elif column not in columns:
                columns[column] = float(bool(value)) if kind is Kind.BOOLEAN else value
        return columns, rest
