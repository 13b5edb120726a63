"""Logs of reviews to judge models of forgetting on: files into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.clock import DAY_US
from akademos.analytics.fsrs import AGAIN, EASY, GOOD
from akademos.analytics.rounds import Index, runs
from akademos.errors import InputError

_LEARNER = ("learner", "learner_key", "user_id", "user")
_CARD = ("card_id", "question_id", "item_id", "card", "item")
_TIME = ("review_time", "occurred_at", "timestamp")
_RATING = ("review_rating", "rating", "grade")
_SCORE = ("score", "correct")
_LAYOUT = (
    f"a card ({', '.join(_CARD)}), a time ({', '.join(_TIME)}), a rating 1..4 ({', '.join(_RATING)}) or a score 0..1 "
    f"({', '.join(_SCORE)}), and a learner ({', '.join(_LEARNER)}) where there are several"
)


@dataclass(frozen=True, slots=True)
class ReviewLog:
    """Reviews in order of learner, card, time.

    Attributes:
        at_us: microseconds since 1970.
        grades: 1..4.
        learner, item: numbers per review; an item is the same card of whichever learner.
        starts, counts: first row and number of rows of each card of a learner.
    """

    at_us: Index
    grades: Index
    learner: Index
    item: Index
    starts: Index
    counts: Index


def read_review_log(path: Path) -> ReviewLog:
    """One CSV or Parquet file, or all of a folder.

    Raises:
        InputError: nothing to read (`data_missing`) or not such a log (`layout_unknown`).
    """
    files = sorted(one for one in path.glob("*") if one.suffix in (".csv", ".parquet")) if path.is_dir() else [path]
    if not files or not all(one.is_file() for one in files):
        raise InputError(
            f"There is no review log at {path}.",
            hint="Name a CSV or Parquet file, or a folder of them.",
            code="data_missing",
        )
    try:
        tables = [
            pl.read_parquet(one) if one.suffix == ".parquet" else pl.read_csv(one, infer_schema=False) for one in files
        ]
        return review_log(pl.concat([_columns(table) for table in tables]))
    except (pl.exceptions.PolarsError, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"{path} cannot be read as a review log: {str(error).splitlines()[0]}",
            hint=f"It needs {_LAYOUT}.",
            code="layout_unknown",
        ) from error


def review_log(rows: pl.DataFrame) -> ReviewLog:
    """Arrays of reviews with columns learner, item (strings), at (instant) and grade (1..4); repeats count once."""
    rows = rows.drop_nulls().unique().sort("learner", "item", "at", "grade")
    numbered = rows.select(
        learner=pl.col("learner").rank("dense") - 1, item=pl.col("item").rank("dense") - 1, at="at", grade="grade"
    )
    learner = numbered["learner"].to_numpy().astype(np.int64)
    item = numbered["item"].to_numpy().astype(np.int64)
    starts, counts = runs(learner * (int(item.max(initial=0)) + 1) + item)
    return ReviewLog(
        rows["at"].dt.epoch("us").to_numpy(), rows["grade"].to_numpy().astype(np.int64), learner, item, starts, counts
    )


def _columns(table: pl.DataFrame) -> pl.DataFrame:
    card, time = _named(table, _CARD), _named(table, _TIME)
    rating, score = _found(table, _RATING), _found(table, _SCORE)
    learner = _found(table, _LEARNER)
    if rating is not None:
        grade = pl.col(rating).cast(pl.Int64)
    else:
        grade = pl.when(pl.col(_named(table, _SCORE, score)).cast(pl.Float64) >= 0.5).then(GOOD).otherwise(AGAIN)
    at = pl.col(time)
    if table.schema[time] == pl.String:
        at = at.str.to_datetime(time_unit="us", time_zone="UTC")
    found = table.select(
        learner=pl.lit("") if learner is None else pl.col(learner).cast(pl.String),
        item=pl.col(card).cast(pl.String),
        at=at.cast(pl.Datetime("us", "UTC")),
        grade=grade.cast(pl.Int64),
    )
    if not found["grade"].drop_nulls().is_between(AGAIN, EASY).all():
        raise InputError(f"A rating in {rating} is none of 1 to 4.", hint=f"It needs {_LAYOUT}.", code="layout_unknown")
    return found


def _found(table: pl.DataFrame, names: Sequence[str]) -> str | None:
    return next((name for name in names if name in table.columns), None)


def _named(table: pl.DataFrame, names: Sequence[str], found: str | None = None) -> str:
    name = found or _found(table, names)
    if name is None:
        raise InputError(
            f"The log has none of the columns {', '.join(names)}.",
            hint=f"It needs {_LAYOUT}.",
            code="layout_unknown",
        )
    return name


def long_term(log: ReviewLog) -> tuple[Index, npt.NDArray[np.float64], Index, Index]:
    """(row, elapsed days, lapses before, reviews before) of every review a day of 24 hours or more after the last."""
    first = np.repeat(log.starts, log.counts)
    place = np.arange(len(log.at_us)) - first
    elapsed = np.zeros(len(log.at_us), dtype=np.int64)
    elapsed[1:] = np.diff(log.at_us) // DAY_US
    counted = (place > 0) & (elapsed >= 1)
    lapsed = np.cumsum(counted & (log.grades == AGAIN))
    before = lapsed - (counted & (log.grades == AGAIN))
    row = np.flatnonzero(counted)
    return row, elapsed[row].astype(np.float64), (before - before[first])[row], place[row]
