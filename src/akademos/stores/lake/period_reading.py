"""The core by time: only files of the months that a stretch touches are looked into."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pyarrow as pa

from akademos.stores.lake.engine import Engine
from akademos.stores.lake.table import EventTable, Snapshot, within
from akademos.stores.ports.event_log import SCHEMA


class LakePeriods:
    """Adapter of the port `PeriodEvents`. Safe to share between threads."""

    _table: EventTable
    _engine: Engine

    def between(
        self, tenant_id: str, since: datetime, until: datetime, *, columns: Sequence[str], event_names: Sequence[str]
    ) -> pa.Table:
        """Rows of a stretch of time; see the port."""
        schema = pa.schema([SCHEMA.field(name) for name in columns])

        def read(snapshot: Snapshot) -> pa.Table:
            files = within(snapshot.files, tenant_id=tenant_id, months=_months(since, until))
            if not files or not event_names:
                return schema.empty_table()
            statement = (
                f"SELECT {', '.join(columns)} FROM {self._engine.files(files)} "
                f"WHERE occurred_at >= ? AND occurred_at < ? AND event_name IN ({_marks(event_names)})"
            )
            return self._engine.query(statement, [since, until, *event_names]).cast(schema)

        return self._engine.on_newest(read)

    def active(
        self, tenant_id: str, since: datetime, until: datetime, *, event_names: Sequence[str]
    ) -> list[tuple[str, str]]:
        """Who has an event in a stretch of time; see the port."""

        def read(snapshot: Snapshot) -> list[tuple[str, str]]:
            files = within(snapshot.files, tenant_id=tenant_id, months=_months(since, until))
            if not files or not event_names:
                return []
            found = self._engine.query(
                f"SELECT DISTINCT learner_key, environment FROM {self._engine.files(files)} "
                "WHERE occurred_at >= ? AND occurred_at < ? AND time_precision <> 'order' AND learner_key IS NOT NULL "
                f"AND event_name IN ({_marks(event_names)})",
                [since, until, *event_names],
            )
            return list(zip(found.column(0).to_pylist(), found.column(1).to_pylist(), strict=True))

        return self._engine.on_newest(read)


def _marks(names: Sequence[str]) -> str:
    return ", ".join("?" for _ in names)


def _months(since: datetime, until: datetime) -> frozenset[str]:
    """Months (YYYY-MM in UTC) that a stretch touches."""
    month, last = since.astimezone(UTC).replace(day=1), until.astimezone(UTC).strftime("%Y-%m")
    found = {month.strftime("%Y-%m")}
    while month.strftime("%Y-%m") < last:
        month = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        found.add(month.strftime("%Y-%m"))
    return frozenset(found)
