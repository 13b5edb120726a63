"""History of a dimension by slowly changing dimension type 2, derived from an append-only log of changes.

One row a version: what held from `valid_from` on, until before `valid_to`; null is until further notice. The history is
a function of the log alone, so that it can be rebuilt at any time, also as it was known earlier. A change that arrives
late splits the interval into which it falls.

Source: Kimball and Ross, The Data Warehouse Toolkit, 3rd edition (2013), chapter 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from hashlib import blake2b

import polars as pl

LOG = ("valid_at", "recorded_at", "position", "ended")
"""Columns of a log beside its keys and attributes: from when the change holds, when it was written down, its place
among all that were written down, and whether the row ends there."""


def history(
    changes: pl.DataFrame,
    keys: Sequence[str],
    attributes: Sequence[str],
    *,
    as_of: datetime | None = None,
    now: datetime | None = None,
) -> pl.DataFrame:
    """The versions of every row.

    Args:
        changes: the log, in any order; `keys`, `attributes` and the columns of `LOG`. Grain: one change; it carries the
            whole row.
        keys: columns that say which row.
        attributes: columns whose change makes a version.
        as_of: leave out what was written down later; None for all.
        now: the instant whose versions are current; None where the log says nothing of the future, so that the last
            version is.

    Returns:
        `version_key` (the same whenever it is rebuilt), keys, attributes, `valid_from`, `valid_to`, `is_current`,
        `recorded_at` (when the version's values were written down). Intervals of one key are half-open, do not overlap,
        and two that meet differ in an attribute. Of changes that hold from the same instant the last written down
        stands.
    """
    known = changes if as_of is None else changes.filter(pl.col("recorded_at") <= as_of)
    steps = known.sort(*keys, "valid_at", "recorded_at", "position").unique(
        [*keys, "valid_at"], keep="last", maintain_order=True
    )
    same = pl.all_horizontal(
        *(pl.col(name).eq_missing(pl.col(name).shift(1).over(keys)) for name in (*attributes, "ended")),
        pl.lit(value=True),
    )
    first = pl.int_range(pl.len()).over(keys) == 0
    versions = (
        steps.filter(first | ~same)
        .with_columns(pl.col("valid_at").shift(-1).over(keys).alias("valid_to"))
        .filter(~pl.col("ended"))
    )
    open_ended = pl.col("valid_to").is_null()
    current = open_ended if now is None else (pl.col("valid_at") <= now) & (open_ended | (pl.col("valid_to") > now))
    return versions.select(
        pl.struct(*keys, "valid_at").map_elements(_version_key, return_dtype=pl.String).alias("version_key"),
        *keys,
        *attributes,
        pl.col("valid_at").alias("valid_from"),
        "valid_to",
        current.alias("is_current"),
        "recorded_at",
    )


def _version_key(row: dict[str, object]) -> str:
    named = "\x1f".join(value.isoformat() if isinstance(value, datetime) else str(value) for value in row.values())
    return blake2b(named.encode(), digest_size=8).hexdigest()
