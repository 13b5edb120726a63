"""A list of materials that never asks for what has not been learned yet.

Materials come in the order of their scores, but one is placed only when every topic that its topics need, however
indirectly, is mastered, or has a material above it in the same list, or has nothing left to open: then practising that
topic comes with the material, first. So a list can be worked through from the top.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from akademos.analytics.prerequisites import PrerequisiteGraph


@dataclass(frozen=True, slots=True)
class Placed:
    """One material of the list; `practise_first` are topics to practise before it, prerequisites first."""

    material_id: str
    practise_first: tuple[str, ...]


def in_prerequisite_order(
    ranked: Sequence[str],
    topics: Mapping[str, Collection[str]],
    lacking: Collection[str],
    graph: PrerequisiteGraph,
    limit: int,
) -> list[Placed]:
    """The first `limit` materials that can be placed.

    Args:
        ranked: unopened materials, the best first.
        topics: topic_ids of each material.
        lacking: topics that are not mastered.
        graph: prerequisites.
        limit: length of the list.
    """
    lacking_bits = graph.bits(lacking)
    needs = {one: _needed(topics.get(one, ()), graph) & lacking_bits for one in ranked}
    covers = {one: graph.bits(topics.get(one, ())) for one in ranked}
    openable = 0
    for bits in covers.values():
        openable |= bits
    practised, above = 0, 0
    waiting = list(ranked)
    found: list[Placed] = []
    while len(found) < limit:
        ready = next((one for one in waiting if not needs[one] & openable & ~above), None)
        if ready is None:
            break
        first = needs[ready] & ~openable & ~practised
        found.append(Placed(ready, tuple(graph.named(first))))
        practised |= first
        above |= covers[ready]
        waiting.remove(ready)
    return found


def _needed(topics: Collection[str], graph: PrerequisiteGraph) -> int:
    """What any of the topics needs, the topics themselves left out."""
    bits = 0
    for topic in topics:
        bits |= graph.above.get(topic, 0)
    return bits & ~graph.bits(topics)


def violations(
    placed: Sequence[Placed], topics: Mapping[str, Collection[str]], lacking: Collection[str], graph: PrerequisiteGraph
) -> int:
    """How many materials of a list come before something that they need: counted from the graph's direct edges, apart
    from how the list was made."""
    met: set[str] = set()
    count = 0
    for one in placed:
        met.update(one.practise_first)
        mine = set(topics.get(one.material_id, ()))
        needed, todo = set[str](), list(mine)
        while todo:
            for before in graph.before.get(todo.pop(), ()):
                if before not in needed:
                    needed.add(before)
                    todo.append(before)
        count += any(topic in lacking and topic not in met for topic in needed - mine)
        met |= mine
    return count
