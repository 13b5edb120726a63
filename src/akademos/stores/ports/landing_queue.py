"""Port of landing for the mover, which empties it, and for the jobs that enforce its limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple, Protocol

from akademos.stores.ports.progress import Observation

if TYPE_CHECKING:
    import pyarrow as pa


class StaleMark(NamedTuple):
    """A learner whose state is behind, and how many seconds it may be."""

    tenant_id: str
    learner_key: str
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class LandedEvents:
    """Accepted rows of one event type from one sender, as columns, so that no row costs a Python object.

    `seq` (int64) tells rows apart and orders them; ids and keys are UUIDs as strings, keys null where nobody is;
    times are timestamps in UTC; `raw` has one line a row: the sender's event as canonical JSON.
    """

    tenant_id: str
    event: str
    source: str
    seq: pa.Array
    event_id: pa.Array
    actor_key: pa.Array
    subject_key: pa.Array
    received_at: pa.Array
    occurred_at: pa.Array
    raw: bytes

    def __len__(self) -> int:
        return len(self.seq)


@dataclass(frozen=True, slots=True)
class PersonStanding:
    """A person of a batch at this moment: what is consented, and on what basis (`consent` or `basis:ID`)."""

    staff: bool
    persona: str
    purposes: frozenset[str]
    basis: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits in landing, and since when."""

    events: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Since when held rows and dead letters have been waiting for their end."""

    held: datetime | None
    letters: datetime | None


class LandingBatch(Protocol):
    """Whole transactions below the snapshot's xmin, under the landing lock until it is left."""

    @property
    def version(self) -> int:
        """The highest transaction id in the batch: the version of the application transaction."""
        ...

    @property
    def rows(self) -> int:
        """How many rows it holds."""
        ...

    def events(self) -> Sequence[LandedEvents]:
        """The rows."""
        ...

    def people(self) -> Mapping[tuple[str, str], PersonStanding]:
        """Who is in it, by tenant and key."""
        ...

    def imported_tenants(self) -> frozenset[str]:
        """Tenants of whose events some came by import, so that the index of ids does not know them all."""
        ...

    def prepare(self, *, withdrawn: Sequence[int], late_duplicates: Sequence[int], postponed: Sequence[int]) -> None:
        """Take rows (by seq) out of the batch, and commit that at once, before the core's commit.

        Withdrawn rows and late duplicates are deleted and counted; postponed ones go back to landing's end. From
        then on every row up to `version` counts as moved if the core says so, and nobody else deletes it.
        """
        ...

    def finish(self, stale: Sequence[StaleMark], observed: Sequence[Observation] = ()) -> int:
        """Delete and count what is left of the batch, mark the states of some learners stale, and put what they were
        seen doing on the queue of their progress; how many rows."""
        ...


class LandingQueue(Protocol):
    """One mover at a time holds the landing lock; whoever else deletes accepted rows waits for it."""

    @property
    def application(self) -> str:
        """Application id for the core's commits: holds the cluster's system identifier."""
        ...

    @property
    def next_transaction(self) -> int:
        """The transaction id that the cluster gives next; all ids from it on are unknown to it."""
        ...

    def take(self, rows: int, size: int, *, committed: int | None) -> AbstractContextManager[LandingBatch | None]:
        """Enter with the next batch of about so many rows and bytes, or None when nothing waits.

        Rows up to `committed` are in the core already, because a mover crashed after its commit: they are
        recovered first.
        """
        ...

    def recover(self, committed: int) -> int:
        """Delete rows whose transaction the core already holds, and count them as moved; return how many."""
        ...

    def wait_for_writers(self) -> None:
        """Return once whatever checked consent before now has also committed to the core, or given up."""
        ...

    def backlog(self) -> Backlog:
        """For metrics, alerts and back-pressure."""
        ...

    def expire(self, *, landing_before: datetime, index_before: datetime) -> int:
        """Delete held rows and dead letters received before the one instant, and ids of the index before the other.

        Of what leaves the index its envelope stays. Returns how many held rows went.
        """
        ...

    def waiting(self) -> Waiting:
        """For metrics and alerts of what may wait for a day at most."""
        ...

    def settle(self, kind: str, totals: Mapping[str, int]) -> int:
        """Have the movements of a kind add up to a total by tenant, and return how many were still uncounted."""
        ...
