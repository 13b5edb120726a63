"""Port of the precomputed learner analytics: one packed row a learner, written by jobs, read by serving."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
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


@dataclass(frozen=True, slots=True)
class StaleState:
    """A learner whose state is behind the core, since when, and how many events the state holds."""

    tenant_id: str
    learner_key: str
    marked_at: datetime
    events: int


@dataclass(frozen=True, slots=True)
class Cohort:
    """What all learners of a tenant together taught: tables `item_difficulty` and `cohort_times`, versioned.

    `computed_at` is the instant of the newest answer that may be in it; of a past one the same night tells it by.
    """

    version: int
    computed_at: datetime
    tables: Mapping[str, pl.DataFrame]


@dataclass(frozen=True, slots=True)
class PastCohort:
    """What the cohort had taught by an instant of the past: computed from the rows that are held and may be used now,
    of those only what happened by then."""

    at: datetime
    tables: Mapping[str, pl.DataFrame]


class LearnerStates(Protocol):
    """Writing replaces a learner's row and raises its version; a learner without events has no row.

    Who does not consent to learning support at the moment of writing gets no row, and loses the one there is.
    """

    def write(
        self, tenant_id: str, states: Iterable[LearnerState], *, of: Mapping[str, Sequence[str]] | None = None
    ) -> int:
        """Upsert, unless the row is of a later `computed_as_of`; `version` of the argument is ignored and counted up
        by the store. `of` names the keys whose events each state was computed from, if not the learner's alone: a
        state of other keys than the person has by now is not written. Returns how many rows were written."""
        ...

    def read(self, tenant_id: str, learner_key: str) -> LearnerState | None:
        """One learner's row."""
        ...

    def read_many(self, tenant_id: str, learner_keys: Sequence[str]) -> list[LearnerState]:
        """The rows of some learners, in the order of their keys."""
        ...

    def remove(self, tenant_id: str, learner_keys: Sequence[str]) -> int:
        """Drop rows of learners who no longer have consented events."""
        ...

    def drop_before(self, tenant_id: str, computed_as_of: datetime) -> int:
        """Drop rows that a run over all learners up to that instant has not renewed, their topic snapshots, and the
        memory weights of learners without a row."""
        ...

    def mark_stale(self, tenant_id: str, learner_keys: Sequence[str]) -> None:
        """Have the states of some learners computed anew soon."""
        ...

    def stale(self, limit: int, *, early: bool = False) -> list[StaleState]:
        """Stale states that are due, the longest first; `early` for those that may wait, too."""
        ...

    def settle(self, done: Sequence[StaleState]) -> None:
        """They were computed anew; a mark that was set again meanwhile stays."""
        ...

    def write_topic_mastery(self, tenant_id: str, of: Mapping[str, Sequence[str]], rows: pl.DataFrame) -> int:
        """Replace the snapshot of some learners (learner_key, topic_id, as_of, status, mastery, low, high, answers),
        computed from the events of the keys that `of` names for each."""
        ...

    def write_cohort(
        self,
        tenant_id: str,
        computed_at: datetime,
        tables: Mapping[str, pl.DataFrame],
        pasts: Sequence[PastCohort] = (),
    ) -> int:
        """Keep a new version of what the cohort taught, and in the place of all earlier ones what it had taught by
        instants of the past; return the version's number."""
        ...

    def cohort(self, tenant_id: str, at: datetime | None = None) -> Cohort | None:
        """The newest version; with `at` what was known by then: the newest version where it is not of a later instant,
        else the latest past one. None before the first nightly run, and before the first instant that is kept."""
        ...

    def write_cohort_weights(
        self, tenant_id: str, fitted_at: datetime, weights: Sequence[float], *, learners: int, reviews: int
    ) -> int:
        """Keep a new version of the FSRS-6 weights of all learners together, which is in force from `fitted_at` on;
        states of that instant or later are computed anew. Returns its number."""
        ...

    def write_weights(self, tenant_id: str, of: Mapping[str, Sequence[str]], rows: pl.DataFrame) -> int:
        """Keep FSRS-6 weights of learners' own (learner_key, weights, reviews, fitted_at) of those who consent and
        still have the keys that `of` names, in force from `fitted_at` on; their states of that instant or later are
        computed anew. Returns how many."""
        ...

    def weights(self, tenant_id: str, learner_keys: Sequence[str], at: datetime) -> Mapping[str, pl.DataFrame]:
        """Tables `cohort_memory_weights` and `memory_weights` of `analytics.schemas.INPUT` as in force at an
        instant."""
        ...

    def item_difficulty(self, tenant_id: str) -> tuple[int, pl.DataFrame] | None:
        """Item difficulty of the newest version."""
        ...
