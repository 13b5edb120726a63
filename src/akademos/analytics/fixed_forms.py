"""Reliability of assessments that put the same items to everybody.

Question: how far would the score repeat itself if learners sat an equal form? `reliability` has the formulae.

Grain: one assessment. Its form is made of the items that at least half of its learners answered in it; alpha rests on
the learners who answered all of them, each learner's first answer to each item in that assessment counting. At least
`answers_min` such learners and two items.

Caveat: who left an item out is not counted, so a form that many did not finish looks more reliable than it was:
`complete` says how many are left.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import isnan
from typing import Any

import polars as pl

from akademos.analytics.item_answers import scored_answers
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.reliability import reliability

_ASKED_SHARE = 0.5


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


FORMS: Mapping[str, pl.DataType] = _table(
    course_id=pl.String,
    assessment_id=pl.String,
    status=pl.String,  # ok | too_few
    items=pl.Int64,
    learners=pl.Int64,
    complete=pl.Int64,
    formula=pl.String,  # kr20 | alpha
    value=pl.Float64,
    low=pl.Float64,
    high=pl.Float64,
    standard_error_of_measurement=pl.Float64,
    weakening_items=pl.List(pl.String),  # without which alpha would be higher, the most weakening first
)


def form_reliability(answers: pl.DataFrame, as_of: datetime, params: Parameters = DEFAULT) -> pl.DataFrame:
    """One row an assessment, in order of course and assessment.

    Args:
        answers: `item_answers.ANSWERS`; those without an assessment do not count.
        as_of: answers after it do not exist.
        params: parameters.

    Raises:
        InputError: the table is malformed (`table_malformed`).
    """
    first = (
        scored_answers(answers, as_of)
        .filter(pl.col("assessment_id").is_not_null(), pl.col("question_id").is_not_null())
        .unique(["assessment_id", "learner_key", "question_id"], keep="first", maintain_order=True)
        .sort("course_id", "assessment_id", "learner_key", "question_id")
    )
    rows = [
        {"course_id": course, "assessment_id": assessment, **_form(part, params)}
        for (course, assessment), part in first.partition_by(
            "course_id", "assessment_id", as_dict=True, maintain_order=True
        ).items()
    ]
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in FORMS}, schema=FORMS)


def _form(answers: pl.DataFrame, params: Parameters) -> dict[str, Any]:
    learners = answers["learner_key"].n_unique()
    asked = answers.group_by("question_id").len().filter(pl.col("len") >= _ASKED_SHARE * learners)["question_id"].sort()
    scores = (
        answers.filter(pl.col("question_id").is_in(asked.to_list()))
        .pivot("question_id", index="learner_key", values="score")
        .drop("learner_key")
        .select(asked.to_list())
        .drop_nulls()
    )
    known = {"items": len(asked), "learners": learners, "complete": scores.height}
    if len(asked) < 2 or scores.height < params.items.answers_min:
        return {**known, "status": "too_few", "weakening_items": []}
    found = reliability(scores.to_numpy(), params.items.interval)
    if isnan(found.value):
        return {**known, "status": "too_few", "weakening_items": []}
    weakening = sorted(
        (-without, item) for item, without in zip(asked, found.without_item, strict=True) if without > found.value
    )
    return {
        **known,
        "status": "ok",
        "formula": found.formula,
        "value": found.value,
        "low": found.low,
        "high": found.high,
        "standard_error_of_measurement": found.standard_error_of_measurement,
        "weakening_items": [item for _, item in weakening],
    }
