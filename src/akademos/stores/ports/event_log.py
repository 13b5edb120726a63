"""Port of the consented core (catalogue.event_log says what a row holds)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from akademos.catalogue.event_log import COLUMNS

_TYPES = {
    "string": pa.string(),
    "int32": pa.int32(),
    "float64": pa.float64(),
    "timestamp": pa.timestamp("us", "UTC"),
    "strings": pa.list_(pa.string()),
}

SCHEMA = pa.schema([pa.field(column.name, _TYPES[column.type], nullable=column.nullable) for column in COLUMNS])
"""The columns of the event log as an Arrow schema."""


@dataclass(frozen=True, slots=True)
class Compaction:
    """What one compaction did: partitions rewritten, files before and after, rows (unchanged)."""

    partitions: int
    files_before: int
    files_after: int
    rows: int


class EventLogWriter(Protocol):
    """Commands on the core. Appends may run side by side and beside a rewrite; rewrites exclude each other."""

    def append(
        self,
        events: pa.Table,
        *,
        application: str | None = None,
        version: int | None = None,
        after: int | None = None,
        own: set[str] | None = None,
    ) -> int:
        """Append rows (`SCHEMA`) durably in one commit and return how many; `own` gets the names of the new files.

        With `application` the commit carries an application transaction: `committed_version` then answers
        `version`, so that a crash between this commit and the sender's own bookkeeping is recognised.

        Raises:
            Conflict: the application's last version is not `after` any more (`already_committed`), so somebody
                else has moved on; nothing was appended.
            InputError: the table has other columns than the event log (`table_malformed`).
        """
        ...

    def missing(self, events: pa.Table, *, own: Collection[str] = ()) -> pa.Table:
        """The rows of `events` whose event_id the core does not hold (same tenant, month and learner range).

        Files in `own`, which the caller has appended, are not looked into: it knows that they hold none of these.
        """
        ...

    def needs_compaction(self, *, minimum_files: int = 8) -> bool:
        """Whether `compact` would find anything to do."""
        ...

    def compact(self, *, minimum_files: int = 8) -> Compaction:
        """Merge files until no learner's month lies in `minimum_files` (at least 2) or more of them.

        What is merged is sorted by (learner, time). A concurrent append is never lost.
        """
        ...

    def delete(
        self,
        tenant_id: str,
        learner_key: str,
        event_names: Sequence[str] | None = None,
        *,
        application: str | None = None,
    ) -> int:
        """Remove rows that concern a learner (only of `event_names` if given), physically; return how many.

        A row concerns a learner who is its learner, actor or subject. With `application` the one commit notes
        the number of rows as that application's version, and a repetition answers it without deleting again.
        """
        ...

    def expire(
        self, tenant_id: str, cutoffs: Mapping[str, datetime], *, application: str, keep: Sequence[str] = ()
    ) -> int:
        """Remove rows whose retention ended: `retention_from` before the cutoff of their event_name; not those of
        learners in `keep`.

        The commit notes the rows that went since the beginning as the version of `application`; this total is
        returned, so that whoever counts can tell what a crash left uncounted.
        """
        ...

    def vacuum(self, *, keep_s: float) -> int:
        """Remove files that no version younger than `keep_s` seconds uses; return how many.

        Takes files of appends that crashed with it, writes a checkpoint and drops the log before it, since
        statistics in the log hold values of removed rows.
        """
        ...


class EventLogReader(Protocol):
    """Queries on the core. A reader always sees one committed version."""

    def committed_version(self, application: str) -> int | None:
        """The last version that `application` committed, or None."""
        ...

    def learner_events(
        self,
        tenant_id: str,
        learner_keys: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        event_names: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """Rows of some learners, sorted by (learner, time, id); `until` bounds occurred_at (inclusive)."""
        ...

    def by_learner(
        self,
        tenant_id: str,
        *,
        columns: Sequence[str],
        event_names: Sequence[str] | None = None,
        due: Mapping[str, datetime] | None = None,
        rows_per_bucket: int = 500_000,
        after: str | None = None,
    ) -> Iterator[pa.Table]:
        """All rows of a tenant's learners in buckets of whole learners, sorted; memory is bounded by the bucket.

        With `due` (instead of `event_names`) only rows whose `retention_from` lies before the instant that it gives for
        their event_name.

        Buckets come in the order of learner_key, from the first one past `after` on. Each sees one committed
        version; a rewrite during the iteration may make later buckets see a newer one.
        """
        ...

    def count(self, tenant_id: str | None = None) -> int:
        """How many rows the core holds."""
        ...
