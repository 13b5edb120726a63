"""What the events that ship have in common: who they are for, what they may be used for, when they are reviewed."""

from __future__ import annotations

import uuid
from datetime import date

from akademos.catalogue.declarations import Purpose

#: The next quarterly review of the whole dictionary.
REVIEW_BY = date(2027, 3, 31)

ALL = ("all",)
LEARNERS = ("student", "career_changer")

#: Study is recorded for the learner's own sake; advising, content improvement and research each need their consent.
STUDY_PURPOSES = (
    Purpose.LEARNING_SUPPORT,
    Purpose.ADVISING,
    Purpose.PRODUCT_ANALYTICS,
    Purpose.RESEARCH,
)
GUIDANCE_PURPOSES = (Purpose.ADVISING, Purpose.PRODUCT_ANALYTICS)

_EXAMPLES = uuid.UUID("8d3a1f6e-2b54-4c7e-9a61-5f0d2c9b7e10")


def wire_example(wire_name: str, core: dict[str, object], **properties: object) -> dict[str, object]:
    """A whole event as a sender would send it, with an event_id of its own that never changes."""
    return {
        "event_id": str(uuid.uuid5(_EXAMPLES, wire_name)),
        "event_name": wire_name,
        "client_timestamp": "2026-11-05T08:30:00.250+01:00",
        **core,
        "properties": properties,
    }


def learner_example(wire_name: str, core: dict[str, object] | None = None, **properties: object) -> dict[str, object]:
    """An event of a student in a browser."""
    context = {"user_id": "u-1029", "persona": "student", "context_device": "web.desktop"}
    return wire_example(wire_name, {**context, **(core or {})}, **properties)


def staff_example(wire_name: str, core: dict[str, object] | None = None, **properties: object) -> dict[str, object]:
    """An event of an advisor."""
    return wire_example(wire_name, {"user_id": "staff-7", "persona": "advisor", **(core or {})}, **properties)
