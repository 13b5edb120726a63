"""The part of `bench disclosure` that attacks the comparison with peers.

Four of five learners choose to compare themselves. Every night each of them asks, and a dozen who work together ask on:
with and without past instants, one of them with an own value that moves (many answers between two nights). All that is
said of others goes into the same integer programs as the groups' tables: hard, fair and easy by topic, the bands of
standing, and differences between two nights around one withdrawal. The truth is each learner's own side.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

import httpx
import numpy as np

from akademos.bench.disclosure_attack import ALL, Answered, Attack, Fact, Group, System
from akademos.errors import Unavailable

PATH = "/v1/analytics/peers"
PREFIX = "peers: "
"""Before the name of a course, so that these facts stand beside those of the groups."""

COMPARING = 0.8
COLLUDING = 12
EDGES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
HARD_BELOW, EASY_FROM = 0.6, 0.85
BANDS = len(EDGES)


class Client(Protocol):
    """What asks: an HTTP client, or the application itself in a test."""

    def get(self, url: str, *, params: dict[str, str], headers: Mapping[str, str]) -> Any:
        """An answer with `status_code`, `text` and `json()`."""

    def post(self, url: str, *, json: Any, headers: Mapping[str, str]) -> Any:
        """An answer with `raise_for_status()`."""


class Standing(NamedTuple):
    """The spread of a course as it was answered: people, and (low, high, share) of each band."""

    learners: int
    bands: tuple[tuple[float, float, float], ...]


@dataclass
class PeersUnderAttack:
    """Who compares themselves, what they were told, and what is true of them.

    Args:
        people: all learners; `always` are among those who compare themselves.
        enrolled: their courses.
        headers: of a learner.
    """

    people: Sequence[str]
    always: Sequence[str]
    enrolled: Mapping[str, Sequence[str]]
    headers: Callable[[str], dict[str, str]]
    chance: random.Random
    facts: dict[Group, Fact] = field(default_factory=dict)
    standings: dict[tuple[int, str], Standing] = field(default_factory=dict)
    difficulty: dict[tuple[int, str, str], int] = field(default_factory=dict)
    values: dict[tuple[int, str, str], float] = field(default_factory=dict)
    instants: dict[int, str] = field(default_factory=dict)
    comparing: list[str] = field(default_factory=list)
    asked: int = 0

    def choose(self, client: Client) -> None:
        """Opt in."""
        self.comparing = [user for user in self.people if user in self.always or self.chance.random() < COMPARING]
        decision = {"purposes": ["peer_comparison"], "decision": "granted", "text_version": "bench-1"}
        for user in self.comparing:
            client.post("/v1/consent", json=decision, headers=self.headers(user)).raise_for_status()

    def ask(self, client: Client, night: int, count: int) -> int:
        """Every peer once, then `count` questions of those who collude; how often one answer contradicted another."""
        contradictions = 0
        self.instants[night] = datetime.now(UTC).isoformat()
        for user in self.comparing:
            contradictions += self._question(client, night, user, None)
        colluding = [*self.always, *self.chance.sample(self.comparing, COLLUDING - len(self.always))]
        for _ in range(count):
            then = self.chance.choice([None, *self.instants])
            contradictions += self._question(client, night, self.chance.choice(colluding), then)
        return contradictions

    def _question(self, client: Client, night: int, user: str, then: int | None) -> int:
        chosen = {} if then is None else {"as_of": self.instants[then]}
        answer = client.get(PATH, params=chosen, headers=self.headers(user))
        self.asked += 1
        if answer.status_code == httpx.codes.FORBIDDEN:  # whoever has withdrawn
            return 0
        if answer.status_code != httpx.codes.OK:
            raise Unavailable(f"{PATH} answered {answer.status_code}: {answer.text[:300]}", hint="See what it says.")
        at, contradictions = night if then is None else then, 0
        for course in answer.json()["courses"]:
            contradictions += self._heard(at, course)
            if then is None:
                self._learn(night, user, course)
        return contradictions

    def _heard(self, night: int, course: Mapping[str, Any]) -> int:
        name, contradictions = PREFIX + course["course_id"], 0
        for topic in course["topics"]:
            fact = Fact(topic["learners"], None, topic["easy"], topic["hard"])
            contradictions += self.facts.setdefault(Group(night, name, topic["topic_id"], ALL), fact) != fact
        standing = course["standing"]
        if standing["bands"]:
            bands = tuple((one["low"], one["high"], one["share"]) for one in standing["bands"])
            told = Standing(standing["learners"], bands)
            contradictions += self.standings.setdefault((night, course["course_id"]), told) != told
        return contradictions

    def _learn(self, night: int, user: str, course: Mapping[str, Any]) -> None:
        """What is true of one learner, from the own side of the own answer."""
        for topic in course["topics"]:
            accuracy = topic["own"]["first_attempt_accuracy"]
            if accuracy is not None:
                band = 0 if accuracy < HARD_BELOW else 2 if accuracy >= EASY_FROM else 1
                self.difficulty[night, user, topic["topic_id"]] = band
        value = course["standing"]["own"]["value"]
        if value is not None:
            self.values[night, user, course["course_id"]] = value

    def recovered(self, floor: int, step: int, caps: tuple[float, float], left: tuple[int, str]) -> set[Any]:
        """Cells below k that follow from all answers and are true; `left` is after which night who left."""
        attack = Attack(Answered(self.facts, floor, step, caps))
        night, user = left
        cells: set[Any] = {
            (found.group, found.bands)
            for found in attack.cells()
            if found.value == self._difficulty_count(found.group, found.bands)
        }
        cells |= {
            (found.group, found.bands, user)
            for found in attack.differences(night, "(others)")
            if found.bands == (self.difficulty.get((night, user, found.group.topic)),)
        }
        solver = StandingAttack(self.standings, floor, step, caps)
        cells |= {
            (at, course, bands)
            for at, course, bands, value in solver.cells()
            if value == self._standing_count(at, course, bands)
        }
        return cells | {
            (night, course, band, user)
            for course, band in solver.differences(night)
            if self._band(night, user, course) == band
        }

    def _difficulty_count(self, group: Group, bands: Sequence[int]) -> int:
        return sum(
            at == group.night and topic == group.topic and band in bands
            for (at, _, topic), band in self.difficulty.items()
        )

    def _standing_count(self, night: int, course: str, bands: Sequence[int]) -> int:
        return sum(self._band(night, user, course) in bands for user in self.comparing)

    def _band(self, night: int, user: str, course: str) -> int | None:
        value = self.values.get((night, user, course))
        return None if value is None else max(band for band, edge in enumerate(EDGES) if value >= edge)


@dataclass(frozen=True)
class StandingAttack:
    """A solver over the bands of standing: unknown are the people of each of the finest bands."""

    standings: Mapping[tuple[int, str], Standing]
    floor: int
    step: int
    caps: tuple[float, float]

    @property
    def exact(self) -> bool:
        """Whether counts come as they are."""
        return any(one.learners % self.step for one in self.standings.values())

    def cells(self) -> Iterator[tuple[int, str, tuple[int, ...], int]]:
        """(night, course, bands, people) of each band, and of all but it, that has one possible value below k."""
        for (night, course), told in self.standings.items():
            system = System(BANDS)
            self._state(system, told, {})
            for band in range(BANDS):
                for bands in ((band,), tuple(other for other in range(BANDS) if other != band)):
                    found = system.range_of(dict.fromkeys(bands, 1.0))
                    if found is not None and found[0] == found[1] < self.floor:
                        yield night, course, bands, found[0]

    def differences(self, night: int) -> Iterator[tuple[str, int]]:
        """(course, band) of the one who left between a night and the next."""
        for (at, course), told in self.standings.items():
            later = self.standings.get((night + 1, course))
            if at != night or later is None:
                continue
            system = System(2 * BANDS)
            system.highest[BANDS:] = 1
            system.say(dict.fromkeys(range(BANDS, 2 * BANDS), 1.0), 0, 1)
            self._state(system, told, {})
            self._state(system, later, {band: {BANDS + band: -1.0} for band in range(BANDS)})
            for band in range(BANDS):
                if system.range_of({BANDS + band: 1.0}) == (1, 1):
                    yield course, band

    def _state(self, system: System, told: Standing, moved: Mapping[int, Mapping[int, float]]) -> None:
        def say(bands: Sequence[int], low: float, high: float) -> None:
            weights = dict.fromkeys(bands, 1.0)
            for band in bands:
                weights |= moved.get(band, {})
            system.say(weights, low, high)

        reach = 0 if self.exact else self.step // 2
        say(range(BANDS), max(self.floor, told.learners - reach) if reach else told.learners, told.learners + reach)
        for low, high, share in told.bands:
            inside = [band for band, edge in enumerate(EDGES) if low <= edge < high]
            say(inside, *self._count(share, told.learners))

    def _count(self, share: float, people: int) -> tuple[float, float]:
        if self.exact:
            return round(share * people), round(share * people)
        lowest, highest = self.caps
        shown = [
            count
            for count in range(0, people + self.step, self.step)
            if round(min(max(count / people, lowest), highest), 2) == share
        ]
        high = np.inf if share >= highest else shown[-1] + self.step // 2
        return max(self.floor, shown[0] - self.step // 2), high
