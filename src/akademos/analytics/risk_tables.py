"""Tables that the risk of not completing a course is computed from, and what of them is known at a cut-off.

Days are whole and count from the first day of the course, which is 0; the days before it are negative. The cut-off
`as_of` is the beginning of a day: a row of that day or later does not exist yet. `known` cuts every table alone, before
anything is joined, so that no join can carry a later row in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

Tables = Mapping[str, pl.DataFrame]

KEYS = ("learner_key", "course_id")
WEEK = 7

INPUT: dict[str, pl.Schema] = {
    "enrolments": pl.Schema(
        {
            "learner_key": pl.String,
            "course_id": pl.String,
            "registered_day": pl.Int32,
            "withdrawn_day": pl.Int32,
            "resits": pl.Int32,
        }
    ),
    "activity": pl.Schema(
        {
            "learner_key": pl.String,
            "course_id": pl.String,
            "material_id": pl.String,
            "kind": pl.String,
            "day": pl.Int32,
            "clicks": pl.Float64,
        }
    ),
    "assessments": pl.Schema(
        {"course_id": pl.String, "assessment_id": pl.String, "due_day": pl.Int32, "weight": pl.Float64}
    ),
    "submissions": pl.Schema(
        {
            "learner_key": pl.String,
            "course_id": pl.String,
            "assessment_id": pl.String,
            "day": pl.Int32,
            "score": pl.Float64,
            "banked": pl.Boolean,
        }
    ),
}
"""Table -> columns. Grain: enrolments one learner and course, `resits` how often it was taken
before or null; activity one learner, material and day (several rows
count together); assessments one assessment of a course, `due_day` null where it has none; submissions one submission,
`score` 0..1 or null, `banked` when it was carried over from an earlier presentation."""


@dataclass(frozen=True, slots=True)
class RiskParameters:
    """What the features rest on.

    Attributes:
        mark_days: days from a submission until its mark is known.
        inactive_days: days without activity of the rule "no activity".
        kinds: kinds of material that are told apart.
    """

    mark_days: int = 14
    inactive_days: int = 7
    kinds: tuple[str, ...] = ()


def known(tables: Tables, as_of: int, params: RiskParameters) -> dict[str, pl.DataFrame]:
    """What is known when day `as_of` begins, of each table for itself.

    Who registers later is not there; who withdraws later has not withdrawn; a mark that is not out is null. When an
    assessment is due is announced with the course and is known from the start.
    """
    registered, withdrawn = pl.col("registered_day"), pl.col("withdrawn_day")
    marked = pl.col("day") + params.mark_days <= as_of
    return {
        "enrolments": tables["enrolments"]
        .filter(registered.is_null() | (registered < as_of))
        .with_columns(withdrawn_day=pl.when(withdrawn < as_of).then(withdrawn)),
        "activity": tables["activity"].filter(pl.col("day") < as_of),
        "assessments": tables["assessments"],
        "submissions": tables["submissions"]
        .filter(pl.col("day") < as_of)
        .with_columns(score=pl.when(marked | pl.col("banked")).then(pl.col("score"))),
    }


def place(column: str) -> pl.Expr:
    """Place of a value among those of the same course, in 0..1; ties share theirs, null stays null."""
    value = pl.col(column)
    return ((value.rank("average") - 0.5) / value.count()).over("course_id")
