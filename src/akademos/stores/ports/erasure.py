"""Ports of erasure: the ledger of requests, and each place from which a person has to go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from akademos.privacy.erasure import ErasedPerson, Needle
from akademos.stores.ports.identity import Identifier


@dataclass(frozen=True, slots=True)
class Erasure:
    """One request and how far it has come. `subject` is the person's audit name; `receipt` stands at the end."""

    tenant_id: str
    erasure_id: UUID
    requested_at: datetime
    requested_by: str
    reason: str
    subject: bytes
    step: str
    progress: Mapping[str, Any]
    completed_at: datetime | None
    receipt: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class EventsErased:
    """What an erasure did to the core: rows removed, rows of others that lost the person, bytes and files rewritten
    (None: by a run that was killed before it could say), checksums (BLAKE2b) of the new files by path."""

    removed: int
    redacted: int
    bytes_rewritten: int | None
    files: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class LandingErased:
    """What went from landing; `in_hand`: rows left to a mover that was killed, which the next move settles."""

    removed: int
    redacted: int
    in_hand: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a search of bytes found: (place, kind of needle) of each hit, over so many files and bytes; `rows` of
    columns that had to be decoded."""

    hits: tuple[tuple[str, str], ...]
    files: int
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class ServerCleared:
    """What was done to the database server's own files, and what was not in our hands."""

    done: Mapping[str, Any] = field(default_factory=dict)
    left: tuple[str, ...] = ()


class ErasureKeys(Protocol):
    """One key a request, outside every store, destroyed with its receipt: with it goes what is sealed under it."""

    def make(self, erasure_id: UUID) -> bytes:
        """A new key, durably."""
        ...

    def read(self, erasure_id: UUID) -> bytes:
        """The key; raises Unavailable (`erasure_key_lost`) when it is gone."""
        ...

    def destroy(self, erasure_id: UUID) -> None:
        """Overwrite and remove it; nothing happens when there is none."""
        ...

    def kept(self) -> list[UUID]:
        """Whose keys there are."""
        ...


class ErasureLedger(Protocol):
    """Requests, durable with their audit entries."""

    def request(self, tenant_id: str, who: Identifier, *, by: str | None, reason: str) -> Erasure:
        """Take a request (`by` None: the person's own), or the one that is open for the person already.

        Raises:
            NotFound: nobody is known by that identifier.
            Conflict: the person is erased (`erased`).
        """
        ...

    def get(self, tenant_id: str, erasure_id: UUID, *, own: Identifier | None = None) -> Erasure | None:
        """One request; with `own` only if it is about that person."""
        ...

    def all(self, tenant_id: str) -> list[Erasure]:
        """Newest first."""
        ...

    def open(self) -> list[Erasure]:
        """Those of all tenants that are not completed, oldest first."""
        ...

    def person(self, erasure: Erasure) -> ErasedPerson:
        """Whom a request is about, once `PersonEraser.destroy` has sealed it."""
        ...

    def advance(self, erasure: Erasure, step: str, progress: Mapping[str, Any], *, erased: int = 0) -> Erasure:
        """Remember a step and what it did, counting events that left landing or the core in the movements."""
        ...

    def complete(self, erasure: Erasure, receipt: Mapping[str, Any]) -> bool:
        """Write the receipt and its audit entry, once; whether it was this call. Destroys the request's key."""
        ...

    def destroy_spent_keys(self) -> None:
        """Destroy keys of requests whose completion was cut short."""
        ...


class PersonEraser(Protocol):
    """Everything in the database that names a person."""

    def destroy(self, erasure: Erasure) -> Erasure:
        """In one transaction: suppress the identifiers, keep what is under a legal hold, take the person out of every
        table, destroy the data key."""
        ...

    def keep_events(self, erasure: Erasure, hold_id: UUID, rows: list[Any]) -> None:
        """Seal events of the core for a legal hold; doing it again changes nothing."""
        ...

    def clear_landing(self, tenant_id: str, person: ErasedPerson) -> LandingErased:
        """Remove the person from what waits in landing."""
        ...

    def forget_ids(self, tenant_id: str, event_ids: Sequence[str]) -> int:
        """Take ids of the person's events out of the index of ids."""
        ...

    def rewrite_tables(self) -> ServerCleared:
        """Rewrite every table that may have held a person, its indexes, and the planner's statistics."""
        ...

    def search_rows(self, needles: Sequence[Needle]) -> Found:
        """Search values that the server may have compressed."""
        ...


class EventEraser(Protocol):
    """The core."""

    def erase(self, tenant_id: str, learner_keys: Sequence[str], *, application: str) -> EventsErased:
        """Remove rows about the people and take them out of rows about others, physically, in one commit that notes
        what it did under `application`; a repetition answers that."""
        ...


class ServerFiles(Protocol):
    """Files of the database server that no table accounts for."""

    def recycle(self) -> ServerCleared:
        """Have no write-ahead log from before now on disk."""
        ...


class DataFolder(Protocol):
    """All files of the installation."""

    def overwrite_logs(self, needles: Sequence[Needle]) -> int:
        """Put other bytes in the place of every needle in text logs; how many."""
        ...

    def search(self, needles: Sequence[Needle]) -> Found:
        """Search every byte of every file, and every value of every Parquet file, whatever its compression."""
        ...
