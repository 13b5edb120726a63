"""What was carried forward of events that are no longer kept, put where the events would stand.

Before raw events expire, `carry_forward` keeps of them counts and the state of the schedulers: the tables `carried_*`
of `schemas.INPUT`. Here they become rows among the answers and interactions again. Such a row stands for many answers:
`weight`, `total` and `right` count them, and the memory that it brings along takes the place of a review. It is no day
of study, no recent answer and no answer that a model could learn from; `told` leaves it out where only events count.
"""

from __future__ import annotations

import polars as pl

from akademos.analytics.clock import instant_of
from akademos.analytics.schemas import TIME

COMPLETED, TOUCHED = "material_completed", "material_opened"
EPOCH = instant_of(0)

COUNTED: dict[str, type[pl.DataType]] = {
    "carried": pl.Boolean,
    "weight": pl.Int64,  # answers that the row stands for
    "total": pl.Float64,  # sum of their scores
    "right": pl.Int64,  # how many were correct
    "first": pl.Float64,  # score of the first attempt at the item, null where it is not known to be one
    "reviewed": pl.Boolean,  # whether the row is a review, or brings the memory of the ones before
    "stability": pl.Float64,
    "difficulty": pl.Float64,
    "rule_interval": pl.Int64,
    "reviews": pl.Int64,
}
"""Columns that the answers have beside those of `question_attempts`; `ended_at` and `reviewed_at` are instants."""


def counted(answers: pl.DataFrame, clocked: pl.Expr) -> pl.DataFrame:
    """Answers with the columns of `COUNTED`: each stands for itself."""
    return answers.with_columns(
        carried=pl.lit(value=False),
        weight=pl.lit(1, pl.Int64),
        total=pl.col("score"),
        right=pl.col("correct").cast(pl.Int64),
        first=pl.when(pl.col("attempt_number").fill_null(1) <= 1).then("score"),
        reviewed=clocked,
        stability=pl.lit(None, pl.Float64),
        difficulty=pl.lit(None, pl.Float64),
        rule_interval=pl.lit(None, pl.Int64),
        reviews=pl.lit(1, pl.Int64),
        ended_at=pl.col("occurred_at"),
        reviewed_at=pl.col("occurred_at"),
    )


def answers_of(carried: pl.DataFrame, as_of_us: int) -> pl.DataFrame:
    """Rows among the answers for `carried_answers`; what was not over at the instant is left out."""
    rows = carried.filter(pl.col("last_answer_at") <= instant_of(as_of_us))
    text = pl.concat_str(
        "question_id",
        pl.col("topic_ids").list.join(","),
        pl.col("answers").cast(pl.String),
        pl.col("last_answer_at").cast(pl.String),
        separator=" ",
    )
    return rows.select(
        "learner_key",
        event_id=pl.concat_str(pl.lit("carried "), text),
        occurred_at="first_answer_at",
        time_precision=pl.when("clocked").then(pl.lit("exact")).otherwise(pl.lit("order")),
        question_id="question_id",
        topic_ids="topic_ids",
        course_id=pl.lit(None, pl.String),
        score=pl.col("score") / pl.col("answers"),
        duration_seconds=pl.lit(None, pl.Float64),
        attempt_number=pl.lit(None, pl.Int32),
        confidence=pl.lit(None, pl.Float64),
        hints=pl.lit(None, pl.Int32),
        session_id=pl.lit(None, pl.String),
        correct="last_correct",
        carried=pl.lit(value=True),
        weight="answers",
        total="score",
        right="correct",
        first="first_score",
        reviewed=pl.col("stability").is_not_null(),
        stability="stability",
        difficulty="difficulty",
        rule_interval="rule_interval",
        reviews=pl.col("reviews").fill_null(0),
        ended_at="last_answer_at",
        reviewed_at=pl.coalesce("last_review", "last_answer_at"),
    )


def interactions_of(carried: pl.DataFrame) -> pl.DataFrame:
    """Rows among the interactions for `carried_materials`: touched, and completed where it was; without a clock."""
    rows = pl.concat(
        [
            carried.with_columns(event_name=pl.lit(TOUCHED)),
            carried.filter("completed").with_columns(event_name=pl.lit(COMPLETED), seconds=pl.lit(None, pl.Float64)),
        ]
    )
    return rows.select(
        "learner_key",
        event_id=pl.concat_str(pl.lit("carried "), "event_name", pl.lit(" "), "material_id"),
        event_name="event_name",
        occurred_at=pl.lit(EPOCH, TIME),
        time_precision=pl.lit("order"),
        material_id="material_id",
        duration_seconds="seconds",
        carried=pl.lit(value=True),
    )


def times_of(carried: pl.DataFrame) -> pl.DataFrame:
    """learner_key, correct, duration_seconds: a row for each answer whose time was carried."""
    return (
        carried.select("learner_key", "correct", duration_seconds=pl.col("seconds").repeat_by("answers"))
        .explode("duration_seconds")
        .drop_nulls("duration_seconds")
    )


def told(rows: pl.DataFrame) -> pl.DataFrame:
    """Of answers or interactions those that are events."""
    return rows.filter(~pl.col("carried"))
