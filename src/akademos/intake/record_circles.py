"""Circles in the topic tree and among prerequisites that files would close over what is known; each is named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TypeAlias

from akademos.catalogue.records.declaration import Record
from akademos.intake.record_cells import Row
from akademos.intake.record_files import Problem

Place: TypeAlias = tuple[str, int]
"""File and line."""

Edge: TypeAlias = tuple[str, str]
"""What comes before, and what after."""


@dataclass(slots=True)
class Edges:
    """The edges of files: parent above topic, and topic needed before topic."""

    parents: dict[str, str | None] = field(default_factory=dict)
    tree: dict[Edge, Place] = field(default_factory=dict)
    prerequisites: dict[Edge, Place] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self.parents or self.prerequisites)

    def note(self, table: Record, file: str, line: int, row: Row) -> None:
        """Note what a row says of them."""
        if table.name == "topics" and "parent_id" in row:
            topic, parent = str(row["topic_id"]), row["parent_id"]
            self.parents[topic] = None if parent is None else str(parent)
            if parent is not None:
                self.tree[str(parent), topic] = (file, line)
        elif table.name == "topic_relationships" and row["kind"] == "prerequisite":
            self.prerequisites[str(row["from_topic"]), str(row["to_topic"])] = (file, line)

    def name_circles(
        self,
        problems: list[Problem],
        *,
        parents: Iterable[tuple[str, str | None]],
        prerequisites: Iterable[tuple[str, str]],
    ) -> None:
        """Name every line that closes a circle once the files are loaded over what is known: `parents` (topic, parent)
        and `prerequisites` (needed, needs it)."""
        above = dict(parents) | self.parents
        tree = {(parent, topic) for topic, parent in above.items() if parent is not None}
        _name_circles(tree, self.tree, problems, "the topic tree goes in a circle")
        needed = self.prerequisites.keys() | set(prerequisites)
        _name_circles(needed, self.prerequisites, problems, "prerequisites go in a circle")


def _name_circles(edges: set[Edge], of_files: Mapping[Edge, Place], problems: list[Problem], what: str) -> None:
    """Name a circle, take its last edge of a file out, look again."""
    left = set(edges)
    while True:
        order: TopologicalSorter[str] = TopologicalSorter()
        for before, after in sorted(left):
            order.add(after, before)
        try:
            order.prepare()
        except CycleError as cycle:
            nodes: list[str] = cycle.args[1]
            last = max((edge for edge in pairwise(nodes) if edge in of_files), key=lambda edge: of_files[edge][1])
            file, line = of_files[last]
            problems.append(Problem(file, line, None, f"{what}: {' > '.join(nodes)}"))
            left.discard(last)
        else:
            return
