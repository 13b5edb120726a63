"""Quizzes, practical exercises, and what learners hand in."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.event_defaults import STUDY_PURPOSES
from akademos.catalogue.records.declaration import STUDY_RECORD, Action, Field, LifeCycle, Record, access
from akademos.catalogue.records.life_cycles import (
    AUTHORS,
    CONTENT,
    CONTENT_ACTIONS,
    PUBLISHED,
    TEACHERS,
    read_by_all,
    status,
)
from akademos.catalogue.roles import Reach

_COURSE = Field("course_id", "text", "course", refers="learning_courses", looked_up=True)
_LEARNER = Field("learner_key", "person", "whose it is", required=True, looked_up=True)

SCORING = {
    "type": "object",
    "required": ["counts"],
    "properties": {
        "counts": {"enum": ["best", "last", "average"]},
        "partial_credit": {"type": "boolean"},
    },
}
ANSWERS = {
    "type": "array",
    "maxItems": 1_000,
    "items": {
        "type": "object",
        "required": ["question_id"],
        "properties": {
            "question_id": {"type": "string", "minLength": 1, "maxLength": 256},
            "chosen": {
                "type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 256},
            },
            "text": {"type": "string", "maxLength": 20_000},
            "seconds": {"type": "number", "minimum": 0},
        },
    },
}  # fmt: skip
ITEM_SCORES = {
    "type": "array",
    "maxItems": 1_000,
    "items": {
        "type": "object",
        "required": ["question_id", "score"],
        "properties": {
            "question_id": {"type": "string", "minLength": 1, "maxLength": 256},
            "score": {"type": "number", "minimum": 0, "maximum": 1},
        },
    },
}
RUBRIC = {
    "type": "object",
    "required": ["criteria"],
    "properties": {
        "criteria": {
            "type": "array",
            "minItems": 1,
            "maxItems": 100,
            "items": {
                "type": "object",
                "required": ["criterion", "levels"],
                "properties": {
                    "criterion": {"type": "string", "minLength": 1, "maxLength": 256},
                    "description": {"type": "string", "maxLength": 2_000},
                    "weight": {"type": "number", "minimum": 0},
                    "levels": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": 50,
                        "items": {
                            "type": "object",
                            "required": ["level", "points"],
                            "properties": {
                                "level": {"type": "string", "minLength": 1, "maxLength": 256},
                                "points": {"type": "number", "minimum": 0},
                                "description": {"type": "string", "maxLength": 2_000},
                            },
                        },
                    },
                },
            },
        }
    },
}
RUBRIC_SCORES = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "type": "object",
        "required": ["criterion", "level"],
        "properties": {
            "criterion": {"type": "string", "minLength": 1, "maxLength": 256},
            "level": {"type": "string", "minLength": 1, "maxLength": 256},
            "points": {"type": "number", "minimum": 0},
        },
    },
}

QUIZZES = Record(
    name="learning_quizzes",
    collection="quizzes",
    singular="quiz",
    description="Which items are asked together, and how answers to them are scored.",
    grain="one quiz",
    file="quizzes.csv",
    fields=(
        Field("quiz_id", "text", "quiz", key=True, required=True),
        _COURSE,
        Field("title", "text", "title", required=True, searched=True),
        Field("question_ids", "texts", "its items, in order", required=True, refers="items", enforced=False),
        Field("pass_threshold", "number", "score from which it is passed", unit="share", least=0, most=1),
        Field(
            "scoring_policy",
            "json",
            "which attempt counts (best, last or average), and whether part of an answer earns part of the credit",
            form=SCORING,
        ),
        Field("attempts_allowed", "integer", "how often it may be taken; empty: any number", least=1, most=1_000),
        Field("time_limit_seconds", "integer", "how long an attempt may take", unit="s", least=1, most=1_000_000),
        status(CONTENT, "draft, in_review, published or archived"),
    ),
    access=(
        *AUTHORS,
        TEACHERS,
        access("instructor", Reach.TENANT, "read", PUBLISHED),
        *read_by_all("product", "instructor", states=PUBLISHED),
    ),
    life_cycle=CONTENT,
    actions=CONTENT_ACTIONS,
    versioned=True,
)

ATTEMPT = LifeCycle(
    "in_progress",
    {
        "in_progress": {"submit": "submitted", "abandon": "abandoned", "expire": "expired"},
        "submitted": {"score": "scored"},
        "scored": {},
        "abandoned": {},
        "expired": {"score": "scored"},
    },
    entries=("submitted", "scored", "abandoned", "expired"),
)

ATTEMPTS = Record(
    name="learning_quiz_attempts",
    collection="quiz-attempts",
    singular="attempt",
    description="A learner taking a quiz: answers, scores of items, the score. Points at the revision that was taken.",
    grain="one attempt of one learner at one quiz",
    fields=(
        Field("attempt_id", "text", "attempt", key=True, required=True),
        _LEARNER,
        Field("quiz_id", "text", "quiz", required=True, refers="learning_quizzes", looked_up=True),
        Field("quiz_revision", "integer", "revision of the quiz that was taken", least=1, set_by="platform"),
        Field("course_id", "text", "course of the quiz", refers="learning_courses", looked_up=True, set_by="platform"),
        Field("attempt_number", "integer", "1 for the first", least=1, set_by="platform"),
        Field("answers", "json", "what was answered, by item", form=ANSWERS),
        Field("item_scores", "json", "score of each item", form=ITEM_SCORES, set_by="platform"),
        Field("score", "number", "of the whole", unit="share", least=0, most=1, set_by="platform"),
        Field("passed", "boolean", "whether the pass threshold was reached", set_by="platform"),
        status(ATTEMPT, "in_progress, submitted, scored, abandoned or expired"),
        Field("started_at", "timestamp", "when it was begun"),
        Field("submitted_at", "timestamp", "when it was handed in", set_by="platform"),
        Field("scored_at", "timestamp", "when it was scored", set_by="platform"),
    ),
    access=(
        access("learner", Reach.SELF, "read create update submit abandon"),
        access("instructor", Reach.OWN_COURSES, "read"),
        access("service", Reach.TENANT, "read create update submit abandon"),
    ),
    life_cycle=ATTEMPT,
    actions={
        "submit": Action("Hand it in.", sets=("answers",), stamps=("submitted_at",)),
        "abandon": Action("Give it up."),
        "expire": Action("Its time is over.", by_platform=True),
        "score": Action(
            "Score it.",
            sets=("item_scores", "score", "passed"),
            needs=("score",),
            stamps=("scored_at",),
            by_platform=True,
        ),
    },
    audited={"score": AuditAction.QUIZ_SCORED},
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
    upstream=("learning_quizzes",),
)

EXERCISES = Record(
    name="learning_practical_exercises",
    collection="exercises",
    singular="exercise",
    description="Something to be done and handed in, and the rubric by which it is reviewed.",
    grain="one exercise",
    file="exercises.csv",
    fields=(
        Field("exercise_id", "text", "exercise", key=True, required=True),
        _COURSE,
        Field("title", "text", "title", required=True, searched=True),
        Field("prompt", "text", "what is to be done", required=True, searched=True),
        Field("rubric", "json", "criteria, their levels, and the points of each", form=RUBRIC),
        Field(
            "review",
            "text",
            "whether somebody must review it: not at all, one person, or two who agree",
            required=True,
            values=("none", "one", "two"),
            default="one",
        ),
        Field("pass_threshold", "number", "share of the points from which it is passed", unit="share", least=0, most=1),
        status(CONTENT, "draft, in_review, published or archived"),
    ),
    access=(
        *AUTHORS,
        TEACHERS,
        access("instructor", Reach.TENANT, "read", PUBLISHED),
        *read_by_all("product", "instructor", states=PUBLISHED),
    ),
    life_cycle=CONTENT,
    actions=CONTENT_ACTIONS,
    versioned=True,
)

SUBMISSION = LifeCycle(
    "draft",
    {
        "draft": {"submit": "submitted", "withdraw": "withdrawn"},
        "submitted": {"review": "reviewed", "ask_second": "second_review", "return": "returned"},
        "second_review": {"review": "reviewed", "return": "returned"},
        "returned": {"submit": "submitted", "withdraw": "withdrawn"},
        "reviewed": {},
        "withdrawn": {},
    },
    entries=("submitted", "reviewed", "returned", "withdrawn"),
)

SUBMISSIONS = Record(
    name="learning_exercise_submissions",
    collection="exercise-submissions",
    singular="submission",
    description="What a learner handed in for an exercise, and its review.",
    grain="one submission of one learner",
    fields=(
        Field("submission_id", "text", "submission", key=True, required=True),
        _LEARNER,
        Field(
            "exercise_id",
            "text",
            "exercise",
            required=True,
            refers="learning_practical_exercises",
            looked_up=True,
        ),
        Field("exercise_revision", "integer", "revision that was worked on", least=1, set_by="platform"),
        Field("course_id", "text", "course of the exercise", refers="learning_courses", looked_up=True,
              set_by="platform"),
        Field("evidence_reference", "text", "where the work is", confidential=True),
        status(SUBMISSION, "draft, submitted, second_review, returned, reviewed or withdrawn"),
        Field("rubric_scores", "json", "level reached in each criterion", form=RUBRIC_SCORES, set_by="platform"),
        Field("score", "number", "share of the points", unit="share", least=0, most=1, set_by="platform"),
        Field("passed", "boolean", "whether the pass threshold was reached", set_by="platform"),
        Field("feedback", "text", "what the reviewer says", confidential=True, set_by="platform"),
        Field("reviewer_key", "person", "who reviewed it", party="staff", looked_up=True, set_by="platform"),
        Field("second_reviewer_key", "person", "who reviewed it again", party="staff", set_by="platform"),
        Field("submitted_at", "timestamp", "when it was handed in", set_by="platform"),
        Field("reviewed_at", "timestamp", "when it was reviewed", set_by="platform"),
    ),
    access=(
        access("learner", Reach.SELF, "read create update submit withdraw"),
        access("instructor", Reach.OWN_COURSES, "read review return ask_second"),
        access("service", Reach.TENANT, "read create update submit withdraw"),
    ),
    life_cycle=SUBMISSION,
    actions={
        "submit": Action("Hand it in.", stamps=("submitted_at",)),
        "withdraw": Action("Take it back."),
        "review": Action(
            "Say what was reached.",
            sets=("rubric_scores", "score", "passed", "feedback"),
            needs=("rubric_scores",),
            stamps=("reviewed_at",),
            stamps_actor=("reviewer_key",),
        ),
        "ask_second": Action(
            "Have somebody else review it too.",
            sets=("rubric_scores", "feedback"),
            stamps_actor=("second_reviewer_key",),
        ),
        "return": Action("Give it back to be worked over.", sets=("feedback",), stamps_actor=("reviewer_key",)),
    },
    audited={"review": AuditAction.EXERCISE_REVIEWED, "return": AuditAction.EXERCISE_REVIEWED,
             "ask_second": AuditAction.EXERCISE_REVIEWED},
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
    upstream=("learning_practical_exercises",),
)  # fmt: skip

ASSESSMENT = (QUIZZES, ATTEMPTS, EXERCISES, SUBMISSIONS)
