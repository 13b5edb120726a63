"""Answers to items from a file, as item analysis takes them, and ids of secure items.

Layouts, in Parquet or CSV:

- *our names*: user_id, question_id, client_timestamp, and score (0..1) or correct; where they are there: course_id,
  assessment_id, item_version, attempt_number, time_to_answer_seconds, guess_seconds, chosen_options (a list, or text
  separated by semicolons), and event_id (else the row is the event);
- *ASSISTments* (`answer_files`): correct answers without options.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from akademos.analytics.item_answers import ANSWERS
from akademos.errors import InputError
from akademos.evaluate.answer_files import answer_batch, question_attempts, read_rows

_OURS = {"user_id", "question_id", "client_timestamp"}
_RENAMED = {"learner_key": "user_id", "duration_seconds": "time_to_answer_seconds"}
_HINT = "Give user_id, question_id, client_timestamp (with offset) and score or correct."


def read_answers(path: Path) -> pl.DataFrame:
    """`item_answers.ANSWERS` of a file.

    Raises:
        InputError: the file is absent, no table, or of no known layout (`file_missing`, `file_unreadable`,
            `layout_unknown`), or a column holds what it cannot (`row_unreadable`).
    """
    table = read_rows(path)
    columns = set(table.columns)
    if not columns >= _OURS or not columns & {"score", "correct"}:
        return question_attempts(answer_batch(table)).drop("topic_ids", "time_precision")
    try:
        return table.select(
            pl.col("event_id" if "event_id" in columns else "row").cast(pl.String).alias("event_id"),
            _instants(table),
            _scores(table),
            *(
                _column(name, table).cast(dtype).alias(name)
                for name, dtype in ANSWERS.items()
                if name not in ("event_id", "occurred_at", "score") and _RENAMED.get(name, name) in columns
            ),
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"A column of {path} holds what it cannot: {str(error).splitlines()[0]}.", hint=_HINT, code="row_unreadable"
        ) from error


def _column(name: str, table: pl.DataFrame) -> pl.Expr:
    source = _RENAMED.get(name, name)
    column = pl.col(source)
    if table.schema[source] != pl.String:
        return column
    filled = pl.when(column.str.len_chars() > 0).then(column)
    return filled.str.split(";") if name == "chosen_options" else filled


def _instants(table: pl.DataFrame) -> pl.Expr:
    column = pl.col("client_timestamp")
    if table.schema["client_timestamp"] == pl.String:
        column = column.str.to_datetime(time_unit="us", time_zone="UTC")
    return column.alias("occurred_at")


def _scores(table: pl.DataFrame) -> pl.Expr:
    """The score, else whether it was correct."""
    found = []
    for name in ("score", "correct"):
        if name in table.columns:
            column = pl.col(name)
            if table.schema[name] == pl.String:
                text = column.str.to_lowercase()
                column = pl.when(text.str.len_chars() > 0).then(text.replace({"true": "1", "false": "0"}))
            found.append(column.cast(pl.Float64))
    return pl.coalesce(found).alias("score")


def read_secure(path: Path) -> pl.Series:
    """question_ids, one a line.

    Raises:
        InputError: the file cannot be read (`file_missing`).
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read.", hint="Give a text file with one id a line.", code="file_missing"
        ) from error
    return pl.Series([line.strip() for line in lines if line.strip()], dtype=pl.String)
