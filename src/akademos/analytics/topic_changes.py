"""Topics that were merged or split: what events of before are about now.

The event log is never rewritten. Its rows are resolved when they are read, change by change in the order in which they
were made, so that taking one back gives every answer its topic again.
"""

from __future__ import annotations

import polars as pl

NEEDED = ("question_id", "material_id")
"""Columns of events, beside topic_ids, that tell the part of a split topic."""

SCHEMA = pl.Schema(
    {
        "number": pl.Int64,
        "source": pl.String,
        "question_id": pl.String,
        "material_id": pl.String,
        "target": pl.String,
    }
)
"""One move a row: of change `number`, events on `source` are about `target` now; where an item or a material is named,
events about it only, and without one all others."""


def resolved(events: pl.DataFrame, moves: pl.DataFrame) -> pl.DataFrame:
    """Events with the topics that stand now, each once, in the order they were sent in.

    Args:
        events: rows with topic_ids (list or null), question_id and material_id.
        moves: of the changes in force (`SCHEMA`).

    Example:
        >>> rows = {"topic_ids": [["a", "b"], None], "question_id": ["q", "q"], "material_id": [None, None]}
        >>> events = pl.DataFrame(rows, schema_overrides={"material_id": pl.String})
        >>> moves = pl.DataFrame([(1, "a", None, None, "c"), (1, "b", None, None, "c")], schema=SCHEMA, orient="row")
        >>> resolved(events, moves)["topic_ids"].to_list()
        [['c'], None]
    """
    for _, change in moves.sort("number").group_by("number", maintain_order=True):
        events = _moved(events, change)
    return events


def _moved(events: pl.DataFrame, change: pl.DataFrame) -> pl.DataFrame:
    sources = change["source"].unique().to_list()
    rows = events.select("topic_ids", *NEEDED).with_row_index("row")
    concerned = rows.filter(
        pl.col("topic_ids").list.eval(pl.element().is_in(sources)).list.any().fill_null(value=False)
    )
    if not concerned.height:
        return events
    named = {
        column: change.filter(pl.col(column).is_not_null()).select(
            "source", column, pl.col("target").alias(f"by_{column}")
        )
        for column in NEEDED
    }
    others = change.filter(pl.all_horizontal(pl.col(column).is_null() for column in NEEDED))
    exploded = concerned.explode("topic_ids").with_columns(source=pl.col("topic_ids"))
    for column, found in named.items():
        exploded = exploded.join(found, on=["source", column], how="left", maintain_order="left")
    exploded = exploded.join(
        others.select("source", by_default="target"), on="source", how="left", maintain_order="left"
    )
    now = exploded.select("row", topic=pl.coalesce(*(f"by_{column}" for column in NEEDED), "by_default", "topic_ids"))
    listed = now.group_by("row", maintain_order=True).agg(pl.col("topic").unique(maintain_order=True).alias("moved"))
    joined = rows.select("row", "topic_ids").join(listed, on="row", how="left", maintain_order="left")
    return events.with_columns(topic_ids=joined.select(pl.coalesce("moved", "topic_ids")).to_series())
