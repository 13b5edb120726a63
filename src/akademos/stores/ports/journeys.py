"""Ports of journeys: who is counted and what was answered, for the job; questions and answers, for the routes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Grouping = Literal["week", "persona", "channel"]
"""Week of the start, persona, or how the registration for the course came."""
Direction = Literal["from", "to"]


@dataclass(frozen=True, slots=True)
class AskedStep:
    """A step of a funnel: a name of `catalogue.journey_steps.STEPS`, a window of `content_policies.WINDOWS`, whether it
    may be left out, how often it is to come, whatever lies between."""

    step: str
    within: str = "any"
    optional: bool = False
    times: int = 1


@dataclass(frozen=True, slots=True)
class FunnelQuestion:
    """How many go through these steps in their order."""

    steps: tuple[AskedStep, ...]


@dataclass(frozen=True, slots=True)
class PathsQuestion:
    """What comes after a step, or before it."""

    step: str
    direction: Direction = "from"
    depth: int = 3


@dataclass(frozen=True, slots=True)
class RetentionQuestion:
    """Who comes back, by group."""

    by: Grouping = "week"


@dataclass(frozen=True, slots=True)
class SurvivalQuestion:
    """How long until a step, or until nothing more comes (`stopped`): from the first step of all ("") or of a kind."""

    until: str = "stopped"
    since: str = ""


JourneyQuestion = FunnelQuestion | PathsQuestion | RetentionQuestion | SurvivalQuestion


@dataclass(frozen=True, slots=True)
class JourneyAnswer:
    """An answer of one course; `content` is None where nothing is published of it.

    Attributes:
        edition: since when people and events that it rests on stand.
        learners: how many are counted, rounded.
        content: the numbers, as `jobs.journey_answers` makes them.
    """

    course_id: str
    edition: datetime | None
    learners: int | None
    content: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class CountedPart:
    """People of a course who are counted together, with their persona ("" where they have several).

    Attributes:
        people: up to when each one's events count.
        observed: until when all of them were looked at: who has no event after `people` had none until then.
        whole: whether everybody is there who was; else somebody was erased since.
    """

    people: Mapping[str, datetime]
    persona: str
    observed: datetime
    whole: bool


@dataclass(frozen=True, slots=True)
class Edition:
    """What journeys of a course rest on."""

    since: datetime
    smallest_group: int
    parts: tuple[CountedPart, ...]


class JourneyLedger(Protocol):
    """Who is counted, and what was answered; for the pipeline only."""

    def edition(self, tenant_id: str, course_id: str) -> Edition | None:
        """What is in force of a course; None where nothing is published, or with a smaller k than the tenant's now."""
        ...

    def kept(self, tenant_id: str, course_id: str, since: datetime, question: str) -> Mapping[str, Any] | None:
        """What a question was answered with in this edition."""
        ...

    def keep(
        self, tenant_id: str, course_id: str, since: datetime, question: str, answer: Mapping[str, Any], at: datetime,
        most: int,
    ) -> Mapping[str, Any] | None:  # fmt: skip
        """Keep an answer and return the one that is kept, which another process may have given meanwhile; None when
        `most` different questions of the edition were answered before."""
        ...


class JourneyDesk(Protocol):
    """Answers questions about journeys."""

    def answer(self, tenant_id: str, course_id: str, question: JourneyQuestion) -> JourneyAnswer:
        """The answer: of the same question in the same edition always the same.

        Raises:
            TooFast: too many different questions were asked in this edition.
        """
        ...
