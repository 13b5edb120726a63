"""Ports of retention: what is due, what went, and the report of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Age:
    """How a tenant's rows of one kind stand: how many, since when the oldest, how many are due, and how many have no
    date to count from."""

    rows: int
    oldest: datetime | None
    due: int
    undated: int = 0


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """One line of the report: an event type of the event log, or a dataset. `kept_for` None: as long as it is needed;
    `last_removed` counts rows that the last run removed (not known by event type); `held`: a legal hold stops deletion
    of some."""

    kind: str
    name: str
    basis: str
    kept_for: timedelta | None
    counted_from: str
    age: Age
    last_run: datetime | None
    last_removed: int | None
    held: bool


class RecordRetention(Protocol):
    """Retention of tables, as their datasets declare it."""

    def held_people(self, tenant_id: str, dataset: str) -> tuple[bool, list[str]]:
        """Whether a legal hold stops all deletion from a dataset, and the keys of people whose rows it stops."""
        ...

    def expire(self, tenant_id: str, now: datetime, *, events_removed: int) -> Mapping[str, int]:
        """Delete what is due in every table, in one transaction with its audit entry; rows by dataset."""
        ...

    def expire_shared(self, now: datetime) -> Mapping[str, int]:
        """Delete what is due of rows that are about the installation and no tenant, in tables whose declaration allows
        such rows; rows by dataset."""
        ...

    def rewrite(self, datasets: Sequence[str]) -> None:
        """Have no deleted row's bytes left in tables that name people."""
        ...

    def ages(self, tenant_id: str, now: datetime) -> Mapping[str, Age]:
        """How the rows of each table stand."""
        ...


class EventRetention(Protocol):
    """Retention of the core."""

    def event_ages(self, tenant_id: str, cutoffs: Mapping[str, datetime]) -> Mapping[str, Age]:
        """How the rows of each event type stand, by event name."""
        ...


class RetentionReports(Protocol):
    """The report."""

    def report(self, tenant_id: str) -> list[RetentionLine]:
        """Event types first, then datasets; by name."""
        ...
