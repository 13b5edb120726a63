"""Answers from files for the protocols: the ASSISTments layout, and any table with our own property names.

Layouts, recognised by their columns, in Parquet or CSV (CSV may be gzipped):

- *ASSISTments*: user_id, problem_id, skill_id, correct and seq or order_id (`sources.assistments`);
- *our names*: user_id, question_id, score, client_timestamp, and if there are topics, topic_ids (a list, or text
  separated by commas or semicolons).
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from akademos.errors import InputError
from akademos.sources import assistments, rows
from akademos.sources.event_frame import EventBatch

OURS = ("user_id", "question_id", "score", "client_timestamp")
SUFFIXES = (".parquet", ".csv", ".csv.gz")
_HINT = (
    "Give ASSISTments answers (user_id, problem_id, skill_id, correct, seq or order_id), "
    "or a table with user_id, question_id, score, client_timestamp and topic_ids."
)


def read_rows(path: Path) -> pl.DataFrame:
    """The rows of a file, or of the only such file of a folder, with their number from 1 in `row`.

    Raises:
        InputError: there is no such file, several, or one that cannot be read (`file_missing`, `file_unreadable`).
    """
    if path.is_dir():
        found = sorted(one for one in path.iterdir() if one.name.endswith(SUFFIXES))
        if len(found) != 1:
            raise InputError(
                f"{path} holds {len(found)} files of {', '.join(SUFFIXES)}.",
                hint="Name the file to read.",
                code="file_missing",
            )
        path = found[0]
    if not path.is_file():
        raise InputError(f"There is no file {path}.", hint="Check the path.", code="file_missing")
    try:
        if path.name.endswith(".parquet"):
            table = pl.read_parquet(path)
        else:
            table = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy")
    except (pl.exceptions.PolarsError, OSError) as broken:
        reason = (str(broken).splitlines() or ["it is empty"])[0]
        raise InputError(
            f"{path} cannot be read: {reason}.", hint="Give Parquet or CSV.", code="file_unreadable"
        ) from broken
    return table.with_row_index("row", offset=1)


def answer_batch(table: pl.DataFrame) -> EventBatch:
    """The answers in rows of a recognised layout: `frame` with user, question_id, occurred_at, p:score, p:topic_ids.

    Raises:
        InputError: the layout is unknown, or a row is no answer (`layout_unknown`, `row_unreadable`).
    """
    columns = set(table.columns)
    if table.is_empty():
        raise InputError("The file holds no rows.", hint=_HINT, code="no_answers")
    if assistments.recognises(columns):
        batch = assistments.answers(table)
    elif set(OURS) <= columns:
        batch = _named(table)
    else:
        raise InputError(f"The file has columns {', '.join(sorted(columns))}.", hint=_HINT, code="layout_unknown")
    if batch.problems.height:
        first = batch.problems.row(0, named=True)
        raise InputError(
            f"{batch.problems.height} rows are no answers, the first is row {first['row']}: {first['hint']}",
            hint="Mend or remove these rows.",
            code="row_unreadable",
        )
    if batch.frame.is_empty():
        raise InputError("The file holds no answers.", hint=_HINT, code="no_answers")
    return batch


def question_attempts(batch: EventBatch) -> pl.DataFrame:
    """Table `schemas.INPUT["question_attempts"]` of a batch; answers of one moment keep the order of the file."""
    frame = batch.frame
    topics = pl.col("p:topic_ids") if "p:topic_ids" in frame.columns else pl.lit(None, dtype=pl.List(pl.String))
    if frame.schema.get("p:topic_ids") == pl.String:
        topics = topics.str.replace_all(";", ",", literal=True).str.split(",").list.eval(pl.element().str.strip_chars())
    return frame.select(
        learner_key="user",
        event_id=pl.col("row").cast(pl.String).str.zfill(12),
        occurred_at="occurred_at",
        time_precision=pl.lit(batch.precision),
        question_id="question_id",
        topic_ids=topics,
        score=pl.col("p:score").cast(pl.Float64, strict=False),
    )


def _named(table: pl.DataFrame) -> EventBatch:
    kept = [name for name in ("row", *OURS, "topic_ids") if name in table.columns]
    named = rows.column_map(
        {"constants": {"event_name": "question_submitted"}, "time": {"column": "client_timestamp"}, "take_named": True}
    )
    return next(iter(rows.events(table.select(kept), named)))
