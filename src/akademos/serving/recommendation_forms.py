"""The form of the recommendations, as JSON Schema for the OpenAPI document."""

from __future__ import annotations

from akademos.serving.answer_forms import COUNT, INSTANT, NUMBER, TEXT, Schema, answer, form, listing, or_null


def schemas() -> dict[str, Schema]:
    """The form, by the name it has in the document."""
    step = form(
        "One step; the events recommendation_shown, _accepted, _dismissed and _completed name its recommendation_id.",
        position=COUNT,
        recommendation_id=TEXT,
        kind={"enum": ["advisor", "review", "tutoring", "content", "question"]},
        trigger={"enum": ["inactivity", "schedule", "gap", "similar_learners", "effectiveness"]},
        topic_id=or_null(TEXT),
        topic_name=or_null(TEXT),
        material_id=or_null(TEXT),
        priority=or_null(NUMBER),
        prerequisite_for=or_null(TEXT),
        reason=TEXT,
        status={"enum": ["proposed", "shown", "accepted"]},
        shown_at=or_null(INSTANT),
        accepted_at=or_null(INSTANT),
        evidence=or_null(
            form(
                "What is published to speak for a material: similar learners who succeeded (learners, others, change, "
                "low, high), or its gain (value, low, high, learners, others).",
                ground={"enum": ["similar_learners", "effectiveness"]},
                figures={"type": "object"},
            )
        ),
    )
    return {"Recommendations": answer("What to do next, in order.", recommendations=listing(step))}
