"""Ports of contents and items: the guard's memory for the job that publishes, and what is published for the gate."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

from akademos.catalogue.declarations import Purpose
from akademos.privacy.disclosure_editions import Editions

Subject = Literal["course", "content", "item"]
"""What a statistic is about; of a course it says how many are counted, and since when journeys stand."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Who may be counted: everybody who consents, and who of them is enrolled now, by course and with their persona;
    by course the day on which who is enrolled registered, where it is known."""

    consenting: frozenset[str]
    enrolled: Mapping[str, Mapping[str, str]]
    registered: Mapping[str, Mapping[str, date]]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one learner added to the contents and to the items of a course when last taken, packed."""

    contents: bytes
    items: bytes


@dataclass(frozen=True, slots=True)
class Statistic:
    """One published statistic; `detail` is as `jobs.content_tables` and `jobs.item_tables` make it."""

    course_id: str
    subject: Subject
    subject_id: str
    version: str
    as_of: datetime
    smallest_group: int
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedStatistic:
    """A statistic with the names of what it is about; `secure` items are kept for exams."""

    statistic: Statistic
    course: str
    title: str
    topics: tuple[str, ...]
    secure: bool


@dataclass(frozen=True, slots=True)
class ContentSupport:
    """What is published of the materials of a course that help, by material_id as `content_tables.published_support`
    makes it, and from when on it was in force."""

    course_id: str
    published_at: datetime
    materials: Mapping[str, Any]


class ContentLedgers(Protocol):
    """The guard's memory; for the pipeline only."""

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        ...

    def terms(self, tenant_id: str) -> Sequence[tuple[str, date, date]]:
        """The tenant's terms: name, first and last day."""
        ...

    def courses(self, tenant_id: str) -> list[str]:
        """Every course with enrolments, or with anybody counted."""
        ...

    def crowd(self, tenant_id: str, purposes: Sequence[Purpose]) -> Crowd:
        """Who consents to all of `purposes`, of one snapshot, by the key under which they are read."""
        ...

    def editions(self, tenant_id: str, course_id: str) -> Editions:
        """What is remembered of a course."""
        ...

    def taken(self, tenant_id: str, course_id: str) -> dict[str, Taken]:
        """What was taken of whom."""
        ...

    def retired(self, tenant_id: str, course_id: str) -> frozenset[str]:
        """question_ids that are no longer asked."""
        ...

    def publish(
        self,
        tenant_id: str,
        course_id: str,
        memory: Editions,
        taken: Mapping[str, Taken],
        statistics: Sequence[Statistic],
        support: ContentSupport,
        smallest_group: int,
    ) -> None:
        """Replace memory and publication of a course, in one transaction; answers about journeys of an edition that
        is not in force any more go with it. What helps is added to what was published of it before, where it differs
        from the last."""
        ...


class PublishedContent(Protocol):
    """What is published, as the serving role behind row-level security."""

    def statistics(self, tenant_id: str, subject: Subject, courses: Collection[str] | None) -> list[PublishedStatistic]:
        """Statistics of these courses, or of all (None), in order of course, title and version. One made with a smaller
        k than the tenant has now is not in force any more."""
        ...

    def support(self, tenant_id: str, at: datetime) -> tuple[ContentSupport, ...]:
        """What helps, by course: the newest publication up to an instant. One made with a smaller k than the tenant has
        now is not in force any more."""
        ...
