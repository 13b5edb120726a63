"""Study events of sessions: started, alive, paused, resumed, ended; and of conversations with the tutor."""

from __future__ import annotations

from akademos.catalogue.declarations import EventType, Property, years
from akademos.catalogue.event_defaults import ALL, REVIEW_BY, STUDY_PURPOSES, learner_example
from akademos.catalogue.property_forms import choice, count, flag, identifier, seconds, share, texts

DAY_SECONDS = 86_400


def _session(
    name: str, description: str, emitted_when: str, own: tuple[Property, ...], example: dict[str, object]
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
        required_core=("session_id",),
        properties=own,
        example=learner_example(name, {"session_id": "s-88", "course_id": "anatomy-2026"}, **example),
        frontend_emission="browser and mobile SDK",
        backend_endpoint="POST v1/events",
        family="study",
    )


STUDY_SESSION_EVENTS: tuple[EventType, ...] = (
    _session(
        "study_session_started",
        "A learner begins to study.",
        "the first study activity after sign-in, or after a session has ended",
        (
            choice("session_goal", "what the session is for", "learn", "review", "practice", "exam", "explore"),
            count("planned_minutes", "time the learner means to study", 1440, unit="min"),
        ),
        {"session_goal": "review", "planned_minutes": 45},
    ),
    _session(
        "study_session_heartbeat_sent",
        "The study view is still in use.",
        "every 30 seconds while the view is visible or a video is playing",
        (
            flag("page_visible", "whether the view is in the foreground"),
            flag("media_playing", "whether a video or audio is playing, which counts as activity"),
            count("view_switches", "changes to another window since the last heartbeat", 1000),
            seconds("seconds_since_last", "time since the last heartbeat", 3600),
        ),
        {"page_visible": True, "media_playing": False, "view_switches": 1, "seconds_since_last": 30},
    ),
    _session(
        "study_session_paused",
        "A learner interrupts the session.",
        "the pause button is pressed, or 5 minutes pass without activity",
        (choice("pause_reason", "what caused the pause", "button", "idle", "hidden", "locked"),),
        {"pause_reason": "idle"},
    ),
    _session(
        "study_session_resumed",
        "A learner goes on with a paused session.",
        "the first activity after the pause",
        (seconds("paused_seconds", "length of the pause", DAY_SECONDS),),
        {"paused_seconds": 420},
    ),
    _session(
        "study_session_ended",
        "A session is over.",
        "the learner leaves, or 30 minutes pass without activity",
        (
            choice("end_reason", "what ended it", "left", "idle", "signed_out", "page_closed", "replaced"),
            seconds("active_seconds", "active time of the session, as the sender counts it", DAY_SECONDS),
            seconds("wall_seconds", "time from start to end", DAY_SECONDS, column=None),
        ),
        {"end_reason": "left", "active_seconds": 2400, "wall_seconds": 2880},
    ),
    _session(
        "tutor_session_started",
        "A conversation with the tutor begins.",
        "the first message of the conversation is sent",
        (
            choice("tutor_kind", "who answers", "model", "human", "mixed"),
            choice("opened_from", "where it was opened", "question", "material", "dashboard", "recommendation"),
        ),
        {"tutor_kind": "model", "opened_from": "question"},
    ),
    _session(
        "tutor_session_ended",
        "A conversation with the tutor is over.",
        "the conversation is closed, or 30 minutes pass without a message",
        (
            count("messages", "messages of both sides", 10_000),
            seconds("conversation_seconds", "time from the first to the last message", DAY_SECONDS),
            choice("tutor_outcome", "how it ended", "solved", "unsolved", "handed_over", "left"),
        ),
        {"messages": 8, "conversation_seconds": 380, "tutor_outcome": "solved"},
    ),
    _session(
        "tutor_message_sent",
        "A message in a conversation with the tutor; its words are not part of the event.",
        "the message is shown to the other side",
        (
            choice("sender_side", "who wrote it", "learner", "tutor", required=True),
            identifier("message_id", "message in the conversation"),
            count("message_length", "characters of the message", 1_000_000),
            texts("references", "materials and items that the message refers to", most=50),
            share("tutor_confidence", "the tutor's own confidence in its answer"),
            choice(
                "guardrail_result",
                "what the safety checks decided",
                "passed",
                "softened",
                "blocked",
                "escalated",
            ),
            texts("topic_ids", "topics of the curriculum it is about", column="topic_ids"),
            seconds("response_seconds", "time the answer took", 3600),
        ),
        {
            "sender_side": "tutor",
            "message_id": "m-4",
            "message_length": 412,
            "references": ["video-3"],
            "tutor_confidence": 0.82,
            "guardrail_result": "passed",
            "topic_ids": ["cardiology"],
            "response_seconds": 2.1,
        },
    ),
)
