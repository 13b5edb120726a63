"""First attempts at items, made ready for item analysis: one row a learner and item, numbered, with standing.

A learner's first attempt at an item is the earliest answer we hold of it, unless its sender said that others came
before. It counts for the version of the item that it was given to; a later version that a learner has met in an earlier
one is no first attempt for them.

Standing says how well a learner does otherwise: the mean, over their first attempts in the course, of score minus the
item's mean score. So learners who answered other items can be compared. Of a form that everybody answers whole,
standing without the item is the rest score of classical test theory but for its unit, and correlations are the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.schemas import TEXTS, TIME
from akademos.errors import InputError

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

_REQUIRED = ("learner_key", "event_id", "occurred_at", "question_id", "score")


def _schema(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


ANSWERS: Mapping[str, pl.DataType] = _schema(
    learner_key=pl.String,
    event_id=pl.String,
    occurred_at=TIME,
    question_id=pl.String,
    item_version=pl.String,
    course_id=pl.String,
    assessment_id=pl.String,
    score=pl.Float64,
    attempt_number=pl.Int32,
    duration_seconds=pl.Float64,
    guess_seconds=pl.Float64,
    chosen_options=TEXTS,
)
"""One answer; only the first five and `score` are needed."""

ITEM = ("course_id", "question_id", "item_version")
"""Key of an item here; "" where the sender names no course or version."""


@dataclass(frozen=True, slots=True)
class FirstAttempts:
    """First attempts in order of item, then learner.

    Attributes:
        rows: columns of `ANSWERS` with `item` and `learner` as numbers.
        items: `ITEM` of each number.
        learners: learner_key of each number.
        standing: per row, of the learner in the course with this item counted; 0 for one item alone.
        rest: per row, the same without this item; NaN with fewer than `rest_items_min` other items.
        starts, counts: rows of each item.
    """

    rows: pl.DataFrame
    items: pl.DataFrame
    learners: list[str]
    standing: Floats
    rest: Floats
    starts: Index
    counts: Index

    def rows_of(self, item: int) -> slice:
        """Rows of one item."""
        return slice(int(self.starts[item]), int(self.starts[item] + self.counts[item]))


def conform_answers(answers: pl.DataFrame) -> pl.DataFrame:
    """The table with exactly the declared columns; missing ones are null.

    Raises:
        InputError: a needed column is missing, or one has another type (`table_malformed`).
    """
    missing = [name for name in _REQUIRED if name not in answers.columns]
    if missing:
        raise InputError(
            f"Answers lack {', '.join(missing)}.",
            hint="Give the columns of item_answers.ANSWERS.",
            code="table_malformed",
        )
    try:
        return answers.select(
            (pl.col(name).cast(dtype) if name in answers.columns else pl.lit(None, dtype=dtype).alias(name))
            for name, dtype in ANSWERS.items()
        )
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"A column of the answers has another type: {error}",
            hint="Give the types of item_answers.ANSWERS.",
            code="table_malformed",
        ) from error


def scored_answers(answers: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Answers with a score up to an instant, each event once, in order of learner and time; scores within 0 and 1, ""
    for an unnamed course or version."""
    return (
        conform_answers(answers)
        .filter(pl.col("occurred_at") <= as_of, pl.col("score").is_not_null() & pl.col("score").is_not_nan())
        .with_columns(
            pl.col("score").clip(0, 1), *(pl.col(name).fill_null("") for name in ("course_id", "item_version"))
        )
        .sort("learner_key", "occurred_at", "event_id", "question_id", "item_version")
        .unique(["learner_key", "event_id"], keep="first", maintain_order=True)
    )


def first_answers(answers: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Of `ANSWERS` up to an instant those that are a learner's first at an item; asked of its own answer, the same.

    Raises:
        InputError: the table is malformed (`table_malformed`).
    """
    return (
        scored_answers(answers, as_of)
        .filter(pl.col("question_id").is_not_null())
        .unique(["learner_key", "question_id"], keep="first", maintain_order=True)
        .filter(pl.col("attempt_number").fill_null(1) <= 1)
    )


def first_attempts(answers: pl.DataFrame, as_of: datetime, params: Parameters = DEFAULT) -> FirstAttempts:
    """The first attempts up to an instant.

    Args:
        answers: `ANSWERS`, in any order; events that come twice count once, answers without a score not at all.
        as_of: what happened later does not exist.
        params: parameters.

    Raises:
        InputError: the table is malformed (`table_malformed`).
    """
    first = first_answers(answers, as_of).sort(*ITEM, "learner_key")
    items = first.select(ITEM).unique(maintain_order=True).with_row_index("item").cast({"item": pl.Int64})
    learners = first["learner_key"].unique().sort()
    rows = first.join(items, on=list(ITEM), how="left", maintain_order="left").with_columns(
        learner=pl.col("learner_key").cast(pl.Enum(learners)).to_physical().cast(pl.Int64)
    )
    counts = np.bincount(rows["item"].to_numpy(), minlength=items.height)
    standing, rest = _standing(rows, params.items.rest_items_min)
    return FirstAttempts(
        rows=rows,
        items=items.drop("item"),
        learners=learners.to_list(),
        standing=standing,
        rest=rest,
        starts=np.concatenate(([0], np.cumsum(counts)[:-1])).astype(np.int64),
        counts=counts.astype(np.int64),
    )


def _standing(rows: pl.DataFrame, others_min: int) -> tuple[Floats, Floats]:
    """(standing, rest) of each row."""
    mine = ["learner", "course_id"]
    found = (
        rows.select("item", *mine, beyond=pl.col("score") - pl.col("score").mean().over("item"))
        .with_columns(whole=pl.col("beyond").sum().over(mine), of=pl.len().over(mine).cast(pl.Int64))
        .select(
            standing=pl.col("whole") / pl.col("of"),
            rest=pl.when(pl.col("of") > others_min)
            .then((pl.col("whole") - pl.col("beyond")) / (pl.col("of") - 1))
            .otherwise(float("nan")),
        )
    )
    return found["standing"].to_numpy(), found["rest"].to_numpy()


def strata_of(standing: Floats, strata: int) -> Index:
    """Stratum of each learner: equal standing is never cut apart, otherwise strata are equally full."""
    edges = np.quantile(standing, np.arange(1, strata) / strata) if len(standing) else np.empty(0)
    return np.searchsorted(edges, standing, side="left").astype(np.int64)
