"""The tables that the evaluation of a learner's state gives: columns and types, declared once.

Grain, keys and units stand beside each table, as in `schemas`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import polars as pl

from akademos.analytics.schemas import STATE, TEXTS, TIME
from akademos.analytics.study_schemas import STUDY_EVALUATED, STUDY_PARTS
from akademos.errors import InputError


def _table(**columns: Any) -> pl.Schema:
    return pl.Schema(columns)


EVALUATED: Mapping[str, pl.Schema] = {
    # one learner: the profile, its `as_of` now that of the evaluation
    "learner": _table(**STATE["profile"], precomputed_as_of=TIME),
    # one topic that the learner met and the knowledge-tracing model knows
    "next_answers": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        probability=pl.Float64,  # that the next answer is correct, now
        at_last_answer=pl.Float64,  # the same right after the last answer on the topic
    ),
    # one topic in the learner's scope, OVERALL among them
    "mastery": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        name=pl.String,
        parent_id=pl.String,
        course_id=pl.String,
        status=pl.String,
        value=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        level=pl.String,  # mastered | developing | weak | null
        shrunk=pl.Float64,  # towards the cohort; null where nothing is known of it
        shrunk_low=pl.Float64,
        shrunk_high=pl.Float64,
        answers=pl.Int32,
        items=pl.Int32,
        first_attempt_accuracy=pl.Float64,
        overall_accuracy=pl.Float64,
        retrieval_strength=pl.Float64,
        retrieval_low=pl.Float64,
        retrieval_high=pl.Float64,
        material_completion=pl.Float64,
        first_attempt_weight=pl.Float64,
        overall_weight=pl.Float64,
        retrieval_weight=pl.Float64,
        material_weight=pl.Float64,
        first_answer_at=TIME,
        last_answer_at=TIME,
        trend_status=pl.String,
        trend_slope=pl.Float64,
        trend_low=pl.Float64,
        trend_high=pl.Float64,
        trend_p_value=pl.Float64,
        trend_answers=pl.Int32,
        projection_status=pl.String,
        projection_date=pl.Date,
        projection_days=pl.Int32,
        projection_low_days=pl.Int32,
        projection_high_days=pl.Int32,
        projection_reason=pl.String,
    ),
    # one topic (OVERALL among them) at one week end, and at as_of (the last row of each topic)
    "history": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        date=pl.Date,
        value=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        retrieval=pl.Float64,
        answers=pl.Int32,
    ),
    # one topic in scope or an ancestor of one; parents before children
    "hierarchy": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        parent_id=pl.String,
        name=pl.String,
        depth=pl.Int32,
        status=pl.String,
        value=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        weight=pl.Float64,
        children=pl.Int32,
    ),
    # one topic with clocked reviews, OVERALL among them
    "reviews": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        name=pl.String,
        status=pl.String,  # due | fresh
        retrieval_strength=pl.Float64,
        items=pl.Int32,
        due_items=pl.Int32,
        due_at=TIME,
    ),
    # one day from today on
    "calendar": _table(learner_key=pl.String, date=pl.Date, due_items=pl.Int32),
    # one topic at one instant; kind is past (end of a day), now or forecast
    "curves": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        at=TIME,
        kind=pl.String,
        value=pl.Float64,
    ),
    # one recent answer on one topic
    "recent_reviews": _table(learner_key=pl.String, topic_id=pl.String, at=TIME, correct=pl.Boolean),
    # one learner: cards due now and when the next one will be, by FSRS and by the interval rule
    "schedulers": _table(
        learner_key=pl.String,
        due_items=pl.Int32,
        next_due_at=TIME,
        rule_due_items=pl.Int32,
        rule_next_due_at=TIME,
    ),
    # one item within one topic
    "topic_items": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        question_id=pl.String,
        attempts=pl.Int32,
        correct=pl.Int32,
        last_answer_at=TIME,
        retrievability=pl.Float64,
        stability_days=pl.Float64,
        difficulty=pl.Float64,
        due_at=TIME,
    ),
    # one topic in scope that is not mastered, in order of severity, then priority
    "gaps": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        name=pl.String,
        kind=pl.String,  # never_learned | forgotten | not_yet_seen | developing
        severity=pl.String,
        gap=pl.Float64,
        mastery=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        priority=pl.Float64,
        gap_part=pl.Float64,
        exam_part=pl.Float64,
        prerequisite_part=pl.Float64,
        failure_part=pl.Float64,
        exam_weight=pl.Float64,
        exam_weight_source=pl.String,
        recent_failure_rate=pl.Float64,
        recent_answers=pl.Int32,
        hours_status=pl.String,
        hours=pl.Float64,
        hours_basis=pl.String,
        prerequisites_missing=TEXTS,
        path=TEXTS,
        unlocks=TEXTS,
        reason=pl.String,
    ),
    # one unmastered topic, in the order in which to learn them
    "path": _table(
        learner_key=pl.String,
        position=pl.Int32,
        topic_id=pl.String,
        name=pl.String,
        why=pl.String,
    ),
    # one topic in scope that has a prerequisite or is one
    "graph_nodes": _table(
        learner_key=pl.String,
        topic_id=pl.String,
        name=pl.String,
        mastery=pl.Float64,
        severity=pl.String,
        layer=pl.Int32,
        status=pl.String,
    ),
    "graph_edges": _table(learner_key=pl.String, from_topic=pl.String, to_topic=pl.String),
    # one learner
    "rhythm": _table(
        learner_key=pl.String,
        status=pl.String,
        today=pl.Date,
        today_answers=pl.Int32,
        today_correct=pl.Int32,
        today_accuracy=pl.Float64,
        active_days_7=pl.Int32,
        active_days_28=pl.Int32,
        current_run_days=pl.Int32,
        longest_run_days=pl.Int32,
        best_week_days=pl.Int32,
        this_week_days=pl.Int32,
    ),
    # one learner
    "readiness": _table(
        learner_key=pl.String,
        status=pl.String,  # ok | no_target | no_weights | no_data | not_enough_data
        exam_id=pl.String,
        exam_name=pl.String,
        target_date=pl.Date,
        days_out=pl.Int32,
        known=pl.Float64,
        known_low=pl.Float64,
        known_high=pl.Float64,
        topics=pl.Int32,
        topics_seen=pl.Int32,
        topics_enough=pl.Int32,
        topics_mastered=pl.Int32,
        topics_weak=pl.Int32,
        answers=pl.Int32,
        coverage=pl.Float64,
        percent_correct=pl.Float64,
        pass_mark=pl.Float64,
        predicted_status=pl.String,  # ok | no_model | withheld | not_enough_data
        predicted=pl.Float64,
        predicted_low=pl.Float64,
        predicted_high=pl.Float64,
        predicted_coverage=pl.Float64,
        passing=pl.Float64,
        widened=pl.Float64,
        model_version=pl.Int64,
        ready_status=pl.String,
        ready_days=pl.Int32,
        ready_low_days=pl.Int32,
        ready_high_days=pl.Int32,
        ready_date=pl.Date,
        ready_reason=pl.String,
    ),
    # one feature of one learner, `exam_features.FEATURES`
    "readiness_features": _table(learner_key=pl.String, feature=pl.String, value=pl.Float64),
    # one section of the target exam
    "readiness_sections": _table(
        learner_key=pl.String,
        section=pl.String,
        weight=pl.Float64,
        known=pl.Float64,
        low=pl.Float64,
        high=pl.Float64,
        topics=pl.Int32,
        topics_enough=pl.Int32,
        weak=TEXTS,
        unknown=TEXTS,
    ),
    # known share of the exam at one week end, and at as_of (the last row)
    "readiness_history": _table(learner_key=pl.String, date=pl.Date, value=pl.Float64, low=pl.Float64, high=pl.Float64),
    # one day of the last half year with activity
    "days": _table(learner_key=pl.String, date=pl.Date, answers=pl.Int32, interactions=pl.Int32),
    **STUDY_EVALUATED,
}

PARTS: Mapping[str, tuple[str, ...]] = {
    "mastery": ("mastery", "history", "next_answers"),
    "hierarchy": ("hierarchy",),
    "reviews": ("reviews", "calendar", "schedulers"),
    "curves": ("curves", "recent_reviews"),
    "items": ("topic_items",),
    "gaps": ("gaps", "path"),
    "gap_graph": ("graph_nodes", "graph_edges"),
    "rhythm": ("rhythm", "days"),
    **STUDY_PARTS,
    "readiness": ("readiness", "readiness_features"),
    "readiness_details": ("readiness_sections", "readiness_history"),
}
"""Parts that `evaluate` can be asked for, and the tables each gives; `learner` always comes."""


def tables_of(parts: Iterable[str]) -> tuple[str, ...]:
    """Names of the evaluated tables that the parts give, `learner` first.

    Raises:
        InputError: there is no such part (`unknown_part`).
    """
    names = ["learner"]
    for part in parts:
        if part not in PARTS:
            raise InputError(f"There is no part {part}.", hint=f"One of {', '.join(PARTS)}.", code="unknown_part")
        names.extend(PARTS[part])
    return tuple(dict.fromkeys(names))
