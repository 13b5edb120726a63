"""Ports of the product KPIs: who is counted as what, the guard's memory, snapshots as published, and notes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

from akademos.catalogue.declarations import Purpose
from akademos.privacy.disclosure_blocks import Ledger

Status = Literal["ok", "withheld", "no_data", "not_available"]
Bound = Literal["exact", "least", "most"]
NoteKind = Literal["annotation", "signal", "review"]
PRODUCTION, STAGING = "prod", "staging"


@dataclass(frozen=True, slots=True)
class Standing:
    """One consenting learner on a day: what they are told apart by, and the keys under which consent was given, whose
    events count."""

    persona: str
    course: str
    cohort: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Crowd:
    """The consenting learners by key of the person, and how many learners there are in all."""

    people: Mapping[str, Standing]
    learners: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A line of `kpi_snapshots`; `dimension` and `member` are empty for everybody. `week` is a Monday."""

    kpi: str
    week: date
    environment: str
    dimension: str
    member: str
    period: str
    computed_at: datetime
    status: Status
    reason: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    bound: Bound = "exact"
    people: int | None = None
    units: int | None = None
    smallest_group: int | None = None
    baseline: float | None = None
    parity: str | None = None
    consenting: float | None = None


@dataclass(frozen=True, slots=True)
class KpiNote:
    """Something noted beside the KPIs. `owner` is a team, `author` an audit name."""

    note_id: str
    kind: NoteKind
    kpi: str | None
    about: date
    logged_at: datetime
    author: str
    body: str
    owner: str | None = None
    due_on: date | None = None
    done_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Calendar:
    """How an institution counts days: its time zone, and terms as (name, first day, last day)."""

    time_zone: str
    terms: tuple[tuple[str, date, date], ...]


class KpiLedgers(Protocol):
    """What the job needs; for the pipeline only."""

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        ...

    def calendar(self, tenant_id: str) -> Calendar:
        """Time zone and terms."""
        ...

    def crowd(self, tenant_id: str, purposes: Sequence[Purpose], on: date) -> Crowd:
        """Who consents to all of `purposes` at this moment, and what they were on a day."""
        ...

    def roster(self, tenant_id: str, on: date) -> frozenset[str]:
        """Keys of learners who had an advisor on a day."""
        ...

    def enrolled(self, tenant_id: str, since: date, until: date) -> list[tuple[str, str, date]]:
        """(learner key, course, day of registration) of those who enrolled from one day to another."""
        ...

    def ledger(self, tenant_id: str, scope: str) -> Ledger:
        """What is remembered of a scope."""
        ...

    def shaken(self, tenant_id: str, purposes: Sequence[Purpose], prefix: str) -> list[str]:
        """Scopes that begin so and count somebody who consents no more, or who is gone."""
        ...

    def publish(
        self,
        tenant_id: str,
        scope: str | None,
        ledger: Ledger | None,
        snapshots: Sequence[Snapshot],
    ) -> int:
        """Replace the memory of a scope (if one is given) and the lines of the snapshots' KPI, week and environment, in
        one transaction; return how many lines differ from before."""
        ...

    def weeks(self, tenant_id: str) -> Mapping[str, tuple[date, date]]:
        """First and last week of which there are snapshots, by KPI."""
        ...

    def compare(self, tenant_id: str, tolerated: float, kpis: Sequence[str]) -> list[tuple[str, date]]:
        """Write beside production's lines of some KPIs what staging says of the same week and slice, and whether the
        difference is beyond the tolerated share of it; return where it is, in the newest week of each KPI."""
        ...


class PublishedKpis(Protocol):
    """What is published, as the serving role behind row-level security."""

    def floor(self, tenant_id: str) -> int:
        """The tenant's k."""
        ...

    def snapshots(
        self, tenant_id: str, *, kpis: Sequence[str], since: date, until: date, environment: str
    ) -> list[Snapshot]:
        """Lines of some KPIs and weeks (both included), by KPI, week, dimension and member."""
        ...

    def notes(self, tenant_id: str, *, since: date, until: date) -> list[KpiNote]:
        """Notes about days in a span, newest day first; and reviews that are not done, whatever they are about."""
        ...

    def reviews(self, tenant_id: str) -> list[date]:
        """The days of all reviews that were held, ascending, each once."""
        ...

    def add_note(self, tenant_id: str, note: KpiNote) -> None:
        """Keep a note."""
        ...

    def finish_note(self, tenant_id: str, note_id: str, at: datetime) -> bool:
        """Note that what a review agreed on is done; whether there is such a review that was not."""
        ...
