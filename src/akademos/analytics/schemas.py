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
    "study_events": ("learner_key", "event_id", "event_name", "occurred_at"),
    "recommendation_events": ("learner_key", "event_name", "occurred_at", "recommendation_id"),
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
    "cohort_memory_weights": ("weights", "version"),
    "memory_weights": ("learner_key", "weights", "reviews"),
    "carried_answers": ("learner_key", "question_id", "answers", "score", "first_answer_at", "last_answer_at"),
    "carried_materials": ("learner_key", "material_id", "completed"),
    "carried_times": ("learner_key", "correct", "seconds", "answers"),
    "carried_learners": ("learner_key", "events", "answers", "clock"),
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
        session_id=pl.String,
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
        session_id=pl.String,
        material_kind=pl.String,
        media_second=pl.Float64,
        playback_rate=pl.Float64,
    ),
    # one event of a session, or another sign of activity that is neither an answer nor about a material
    "study_events": _table(
        learner_key=pl.String,
        event_id=pl.String,
        event_name=pl.String,
        occurred_at=TIME,
        time_precision=pl.String,
        session_id=pl.String,
        page_visible=pl.Boolean,
        media_playing=pl.Boolean,
        view_switches=pl.Int32,
        seconds_since_last=pl.Float64,
        reason=pl.String,  # why it was paused or ended
    ),
    # one event of a recommendation: it was shown, accepted, dismissed or completed
    "recommendation_events": _table(
        learner_key=pl.String,
        event_name=pl.String,
        occurred_at=TIME,
        time_precision=pl.String,
        recommendation_id=pl.String,
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
    # FSRS-6 weights of all learners together, at most one row, see `memory_weights`; without it the default ones
    "cohort_memory_weights": _table(weights=pl.List(pl.Float64), reviews=pl.Int64, version=pl.String),
    # FSRS-6 weights of one learner's own
    "memory_weights": _table(
        learner_key=pl.String,
        weights=pl.List(pl.Float64),
        reviews=pl.Int64,
        fitted_at=TIME,
    ),
    # from `carry_forward`: one item and set of topics, of answers that are no longer kept; the memory of an item stands
    # in one row of it
    "carried_answers": _table(
        learner_key=pl.String,
        question_id=pl.String,
        topic_ids=TEXTS,
        answers=pl.Int64,
        score=pl.Float64,  # summed
        correct=pl.Int64,
        first_score=pl.Float64,
        first_answer_at=TIME,
        last_answer_at=TIME,
        last_correct=pl.Boolean,
        clocked=pl.Boolean,
        last_review=TIME,
        reviews=pl.Int64,
        stability=pl.Float64,
        difficulty=pl.Float64,
        rule_interval=pl.Int64,
    ),
    # one material that was touched
    "carried_materials": _table(learner_key=pl.String, material_id=pl.String, completed=pl.Boolean, seconds=pl.Float64),
    # how many answers took so long
    "carried_times": _table(learner_key=pl.String, correct=pl.Boolean, seconds=pl.Float64, answers=pl.Int64),
    # one learner (of a person with several keys, one of them)
    "carried_learners": _table(
        learner_key=pl.String,
        events=pl.Int64,
        answers=pl.Int64,
        first_event_at=TIME,
        last_event_at=TIME,
        clock=pl.String,
        courses=TEXTS,
    ),
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
        memory_weights=pl.List(pl.Float64),  # w0..w20 in force
        memory_basis=pl.String,  # own | shrunk | cohort | default
        memory_reviews=pl.Int64,  # scored reviews they were fitted to
        memory_version=pl.String,
        fingerprint=pl.UInt64,  # of the past that the weekly points rest on, see `history_reuse`
        tracing_model=pl.Int64,  # version of the knowledge-tracing model that `next_answers` is of
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
        expected=pl.Float64,  # mean over the items: what the cohort scores at first attempts; null: not known
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
    # one topic that the learner met and the knowledge-tracing model knows: P(next answer correct), see `next_answer`
    "next_answers": _table(learner_key=pl.String, topic=pl.UInt32, probability=pl.Float64),
    # one day with activity
    "days": _table(
        learner_key=pl.String,
        date=pl.Date,
        answers=pl.Int32,
        correct=pl.Int32,
        score=pl.Float64,
        interactions=pl.Int32,
    ),
    # one session of study in order of time, overlapping devices merged; times with exact clocks only
    "sessions": _table(
        learner_key=pl.String,
        start_at=TIME,
        end_at=TIME,
        date=pl.Date,
        minute=pl.Int32,  # of the local day, of the start
        active_seconds=pl.Float64,
        active_seconds_short=pl.Float64,  # by the shorter rule of idleness
        active_seconds_long=pl.Float64,
        longest_seconds=pl.Float64,  # without a break
        breaks=pl.Int32,
        switches=pl.Int32,
        devices=pl.Int32,
        answers=pl.Int32,
        materials=pl.Int32,
        ended=pl.Boolean,  # by its event
    ),
    # one local hour with activity or answers; residual: score less what was to be expected, summed
    "study_hours": _table(
        learner_key=pl.String,
        date=pl.Date,
        hour=pl.Int32,
        active_seconds=pl.Float64,
        answers=pl.Int32,
        score=pl.Float64,
        residual=pl.Float64,
    ),
    # one local day and kind of material: time with it, and later answers on topics whose last material it was
    "material_kinds": _table(
        learner_key=pl.String,
        date=pl.Date,
        kind=pl.String,
        seconds=pl.Float64,
        opened=pl.Int32,
        answers=pl.Int32,
        residual=pl.Float64,
    ),
    # one local day with clocked answers: what `contrasts` are measured against
    "outcomes": _table(
        learner_key=pl.String,
        date=pl.Date,
        answers=pl.Int32,
        residual=pl.Float64,
        squares=pl.Float64,
    ),
    # one hypothesis on one local day: answers and summed residuals of its two sides
    "contrasts": _table(
        learner_key=pl.String,
        hypothesis=pl.UInt8,
        date=pl.Date,
        answers=pl.Int32,
        others=pl.Int32,
        residual=pl.Float64,
        residual_others=pl.Float64,
    ),
    # one material that the learner opened
    "materials": _table(learner_key=pl.String, material_id=pl.String, share=pl.Float64),
    # one recommendation that was shown or decided on, in the order of its id: when each happened last
    "recommended": _table(
        learner_key=pl.String,
        recommendation_id=pl.String,
        shown_at=TIME,
        accepted_at=TIME,
        dismissed_at=TIME,
        completed_at=TIME,
    ),
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
