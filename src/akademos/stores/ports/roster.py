"""Port of the rosters: the rows of a OneRoster set as they came, beside the records that were made of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from akademos.stores.ports.records import LoadReport


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One row: its sourcedId, its text with its line end, and of whom it is.

    `owner` says so by another row (file, sourcedId), `learner_key` by the person; a row of nobody has neither.
    """

    sourced_id: str
    text: str
    learner_key: str | None = None
    owner: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """What keeping or removing some rows came to.

    `without` belong to somebody who was erased and were not kept; `ids` are the sourcedIds of those new or changed;
    `before` are the rows (learner_key or None, text) that were changed or removed, as they were until then; `people`
    are those of whom a row is not what it was.
    """

    new: int
    changed: int
    unchanged: int
    without: int
    removed: int = 0
    ids: Sequence[str] = ()
    before: Sequence[tuple[str | None, str]] = ()
    people: Collection[str] = ()


class RosterReading(Protocol):
    """One export, as of one moment."""

    def headers(self) -> dict[str, str]:
        """Files and their headers, the manifest's whole text among them."""
        ...

    def rows(self, file: str) -> Iterator[str]:
        """The kept rows of a file in its order."""
        ...

    def owned_rows(self, file: str) -> Iterator[tuple[str | None, str]]:
        """(learner_key or None, text) of the kept rows of a file in its order."""
        ...

    def course_titles(self) -> dict[str, str]:
        """Title of every course record."""
        ...

    def withdrawals(self) -> dict[tuple[str, str], str]:
        """Day of every withdrawal on record, by learner_key and course."""
        ...


class RosterWriting(RosterReading, Protocol):
    """One import, in one transaction."""

    def head(self, file: str, header: str, *, basis_id: str) -> None:
        """Keep the header of a file, as it stands (of the manifest the whole)."""
        ...

    def keep(self, file: str, rows: Sequence[RosterRow], *, first: int | None) -> Kept:
        """Keep rows: in the places from `first` on, or where they stand, new ones at the end."""
        ...

    def remove(self, file: str, sourced_ids: Collection[str]) -> Kept:
        """Remove rows; those that are not there are passed over."""
        ...

    def remove_others(self, file: str, seen: Collection[bytes]) -> Kept:
        """Remove the rows whose fingerprint is not among those seen."""
        ...

    def drop(self, file: str) -> None:
        """Forget a file's header; its rows are removed before."""
        ...

    def of_people(self, file: str, learner_keys: Sequence[str]) -> Iterator[tuple[str, str]]:
        """(learner_key, text) of the kept rows of some people, a person's together."""
        ...

    def load(self, table: str, rows: Sequence[Mapping[str, object]]) -> LoadReport:
        """Insert or update rows of a record table, people by key."""
        ...

    def archive_courses(self, course_ids: Collection[str]) -> int:
        """Archive courses."""
        ...

    def end_memberships(self, ended: Collection[tuple[str, str, str]], *, on: str) -> int:
        """(learner_key, course_id, role): a student is withdrawn on that day, a teacher's assignment goes."""
        ...


class Rosters(Protocol):
    """What is kept of a tenant's rosters."""

    def fingerprint(self, tenant_id: str, file: str, sourced_id: str) -> bytes:
        """Under which name a row is known, 16 bytes: a keyed hash."""
        ...

    def known(self, tenant_id: str, file: str) -> set[bytes]:
        """Fingerprints of the kept rows of a file."""
        ...

    def writing(self, tenant_id: str, *, actor: str) -> AbstractContextManager[RosterWriting]:
        """One import; what it wrote is kept when it ends well, and nothing of it else."""
        ...

    def reading(self, tenant_id: str) -> AbstractContextManager[RosterReading]:
        """What is kept as of one moment."""
        ...
