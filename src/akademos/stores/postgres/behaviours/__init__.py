"""What acts on learning records bring about: numbers, scores, reviews, refusals. One mapping for whoever wires them.

A behaviour is asked before an act and may set more columns or refuse; a subscriber is told afterwards and may act
further, in the same transaction (see `record_changes`).
"""

from __future__ import annotations

from collections.abc import Mapping

from akademos.stores.postgres.behaviours.alerts import on_alert, on_note, tell_owner
from akademos.stores.postgres.behaviours.certificates import on_issue
from akademos.stores.postgres.behaviours.interventions import on_begin, on_help
from akademos.stores.postgres.behaviours.maturity import on_submitted_assessment, score_assessment
from akademos.stores.postgres.behaviours.progress import on_completed, on_progress
from akademos.stores.postgres.behaviours.publishing import (
    on_publish_course,
    on_publish_exercise,
    on_publish_model,
    on_publish_path,
    on_publish_quiz,
)
from akademos.stores.postgres.behaviours.quizzes import on_begin_attempt, on_submit_attempt, score_attempt_of
from akademos.stores.postgres.behaviours.reviews import on_begin_submission, on_contest, on_review
from akademos.stores.postgres.behaviours.tutoring import on_tutor_session
from akademos.stores.postgres.record_changes import Behaviour, Subscriber

BEHAVIOURS: Mapping[tuple[str, str], Behaviour] = {
    ("learning_courses", "publish"): on_publish_course,
    ("learning_paths", "publish"): on_publish_path,
    ("learning_quizzes", "publish"): on_publish_quiz,
    ("learning_practical_exercises", "publish"): on_publish_exercise,
    ("maturity_models", "publish"): on_publish_model,
    ("learning_quiz_attempts", "create"): on_begin_attempt,
    ("learning_quiz_attempts", "submit"): on_submit_attempt,
    ("learning_exercise_submissions", "create"): on_begin_submission,
    ("learning_exercise_submissions", "review"): on_review,
    ("learning_exercise_submissions", "contest"): on_contest,
    ("learning_user_progress", "create"): on_progress,
    ("learning_user_progress", "start"): on_progress,
    ("learning_user_progress", "complete"): on_completed,
    ("learning_certificates", "create"): on_issue,
    ("procurement_maturity_assessments", "submit"): on_submitted_assessment,
    ("learning_ai_tutor_sessions", "create"): on_tutor_session,
    ("advising_notes", "create"): on_note,
    ("learner_alerts", "create"): on_alert,
    ("learner_alerts", "update"): on_alert,
    ("learner_interventions", "create"): on_help,
    ("learner_interventions", "update"): on_help,
    ("learner_interventions", "start"): on_begin,
}
"""By record and create, update or action."""

SUBSCRIBERS: tuple[Subscriber, ...] = (score_attempt_of, score_assessment, tell_owner)
"""Told of every change."""
