"""The form in which every source hands over events: a Polars frame a batch, one row an event.

Columns: `row` (number of the first source row, from 1), `user` (the source's id of the learner), `identity` (the
normalised source row as text: equal rows, however they are written, have equal identities), `occurred_at` (UTC,
microseconds, null where the source has none), core properties under their names, and the event's own properties under
`p:` and their names. Values are typed; what could not be typed is null here and named in `problems`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

Precision = Literal["exact", "day", "order"]
PROPERTY = "p:"
SEPARATOR = "\x1f"
FIXED = ("row", "user", "identity", "occurred_at")


@dataclass(frozen=True, slots=True)
class EventBatch:
    """Events of one type from one stretch of a file.

    `rows_read` counts source rows, which may be more than events (several rows, one answer). `problems` holds rows that
    are no event: row, code, hint.
    """

    event_name: str
    precision: Precision
    frame: pl.DataFrame
    rows_read: int
    problems: pl.DataFrame = field(
        default_factory=lambda: pl.DataFrame(schema={"row": pl.UInt64, "code": pl.String, "hint": pl.String})
    )


def identifier(name: str, dtype: pl.DataType) -> pl.Expr:
    """An id as text, the same whether the source wrote 28, 28.0, "28" or " 28.0 ".

    Example:
        >>> frame = pl.DataFrame({"id": ["28.0", " 7", "x-1", "007"]})
        >>> frame.select(identifier("id", pl.String())).to_series().to_list()
        ['28', '7', 'x-1', '007']
    """
    column = pl.col(name)
    if dtype.is_integer():
        return column.cast(pl.String)
    if dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        return pl.when(whole == column).then(whole.cast(pl.String)).otherwise(column.cast(pl.String)).alias(name)
    text = column.cast(pl.String).str.strip_chars()
    return pl.when(text == "").then(None).otherwise(text.str.replace(r"^([+-]?\d+)\.0+$", "${1}")).alias(name)


def number(name: str, dtype: pl.DataType) -> pl.Expr:
    """A number, null where the source has none or something else."""
    if dtype.is_numeric():
        return pl.col(name).cast(pl.Float64)
    return pl.col(name).cast(pl.String).str.strip_chars().cast(pl.Float64, strict=False).alias(name)


def identity(kind: str, *columns: pl.Expr) -> pl.Expr:
    """The normalised row: its kind and its values, nulls as empty text."""
    parts = [pl.lit(kind), *(column.cast(pl.String).fill_null("") for column in columns)]
    return pl.concat_str(parts, separator=SEPARATOR).alias("identity")
