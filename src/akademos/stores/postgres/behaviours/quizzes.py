"""Attempts at quizzes: numbered and timed when they begin, scored in the transaction in which they are handed in.

An attempt is scored by the revision of the quiz, and by the items, that were in force when it began. What was begun on
a revision stays on it, whatever is published since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from akademos.catalogue.records.declaration import Record
from akademos.errors import Conflict
from akademos.learning.quizzes import answers_of, item_keys, policy_of
from akademos.learning.scoring import AttemptScore, ScoringPolicy, score_attempt, why_not_counted
from akademos.stores.postgres.behaviours.content import in_force, published, published_as, rows
from akademos.stores.postgres.record_changes import Change, RecordWork
from akademos.stores.postgres.record_rows import Row

ATTEMPTS = "learning_quiz_attempts"
QUIZZES = "learning_quizzes"


def on_begin_attempt(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Number the attempt and start its clock; refused when the attempts allowed are used up.

    Only a service account may say when an attempt began: it may have taken place elsewhere.
    """
    quiz = published(work, QUIZZES, row["quiz_id"])
    # One at a time for a learner and quiz, so that no two get the same number.
    work.transaction.execute(
        "SELECT pg_advisory_xact_lock(hashtext(%s), hashtext(%s))",
        (f"{work.tenant_id}/{row['quiz_id']}", str(row["learner_key"])),
    )
    (before,) = rows(
        work,
        "SELECT count(*) AS taken, coalesce(max(attempt_number), 0) AS last, now() AS at FROM learning_quiz_attempts "
        "WHERE tenant_id = %s AND learner_key = %s AND quiz_id = %s",
        row["learner_key"],
        row["quiz_id"],
    )
    allowed = policy_of(quiz).attempts_allowed
    if allowed is not None and before["taken"] >= allowed:
        raise Conflict(
            f"All {allowed} attempts at this quiz are used up.",
            hint="What was reached stands; ask the teaching staff for another attempt.",
            code="attempts_used_up",
        )
    begun = sent.get("started_at") if work.actor.startswith("key:") else None
    return {
        "quiz_revision": quiz["revision"],
        "course_id": quiz["course_id"],
        "attempt_number": before["last"] + 1,
        "started_at": begun or before["at"],
    }


def on_submit_attempt(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """Refuse answers that cannot be scored before anything is written."""
    _scored(work, {**row, **sent})
    return {}


def score_attempt_of(work: RecordWork, change: Change) -> None:
    """Score an attempt that was handed in, or whose time is over: then with the answers that were saved."""
    if change.record.name != ATTEMPTS or change.action not in ("submit", "expire"):
        return
    attempt: Mapping[str, Any] = change.after
    policy, scored = _scored(work, attempt)
    number = attempt["attempt_number"] or 1
    handed_in = attempt["submitted_at"] or _begun(attempt)
    not_counted = why_not_counted(number, _begun(attempt), handed_in, policy)
    work.change(
        change.record,
        change.key,
        action="score",
        values={
            "item_scores": [{"question_id": item, "score": score} for item, score in scored.items.items()],
            "score": scored.score,
            "passed": scored.passed and not_counted is None,
        },
    )


def _scored(work: RecordWork, attempt: Mapping[str, Any]) -> tuple[ScoringPolicy, AttemptScore]:
    quiz = published_as(work, QUIZZES, attempt["quiz_id"], attempt["quiz_revision"])
    questions = quiz["question_ids"]
    items = in_force(work, "items", questions, _begun(attempt))
    policy = policy_of(quiz)
    return policy, score_attempt(item_keys(questions, items), answers_of(attempt["answers"]), policy)


def _begun(attempt: Mapping[str, Any]) -> datetime:
    begun: datetime = attempt["started_at"] or attempt["created_at"]
    return begun
