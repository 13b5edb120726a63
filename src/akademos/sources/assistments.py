"""ASSISTments answers: the 2009-2010 skill-builder data, as its public CSV and as preprocessed Parquet.

A problem that has several skills stands in several consecutive rows. Consecutive rows of one learner and problem with
the same result, each under a skill that the answer does not have yet, are one answer with several skills. The data has
an order and no clock.

Source of the layout: https://sites.google.com/site/assistmentsdata/home/2009-2010-assistment-data
"""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from akademos.sources.event_frame import EventBatch, identifier, identity, number

NAME = "assistments"
REQUIRED = ("user_id", "problem_id", "skill_id", "correct")
ORDER_COLUMNS = ("seq", "order_id")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def recognises(columns: set[str]) -> bool:
    """Whether a file with these columns has this layout."""
    return set(REQUIRED) <= columns and any(one in columns for one in ORDER_COLUMNS)


def answers(rows: pl.DataFrame) -> EventBatch:
    """Answers in a stretch of rows (source columns and `row`) that ends where a run of one answer may end."""
    order = next(one for one in ORDER_COLUMNS if one in rows.columns)
    schema = rows.schema
    plain = rows.select(
        "row",
        identifier("user_id", schema["user_id"]).alias("user"),
        identifier("problem_id", schema["problem_id"]).alias("question_id"),
        identifier("skill_id", schema["skill_id"]).alias("skill"),
        number("correct", schema["correct"]).alias("score"),
        number(order, schema[order]).alias("order"),
        _optional(rows, "ms_first_response").alias("milliseconds"),
        _optional(rows, "hint_count").alias("hints"),
    )
    bad = pl.any_horizontal(pl.col(one).is_null() for one in ("user", "question_id", "score", "order"))
    problems = plain.filter(bad).select(
        pl.col("row").cast(pl.UInt64),
        pl.lit("value_missing").alias("code"),
        pl.lit(f"user_id, problem_id, correct and {order} must be there.").alias("hint"),
    )
    return _merge(plain.filter(~bad), rows.height, problems)


def _optional(rows: pl.DataFrame, name: str) -> pl.Expr:
    if name not in rows.columns:
        return pl.lit(None, dtype=pl.Float64)
    return number(name, rows.schema[name])


def _merge(plain: pl.DataFrame, rows_read: int, problems: pl.DataFrame) -> EventBatch:
    run = pl.struct("user", "question_id", "score").rle_id()
    grouped = plain.with_columns(run.alias("run"))
    repeated = grouped.select(pl.struct("run", "skill").is_duplicated()).to_series()
    # In most runs each skill stands once and the run is one answer; only the others need the walk.
    part = _walk(grouped.filter(grouped["run"].is_in(grouped.filter(repeated)["run"].unique().implode())))
    grouped = grouped.join(part, on="row", how="left", maintain_order="left").with_columns(pl.col("part").fill_null(0))
    merged = grouped.group_by("run", "part", maintain_order=True).agg(
        pl.col("row", "user", "question_id", "score", "order", "milliseconds", "hints").first(),
        pl.col("skill").drop_nulls().alias("topic_ids"),
    )
    frame = merged.select(
        pl.col("row").cast(pl.UInt64),
        "user",
        identity(
            "answer",
            pl.col("user"),
            pl.col("order").cast(pl.Int64),
            pl.col("question_id"),
            pl.col("score"),
            pl.col("topic_ids").list.join(","),
        ),
        (pl.lit(EPOCH) + pl.duration(seconds=pl.col("order").cast(pl.Int64)))
        .dt.cast_time_unit("us")
        .alias("occurred_at"),
        "question_id",
        pl.col("score").alias("p:score"),
        pl.col("topic_ids").alias("p:topic_ids"),
        (pl.col("milliseconds") / 1000).alias("p:time_to_answer_seconds"),
        pl.col("hints").cast(pl.Int64).alias("p:hints"),
    )
    return EventBatch("question_submitted", "order", frame, rows_read, problems)


def _walk(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the answers within runs in which a skill stands more than once."""
    numbers: list[int] = []
    run, part, skills = None, 0, set[str | None]()
    for row_run, skill in rows.select("run", "skill").iter_rows():
        if row_run != run:
            run, part, skills = row_run, 0, set()
        elif skill in skills:
            part, skills = part + 1, set()
        skills.add(skill)
        numbers.append(part)
    return pl.DataFrame({"row": rows["row"], "part": pl.Series(numbers, dtype=pl.Int64)})


def open_run(rows: pl.DataFrame) -> int:
    """How many rows at the end of a stretch belong to its last learner, problem and result."""
    if rows.is_empty():
        return 0
    runs = rows.select(pl.struct("user_id", "problem_id", "correct").rle_id()).to_series()
    return int((runs == runs[-1]).sum())


def topics(rows: pl.DataFrame) -> dict[str, str]:
    """Names of skills, where the file has them (public CSV)."""
    if "skill_name" not in rows.columns:
        return {}
    named = rows.select(
        identifier("skill_id", rows.schema["skill_id"]), pl.col("skill_name").cast(pl.String)
    ).drop_nulls()
    return dict(named.unique("skill_id").iter_rows())
