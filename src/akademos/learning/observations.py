"""What an event about a learner's work says about their progress in a lesson, a quiz or an exercise. Pure.

The events are fixed by name: an event that the platform itself makes of a progress is none of them, so a progress
never comes back as an observation of itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from akademos.learning.completion import Rule
from akademos.learning.progress import DONE, NEARLY, Content, ContentKind, Progress, observed

PROGRESS_EVENTS: Mapping[str, tuple[str, tuple[ContentKind, ...]]] = MappingProxyType(
    {
        "material_opened": ("material_id", ("lesson",)),
        "material_progressed": ("material_id", ("lesson",)),
        "material_completed": ("material_id", ("lesson",)),
        "quiz_attempt_started": ("assessment_id", ("quiz",)),
        "quiz_attempt_submitted": ("assessment_id", ("quiz",)),
        "question_submitted": ("assessment_id", ("quiz",)),
        "exercise_submitted": ("assessment_id", ("exercise",)),
        "exercise_reviewed": ("assessment_id", ("exercise",)),
    }
)
"""Events that move progress: the property that names the content, and what kind of content it may be."""

PROGRESS_CHANGED = "learning_progress_changed"
"""The event that a change of progress emits; not among `PROGRESS_EVENTS`, and a test holds it out."""


@dataclass(frozen=True, slots=True)
class Rules:
    """When a content is done. `needed` is the score (share) that a quiz or a lesson by score asks for, `seconds` the
    active time of a lesson by time; `version` is the one in force."""

    rule: Rule = "all_parts"
    needed: float | None = None
    seconds: float | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as far as progress goes; shares in 0..1.

    Attributes:
        event: name in the dictionary, without version suffix.
        content_id: what the property of `PROGRESS_EVENTS` names.
        share: of a material that was reached.
        score: share of the full mark.
        passed: whether the host says that the threshold was reached.
        result: of a review: accepted, revision_needed or rejected.
        seconds: active time in this content under this learner so far, this event included.
        version: of the content, where the sender says which.
    """

    event: str
    content_id: str
    at: datetime
    share: float | None = None
    score: float | None = None
    passed: bool | None = None
    result: str | None = None
    seconds: float = 0.0
    version: int | None = None


def candidates(event: str, content_id: str) -> tuple[Content, ...]:
    """The contents that an event may be about; none for an event that says nothing of progress."""
    known = PROGRESS_EVENTS.get(event)
    return () if known is None else tuple(Content(kind, content_id) for kind in known[1])


def progress_of(seen: Seen, content: Content, rules: Rules) -> Progress:
    """The progress that an event shows.

    A lesson by `viewed` is done when it is opened; by `time_spent` when its time is reached; by `score` when the score
    is; by `all_parts` when the host says that it is completed, and until then as far as the share that was reached. A
    quiz is done when an attempt passes, and until then as far as its best score goes towards the threshold; without a
    threshold it is done with an attempt that is handed in. An exercise is done when a review accepts it.
    """
    version = rules.version if seen.version is None else seen.version
    percent, done = {"lesson": _lesson, "quiz": _quiz, "exercise": _exercise}[content.kind](seen, rules)
    return observed(seen.at, percent, completed=done, version=version)


def _lesson(seen: Seen, rules: Rules) -> tuple[float, bool]:
    completed = seen.event == "material_completed"
    if rules.rule == "viewed":
        return DONE, True
    if rules.rule == "time_spent" and rules.seconds:
        share = seen.seconds / rules.seconds
        return min(NEARLY, DONE * share), completed or share >= 1
    if rules.rule == "score" and rules.needed is not None:
        # A completion without a score is the host's word for it; one with a score is measured.
        if seen.score is None:
            return DONE * (seen.share or 0.0), completed
        return _towards(seen.score, rules.needed)
    return DONE * (seen.share or 0.0), completed


def _quiz(seen: Seen, rules: Rules) -> tuple[float, bool]:
    if seen.event != "quiz_attempt_submitted":
        return 0.0, False
    if seen.passed is not None:
        percent, _ = _towards(seen.score or 0.0, rules.needed or 1.0)
        return percent, seen.passed
    if rules.needed is None:
        return DONE, True
    return (0.0, False) if seen.score is None else _towards(seen.score, rules.needed)


def _exercise(seen: Seen, _: Rules) -> tuple[float, bool]:
    return 0.0, seen.event == "exercise_reviewed" and seen.result == "accepted"


def _towards(score: float, needed: float) -> tuple[float, bool]:
    if score >= needed:
        return DONE, True
    return DONE * score / needed, False
