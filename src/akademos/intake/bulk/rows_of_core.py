"""Checked events as rows of the event log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import orjson
import polars as pl

from akademos.catalogue.declarations import Kind
from akademos.intake.bulk.check import CheckedBatch
from akademos.sources.event_frame import PROPERTY
from akademos.stores.ports.event_log import SCHEMA

if TYPE_CHECKING:
    import pyarrow as pa

_TOPICS = "topic_ids"


def core_rows(
    checked: CheckedBatch,
    frame: pl.DataFrame,
    *,
    tenant_id: str,
    source: str,
    basis: str,
    received_at: datetime,
    historical: bool,
) -> pa.Table:
    """One row an event; `frame` is of `checked`, with event_id and learner_key added.

    Retention counts from receipt for historical imports, else from when it happened.
    """
    event = checked.known.event
    made: dict[str, pl.Expr] = {
        "tenant_id": pl.lit(tenant_id),
        "month": pl.col("occurred_at").dt.strftime("%Y-%m"),
        "event_id": pl.col("event_id"),
        "event_name": pl.lit(event.name),
        "event_version": pl.lit(event.version, dtype=pl.Int32),
        "learner_key": pl.col("learner_key"),
        "actor_key": pl.col("learner_key"),
        "occurred_at": pl.col("occurred_at"),
        "time_precision": pl.lit(checked.batch.precision),
        "received_at": pl.lit(received_at),
        "source": pl.lit(source),
        "basis": pl.lit(basis),
        "retention_from": pl.lit(received_at) if historical else pl.col("occurred_at"),
        "environment": pl.lit("prod"),
        "persona": pl.lit("unknown"),
        **_content(checked, frame),
    }
    made["properties"] = pl.lit(_rest(checked, frame))
    columns = [made.get(name, pl.lit(None)).alias(name) for name in SCHEMA.names]
    table = frame.select(columns).to_arrow()
    return table.cast(SCHEMA)


def _content(checked: CheckedBatch, frame: pl.DataFrame) -> Mapping[str, pl.Expr]:
    """Columns that the events themselves fill, as the column plan of their type says."""
    content: dict[str, pl.Expr] = {}
    for place in checked.known.columns.placements:
        name = place.name if place.source == "core" else PROPERTY + place.name
        if name not in frame.columns:
            continue
        value = pl.col(name).cast(pl.Float64) if place.kind is Kind.BOOLEAN else pl.col(name)
        if place.column == _TOPICS:
            value = value if place.kind is Kind.STRINGS else pl.concat_list(value).list.drop_nulls()
            before = content.get(_TOPICS)
            content[_TOPICS] = (
                value if before is None else pl.concat_list(before, value).list.unique(maintain_order=True)
            )
        elif place.column in content:
            content[place.column] = pl.coalesce(content[place.column], value)
        else:
            content[place.column] = value
    for column, default in checked.known.columns.defaults.items():
        if column in content:
            content[column] = content[column].fill_null(default)
    return content


def _rest(checked: CheckedBatch, frame: pl.DataFrame) -> pl.Series:
    placed = {
        place.name if place.source == "core" else PROPERTY + place.name for place in checked.known.columns.placements
    }
    fixed = {"row", "user", "identity", "occurred_at", "event_id", "learner_key", "subject_id"}
    rest = [name for name in frame.columns if name not in placed and name not in fixed]
    if not rest:
        return pl.repeat("{}", frame.height, eager=True)
    names = [name.removeprefix(PROPERTY) for name in rest]
    return pl.Series(
        [
            orjson.dumps(
                {name: value for name, value in zip(names, row, strict=True) if value is not None},
                option=orjson.OPT_SORT_KEYS,
            ).decode()
            for row in frame.select(rest).iter_rows()
        ],
        dtype=pl.String,
    )
