"""Tables of events for tests: readable rows, everything that is not said filled in."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pyarrow as pa

from akademos.stores.ports.event_log import SCHEMA

START = datetime(2026, 1, 1, tzinfo=UTC)


def key(number: int) -> str:
    """A learner's key that reads well and sorts by number."""
    return str(uuid.UUID(int=number << 96))


def event(**given: object) -> dict[str, object]:
    """One row; `day` counts from 1 January 2026."""
    day = given.pop("day", 0)
    assert isinstance(day, int | float)
    at = given.pop("occurred_at", START + timedelta(days=day))
    assert isinstance(at, datetime)
    learner = given.pop("learner_key", key(1))
    row: dict[str, object] = {
        "tenant_id": "college",
        "month": at.strftime("%Y-%m"),
        "event_id": str(uuid.uuid4()),
        "event_name": "question_submitted",
        "event_version": 1,
        "learner_key": learner,
        "actor_key": learner,
        "occurred_at": at,
        "time_precision": "exact",
        "received_at": at,
        "source": "key-1",
        "basis": "consent",
        "retention_from": at,
        "environment": "prod",
        "persona": "student",
        "topic_ids": ["cardiology"],
        "question_id": "q-1",
        "score": 1.0,
        "properties": "{}",
    }
    return {**row, **given}


def table(rows: Iterable[Mapping[str, object]]) -> pa.Table:
    """Rows as a table of the event log."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=SCHEMA)
