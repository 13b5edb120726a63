"""Item difficulty: what the cohort scores on an item at first attempts.

expected = (sum of first-attempt scores + k * mean) / (first attempts + k) with k = 10 answers and the mean over all
items, so that rarely answered items lie near the mean; difficulty = 1 - expected. Grain: item. First attempts are
each learner's earliest answer to the item, unless its sender counted it as a later attempt. The table is learned from
all learners, rebuilt nightly and versioned: the version holds the date and a digest of the content.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.clock import instant_of, microseconds
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.schemas import INPUT, conform


def item_difficulty(question_attempts: pl.DataFrame, as_of: datetime, params: Parameters = DEFAULT) -> pl.DataFrame:
    """Table `schemas.INPUT["item_difficulty"]`, sorted by question_id.

    Args:
        question_attempts: answers of all consented learners.
        as_of: aware instant; later answers are ignored.
        params: weight of the mean.

    Raises:
        InputError: `as_of` is naive (`naive_time`) or the table is malformed (`table_malformed`).
    """
    (table,) = item_difficulties(question_attempts, [as_of], params)
    return table


def item_difficulties(
    question_attempts: pl.DataFrame, instants: Sequence[datetime], params: Parameters = DEFAULT
) -> list[pl.DataFrame]:
    """`item_difficulty` as of each instant: what could be known then, whatever was answered since.

    Args:
        question_attempts: answers of all consented learners.
        instants: aware.
        params: weight of the mean.

    Raises:
        InputError: an instant is naive (`naive_time`) or the table is malformed (`table_malformed`).
    """
    first = _first_attempts(question_attempts)
    return [_difficulty(first, instant, params.cohort.difficulty_prior_answers) for instant in instants]


def _first_attempts(question_attempts: pl.DataFrame) -> pl.DataFrame:
    """occurred_at, question_id, score of each learner's first attempt at each item; a later instant adds rows to those
    of an earlier one and changes none of them."""
    return (
        conform(question_attempts, "question_attempts")
        .filter(
            pl.col("score").is_not_nan(),
            pl.col("question_id").is_not_null(),
            pl.col("learner_key").is_not_null(),
        )
        .sort("occurred_at", "event_id", "score")
        .unique(["learner_key", "question_id"], keep="first", maintain_order=True)
        .filter(pl.col("attempt_number").fill_null(1) <= 1)
        .select("occurred_at", "question_id", score=(pl.col("score").clip(0, 1) * 2.0**20).round() / 2.0**20)
    )


def _difficulty(first: pl.DataFrame, as_of: datetime, weight: float) -> pl.DataFrame:
    first = first.filter(pl.col("occurred_at") <= instant_of(microseconds(as_of)))
    if not first.height:
        return pl.DataFrame(schema=INPUT["item_difficulty"])
    items = first.group_by("question_id").agg(
        answers=pl.len().cast(pl.Int64),
        total=pl.col("score").sum(),  # exact: scores are multiples of 2**-20
    )
    prior = float(items["total"].sum()) / int(items["answers"].sum())
    table = items.sort("question_id").select(
        "question_id",
        "answers",
        expected=(pl.col("total") + weight * prior) / (pl.col("answers") + weight),
    )
    digest = hashlib.blake2b(repr((weight, prior)).encode() + repr(table.rows()).encode(), digest_size=4).hexdigest()
    return table.with_columns(
        difficulty=1 - pl.col("expected"),
        prior=pl.lit(prior),
        version=pl.lit(f"item_difficulty/1 {as_of.date().isoformat()} {digest}"),
    )


def expected_scores(answers: pl.DataFrame, table: pl.DataFrame) -> tuple[npt.NDArray[np.float64], str]:
    """What the cohort scores at first attempts on the item of each answer (the mean of all items where it is unknown, 0
    where nothing is), and the version of the table.

    Args:
        answers: a column question_id.
        table: `schemas.INPUT["item_difficulty"]`.
    """
    prior, version = table.select("prior", "version").row(0) if table.height else (0.0, "none")
    known = table.select("question_id", "expected").unique("question_id")
    found = answers.select("question_id").join(known, on="question_id", how="left", maintain_order="left")
    return found["expected"].fill_null(prior).to_numpy(), version
