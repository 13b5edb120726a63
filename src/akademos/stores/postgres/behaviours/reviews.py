"""Reviews of submissions: points by the rubric of the revision that was worked on, until the reviews settle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from akademos.catalogue.records import BY_NAME
from akademos.catalogue.records.declaration import Record
from akademos.errors import Conflict
from akademos.learning.quizzes import PASS_THRESHOLD
from akademos.learning.review import (
    Requirement,
    Review,
    ReviewPolicy,
    check_reviewer,
    rubric_of,
    score_by_rubric,
    settle,
)
from akademos.stores.postgres.behaviours.content import published, published_as, rows
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.record_rows import Row

EXERCISES = "learning_practical_exercises"
REVIEWS = BY_NAME["learning_exercise_reviews"]


def on_begin_submission(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Work is done on the revision that is published."""
    exercise = published(work, EXERCISES, row["exercise_id"])
    return {"exercise_revision": exercise["revision"], "course_id": exercise["course_id"]}


def on_review(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Count the points and see whether the reviews settle it; while they do not, the submission waits for another.

    Raises:
        Forbidden, Conflict: the reviewer may not review it.
        InputError: the levels chosen are not those of the rubric.
    """
    exercise = published_as(work, EXERCISES, row["exercise_id"], row["exercise_revision"])
    earlier = rows(
        work,
        "SELECT reviewer_key, score FROM learning_exercise_reviews "
        "WHERE tenant_id = %s AND submission_id = %s ORDER BY round",
        row["submission_id"],
    )
    reviewers = [str(one["reviewer_key"]) for one in earlier]
    reviewer = work.actor_key or work.actor
    # That the reviewer teaches the course is what let the submission come within reach.
    check_reviewer(reviewer=reviewer, author=str(row["learner_key"]), earlier=reviewers, teaches=True)
    if exercise.get("rubric") is None:
        raise Conflict(
            "The exercise has no rubric in the revision that was worked on.",
            hint="Publish a revision with a rubric, and have the work handed in on that.",
            code="rubric_missing",
        )
    chosen = _chosen(sent["rubric_scores"])
    scored = score_by_rubric(rubric_of(exercise["rubric"]), chosen)
    levels = [{"criterion": one, "level": chosen[one], "points": points} for one, points in scored.points.items()]
    work.create(
        REVIEWS,
        {
            "submission_id": row["submission_id"],
            "round": len(earlier) + 1,
            "learner_key": row["learner_key"],
            "course_id": row["course_id"],
            "reviewer_key": work.actor_key,
            "rubric_scores": levels,
            "score": scored.share,
            "feedback": sent.get("feedback"),
        },
    )
    shares = [Review(who, one["score"]) for who, one in zip(reviewers, earlier, strict=True)]
    settled = settle(
        [*shares, Review(reviewer, scored.share)], _policy(exercise), contested=row["status"] == "second_review"
    )
    who = "reviewer_key" if not earlier else "second_reviewer_key"
    written: dict[str, object] = {"rubric_scores": levels, who: work.actor_key}
    if settled.settled:
        return written | {"score": settled.share, "passed": settled.passed}
    return written | {"status": "second_review", "reviewed_at": None}


def on_contest(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """A learner may have their work reviewed by somebody else, once.

    Raises:
        Conflict: two people have reviewed it already.
    """
    (found,) = rows(
        work,
        "SELECT count(*) AS n FROM learning_exercise_reviews WHERE tenant_id = %s AND submission_id = %s",
        row["submission_id"],
    )
    if found["n"] >= 2:
        raise Conflict(
            "Two people have reviewed this work already.",
            hint="The regulations of your institution say where an appeal goes.",
            code="reviewed_twice",
        )
    return {"score": None, "passed": None, "reviewed_at": None}


def _policy(exercise: Mapping[str, Any]) -> ReviewPolicy:
    required = "two" if exercise.get("review") == "two" else "one"
    threshold = exercise.get("pass_threshold")
    return ReviewPolicy(cast("Requirement", required), PASS_THRESHOLD if threshold is None else threshold)


def _chosen(scores: object) -> dict[str, str]:
    listed = scores if isinstance(scores, list) else []
    return {str(one["criterion"]): str(one["level"]) for one in listed}
