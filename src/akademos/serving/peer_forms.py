"""The form of the answer of /v1/analytics/peers, as JSON Schema for the OpenAPI document."""

from __future__ import annotations

from akademos.serving.answer_forms import (
    COUNT,
    INSTANT,
    NUMBER,
    SHARE,
    TEXT,
    Schema,
    answer,
    form,
    listing,
    or_null,
)

_STATUS: Schema = {"enum": ["ok", "not_enough_data", "hidden"]}
_YES: Schema = or_null({"type": "boolean"})


def schemas() -> dict[str, Schema]:
    """The form, by the name it has in the document."""
    return {"Peers": _peers()}


def _peers() -> Schema:
    own = form(
        "The learner's own mastery of the course, and the band that it falls in.",
        status=_STATUS,
        reason=or_null(TEXT),
        value=or_null(SHARE),
        low=or_null(SHARE),
        high=or_null(SHARE),
        interval=SHARE,
        topics=COUNT,
        band={**or_null(COUNT), "description": "Number of the band in bands."},
        peers_below={**or_null(SHARE), "description": "Share of the peers in bands below."},
        peers_through={**or_null(SHARE), "description": "Share of the peers up to the end of the band."},
        place={**or_null(TEXT), "description": "lower, middle or upper: against the middle of the peers."},
        sure={**_YES, "description": "Whether the whole interval has the same place."},
    )
    standing = form(
        "How the peers' mastery of the course is spread.",
        status=_STATUS,
        reason=or_null(TEXT),
        learners=or_null(COUNT),
        bands=listing(form("From low to below high.", low=SHARE, high=SHARE, share=SHARE)),
        middle=form("Where the middle of the peers lies.", share=SHARE, low=or_null(SHARE), high=or_null(SHARE)),
        own=own,
    )
    topic = form(
        "How hard a topic is for the peers; null where withheld.",
        topic_id=TEXT,
        name=TEXT,
        status=_STATUS,
        learners=or_null(COUNT),
        hard=or_null(SHARE),
        easy=or_null(SHARE),
        time_to_mastery=form(
            "Weeks within which half had mastered it; null: not yet.",
            status=_STATUS,
            learners=or_null(COUNT),
            weeks=or_null(COUNT),
            low=or_null(COUNT),
            high=or_null(COUNT),
        ),
        own=form(
            "The learner's own side.",
            first_attempt_accuracy=or_null(SHARE),
            weeks=or_null(COUNT),
            mastered=_YES,
        ),
    )
    side = form("One side of the edge.", learners=or_null(COUNT), share=or_null(SHARE))
    habit = form(
        "A habit of peers above the edge against the others.",
        habit=TEXT,
        status=_STATUS,
        top=side,
        rest=side,
        difference=or_null(NUMBER),
        low=or_null(NUMBER),
        high=or_null(NUMBER),
        goes_with={**_YES, "description": "Whether the interval leaves out zero; not that one causes the other."},
        own=_YES,
    )
    course = form(
        "One course that the learner is enrolled in.",
        course_id=TEXT,
        course=TEXT,
        status=_STATUS,
        reason=or_null(TEXT),
        published_at=or_null(INSTANT),
        values_from={**or_null(INSTANT), "description": "Instant of the oldest values in it."},
        learners={**or_null(COUNT), "description": "People counted, rounded."},
        smallest_group=or_null(COUNT),
        standing=standing,
        topics=listing(topic),
        weak_points=listing({**TEXT, "description": "topic_id, hardest first."}),
        top_from={**or_null(SHARE), "description": "Mastery from which on a peer counts as top for the habits."},
        habits=listing(habit),
    )
    return answer(
        "The learner among those who compare themselves, in bands and never as a rank.",
        courses=listing(course),
        protection=form("What was done.", counts_rounded_to=COUNT, shares_within=listing(SHARE)),
    )
