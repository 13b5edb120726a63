"""A small dictionary of one tenant: a skills lab that takes bookings."""

from __future__ import annotations

from datetime import date

from akademos.catalogue.declarations import Dataset, EventType, Kind, Property, Purpose, years
from akademos.catalogue.registry import Registry

MART = Dataset("lab_use", "Bookings of the lab.", "one booking", "skills lab", (), "mart", available=False)

SEATS = Property("seats", Kind.INTEGER, "places", minimum=1, maximum=20, invalid_example=0)
ROOM = Property("room", Kind.STRING, "room", values=("anatomy", "wards"), invalid_example="cellar")
CODE = Property("code", Kind.STRING, "code", maximum=8, pattern="[a-z]{2,8}", invalid_example="A")
HOURS = Property("hours", Kind.NUMBER, "booked", minimum=0, maximum=8, unit="h", invalid_example=9)
TOOLS = Property("tools", Kind.STRINGS, "tools taken", maximum=5, invalid_example=[1])


def booking(*properties: Property, **declared: object) -> EventType:
    """The event `lab_booking_confirmed`, whose example books one seat or as `declared` says."""
    usual: dict[str, object] = {
        "name": "lab_booking_confirmed",
        "description": "A learner has a place in the lab.",
        "emitted_when": "the booking is confirmed",
        "personas": ("student", "career_changer"),
        "purposes": (Purpose.LEARNING_SUPPORT,),
        "retention": years(2),
        "owner": "skills lab",
        "review_by": date(2027, 3, 31),
        "marts": ("lab_use",),
        "family": "study",
        "required_core": ("course_id",),
        "properties": properties,
        "example": {
            "event_name": "lab_booking_confirmed",
            "user_id": "u-1",
            "course_id": "c-1",
            "session_id": "s-1",
            "properties": {"seats": 1, "room": "wards"},
        },
    }
    return EventType(**{**usual, **declared})  # type: ignore[arg-type]  # each field is given its own type


def registry(*events: EventType) -> Registry:
    """A registry of these events alone."""
    return Registry(events, (MART,))
