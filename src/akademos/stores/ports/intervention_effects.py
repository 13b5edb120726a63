"""Ports of what interventions brought about: what it rests on, what is published of it, and who was counted in that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, TypeAlias

Group: TypeAlias = tuple[str, str]
"""(kind of intervention, trial)"""


@dataclass(frozen=True, slots=True)
class PublishedEffect:
    """What stands published of one kind of intervention and trial; counts rounded, effect in probability."""

    kind: str
    trial: str
    published_at: datetime
    design: Literal["randomised", "matched"]
    treated: int
    comparison: int
    effect: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Intervention:
    """An intervention that took place or takes place, or a learner of a comparison; of who was drawn by lot also what
    is only planned or was called off, which `took_place` tells. `course_id` is empty where it is about no course."""

    learner_key: str
    course_id: str
    kind: str
    trial: str
    treated: bool
    randomised: bool
    starts_on: date
    took_place: bool


@dataclass(frozen=True, slots=True)
class Material:
    """What effects are computed from: of learners who consent to advising and learning support.

    Attributes:
        scores: (learner_key, course_id, as_of, risk), of the courses in which anybody was helped.
        left: (learner_key, course_id) -> first day not enrolled any more.
    """

    interventions: Sequence[Intervention]
    scores: Sequence[tuple[str, str, date, float]]
    left: Mapping[tuple[str, str], date]


@dataclass(frozen=True, slots=True)
class LastPublished:
    """What was published last of a group: who of those counted is still known and consents, how many were counted, and
    whether it is withheld since."""

    members: frozenset[str]
    counted: int
    withheld: bool


class InterventionEffects(Protocol):
    """For the job that publishes them."""

    def material(self, tenant_id: str) -> Material:
        """Everything they are computed from."""
        ...

    def last(self, tenant_id: str) -> Mapping[Group, LastPublished]:
        """What was published last; who does not consent any more is forgotten first."""
        ...

    def publish(self, tenant_id: str, effect: PublishedEffect, members: frozenset[str]) -> bool:
        """Publish an effect in the place of the one before; false, and nothing published, when somebody counted in it
        does not consent at this moment."""
        ...

    def withhold(self, tenant_id: str, group: Group) -> None:
        """Show nothing of a group until it is published again."""
        ...


class EffectReports(Protocol):
    """For serving."""

    def effects(self, tenant_id: str) -> Sequence[PublishedEffect]:
        """What is published."""
        ...
