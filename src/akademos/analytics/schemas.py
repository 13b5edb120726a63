"""The tables that go into the learner analytics, and those of a learner's state: columns and types, declared once.

Grain, keys and units stand beside each table. Instants are `Datetime("us", "UTC")`, dates are in the learner's
time zone, shares are 0..1. A table may come with fewer columns (nullable ones are filled with null) or be missing
(then it has no rows); `conform` does both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import polars as pl

from akademos.errors import InputError

OVERALL = "*"
"""The pseudo-topic that stands for all of a learner's answers, each counted once."""

TIME = pl.Datetime("us", "UTC")


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


TEXTS = pl.List(pl.String)
_REQUIRED = {
    "question_attempts": ("learner_key", "event_id", "occurred_at", "question_id", "score"),
    "material_interactions": ("learner_key", "event_id", "event_name", "occurred_at", "material_id"),
    "topics": ("topic_id",),
    "topic_relationships": ("from_topic", "to_topic", "kind"),
    "materials": ("material_id", "topic_ids"),
    "items": ("question_id", "topic_ids"),
    "exam_weights": ("exam_id", "topic_id", "weight"),
    "exam_sections": ("exam_id", "section", "topic_id", "weight"),
    "exams": ("exam_id",),
    "learner_targets": ("learner_key", "exam_id"),
    "learners": ("learner_key",),
    "enrolments": ("learner_key", "course_id"),
    "item_difficulty": ("question_id", "expected", "prior", "version"),
    "cohort_times": ("kind", "median_seconds"),
}

INPUT: Mapping[str, pl.Schema] = {
    # one answer
    "question_attempts": _table(
        learner_key=pl.String,
        event_id=pl.String,
        occurred_at=TIME,
        time_precision=pl.String,
        question_id=pl.String,
        topic_ids=TEXTS,
        course_id=pl.String,
        score=pl.Float64,
        duration_seconds=pl.Float64,
        attempt_number=pl.Int32,
        confidence=pl.Float64,
        hints=pl.Int32,
    ),
    # one event about one material
    "material_interactions": _table(
        learner_key=pl.String,
        event_id=pl.String,
        event_name=pl.String,
        occurred_at=TIME,
        time_precision=pl.String,
        material_id=pl.String,
        topic_ids=TEXTS,
        course_id=pl.String,
        duration_seconds=pl.Float64,
        quantity=pl.Float64,
    ),
    "topics": _table(
        topic_id=pl.String,
        parent_id=pl.String,
        name=pl.String,
        course_id=pl.String,
        position=pl.Int32,
    ),
    # `from_topic` is needed before `to_topic` where kind is 'prerequisite'
    "topic_relationships": _table(from_topic=pl.String, to_topic=pl.String, kind=pl.String),
    "materials": _table(material_id=pl.String, topic_ids=TEXTS, course_id=pl.String, kind=pl.String),
    "items": _table(question_id=pl.String, topic_ids=TEXTS, course_id=pl.String),
    "exam_weights": _table(exam_id=pl.String, topic_id=pl.String, weight=pl.Float64),
    # the same by section; optional
    "exam_sections": _table(exam_id=pl.String, section=pl.String, topic_id=pl.String, weight=pl.Float64),
    "exams": _table(exam_id=pl.String, name=pl.String, pass_mark=pl.Float64),
    "learner_targets": _table(learner_key=pl.String, exam_id=pl.String, target_date=pl.Date),
    "learners": _table(learner_key=pl.String, time_zone=pl.String),
    # optional: widens the topics in a learner's scope before the first answer
    "enrolments": _table(learner_key=pl.String, course_id=pl.String),
    # from `item_difficulty`; `prior` and `version` are constant in one table
    "item_difficulty": _table(
        question_id=pl.String,
        answers=pl.Int64,
        expected=pl.Float64,
        difficulty=pl.Float64,
        prior=pl.Float64,
        version=pl.String,
    ),
    # from `pace.cohort_times`; kind is 'item' or 'material'
    "cohort_times": _table(kind=pl.String, median_seconds=pl.Float64, observations=pl.Int64),
}

STATE: Mapping[str, pl.Schema] = {
    # one learner
    "profile": _table(
        learner_key=pl.String,
        time_zone=pl.String,
        clock=pl.String,  # exact | day | order | none
        as_of=TIME,
        events=pl.Int64,
        answers=pl.Int64,
        first_event_at=TIME,
        last_event_at=TIME,
        courses=TEXTS,
        exam_id=pl.String,
        target_date=pl.Date,
        answer_seconds=pl.Float64,
        answer_seconds_basis=pl.String,  # own | cohort | null
        material_seconds=pl.Float64,
        material_seconds_basis=pl.String,
        item_difficulty=pl.String,
        fingerprint=pl.UInt64,  # of the past that the weekly points rest on, see `history_reuse`
    ),
    # one item that the learner answered, in the order of question_id
    "cards": _table(
        learner_key=pl.String,
        question_id=pl.String,
        attempts=pl.Int32,
        correct=pl.Int32,
        score=pl.Float64,
        first_score=pl.Float64,
        last_correct=pl.Boolean,
        last_answer_at=TIME,
        last_review=TIME,
        reviews=pl.Int32,
        stability=pl.Float64,
        difficulty=pl.Float64,
        due_at=TIME,
        rule_interval=pl.Int32,
        rule_due_at=TIME,
    ),
    # one topic that the learner met, in the order of topic_id, OVERALL among them
    "topics": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        answers=pl.Int32,
        items=pl.Int32,
        first_answer_at=TIME,
        last_answer_at=TIME,
        completed=pl.Float64,
        materials=pl.Int32,
        due_at=TIME,
    ),
    # one item within one topic; `topic` and `card` are row numbers within the learner's topics and cards
    "card_topics": _table(
        learner_key=pl.String,
        topic=pl.UInt32,
        card=pl.UInt32,
        attempts=pl.Int32,
        score=pl.Float64,
        first_score=pl.Float64,
    ),
    # one topic at the end of one ISO week (`date` is its Sunday), weeks with enough answers only
    "history": _table(
        learner_key=pl.String,
        topic=pl.UInt32,
        date=pl.Date,
        value=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        retrieval=pl.Float64,
        answers=pl.Int32,
    ),
    # one topic at the end of one day
    "curves": _table(learner_key=pl.String, topic=pl.UInt32, date=pl.Date, value=pl.Float64),
    # recent answers, once per topic and once for OVERALL
    "recent": _table(
        learner_key=pl.String,
        topic=pl.UInt32,
        occurred_at=TIME,
        date=pl.Date,
        clocked=pl.Boolean,
        score=pl.Float64,
        expected=pl.Float64,
    ),
    # one day with activity
    "days": _table(
        learner_key=pl.String,
        date=pl.Date,
        answers=pl.Int32,
        correct=pl.Int32,
        score=pl.Float64,
        interactions=pl.Int32,
    ),
    # one material that the learner opened
    "materials": _table(learner_key=pl.String, material_id=pl.String, share=pl.Float64),
}


def conform(table: pl.DataFrame | None, name: str) -> pl.DataFrame:
    """Table `name` with exactly the declared columns, in order and type; missing nullable columns are null.

    Raises:
        InputError: a required column is missing or a column cannot take its type (`table_malformed`).
    """
    schema = INPUT[name]
    if table is None:
        return pl.DataFrame(schema=schema)
    missing = [column for column in _REQUIRED[name] if column not in table.columns]
    if missing:
        raise InputError(
            f"Table {name} has no column {', '.join(missing)}.",
            hint="Give the columns that akademos.analytics.schemas declares.",
            code="table_malformed",
        )
    if table.schema == schema:
        return table
    columns = [
        (pl.col(column).cast(dtype) if column in table.columns else pl.lit(None, dtype=dtype).alias(column))
        for column, dtype in schema.items()
    ]
    try:
        return table.select(columns)
    except pl.exceptions.PolarsError as error:
        raise InputError(
            f"A column of table {name} has another type than declared: {error}",
            hint="Give the types that akademos.analytics.schemas declares.",
            code="table_malformed",
        ) from error
