"""Port of the precomputed learner analytics: one packed row a learner, written by jobs, read by serving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import polars as pl


@dataclass(frozen=True, slots=True)
class LearnerState:
    """The packed tables of one learner (analytics.learner_state) and the facts of their making."""

    learner_key: str
    version: int
    computed_at: datetime
    computed_as_of: datetime
    definition: str
    events: int
    last_event_at: datetime | None
    packed: bytes


class LearnerStates(Protocol):
    """Writing replaces a learner's row and raises its version; a learner without events has no row."""

    def write(self, tenant_id: str, states: Iterable[LearnerState]) -> int:
        """Upsert; `version` of the argument is ignored and counted up by the store."""
        ...

    def read(self, tenant_id: str, learner_key: str) -> LearnerState | None:
        """One learner's row."""
        ...

    def remove(self, tenant_id: str, learner_keys: Sequence[str]) -> int:
        """Drop rows of learners who no longer have consented events."""
        ...

    def write_topic_mastery(self, tenant_id: str, rows: pl.DataFrame) -> int:
        """Replace the nightly snapshot (learner_key, topic_id, as_of, status, mastery, low, high, answers)."""
        ...

    def write_item_difficulty(self, tenant_id: str, version: int, computed_at: datetime, table: pl.DataFrame) -> None:
        """Keep a version of the cohort-learned item difficulty."""
        ...

    def item_difficulty(self, tenant_id: str) -> tuple[int, pl.DataFrame] | None:
        """The newest version, or None before the first nightly run."""
        ...
