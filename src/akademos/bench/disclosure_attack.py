"""What an attacker works out from published groups: a solver over everything that was ever answered.

The attacker knows how the platform publishes (the smallest group, the rounding, the caps, the bands) and takes every
answer for a statement about unknown numbers of learners by persona and band. Integer programming gives the exact range
of each unknown, and of each difference between two nights. A cell counts as recovered when only one value is left,
that value is below k, and it is the true one; a learner's mastery when its range is no wider than `VALUE_WIDTH` and
holds the true one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

ALL = "*"
EDGES = (0.0, 0.5, 0.8)
WEAK, DEVELOPING, MASTERED = range(3)
BANDS = 3
VALUE_WIDTH = 0.1
MOST = 100_000


class Fact(NamedTuple):
    """One group as it was answered."""

    learners: int | None
    mastery: float | None
    mastered: float | None
    weak: float | None


class Group(NamedTuple):
    """Which group a fact is about, and of which night."""

    night: int
    course: str
    topic: str
    persona: str


@dataclass(frozen=True)
class Answered:
    """Everything that was answered, and how it is published."""

    facts: Mapping[Group, Fact]
    floor: int
    step: int
    caps: tuple[float, float]

    @property
    def exact(self) -> bool:
        """Whether counts come as they are: some is no multiple of the step."""
        return any(fact.learners is not None and fact.learners % self.step for fact in self.facts.values())

    def topics(self, night: int) -> list[tuple[str, str]]:
        """Courses and topics of a night."""
        return sorted({(group.course, group.topic) for group in self.facts if group.night == night})

    def personas(self, night: int, course: str, topic: str) -> list[str]:
        """Personas that are named there."""
        return sorted({g.persona for g in self.facts if (g.night, g.course, g.topic) == (night, course, topic)} - {ALL})


Weights = dict[int, float]


class System:
    """Linear statements about whole numbers that are not negative."""

    def __init__(self, unknowns: int) -> None:
        self.unknowns = unknowns
        self.highest = np.full(unknowns, float(MOST))
        self._rows: list[tuple[Weights, float, float]] = []

    def say(self, weights: Weights, low: float, high: float) -> None:
        """`low <= weights * unknowns <= high`."""
        self._rows.append((weights, low, high))

    def range_of(self, weights: Weights) -> tuple[int, int] | None:
        """Least and greatest value; None when nothing fits, so that an assumption was wrong."""
        matrix = np.zeros((len(self._rows), self.unknowns))
        for number, (row, _, _) in enumerate(self._rows):
            for unknown, weight in row.items():
                matrix[number, unknown] = weight
        limits = LinearConstraint(matrix, [low for _, low, _ in self._rows], [high for _, _, high in self._rows])
        objective = np.zeros(self.unknowns)
        for unknown, weight in weights.items():
            objective[unknown] = weight
        ends = []
        for sign in (1, -1):
            found = milp(sign * objective, constraints=limits, integrality=1, bounds=Bounds(0, self.highest))
            if not found.success:
                return None
            ends.append(round(sign * found.fun))
        return ends[0], ends[1]


class Recovered(NamedTuple):
    """A cell that was narrowed down to one number below k; `value` is that number."""

    group: Group
    bands: tuple[int, ...]
    value: int


class Attack:
    """The solver over one set of answers."""

    def __init__(self, answered: Answered) -> None:
        self._answered = answered

    def cells(self) -> Iterator[Recovered]:
        """Cells of each night that follow from that night's answers."""
        nights = sorted({group.night for group in self._answered.facts})
        for night in nights:
            for course, topic in self._answered.topics(night):
                personas = [*self._answered.personas(night, course, topic), "(others)"]
                system = System(len(personas) * BANDS)
                self._state(system, night, course, topic, personas, {})
                for persona in (ALL, *personas):
                    for bands in ((WEAK,), (DEVELOPING,), (MASTERED,), (WEAK, DEVELOPING, MASTERED)):
                        found = system.range_of(self._weights(personas, persona, bands))
                        if found is not None and found[0] == found[1] < self._answered.floor:
                            yield Recovered(Group(night, course, topic, persona), bands, found[0])

    def differences(self, night: int, persona: str) -> Iterator[Recovered]:
        """Cells of the one learner of this persona who left, or moved, between a night and the next: the band they
        were in before."""
        for course, topic in self._answered.topics(night):
            personas = [*self._answered.personas(night, course, topic), "(others)"]
            if persona not in personas:
                continue
            cells = len(personas) * BANDS
            system = System(cells + 2 * BANDS)
            system.highest[cells:] = 1
            before = {cells + band: 1.0 for band in range(BANDS)}
            after = {cells + BANDS + band: 1.0 for band in range(BANDS)}
            system.say(before, 0, 1)
            system.say(after, 0, 1)
            system.say({**before, **dict.fromkeys(after, -1.0)}, 0, 1)
            self._state(system, night, course, topic, personas, {})
            place = personas.index(persona) * BANDS
            moved = {place + band: {cells + band: -1.0, cells + BANDS + band: 1.0} for band in range(BANDS)}
            self._state(system, night + 1, course, topic, personas, moved)
            for band in range(BANDS):
                found = system.range_of({cells + band: 1.0})
                if found == (1, 1):
                    yield Recovered(Group(night, course, topic, persona), (band,), 1)

    def values(self, night: int, persona: str) -> Iterator[tuple[str, str, float, float]]:
        """(course, topic, low, high): mastery of the one learner who left between a night and the next, where the means
        narrow it down."""
        for course, topic in self._answered.topics(night):
            for of in (persona, ALL):
                first, second = (self._answered.facts.get(Group(at, course, topic, of)) for at in (night, night + 1))
                if first is None or second is None or None in (
                    first.learners, second.learners, first.mastery, second.mastery
                ):  # fmt: skip
                    continue
                ends = [
                    people * mean - (people - 1) * later
                    for people in self._people(first)
                    if people - 1 in self._people(second)
                    for mean in self._mean(first)
                    for later in self._mean(second)
                ]
                if ends and max(ends) - min(ends) <= VALUE_WIDTH:
                    yield course, topic, min(ends), max(ends)

    def _state(
        self,
        system: System,
        night: int,
        course: str,
        topic: str,
        personas: Sequence[str],
        moved: Mapping[int, Weights],
    ) -> None:
        """Say what a night's answers say, of the numbers as they were after `moved`."""
        every = tuple(range(BANDS))
        for persona in (ALL, *personas):
            fact = self._answered.facts.get(Group(night, course, topic, persona))
            if fact is None or fact.learners is None:
                continue

            def say(weights: Weights, low: float, high: float) -> None:
                total = dict(weights)
                for unknown, weight in weights.items():
                    for other, factor in moved.get(unknown, {}).items():
                        total[other] = total.get(other, 0.0) + factor * weight
                system.say(total, low, high)

            people = self._people(fact)
            say(self._weights(personas, persona, every), people[0], people[-1])
            for band, share in ((MASTERED, fact.mastered), (WEAK, fact.weak)):
                if share is not None:
                    say(self._weights(personas, persona, (band,)), *self._count(share, fact))
            if fact.mastery is not None:
                self._say_mean(say, personas, persona, fact)

    def _say_mean(
        self, say: Callable[[Weights, float, float], None], personas: Sequence[str], persona: str, fact: Fact
    ) -> None:
        low, high = self._mean(fact)
        tops = (*EDGES[1:], 1.0)
        for band_value, bound, limits in ((tops, low, (-1e-6, np.inf)), (EDGES, high, (-np.inf, 1e-6))):
            weights: Weights = {}
            for band in range(BANDS):
                for unknown in self._weights(personas, persona, (band,)):
                    weights[unknown] = band_value[band] - bound
            say(weights, *limits)

    def _weights(self, personas: Sequence[str], persona: str, bands: Sequence[int]) -> Weights:
        rows = range(len(personas)) if persona == ALL else [personas.index(persona)]
        return {row * BANDS + band: 1.0 for row in rows for band in bands}

    def _people(self, fact: Fact) -> range:
        """Numbers of people that a published one may stand for."""
        count = int(fact.learners or 0)
        if self._answered.exact:
            return range(count, count + 1)
        reach = self._answered.step // 2
        return range(max(self._answered.floor, count - reach), count + reach + 1)

    def _mean(self, fact: Fact) -> tuple[float, float]:
        mean = float(fact.mastery or 0.0)
        if self._answered.exact:
            return mean, mean
        lowest, highest = self._answered.caps
        return (0.0 if mean <= lowest else mean - 0.005), (1.0 if mean >= highest else mean + 0.005)

    def _count(self, share: float, fact: Fact) -> tuple[float, float]:
        """Numbers of people that a published share may stand for."""
        people, step = int(fact.learners or 0), self._answered.step
        if self._answered.exact:
            return round(share * people), round(share * people)
        lowest, highest = self._answered.caps
        shown = [
            count
            for count in range(0, people + step, step)
            if round(min(max(count / people, lowest), highest), 2) == share
        ]
        return max(self._answered.floor, shown[0] - step // 2), shown[-1] + step // 2
