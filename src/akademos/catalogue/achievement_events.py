"""Study events of results: quizzes, exercises and their reviews, certificates; and of recommendations."""

from __future__ import annotations

from akademos.catalogue.declarations import EventType, Party, Property, years
from akademos.catalogue.event_defaults import (
    ALL,
    REVIEW_BY,
    STUDY_PURPOSES,
    learner_example,
    wire_example,
)
from akademos.catalogue.property_forms import (
    choice,
    count,
    course_day,
    day,
    flag,
    identifier,
    moment,
    number,
    seconds,
    share,
    text,
    texts,
)

_ATTEMPT = count("attempt_number", "1 for the first attempt", 10_000, lowest=1, column="attempt_number")
_ASSESSMENT_KIND = choice(
    "assessment_kind",
    "how it is marked",
    "quiz",
    "computer_marked",
    "tutor_marked",
    "exam",
    "exercise",
)
_DUE_OFFSET = number("due_offset_days", "submission minus due date; negative is early", -3650, 3650, unit="days")
_STAFF: dict[str, object] = {"user_id": "staff-3", "persona": "instructor", "subject_id": "u-1029"}


def _result(
    name: str,
    description: str,
    emitted_when: str,
    required_core: tuple[str, ...],
    own: tuple[Property, ...],
    example: dict[str, object],
    *,
    actor: Party = Party.LEARNER,
    subject: Party = Party.NONE,
    endpoint: str = "POST v1/events",
) -> EventType:
    return EventType(
        name=name,
        description=description,
        emitted_when=emitted_when,
        personas=ALL,
        purposes=STUDY_PURPOSES,
        retention=years(2),
        owner="learning science",
        review_by=REVIEW_BY,
        marts=("study_events",),
        actor=actor,
        subject=subject,
        required_core=required_core,
        properties=own,
        example=example,
        frontend_emission="learning view" if actor is Party.LEARNER else "none, the server emits it",
        backend_endpoint=endpoint,
        family="study",
    )


def _certificate(change: str, description: str, emitted_when: str, own: Property, value: object) -> EventType:
    name = f"certificate_{change}"
    return _result(
        name,
        description,
        emitted_when,
        ("certificate_id", "subject_id"),
        (text("content_version", "version of the course or path it was earned on", 64), own),
        wire_example(
            name,
            {"subject_id": "u-1029", "certificate_id": "cert-9", "course_id": "anatomy-2026"},
            content_version="2",
            **{own.name: value},
        ),
        actor=Party.SYSTEM,
        subject=Party.LEARNER,
        endpoint=f"POST certificates/{{id}}/{change}",
    )


def _recommendation(change: str, description: str, emitted_when: str, *own: tuple[Property, object]) -> EventType:
    name = f"recommendation_{change}"
    return _result(
        name,
        description,
        emitted_when,
        ("recommendation_id",),
        (
            choice(
                "recommendation_kind",
                "what is recommended",
                "content",
                "review",
                "tutoring",
                "advisor",
                "question",
            ),
            choice(
                "source_trigger",
                "what led to it",
                "gap",
                "schedule",
                "inactivity",
                "similar_learners",
                "effectiveness",
                "advisor",
            ),
            texts("topic_ids", "topics of the curriculum it is about", column="topic_ids"),
            *(rule for rule, _ in own),
        ),
        learner_example(
            name,
            {"recommendation_id": "rec-5", "material_id": "video-3"},
            recommendation_kind="content",
            source_trigger="gap",
            topic_ids=["cardiology"],
            **{rule.name: value for rule, value in own},
        ),
    )


ACHIEVEMENT_EVENTS: tuple[EventType, ...] = (
    _result(
        "quiz_attempt_started",
        "A learner has begun an attempt at a quiz, an assignment or an exam.",
        "the attempt is opened",
        ("assessment_id",),
        (
            _ASSESSMENT_KIND,
            _ATTEMPT,
            count("questions_total", "questions of the attempt", 10_000),
            count("time_limit_seconds", "time allowed", 604_800, unit="s"),
        ),
        learner_example(
            "quiz_attempt_started",
            {"assessment_id": "quiz-12", "course_id": "anatomy-2026"},
            assessment_kind="quiz",
            attempt_number=1,
            questions_total=20,
            time_limit_seconds=1800,
        ),
    ),
    _result(
        "quiz_attempt_submitted",
        "A learner has submitted an attempt at a quiz, an assignment or an exam.",
        "the attempt is handed in; a mark that comes later is sent by a source that knows it, under an id of its own",
        ("assessment_id",),
        (
            share("score", "mark as a share of the full mark; absent while it is not marked", column="score"),
            _ASSESSMENT_KIND,
            _ATTEMPT,
            seconds("attempt_seconds", "time from opening to handing in"),
            _DUE_OFFSET,
            course_day("submission_day", "day of submission, where the source counts from the course's start"),
            flag("is_banked", "whether the mark was carried over from an earlier presentation"),
            number("weight_percent", "weight of the assessment in the course", 0, 100, unit="%"),
            count("questions_correct", "questions answered fully right", 10_000),
            count("questions_total", "questions of the attempt", 10_000),
            flag("passed", "whether the pass threshold was reached"),
        ),
        learner_example(
            "quiz_attempt_submitted",
            {"assessment_id": "1752", "course_id": "AAA/2013J"},
            score=0.78,
            assessment_kind="tutor_marked",
            attempt_number=1,
            attempt_seconds=1500,
            due_offset_days=-1,
            submission_day=18,
            is_banked=False,
            weight_percent=10,
            questions_correct=15,
            questions_total=20,
            passed=True,
        ),
    ),
    _result(
        "exercise_submitted",
        "A learner has handed in a practical exercise; the work itself is not part of the event.",
        "the exercise is handed in",
        ("assessment_id",),
        (
            _ATTEMPT,
            seconds("work_seconds", "time spent, as the host counts it"),
            _DUE_OFFSET,
            choice("evidence_kind", "form of the work", "text", "file", "code", "media", "link"),
            texts("topic_ids", "topics of the curriculum it is about", column="topic_ids"),
        ),
        learner_example(
            "exercise_submitted",
            {"assessment_id": "exercise-3", "course_id": "anatomy-2026"},
            attempt_number=1,
            work_seconds=5400,
            due_offset_days=-0.5,
            evidence_kind="file",
            topic_ids=["cardiology"],
        ),
    ),
    _result(
        "exercise_reviewed",
        "A reviewer has scored an exercise; the feedback stays in the record.",
        "the review is final",
        ("user_id", "subject_id", "assessment_id"),
        (
            share("score", "result by the rubric as a share of all points", column="score"),
            choice("review_result", "what follows", "accepted", "revision_needed", "rejected", required=True),
            count("criteria_scored", "criteria of the rubric that were scored", 1000),
            _ATTEMPT,
            texts("topic_ids", "topics of the curriculum it is about", column="topic_ids"),
        ),
        wire_example(
            "exercise_reviewed",
            {**_STAFF, "assessment_id": "exercise-3", "course_id": "anatomy-2026"},
            score=0.85,
            review_result="accepted",
            criteria_scored=6,
            attempt_number=1,
            topic_ids=["cardiology"],
        ),
        actor=Party.STAFF,
        subject=Party.LEARNER,
        endpoint="POST exercises/{id}/reviews",
    ),
    _result(
        "learning_progress_changed",
        "The platform's record of how far a learner has come is another; hosts do not send it, it moves no progress.",
        "the record of progress is stored",
        ("subject_id",),
        (
            choice("content_kind", "what it is", "course", "path", "lesson", "quiz", "exercise", required=True),
            identifier("content_id", "which one"),
            choice("progress_state", "how far in a word", "not_started", "in_progress", "completed", required=True),
            share("progress", "how much of it is done", required=True),
            share("progress_before", "how much was done before; absent where nothing was"),
            choice(
                "progress_origin",
                "what moved it: an event, its parts, or a service that set it",
                "event",
                "roll_up",
                "record",
                required=True,
            ),
            text("content_version", "revision of the content that was reached", 64),
        ),
        wire_example(
            "learning_progress_changed",
            {"subject_id": "u-1029", "course_id": "anatomy-2026"},
            content_kind="course",
            content_id="anatomy-2026",
            progress_state="in_progress",
            progress=0.4,
            progress_before=0.35,
            progress_origin="roll_up",
            content_version="2",
        ),
        actor=Party.SYSTEM,
        subject=Party.LEARNER,
        endpoint="none, the worker emits it",
    ),
    _certificate(
        "issued",
        "A certificate has been issued to a learner.",
        "the certificate is stored as issued",
        day("expires_on", "last day on which it is valid"),
        "2029-11-05",
    ),
    _certificate(
        "revoked",
        "A certificate has been revoked.",
        "the revocation is stored",
        choice("revocation_reason", "why", "error", "misconduct", "replaced", "requested"),
        "replaced",
    ),
    _certificate(
        "expired",
        "A certificate is no longer valid.",
        "its last day is over",
        day("expired_on", "its last day"),
        "2029-11-05",
    ),
    _recommendation(
        "shown",
        "A recommendation has been shown to a learner.",
        "it becomes visible, once a day",
        (count("list_position", "place in the list", 1000, lowest=1), 1),
        (number("priority", "priority it was given", 0, 100), 18.9),
    ),
    _recommendation(
        "accepted",
        "A learner follows a recommendation.",
        "it is opened or taken into the plan",
        (seconds("seconds_since_shown", "time since it was first shown", 31_536_000, column=None), 95),
    ),
    _recommendation(
        "dismissed",
        "A learner does not want a recommendation.",
        "it is dismissed",
        (
            choice("dismiss_reason", "why", "known", "too_hard", "too_long", "not_now", "irrelevant", "other"),
            "known",
        ),
    ),
    _recommendation(
        "completed",
        "What was recommended is done.",
        "the recommended content is completed, the review done or the talk held",
        (moment("accepted_at", "when it was accepted"), "2026-11-04T08:30:00Z"),
        (share("score", "result, where there is one; 1 is full marks", column="score"), 0.9),
        (identifier("outcome_id", "record of what followed"), "outcome-2"),
    ),
)
