"""Limits of questions about journeys, and the rules about contents, items and journeys that are enforced in code."""

from __future__ import annotations

from dataclasses import dataclass

from akademos.catalogue.declarations import Policy


@dataclass(frozen=True, slots=True)
class JourneyLimits:
    """Counts, and windows as words of the address with their length in hours (None: whenever)."""

    questions: int = 300
    steps: int = 6
    depth: int = 4
    paths: int = 20


JOURNEY_LIMITS = JourneyLimits()

WINDOWS: dict[str, int | None] = {"1h": 1, "1d": 24, "7d": 168, "30d": 720, "any": None}
"""Of a funnel's step: how many hours after the one before. A closed list, so that no window is cut to fit a person."""

_SPEC = "privacy.md, disclosure control"

CONTENT_POLICIES: tuple[Policy, ...] = (
    Policy(
        "content_statistics",
        "Statistics of contents and items, and which materials help, are published nightly, in editions of whole parts "
        "of a course that differ by at least k learners; a share with fewer than k on one side is shown as a bound.",
        "k as the group floor, shares of at least 2 k people",
        "privacy.shown_shares, jobs.content_statistics",
        _SPEC,
    ),
    Policy(
        "journey_questions",
        "Questions about journeys rest on the people and events of the last edition, are made of closed lists, and are "
        "limited in number; the same question gets the same answer. Every count, and whatever left before the next, "
        "is of at least k people.",
        f"{JOURNEY_LIMITS.questions} different questions a course and edition; windows {', '.join(WINDOWS)}",
        "jobs.journey_answers",
        _SPEC,
    ),
)
