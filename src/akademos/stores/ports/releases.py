"""Ports of research releases: who may be in one, the register of what was made, and the files."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

from akademos.privacy.research_release import Row

ReleaseKind = Literal["anonymous", "pseudonymous"]
KeyedRows = Sequence[tuple[str, Row]]
"""Rows with their release keys (hex)."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A person's enrolment in a course."""

    person: str
    course: str
    withdrawn: bool


@dataclass(frozen=True, slots=True)
class ResearchPopulation:
    """Who consents to research, of one snapshot: by each of their keys the person (the one key under which somebody
    with several counts), personas by person, enrolments, days on which courses start and end, courses by topic."""

    person_of: Mapping[str, str]
    personas: Mapping[str, str]
    enrolments: Sequence[Enrolled]
    courses: Mapping[str, tuple[date | None, date | None]]
    topics: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Release:
    """One line of the register; names nobody."""

    tenant_id: str
    release_id: UUID
    name: str
    kind: ReleaseKind
    made_at: datetime
    made_by: str
    parameters: Mapping[str, Any]
    row_count: int
    checksum: str
    report: Mapping[str, Any]
    changed_at: datetime | None = None
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None

    @property
    def sealed_for(self) -> str | None:
        """The tenant under whose keys its rows are kept; None for an anonymous one, which is kept open."""
        return self.tenant_id if self.kind == "pseudonymous" else None


@dataclass(frozen=True, slots=True)
class Member:
    """Whose row of a pseudonymous release is whose."""

    person: str
    course: str
    release_key: str


Rewrite = Callable[[Release, frozenset[str]], tuple[frozenset[str], str]]
"""Given a release and the keys of rows that may stay: makes its file so, and answers keys left and checksum."""


class ReleaseRegister(Protocol):
    """What was released."""

    def population(self, tenant_id: str, courses: Sequence[str]) -> ResearchPopulation:
        """Who may be in a release of these courses now; courses that are not known are absent from it."""
        ...

    def add(self, release: Release, people: Collection[str], members: Sequence[Member]) -> bool:
        """Register a release, with its audit entry, if all of `people` still consent to research; else False.

        Raises:
            Conflict: the tenant has a release of that name.
        """
        ...

    def all(self, tenant_id: str) -> list[Release]:
        """A tenant's releases, newest first, as the serving role."""
        ...

    def get(self, tenant_id: str, release_id: UUID) -> Release | None:
        """One of them."""
        ...

    def known(self) -> frozenset[UUID]:
        """All releases of all tenants that are not withdrawn."""
        ...

    def outdated(self, tenant_id: str | None = None) -> list[tuple[str, UUID]]:
        """(tenant, release) of pseudonymous ones with rows of people who do not consent any more, or are gone."""
        ...

    def shrink(self, tenant_id: str, release_id: UUID, rewrite: Rewrite, *, actor: str) -> int:
        """Take out of a pseudonymous release whoever does not consent any more; how many rows went. The file is
        changed before the register is: a repetition completes what was cut short."""
        ...

    def withdraw(self, tenant_id: str, release_id: UUID, *, actor: str) -> bool:
        """Mark a release withdrawn and forget whose its rows were; false when it was already.

        Raises:
            NotFound: there is no such release.
        """
        ...


class ReleaseFiles(Protocol):
    """Files of releases, each in a folder of its own: the rows, the data dictionary, the report.

    `sealed_for` is the tenant of a pseudonymous release, whose rows are kept encrypted; None for an anonymous one.
    """

    def write(self, release_id: UUID, rows: KeyedRows, papers: Mapping[str, bytes], *, sealed_for: str | None) -> str:
        """Write everything; SHA-256 of the file of rows."""
        ...

    def rewrite(self, release_id: UUID, rows: KeyedRows, *, sealed_for: str | None) -> str:
        """Put other rows in the place of those that stand, under a fresh key; SHA-256 of the file."""
        ...

    def rows(self, release_id: UUID, *, sealed_for: str | None) -> list[tuple[str, Row]]:
        """The rows as they stand; raises Unavailable when they are not there, or not what was written."""
        ...

    def content(self, release_id: UUID, *, sealed: bool = False) -> bytes:
        """The file of rows as it lies there; raises Unavailable when it is not there."""
        ...

    def path(self, release_id: UUID) -> Path:
        """The folder."""
        ...

    def remove(self, release_id: UUID) -> None:
        """Remove the folder, if it is there."""
        ...

    def sweep(self, known: Collection[UUID], *, older_than_s: float) -> int:
        """Remove folders that no release accounts for; how many."""
        ...
