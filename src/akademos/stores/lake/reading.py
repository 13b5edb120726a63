"""Queries on the core: only the files, and within them the row groups, that may hold the learners asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from akademos.catalogue.event_log import COLUMNS, SORT_COLUMNS
from akademos.stores.lake.data_files import DataFile
from akademos.stores.lake.engine import Engine
from akademos.stores.lake.table import EventTable, Snapshot, within
from akademos.stores.ports.event_log import SCHEMA
from akademos.stores.ports.retention import Age

LISTED_KEYS = 64
"""Up to so many learners are named in the statement, which prunes row groups; more are joined."""

_ORDER = ", ".join(SORT_COLUMNS)
_Read = TypeVar("_Read")
_SQL = {
    "string": "VARCHAR",
    "int32": "INTEGER",
    "float64": "DOUBLE",
    "timestamp": "TIMESTAMPTZ",
    "strings": "VARCHAR[]",
}
_Wanted = Sequence[str] | Mapping[str, datetime] | None
"""Rows of some event types; of some event types and old enough; of all."""


class _Bucket(NamedTuple):
    """Whole learners, from the one key to the other (inclusive)."""

    low: str
    high: str


class LakeReader:
    """Adapter of the port `EventLogReader`. Safe to share between threads."""

    def __init__(self, table: EventTable, engine: Engine) -> None:
        self._table = table
        self._engine = engine

    def committed_version(self, application: str) -> int | None:
        """The last version that `application` committed, or None."""
        return self._table.committed_version(application)

    def count(self, tenant_id: str | None = None) -> int:
        """How many rows the core holds, from the table log."""
        return sum(file.rows for file in within(self._table.snapshot().files, tenant_id=tenant_id))

    def live_files(self, tenant_id: str) -> list[DataFile]:
        """The files of a tenant in the newest version; a rewrite may take them away at any time."""
        return within(self._table.snapshot().files, tenant_id=tenant_id)

    @property
    def folder(self) -> Path:
        """Where the files lie."""
        return self._table.folder

    def on_live_files(self, tenant_id: str, read: Callable[[str], _Read]) -> _Read:
        """Run a reading that is given the rows of a tenant as a table expression for FROM; again on the newest version
        when a rewrite takes files away meanwhile."""

        def reading(snapshot: Snapshot) -> _Read:
            files = within(snapshot.files, tenant_id=tenant_id)
            if files:
                return read(self._engine.files(files))
            named = ", ".join(f"NULL::{_SQL[column.type]} AS {column.name}" for column in COLUMNS)
            return read(f"(SELECT {named} WHERE false)")

        return self._engine.on_newest(reading)

    def event_ages(self, tenant_id: str, cutoffs: Mapping[str, datetime]) -> dict[str, Age]:
        """How the rows of each event type stand; see the port `EventRetention`."""
        due = " OR ".join("(event_name = ? AND retention_from < ?)" for _ in cutoffs) or "false"
        values = [value for pair in cutoffs.items() for value in pair]

        def read(snapshot: Snapshot) -> dict[str, Age]:
            files = within(snapshot.files, tenant_id=tenant_id)
            if not files:
                return {}
            found = self._engine.query(
                f"SELECT event_name, count(*) AS rows, min(retention_from) AS oldest, "
                f"count(*) FILTER (WHERE {due}) AS due "
                f"FROM {self._engine.files(files)} GROUP BY event_name",
                values,
            )
            return {row["event_name"]: Age(row["rows"], row["oldest"], row["due"]) for row in found.to_pylist()}

        return self._engine.on_newest(read)

    def learner_events(
        self,
        tenant_id: str,
        learner_keys: Sequence[str],
        *,
        columns: Sequence[str] | None = None,
        event_names: Sequence[str] | None = None,
        until: datetime | None = None,
    ) -> pa.Table:
        """Rows of some learners, sorted by (learner, time, id); see the port."""
        keys = sorted(set(learner_keys))
        wanted = list(columns or SCHEMA.names)
        if not keys:
            return _empty(wanted)

        def read(snapshot: Snapshot) -> pa.Table:
            files = [
                file
                for file in within(
                    snapshot.files,
                    tenant_id=tenant_id,
                    low=keys[0],
                    high=keys[-1],
                    until_month=None if until is None else until.astimezone(UTC).strftime("%Y-%m"),
                )
                if len(keys) > LISTED_KEYS or any(file.may_hold(key, key) for key in keys)
            ]
            if len(keys) <= LISTED_KEYS:
                condition = "learner_key IN (" + ", ".join("?" for _ in keys) + ")"
                return self._rows(files, wanted, condition, keys, event_names, until)
            condition = "learner_key BETWEEN ? AND ? AND learner_key IN (SELECT unnest(?::varchar[]))"
            return self._rows(files, wanted, condition, [keys[0], keys[-1], keys], event_names, until)

        return self._engine.on_newest(read)

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
        """All rows of a tenant's learners in buckets of whole learners; see the port."""
        first = self._table.snapshot()
        wanted = event_names if due is None else due
        buckets = self._engine.on_newest(
            lambda snapshot: self._buckets(snapshot, tenant_id, wanted, rows_per_bucket, after or ""), first
        )
        for bucket in buckets:

            def read(snapshot: Snapshot, bucket: _Bucket = bucket) -> pa.Table:
                files = within(snapshot.files, tenant_id=tenant_id, low=bucket.low, high=bucket.high)
                found = _may_be_due(files, wanted)
                return self._rows(found, list(columns), "learner_key BETWEEN ? AND ?", bucket, wanted, None)

            yield self._engine.on_newest(read, first)

    def _buckets(
        self,
        snapshot: Snapshot,
        tenant_id: str,
        event_names: _Wanted,
        rows_per_bucket: int,
        after: str,
    ) -> list[_Bucket]:
        files = _may_be_due(within(snapshot.files, tenant_id=tenant_id), event_names)
        if not files:
            return []
        names, values = _named(event_names)
        found = self._engine.cursor().execute(
            f"""
            WITH learners AS (
                SELECT learner_key, count(*) AS events FROM {self._engine.files(files)}
                WHERE learner_key > ? AND {names} GROUP BY learner_key
            ), placed AS (
                SELECT learner_key, sum(events) OVER (ORDER BY learner_key) - events AS before FROM learners
            )
            SELECT min(learner_key), max(learner_key) FROM placed GROUP BY before // {int(rows_per_bucket)} ORDER BY 1
            """,
            [after, *values],
        )
        return [_Bucket(low, high) for low, high in found.fetchall()]

    def _rows(
        self,
        files: Sequence[DataFile],
        columns: list[str],
        condition: str,
        values: Sequence[object],
        event_names: _Wanted,
        until: datetime | None,
    ) -> pa.Table:
        if not files:
            return _empty(columns)
        names, more = _named(event_names)
        bounds = [*values, *more]
        if until is not None:
            names += " AND occurred_at <= ?"
            bounds.append(until)
        listed = ", ".join(columns)
        statement = f"SELECT {listed} FROM {self._engine.files(files)} WHERE {condition} AND {names} ORDER BY {_ORDER}"
        return self._engine.query(statement, bounds).cast(_schema(columns))

    def missing(self, events: pa.Table, *, own: Collection[str] = ()) -> pa.Table:
        """The rows of `events` whose event_id the core does not hold; see the port `EventLogWriter`."""
        known = [
            found
            for tenant_id in pc.unique(events["tenant_id"]).to_pylist()
            for found in self._known(tenant_id, events.filter(pc.equal(events["tenant_id"], tenant_id)), own)
        ]
        if not known:
            return events
        held = pa.chunked_array([chunk for one in known for chunk in one.chunks], type=pa.string())
        return events.filter(pc.invert(pc.is_in(events["event_id"], value_set=held.combine_chunks())))

    def _known(self, tenant_id: str, events: pa.Table, own: Collection[str]) -> list[pa.ChunkedArray]:
        months = frozenset(pc.unique(events["month"]).to_pylist())
        keys = pc.unique(events["learner_key"].fill_null(""))
        low, high = pc.min(keys).as_py(), pc.max(keys).as_py()

        def read(snapshot: Snapshot) -> list[pa.ChunkedArray]:
            files = within(snapshot.files, tenant_id=tenant_id, low=low, high=high, months=months)
            files = [file for file in files if file.path not in own]
            if not files:
                return []
            cursor = self._engine.cursor()
            cursor.register("sought", events.select(["event_id"]))
            try:
                within_range = "coalesce(learner_key, '') = ''" if high == "" else "learner_key BETWEEN ? AND ?"
                if low == "" < high:
                    within_range = f"(learner_key IS NULL OR {within_range})"
                found = self._engine.query(
                    f"SELECT event_id FROM {self._engine.files(files)} "
                    f"WHERE {within_range} AND event_id IN (SELECT event_id FROM sought)",
                    [] if high == "" else [low, high],
                )
            finally:
                cursor.unregister("sought")
            return [found.column(0).cast(pa.string())] if found.num_rows else []

        return self._engine.on_newest(read)


def _may_be_due(files: Sequence[DataFile], wanted: _Wanted) -> list[DataFile]:
    """Without files of which the table log says that none of their rows is as old as that."""
    if not isinstance(wanted, Mapping):
        return list(files)
    latest = max(wanted.values(), default=None)
    return [
        file for file in files if latest is not None and (file.retention_from is None or file.retention_from < latest)
    ]


def _named(event_names: _Wanted) -> tuple[str, list[object]]:
    if event_names is None:
        return "true", []
    if not event_names:
        return "false", []
    if isinstance(event_names, Mapping):
        each = " OR ".join("(event_name = ? AND retention_from < ?)" for _ in event_names)
        return f"({each})", [value for pair in event_names.items() for value in pair]
    return "event_name IN (" + ", ".join("?" for _ in event_names) + ")", list(event_names)


def _schema(columns: Sequence[str]) -> pa.Schema:
    return pa.schema([SCHEMA.field(name) for name in columns])


def _empty(columns: Sequence[str]) -> pa.Table:
    return _schema(columns).empty_table()
