"""Ports of answers over groups: the guard's memory for the job that publishes, and what is published for the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from akademos.catalogue.declarations import Purpose
from akademos.privacy.disclosure_blocks import Ledger
from akademos.privacy.disclosure_tables import Row

INSTITUTION = ""
"""The scope over all courses."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Mastery of one learner at one topic, as of the last night."""

    learner_key: str
    topic_id: str
    mastery: float
    answers: int


@dataclass(frozen=True, slots=True)
class Population:
    """Who may be counted in a scope: everybody who consents; those of them who belong to the scope now, with their
    personas; and the estimates of all."""

    may_stay: frozenset[str]
    may_enter: Mapping[str, str]
    estimates: Sequence[Estimate]


@dataclass(frozen=True, slots=True)
class Published:
    """A row of a topic, and the oldest instant of the values in it."""

    topic_id: str
    as_of: datetime
    row: Row


class GroupLedgers(Protocol):
    """The guard's memory; for the pipeline only."""

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        ...

    def scopes(self, tenant_id: str) -> list[str]:
        """The institution, every course with learners or with anything published."""
        ...

    def population(self, tenant_id: str, scope: str, purposes: Sequence[Purpose]) -> Population:
        """Who consents to all of `purposes`, of one snapshot."""
        ...

    def ledger(self, tenant_id: str, scope: str) -> Ledger:
        """What is remembered of a scope."""
        ...

    def publish(self, tenant_id: str, scope: str, ledger: Ledger, rows: Sequence[Published]) -> None:
        """Replace memory and publication of a scope, in one transaction."""
        ...


@dataclass(frozen=True, slots=True)
class GroupAnswer:
    """One group as somebody may see it. `learners` is None where the group as a whole is withheld; `mastery`,
    `mastered` and `weak` also where they alone are. `course_id` is None for the institution."""

    course_id: str | None
    course: str | None
    topic_id: str
    topic: str | None
    persona: str
    as_of: datetime | None
    learners: int | None
    mastery: float | None
    mastered: float | None
    weak: float | None


class PublishedGroups(Protocol):
    """What is published, as the serving role behind row-level security."""

    def floor(self, tenant_id: str) -> int:
        """The tenant's k; the default for a tenant that is none."""
        ...

    def courses_taught(self, tenant_id: str, user_id: str) -> frozenset[str]:
        """Courses to which a person is assigned as instructor."""
        ...

    def answers(self, tenant_id: str, courses: Collection[str] | None) -> list[GroupAnswer]:
        """Every group of these courses, or of the institution and all courses (None): those published, and as withheld
        every topic and persona of which nothing is."""
        ...
