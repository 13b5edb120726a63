"""The prerequisite graph: what is needed before what.

Edges go from the topic that is needed to the topic that needs it. Order, layers and reach are computed once; a
cycle is refused and named, an edge to an unknown topic is left out and counted.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from akademos.errors import CatalogueError


@dataclass(frozen=True, slots=True)
class PrerequisiteGraph:
    """A directed graph without cycles.

    Attributes:
        before: direct prerequisites per topic that has any.
        after: topics that directly need the topic.
        order: every topic of the graph, prerequisites first.
        place: position of each topic in `order`.
        above: everything needed before a topic, as bits at the places.
        below: everything that needs a topic, as bits at the places.
        dangling: edges left out because one end is unknown.
    """

    before: Mapping[str, tuple[str, ...]]
    after: Mapping[str, tuple[str, ...]]
    order: tuple[str, ...]
    place: Mapping[str, int]
    above: Mapping[str, int]
    below: Mapping[str, int]
    dangling: int

    def bits(self, topics: Iterable[str]) -> int:
        """The topics as bits at their places; topics outside the graph have none."""
        return sum(1 << self.place[topic] for topic in set(topics) if topic in self.place)

    def named(self, bits: int) -> list[str]:
        """The topics of some bits, prerequisites first."""
        found = []
        while bits:
            lowest = bits & -bits
            found.append(self.order[lowest.bit_length() - 1])
            bits ^= lowest
        return found

    def upstream(self, topics: Collection[str]) -> set[str]:
        """Everything needed before any of the topics, however indirectly; one of the topics itself only when it
        is needed before another."""
        bits = 0
        for topic in topics:
            bits |= self.above.get(topic, 0)
        return set(self.named(bits))

    def downstream(self, topic: str) -> set[str]:
        """Everything that needs the topic, however indirectly."""
        return set(self.named(self.below.get(topic, 0)))

    def layers(self, topics: Collection[str]) -> dict[str, int]:
        """Layer of each graph topic among `topics`: 0 without prerequisites among them, else one more than its
        deepest prerequisite."""
        layer: dict[str, int] = {}
        for topic in self.order:
            if topic in topics:
                layer[topic] = 1 + max((layer[p] for p in self.before.get(topic, ()) if p in layer), default=-1)
        return layer

    def impact(self, weights: Mapping[str, float], unmastered: Collection[str]) -> dict[str, float]:
        """Prerequisite impact of each graph topic in `weights`: the weight of what is unmastered downstream of it,
        over the weight of all graph topics in `weights`; 0..1."""
        members = [topic for topic in self.order if topic in weights]
        total = math.fsum(weights[topic] for topic in members)
        lacking: dict[float, int] = {}  # weight -> the unmastered topics of that weight, as bits
        for topic in members:
            if topic in unmastered:
                lacking[weights[topic]] = lacking.get(weights[topic], 0) | 1 << self.place[topic]
        by_weight = sorted(lacking.items())
        return {
            topic: math.fsum(weight * (bits & self.below[topic]).bit_count() for weight, bits in by_weight) / total
            if total
            else 0.0
            for topic in members
        }

    def sequence(self, topics: Collection[str], rank: Callable[[str], tuple[float, str]]) -> list[str]:
        """The topics in an order that never puts a topic before its prerequisite among them (however indirect);
        among those that are free to come next the one with the smallest `rank` comes first."""
        wanted = self.bits(topics)
        opens: dict[str, list[str]] = {}
        waiting: dict[str, int] = {}
        for topic in set(topics):
            missing = self.above.get(topic, 0) & wanted
            waiting[topic] = missing.bit_count()
            for one in self.named(missing):
                opens.setdefault(one, []).append(topic)
        free = [(rank(topic), topic) for topic, count in waiting.items() if count == 0]
        heapq.heapify(free)
        found: list[str] = []
        while free:
            _, topic = heapq.heappop(free)
            found.append(topic)
            for later in opens.get(topic, ()):
                waiting[later] -= 1
                if waiting[later] == 0:
                    heapq.heappush(free, (rank(later), later))
        return found


def build_graph(topics: Collection[str], edges: Iterable[tuple[str, str]]) -> PrerequisiteGraph:
    """The graph of (needed, needs it) edges between known topics; repeated edges count once.

    Raises:
        CatalogueError: the edges hold a cycle, which is named (`prerequisites_cyclic`).
    """
    before: dict[str, list[str]] = {}
    after: dict[str, list[str]] = {}
    dangling = 0
    for needed, needs in dict.fromkeys(edges):
        if needed not in topics or needs not in topics:
            dangling += 1
            continue
        after.setdefault(needed, []).append(needs)
        before.setdefault(needs, []).append(needed)
    members = [topic for topic in topics if topic in before or topic in after]
    order = _topological(members, before, after)
    place = {topic: number for number, topic in enumerate(order)}
    return PrerequisiteGraph(
        before={topic: tuple(found) for topic, found in before.items()},
        after={topic: tuple(found) for topic, found in after.items()},
        order=order,
        place=place,
        above=_closure(order, before, place),
        below=_closure(order[::-1], after, place),
        dangling=dangling,
    )


def _closure(order: Iterable[str], edges: Mapping[str, list[str]], place: Mapping[str, int]) -> dict[str, int]:
    """What each topic reaches along the edges, as bits; `order` puts a topic after all that it reaches."""
    reach: dict[str, int] = {}
    for topic in order:
        bits = 0
        for step in edges.get(topic, ()):
            bits |= reach[step] | 1 << place[step]
        reach[topic] = bits
    return reach


def _topological(
    members: list[str], before: Mapping[str, list[str]], after: Mapping[str, list[str]]
) -> tuple[str, ...]:
    waiting = {topic: len(before.get(topic, ())) for topic in members}
    free = [topic for topic in members if waiting[topic] == 0]
    order: list[str] = []
    for topic in free:  # grows while it is walked
        order.append(topic)
        for needs in after.get(topic, ()):
            waiting[needs] -= 1
            if waiting[needs] == 0:
                free.append(needs)
    if len(order) < len(members):
        loop = _cycle([topic for topic in members if waiting[topic]], before, waiting)
        raise CatalogueError(
            f"Prerequisites go in a circle: {' > '.join(loop)}.",
            hint="Take out one of these relationships.",
            code="prerequisites_cyclic",
        )
    return tuple(order)


def _cycle(stuck: list[str], before: Mapping[str, list[str]], waiting: Mapping[str, int]) -> list[str]:
    """One cycle among the stuck topics: every one of them has a stuck prerequisite, so walking back must repeat."""
    trail = [stuck[0]]
    while True:
        step = next(topic for topic in before[trail[-1]] if waiting[topic])
        if step in trail:
            return [step, *reversed(trail[trail.index(step) :])]
        trail.append(step)
