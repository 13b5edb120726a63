"""Port of how the pipeline of one tenant is: where its events are, what waits, and how its jobs went. Counts only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

STATIONS = ("received", "landed", "moved", "core", "computed", "served")
"""In the order of the way."""


@dataclass(frozen=True, slots=True)
class Station:
    """One station of the way.

    Attributes:
        name: one of `STATIONS`.
        passed: events (served: answers) that passed it in the last 24 hours; of the core all that it holds; None where
            nobody has counted yet.
        waiting: what waits there: events, or learners whose state is behind.
        waiting_since: since when the oldest of it.
        last_at: when something last passed.
    """

    name: str
    passed: int | None
    waiting: int = 0
    waiting_since: datetime | None = None
    last_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """What waits beside the way: events without consent, or dead letters; gone after a day."""

    events: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class JobState:
    """The last run of one job, of the tenant or (`shared`) of the installation; `seconds` None while it runs."""

    job: str
    shared: bool
    started_at: datetime
    seconds: float | None
    outcome: str
    rows_in: int | None
    rows_out: int | None


@dataclass(frozen=True, slots=True)
class Health:
    """How everything is at one instant. `backlog`: what waited in landing, of all tenants, over the last day, oldest
    first; `looked_at`: when the platform last looked at itself."""

    stations: Sequence[Station]
    held: Aside
    letters: Aside
    jobs: Sequence[JobState]
    backlog: Sequence[tuple[datetime, float]]
    looked_at: datetime | None


class PipelineHealth(Protocol):
    """Reads only."""

    def health(self, tenant_id: str, now: datetime) -> Health:
        """How the pipeline of a tenant is."""
        ...
