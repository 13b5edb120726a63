"""Rows of the event log as observations of progress."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
import polars as pl

from akademos.learning.observations import PROGRESS_EVENTS
from akademos.stores.ports.progress import REBUILD, Observation

COLUMNS = (
    "tenant_id",
    "learner_key",
    "event_name",
    "occurred_at",
    "time_precision",
    "material_id",
    "assessment_id",
    "score",
    "duration_seconds",
    "properties",
)
_LARGEST_REVISION = 2**31 - 1


def observations(rows: pl.DataFrame) -> list[Observation]:
    """What the events among some rows say of learners' progress; events that only have an order have no time."""
    return [observed for observed, _ in with_seconds(rows)]


def with_seconds(rows: pl.DataFrame) -> Iterator[tuple[Observation, float]]:
    """The same, each with the seconds that the event itself took."""
    if not rows.height:
        return
    mine = rows.filter(
        pl.col("event_name").is_in(list(PROGRESS_EVENTS)),
        pl.col("learner_key").is_not_null(),
        pl.col("time_precision") != "order",
    ).select(COLUMNS)
    for row in mine.iter_rows(named=True):
        content_id = row[PROGRESS_EVENTS[row["event_name"]][0]]
        if content_id is not None:
            yield _observation(row, content_id), row["duration_seconds"] or 0.0


def rebuild(tenant_id: str, learner_key: str, at: datetime) -> Observation:
    """Asks for everything of a learner to be computed from the core, without events about it."""
    return Observation(tenant_id, learner_key, REBUILD, None, None, at)


def _observation(row: dict[str, Any], content_id: str) -> Observation:
    said = orjson.loads(row["properties"] or "{}")
    return Observation(
        row["tenant_id"],
        row["learner_key"],
        row["event_name"],
        None,
        content_id,
        row["occurred_at"],
        share=said.get("progress"),
        score=row["score"],
        passed=said.get("passed"),
        result=said.get("review_result"),
        revision=_revision(said.get("material_version")),
    )


def _revision(text: object) -> int | None:
    """The revision, where the sender's version is one of ours: a whole number."""
    if not isinstance(text, str) or not text.isdecimal() or not text.isascii() or len(text) > 10:
        return None
    number = int(text)
    return number if 1 <= number <= _LARGEST_REVISION else None
