"""The core as analytics read it: events of topics that were merged or split are about the topics that stand now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import polars as pl

from akademos.analytics.topic_changes import NEEDED, resolved
from akademos.stores.ports.carried import Carried, CarriedReader
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.records import Records

if TYPE_CHECKING:
    import pyarrow as pa

TOPICS = "topic_ids"
ANSWERS = "carried_answers"


class ResolvedEvents:
    """An `EventLogReader` over another one."""

    def __init__(self, events: EventLogReader, records: Records) -> None:
        self._events = events
        self._records = records

    def committed_version(self, application: str) -> int | None:
        """The last version that `application` committed, or None."""
        return self._events.committed_version(application)

    def count(self, tenant_id: str | None = None) -> int:
        """How many rows the core holds."""
        return self._events.count(tenant_id)

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
        moves = self._moves(tenant_id, columns)
        found = self._events.learner_events(
            tenant_id, learner_keys, columns=_with_needed(columns, moves), event_names=event_names, until=until
        )
        return _now(found, columns, moves)

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
        moves = self._moves(tenant_id, columns)
        for found in self._events.by_learner(
            tenant_id,
            columns=_with_needed(columns, moves) or columns,
            event_names=event_names,
            due=due,
            rows_per_bucket=rows_per_bucket,
            after=after,
        ):
            yield _now(found, columns, moves)

    def _moves(self, tenant_id: str, columns: Sequence[str] | None) -> pl.DataFrame | None:
        """The moves in force; None where there are none, or nobody asks for topics."""
        if columns is not None and TOPICS not in columns:
            return None
        moves = self._records.curriculum(tenant_id).tables["topic_moves"]
        return moves if moves.height else None


class ResolvedCarried:
    """A `CarriedReader` over another one: what was carried forward stands under the topics of its day."""

    def __init__(self, carried: CarriedReader, records: Records) -> None:
        self._carried = carried
        self._records = records

    def read(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, Carried]:
        """By key; see the port."""
        found = self._carried.read(tenant_id, learner_keys)
        moves = self._records.curriculum(tenant_id).tables["topic_moves"]
        if not moves.height:
            return found
        return {key: replace(one, tables=_answers_now(one.tables, moves)) for key, one in found.items()}

    def keys(self, tenant_id: str, *, after: str = "") -> list[str]:
        """Every key that has something carried; see the port."""
        return self._carried.keys(tenant_id, after=after)


def _answers_now(tables: Mapping[str, pl.DataFrame], moves: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
    answers = tables[ANSWERS].with_columns(material_id=pl.lit(None, dtype=pl.String))
    return {**tables, ANSWERS: resolved(answers, moves).drop("material_id")}


def _with_needed(columns: Sequence[str] | None, moves: pl.DataFrame | None) -> Sequence[str] | None:
    return columns if columns is None or moves is None else [*dict.fromkeys((*columns, *NEEDED))]


def _now(found: pa.Table, columns: Sequence[str] | None, moves: pl.DataFrame | None) -> pa.Table:
    if moves is None or not found.num_rows:
        return found if columns is None else found.select(list(columns))
    table = resolved(pl.DataFrame(found), moves)
    return (table if columns is None else table.select(columns)).to_arrow()
