"""Port of how many people consent to what: counts as they are, for those alone who publish them (`Gate.published`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from akademos.catalogue.declarations import Purpose


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """How people stand to one purpose now. Linked identities are one person; the strictest of their decisions counts.

    Attributes:
        consented: it is live.
        stopped: paused, restricted or objected to.
        withdrawn: taken back, and not stopped besides.
    """

    purpose: Purpose
    consented: int
    stopped: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class ConsentMonth:
    """How many people had consented to one purpose, and not withdrawn, at the end of a month (UTC)."""

    purpose: Purpose
    month: date
    consented: int


class ConsentCounts(Protocol):
    """Reads only."""

    def standing(self, tenant_id: str) -> Sequence[ConsentStanding]:
        """Every purpose that anybody has decided about, by name."""
        ...

    def by_month(self, tenant_id: str, now: datetime, months: int = 12) -> Sequence[ConsentMonth]:
        """The last so many ended months, oldest first, from the month of a purpose's first decision on. Decisions count
        from when the person made them; who was erased is counted until the erasure was completed."""
        ...
