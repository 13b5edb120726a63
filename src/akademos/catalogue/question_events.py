"""Study events of questions: shown, answer changed, submitted. One submission is one attempt at one item."""

from __future__ import annotations

from akademos.catalogue.declarations import EventType, years
from akademos.catalogue.event_defaults import ALL, REVIEW_BY, STUDY_PURPOSES, learner_example
from akademos.catalogue.property_forms import choice, count, flag, number, seconds, share, text, texts

_TOPICS = texts(
    "topic_ids",
    "topics of the curriculum the item belongs to, where the item bank does not say",
    column="topic_ids",
)
_VERSION = text("item_version", "version of the item that was on the screen", 64)
_ATTEMPT = count(
    "attempt_number",
    "1 for the learner's first attempt at the item",
    100_000,
    lowest=1,
    column="attempt_number",
)
_OWN_WORDS = "Open questions are answered in the learner's own words; closed ones send the chosen option."

QUESTION_EVENTS: tuple[EventType, ...] = (
    EventType(
        name="question_shown",
        description="A question is on the learner's screen.",
        emitted_when="the question becomes visible, once per attempt",
        personas=ALL,
        purposes=STUDY_PURPOSES,
        retention=years(2),
        owner="learning science",
        review_by=REVIEW_BY,
        marts=("study_events",),
        required_core=("question_id",),
        properties=(
            _TOPICS,
            _VERSION,
            _ATTEMPT,
            count("list_position", "place in the quiz or the queue", 10_000, lowest=1),
            choice("shown_because", "why it came up", "quiz", "review_due", "practice", "recommendation", "exam"),
        ),
        example=learner_example(
            "question_shown",
            {"question_id": "q-7", "session_id": "s-88", "course_id": "anatomy-2026"},
            topic_ids=["cardiology"],
            item_version="3",
            attempt_number=1,
            list_position=4,
            shown_because="review_due",
        ),
        frontend_emission="question view, when it becomes visible",
        backend_endpoint="POST v1/events",
        family="study",
    ),
    EventType(
        name="answer_changed",
        description="A learner has changed an answer before submitting it.",
        emitted_when="another option is chosen, or an open answer is left with other content",
        personas=ALL,
        purposes=STUDY_PURPOSES,
        retention=years(2),
        owner="learning science",
        review_by=REVIEW_BY,
        marts=("study_events",),
        required_core=("question_id",),
        properties=(
            _TOPICS,
            _VERSION,
            _ATTEMPT,
            texts("options_before", "options chosen before the change", most=50),
            texts("options_after", "options chosen after the change", most=50),
            seconds("seconds_since_shown", "time since the question was shown", column=None),
        ),
        example=learner_example(
            "answer_changed",
            {"question_id": "q-7", "session_id": "s-88"},
            topic_ids=["cardiology"],
            item_version="3",
            attempt_number=1,
            options_before=["a"],
            options_after=["c"],
            seconds_since_shown=21.4,
        ),
        frontend_emission="question view, on the change",
        backend_endpoint="POST v1/events",
        family="study",
    ),
    EventType(
        name="question_submitted",
        description="A learner has submitted an answer, and it is scored.",
        emitted_when="the answer is final for this attempt and its score is known",
        personas=ALL,
        purposes=STUDY_PURPOSES,
        retention=years(2),
        owner="learning science",
        review_by=REVIEW_BY,
        marts=("study_events", "question_attempts"),
        required_core=("question_id",),
        properties=(
            share("score", "partial score, 1 is fully correct; counts before `correct`", column="score"),
            flag("correct", "whether it is fully correct: true is a score of 1, false one of 0", column="score"),
            seconds(
                "time_to_answer_seconds",
                "from the question being visible to the submission, without pauses",
                column="duration_seconds",
            ),
            _ATTEMPT,
            share("confidence", "the learner's own confidence, asked before the result", column="confidence"),
            count("hints", "hints taken", 100, column="hints"),
            _VERSION,
            _TOPICS,
            text("answer", "the answer itself, where the host sends it", 4000, free_text=_OWN_WORDS),
            texts("chosen_options", "options of a closed question that were chosen", most=50),
            number("guess_seconds", "the item's time below which an answer counts as a guess", 0, 3600, unit="s"),
            choice("answered_in", "where the question came up", "quiz", "review", "practice", "exam", "lesson"),
        ),
        require_one_of=(("score", "correct"),),
        example=learner_example(
            "question_submitted",
            {"question_id": "q-7", "session_id": "s-88", "course_id": "anatomy-2026"},
            correct=True,
            time_to_answer_seconds=45,
            attempt_number=1,
            confidence=0.8,
            hints=0,
            item_version="3",
            topic_ids=["cardiology"],
            chosen_options=["c"],
            answered_in="review",
        ),
        frontend_emission="question view, when the result is known",
        backend_endpoint="POST v1/events",
        family="study",
    ),
)
