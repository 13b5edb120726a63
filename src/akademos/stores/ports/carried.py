"""Port of what is carried forward of expired events: per key of a learner, so that an unmerge gives it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True, slots=True)
class Carried:
    """What was carried of one key's events.

    Attributes:
        covers: by event name the instant before which retention began for every event that is in it: such an event
            counts no more by itself, whether it is deleted already or not.
        tables: the tables `carried_*` of `analytics.schemas.INPUT`, of this key only.
    """

    learner_key: str
    covers: Mapping[str, datetime]
    tables: Mapping[str, pl.DataFrame]


class CarriedReader(Protocol):
    """Tells what was carried."""

    def read(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, Carried]:
        """By key; who has nothing carried is absent."""
        ...

    def keys(self, tenant_id: str, *, after: str = "") -> list[str]:
        """Every key that has something carried, past `after`, in order."""
        ...


class CarriedForward(CarriedReader, Protocol):
    """Keeps it as long as the consent to learning support."""

    def write(self, tenant_id: str, carried: Sequence[Carried], at: datetime) -> int:
        """Put it in the place of what was carried before, of keys under which learning support is granted (also while
        it is paused); how many."""
        ...

    def remove(self, tenant_id: str, learner_keys: Sequence[str]) -> int:
        """Drop it, after a withdrawal; how many."""
        ...
