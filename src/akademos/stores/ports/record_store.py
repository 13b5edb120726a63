"""Port of the learning records as the API has them: one row at a time, lists in pages, actions of the life cycle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records.declaration import Access, Record
from akademos.catalogue.roles import Role
from akademos.stores.ports.audit import Json

Key = tuple[object, ...]
"""Values of a record's key columns, people by user id."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, in which role, and what the role may do with the record in question.

    Attributes:
        name: the host's id of a person, or a service account's key id.
        way: whether it is a person or a key.
        entitled: the accesses of the role that cover what is asked; a row must be within one of them.
        purposes: what the learner whom a row is about must consent to; empty where the basis is another.
        what: the address, for the access log.
        reason: why, as staff may say.
    """

    tenant_id: str
    role: Role
    name: str
    way: Literal["person", "key"]
    entitled: tuple[Access, ...]
    purposes: tuple[Purpose, ...]
    what: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One row: values by the names that senders use, people by user id (None for whoever is known by none)."""

    key: tuple[Json, ...]
    values: Mapping[str, Json]
    version: int


@dataclass(frozen=True, slots=True)
class Order:
    """By a column, the smallest first or (`falling`) the largest; one with declared values by their place in the
    declaration. Rows without a value come last."""

    column: str
    falling: bool = False


@dataclass(frozen=True, slots=True)
class ListQuery:
    """Which rows, from where on.

    Attributes:
        equal: column to value, of the declared look-ups and source_reference; people by user id.
        updated_since, created_since: inclusive.
        text: found in one of the searched columns, whatever its case.
        after: key behind which the page begins.
        limit: rows of the page.
        order: which rows are the first, in place of their keys; such a list has no second page.
    """

    equal: Mapping[str, object] = field(default_factory=dict)
    updated_since: datetime | None = None
    created_since: datetime | None = None
    text: str | None = None
    after: tuple[str, ...] | None = None
    limit: int = 100
    order: Sequence[Order] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Rows in the order asked for; `after` is where the next page begins, None behind the last one."""

    rows: tuple[RecordRow, ...]
    after: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Revision:
    """What was published under a number."""

    revision: int
    published_at: datetime
    content: Mapping[str, Json]


class RecordStore(Protocol):
    """A row out of the asker's reach is as if it were not there. A change and its audit row are one commit."""

    def create(
        self, asker: Asker, record: Record, values: Mapping[str, object], *, request: str | None = None
    ) -> tuple[RecordRow, bool]:
        """A new row, and whether it is; with `request` (an Idempotency-Key) the row of before, if it came before.

        Raises:
            Conflict: there is one with this key; the request's key was used for something else.
            InputError: it refers to nothing, or closes a circle.
            Forbidden: the row would be out of the asker's reach, or its learner does not consent.
        """
        ...

    def get(self, asker: Asker, record: Record, key: Key) -> RecordRow:
        """One row.

        Raises:
            NotFound: there is none within reach.
            Forbidden: the learner does not consent.
        """
        ...

    def find(self, asker: Asker, record: Record, query: ListQuery) -> Page:
        """Rows within reach whose learners consent."""
        ...

    def change(
        self,
        asker: Asker,
        record: Record,
        key: Key,
        values: Mapping[str, object],
        *,
        action: str | None,
        expected_version: int | None,
    ) -> RecordRow:
        """Change columns, or act; None as the version stands for whichever there is.

        Raises:
            NotFound, Forbidden, InputError: as above.
            VersionMoved: the row has another version by now.
            Conflict: the action is not possible in this state, or the content is published.
        """
        ...

    def change_all(
        self, asker: Asker, record: Record, keys: Sequence[Key], values: Mapping[str, object]
    ) -> Sequence[RecordRow]:
        """Change the same columns of several rows, whichever versions they have: of all of them or, where one is
        refused, of none. Raises what `change` does."""
        ...

    def revisions(self, asker: Asker, record: Record, key: Key) -> Sequence[Revision]:
        """Of versioned content, everything that was published, newest first."""
        ...
