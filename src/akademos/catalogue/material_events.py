"""Study events of materials, and of the content's own life: published, revised, archived."""

from __future__ import annotations

from akademos.catalogue.declarations import Basis, EventType, Party, Property, Purpose, years
from akademos.catalogue.event_defaults import ALL, REVIEW_BY, STUDY_PURPOSES, learner_example, wire_example
from akademos.catalogue.property_forms import choice, count, number, seconds, share, text, texts

#: What a material is; importers map their source's kinds onto these.
MATERIAL_KINDS = (
    "page",
    "document",
    "book",
    "video",
    "audio",
    "image",
    "link",
    "folder",
    "home",
    "forum",
    "wiki",
    "glossary",
    "quiz",
    "exercise",
    "survey",
    "live_session",
    "dataset",
    "interactive",
    "activity",
    "other",
)
_SHARED: tuple[Property, ...] = (
    texts("topic_ids", "topics of the curriculum the material belongs to", column="topic_ids"),
    choice("material_kind", "what the material is", *MATERIAL_KINDS),
    text("material_version", "version that was on the screen", 64),
    seconds("duration_seconds", "active time spent with it in this interaction"),
    number("quantity", "how much of it, in the unit of quantity_unit", 0, 1_000_000, column="quantity"),
    choice(
        "quantity_unit",
        "what quantity counts; clicks where it is absent",
        "clicks",
        "pages",
        "views",
        "posts",
    ),
)
_CORE: dict[str, object] = {
    "material_id": "video-3",
    "course_id": "anatomy-2026",
    "session_id": "s-88",
}
_SHARED_EXAMPLE: dict[str, object] = {
    "topic_ids": ["cardiology"],
    "material_kind": "video",
    "material_version": "2",
    "duration_seconds": 310,
    "quantity": 1,
    "quantity_unit": "views",
}


def _material(
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
        marts=("study_events", "material_interactions"),
        required_core=("material_id",),
        properties=(*_SHARED, *own),
        example=learner_example(name, _CORE, **{**_SHARED_EXAMPLE, **example}),
        frontend_emission="material view",
        backend_endpoint="POST v1/events",
        family="study",
    )


def _content(name: str, description: str, emitted_when: str, own: Property, value: object) -> EventType:
    return EventType(
        name=name,
        description=description,
        emitted_when=emitted_when,
        personas=ALL,
        purposes=(Purpose.PRODUCT_ANALYTICS, Purpose.LEARNING_SUPPORT),
        retention=years(2),
        owner="content team",
        review_by=REVIEW_BY,
        marts=("study_events",),
        basis=Basis.CONTRACT,
        actor=Party.STAFF,
        required_core=("user_id", "material_id"),
        properties=(
            choice(
                "material_kind",
                "what the content is",
                *MATERIAL_KINDS,
                "course",
                "module",
                "lesson",
                "question",
            ),
            text("material_version", "version that the change leads to", 64),
            texts("topic_ids", "topics of the curriculum it belongs to", column="topic_ids"),
            own,
        ),
        example=wire_example(
            name,
            {
                "user_id": "staff-3",
                "persona": "instructor",
                "material_id": "video-3",
                "course_id": "anatomy-2026",
            },
            material_kind="video",
            material_version="2",
            topic_ids=["cardiology"],
            **{own.name: value},
        ),
        frontend_emission="none, the server emits it",
        backend_endpoint="POST contents/{id}/" + name.removeprefix("content_"),
        family="study",
    )


MATERIAL_EVENTS: tuple[EventType, ...] = (
    _material(
        "material_opened",
        "A learner has opened a material; a source with daily counts sends one event a day with its clicks.",
        "the material is on the screen",
        (
            choice(
                "opened_from",
                "where the learner came from",
                "course",
                "search",
                "recommendation",
                "review",
                "link",
            ),
        ),
        {"opened_from": "course"},
    ),
    _material(
        "material_progressed",
        "A learner has come further in a material.",
        "a quarter more is reached, and when the material is left",
        (
            share("progress", "share of the material reached", required=True),
            number("media_second", "position in a video or audio", 0, 604_800, unit="s"),
            number("playback_rate", "speed of playing", 0.1, 16),
            share("scroll_share", "deepest point reached on a page"),
        ),
        {"progress": 0.75, "media_second": 232, "playback_rate": 1.25, "scroll_share": 1},
    ),
    _material(
        "material_highlighted",
        "A learner has marked a passage; the passage itself is not part of the event.",
        "the marking is saved",
        (count("highlight_length", "characters marked, or seconds of a video", 1_000_000, lowest=1),),
        {"highlight_length": 120},
    ),
    _material(
        "material_noted",
        "A learner has written a note to a material; its words are not part of the event.",
        "the note is saved",
        (count("note_length", "characters of the note", 1_000_000),),
        {"note_length": 240},
    ),
    _material(
        "material_completed",
        "A learner has completed a material by its completion rule.",
        "the completion rule is met for the first time, and again after a new version",
        (
            choice(
                "completion_rule",
                "which rule was met",
                "viewed",
                "time_spent",
                "score",
                "all_parts",
                "self_declared",
            ),
            share("score", "result, where the rule is a score; 1 is full marks", column="score"),
        ),
        {"completion_rule": "score", "score": 0.9},
    ),
    _content(
        "content_published",
        "A version of a content is available to learners.",
        "the version is published",
        choice("published_to", "audience", "everybody", "course", "pilot"),
        "course",
    ),
    _content(
        "content_revised",
        "A content has a new version.",
        "the new version replaces the one before",
        choice("revision_size", "how far the new version differs", "typo", "minor", "major"),
        "minor",
    ),
    _content(
        "content_archived",
        "A content is no longer offered; what was earned on it stays.",
        "the content is archived",
        choice("archive_reason", "why", "outdated", "replaced", "ineffective", "rights", "other"),
        "replaced",
    ),
)
