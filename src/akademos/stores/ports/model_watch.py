"""Port of the watch over models: what each look at a version in service found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol

Status = Literal["stable", "watch", "drifting", "not_enough_data"]


@dataclass(frozen=True, slots=True)
class Look:
    """One look at one version.

    Attributes:
        learners: whom it was compared on.
        shift: lower end of the interval of the figure that has moved most for certain, PSI; None without enough data.
        figures: `figure`, `learners`, `value`, `low`, `high` of each (`analytics.drift.Shift`); None for not enough.
    """

    model: str
    version: int
    watched_at: datetime
    learners: int
    status: Status
    shift: float | None
    figures: Sequence[Mapping[str, Any]]


class ModelWatchBook(Protocol):
    """What the watch writes."""

    def write(self, tenant_id: str, look: Look) -> None:
        """Keep a look."""
        ...


class ModelLooks(Protocol):
    """What people are told."""

    def newest(self, tenant_id: str) -> list[Look]:
        """The last look at every version that was ever looked at, by model, newest version first."""
        ...

    def course(self, tenant_id: str, model: str, version: int, since: datetime) -> list[Look]:
        """Every look at one version since an instant, oldest first."""
        ...
