"""The form of the recommendations, as JSON Schema for the OpenAPI document."""

from __future__ import annotations

from akademos.serving.answer_forms import COUNT, NUMBER, TEXT, Schema, answer, form, listing, or_null


def schemas() -> dict[str, Schema]:
    """The form, by the name it has in the document."""
    step = form(
        "One step; the events recommendation_shown, _accepted, _dismissed and _completed name its recommendation_id.",
        position=COUNT,
        recommendation_id=TEXT,
        kind={"enum": ["review", "tutoring", "content", "question"]},
        trigger={"enum": ["schedule", "gap"]},
        topic_id=TEXT,
        topic_name=TEXT,
        material_id=or_null(TEXT),
        priority=or_null(NUMBER),
        prerequisite_for=or_null(TEXT),
        reason=TEXT,
    )
    return {"Recommendations": answer("What to do next, in order.", recommendations=listing(step))}
