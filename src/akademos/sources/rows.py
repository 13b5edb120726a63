"""Any table of events through a declared column map: which column is what, in which format, with which constants.

The map is data (TOML at the edge, a mapping here):

    tenant-independent keys: layout = "rows"
    [columns]    ours = theirs        core properties (user_id, course_id, ...), properties of the event, event_id
    [constants]  ours = value         the same for every row, e.g. event_name = "question_submitted"
    [time]       column, format (default ISO 8601), zone (IANA, for local times), precision (exact, day, order)
    [values.X]   theirs = ours        recode the values of X, e.g. [values.event_name] viewed = "material_opened"
    [where.X]    list of values       only rows whose source column X has one of these values
    take_named = true                 every other source column stands for the property of the same name
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

import polars as pl

from akademos.catalogue.core_properties import CORE_PROPERTIES
from akademos.errors import InputError
from akademos.sources.event_frame import PROPERTY, EventBatch, Precision, identifier, identity, number

NAME = "rows"
_ELSEWHERE = ("client_timestamp", "event_timestamp")
CORE = frozenset(
    rule.name
    for rule in CORE_PROPERTIES
    if rule.name in ("user_id", "subject_id", "event_id")
    or (rule.set_by == "sender" and rule.kept_in in ("column", "properties") and rule.name not in _ELSEWHERE)
)
"""Core properties that a column of a file may hold; those that only a client makes or the server sets are not among
them, and the time has a section of its own."""

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PRECISIONS = ("exact", "day", "order")
_SECTIONS = {"layout", "columns", "constants", "time", "values", "where", "take_named"}


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """A checked column map."""

    columns: Mapping[str, str]
    constants: Mapping[str, Any]
    time_column: str
    time_format: str | None
    time_zone: str
    precision: Precision
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    take_named: bool = False


def column_map(document: Mapping[str, Any]) -> ColumnMap:
    """Check a column map.

    Raises:
        InputError: an unknown section, a missing user_id, event_name or time; says which.
    """
    unknown = set(document) - _SECTIONS
    if unknown:
        raise InputError(
            f"The column map has an unknown section `{sorted(unknown)[0]}`.",
            hint="Known: " + ", ".join(sorted(_SECTIONS)) + ".",
        )
    columns = {str(ours): str(theirs) for ours, theirs in document.get("columns", {}).items()}
    constants = dict(document.get("constants", {}))
    named = bool(document.get("take_named", False))
    time = document.get("time", {})
    if not isinstance(time, Mapping) or (not time.get("column") and not named):
        raise InputError("The column map has no [time] with a `column`.", hint="Name the column that holds the time.")
    for needed in ("user_id", "event_name"):
        if needed not in columns and needed not in constants and not named:
            raise InputError(
                f"The column map does not say where {needed} comes from.",
                hint=f"Set columns.{needed}, or constants.{needed}.",
            )
    precision = time.get("precision", "exact")
    if precision not in _PRECISIONS:
        raise InputError(f"time.precision is `{precision}`.", hint="Use one of: " + ", ".join(_PRECISIONS) + ".")
    return ColumnMap(
        columns=columns,
        constants=constants,
        time_column=str(time.get("column", "client_timestamp")),
        time_format=time.get("format"),
        time_zone=str(time.get("zone", "UTC")),
        precision=cast(Precision, precision),
        values={str(ours): dict(recode) for ours, recode in document.get("values", {}).items()},
        where={str(theirs): tuple(map(str, wanted)) for theirs, wanted in document.get("where", {}).items()},
        take_named=named,
    )


def events(rows: pl.DataFrame, mapping: ColumnMap) -> Iterator[EventBatch]:
    """The events of a stretch of rows, a batch for each event name in it."""
    mapped = _renamed(rows, mapping)
    missing = [theirs for theirs in (*mapping.columns.values(), mapping.time_column) if theirs not in rows.columns]
    if missing:
        raise InputError(
            f"The file has no column `{missing[0]}`, which the column map names.",
            hint="The file has: " + ", ".join(rows.columns[:30]) + ".",
        )
    mapped = mapped.with_columns(_moment(mapped.schema["occurred_at"], mapping))
    for _, part in mapped.group_by("event_name", maintain_order=True):
        yield _batch(part, mapping)


def _renamed(rows: pl.DataFrame, mapping: ColumnMap) -> pl.DataFrame:
    for theirs, wanted in mapping.where.items():
        if theirs in rows.columns:
            rows = rows.filter(pl.col(theirs).cast(pl.String).is_in(wanted))
    chosen: dict[str, pl.Expr] = {"row": pl.col("row").cast(pl.UInt64)}
    if mapping.time_column in rows.columns:
        chosen["occurred_at"] = pl.col(mapping.time_column)
    else:
        chosen["occurred_at"] = pl.lit(None, dtype=pl.String)
    sources = dict(mapping.columns)
    if mapping.take_named:
        used = {*sources.values(), mapping.time_column, "row"}
        sources |= {name: name for name in rows.columns if name not in used and name not in sources}
    for ours, theirs in sources.items():
        if theirs in rows.columns:
            dtype = rows.schema[theirs]
            chosen[ours] = identifier(theirs, dtype) if ours in CORE else pl.col(theirs)
    for ours, value in mapping.constants.items():
        chosen[ours] = pl.lit(value)
    for ours, recode in mapping.values.items():
        if ours in chosen:
            chosen[ours] = chosen[ours].cast(pl.String).replace(recode)
    return rows.select(expression.alias(ours) for ours, expression in chosen.items())


def _moment(dtype: pl.DataType, mapping: ColumnMap) -> pl.Expr:
    column = pl.col("occurred_at")
    if mapping.precision == "order":
        return (pl.lit(EPOCH) + pl.duration(seconds=number("occurred_at", dtype).cast(pl.Int64))).alias("occurred_at")
    if isinstance(dtype, pl.Datetime):
        moment = column.dt.cast_time_unit("us")
        return (moment.dt.convert_time_zone("UTC") if dtype.time_zone else _local(moment, mapping)).alias("occurred_at")
    if dtype == pl.Date:
        return _local(column.cast(pl.Datetime("us")), mapping).alias("occurred_at")
    text = column.cast(pl.String).str.strip_chars()
    if mapping.time_format is not None:
        return _local(text.str.to_datetime(mapping.time_format, strict=False, time_unit="us"), mapping).alias(
            "occurred_at"
        )
    # ISO 8601: with an offset it is an instant, without one a local time of the declared zone.
    instant = text.str.replace("Z$", "+00:00").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", strict=False, time_unit="us")
    plain = pl.coalesce(
        text.str.replace(" ", "T").str.to_datetime("%Y-%m-%dT%H:%M:%S%.f", strict=False, time_unit="us"),
        text.str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")),
    )
    return pl.coalesce(instant.dt.convert_time_zone("UTC"), _local(plain, mapping)).alias("occurred_at")


def _local(moment: pl.Expr, mapping: ColumnMap) -> pl.Expr:
    zoned = moment.dt.replace_time_zone(mapping.time_zone, ambiguous="earliest", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")


def _batch(part: pl.DataFrame, mapping: ColumnMap) -> EventBatch:
    name = part["event_name"][0]
    needed = ["user_id", "occurred_at"] if "user_id" in part.columns else ["occurred_at"]
    bad = pl.any_horizontal(pl.col(one).is_null() for one in needed) | pl.lit(
        name is None or "user_id" not in part.columns
    )
    problems = part.filter(bad).select(
        "row",
        pl.lit("value_missing").alias("code"),
        pl.lit(f"event_name, user_id and a readable time in `{mapping.time_column}` must be there.").alias("hint"),
    )
    good = part.filter(~bad)
    empty = [one for one in good.columns if good[one].null_count() == good.height and one not in ("row", "user_id")]
    good = good.drop(*(one for one in empty if one not in ("occurred_at", "event_name")))
    content = [one for one in sorted(good.columns) if one not in ("row", "occurred_at", "event_id")]
    parts = [_text(one, good.schema[one]) for one in content]
    frame = good.select(
        "row",
        pl.col("user_id").alias("user") if "user_id" in good.columns else pl.lit(None, dtype=pl.String).alias("user"),
        identity("event", *parts, pl.col("occurred_at").dt.epoch("us")),
        "occurred_at",
        *(one for one in good.columns if one in CORE and one not in ("event_name", "user_id")),
        *(
            pl.col(one).alias(PROPERTY + one)
            for one in good.columns
            if one not in CORE and one not in ("row", "occurred_at")
        ),
    )
    return EventBatch(str(name), mapping.precision, frame, part.height, problems)


def _text(name: str, dtype: pl.DataType) -> pl.Expr:
    """A value as text for the identity, written alike whatever the file's type of the column."""
    if isinstance(dtype, pl.List):
        return pl.concat_str(pl.lit(name + "="), pl.col(name).list.join(","))
    if dtype == pl.Boolean:
        return pl.concat_str(pl.lit(name + "="), pl.col(name).cast(pl.String))
    return pl.concat_str(pl.lit(name + "="), identifier(name, dtype))
