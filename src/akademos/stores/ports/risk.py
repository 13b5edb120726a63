"""Ports of students in focus: the courses and enrolments that risk rests on, and the weekly scores."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class RiskScore:
    """The estimate of one learner and course in one week; columns as dataset `risk_scores` declares them."""

    learner_key: str
    course_id: str
    as_of: date
    computed_at: datetime
    course_day: int
    basis: str
    model_version: int | None
    risk: float | None
    level: str
    reasons: Sequence[Mapping[str, Any]]
    effects: Mapping[str, float]
    previous_risk: float | None
    changed: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class FocusScore:
    """A learner's newest score in a course that they are enrolled in, with the title of the course."""

    course: str
    score: RiskScore


class RiskLedger(Protocol):
    """For the pipeline."""

    def courses(self, tenant_id: str) -> pl.DataFrame:
        """course_id, starts_on, ends_on of all courses; a day that was never set is null."""
        ...

    def enrolments(self, tenant_id: str) -> pl.DataFrame:
        """learner_key (of the person), course_id, registered_on, withdrawn_on, resits of who consents to learning
        support; who has withdrawn is among them."""
        ...

    def group_attributes(self, tenant_id: str) -> pl.DataFrame:
        """learner_key (of the person), course_id, attribute, value: which groups learners belong to, of who consents to
        research and to learning support. To judge fairness by, never to predict from."""
        ...

    def of_week(self, tenant_id: str, as_of: date) -> Mapping[tuple[str, str], RiskScore]:
        """The scores of one week by learner_key and course_id."""
        ...

    def write(self, tenant_id: str, as_of: date, scores: Sequence[RiskScore]) -> int:
        """Replace the scores of a week by those of learners who consent to advising and learning support at this
        moment, in one transaction; scores of whoever does not consent go, of all weeks. Returns how many stand."""
        ...

    def forget(self, tenant_id: str) -> int:
        """Drop the scores of whoever does not consent any more; returns how many rows went."""
        ...


class FocusScores(Protocol):
    """For the gate, as the serving role behind row-level security."""

    def newest(self, tenant_id: str, learner_keys: Sequence[str], today: date) -> list[FocusScore]:
        """Of each of these learners who consents to advising and learning support now, the newest score in each course
        that they are enrolled in and that has not ended; none that is older than two weeks."""
        ...
