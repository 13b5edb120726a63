"""What events say about progress, and that no event that progress emits is one of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from akademos.catalogue.registry import builtin
from akademos.learning.observations import (
    PROGRESS_CHANGED,
    PROGRESS_EVENTS,
    Rules,
    Seen,
    candidates,
    progress_of,
)
from akademos.learning.progress import Content

AT = datetime(2026, 9, 1, tzinfo=UTC)
LESSON, QUIZ, EXERCISE = Content("lesson", "x"), Content("quiz", "x"), Content("exercise", "x")


@pytest.mark.parametrize(
    ("content", "seen", "rules", "percent", "done"),
    [
        (LESSON, Seen("material_opened", "x", AT), Rules("viewed"), 100, True),
        (LESSON, Seen("material_opened", "x", AT), Rules("all_parts"), 0, False),
        (LESSON, Seen("material_progressed", "x", AT, share=0.75), Rules("all_parts"), 75, False),
        (LESSON, Seen("material_progressed", "x", AT, share=1.0), Rules("all_parts"), 99, False),
        (LESSON, Seen("material_completed", "x", AT), Rules("all_parts"), 100, True),
        (LESSON, Seen("material_progressed", "x", AT, seconds=300), Rules("time_spent", seconds=600), 50, False),
        (LESSON, Seen("material_progressed", "x", AT, seconds=600), Rules("time_spent", seconds=600), 100, True),
        (LESSON, Seen("material_completed", "x", AT, score=0.4), Rules("score", needed=0.8), 50, False),
        (LESSON, Seen("material_completed", "x", AT, score=0.8), Rules("score", needed=0.8), 100, True),
        (LESSON, Seen("material_completed", "x", AT), Rules("score", needed=0.8), 100, True),
        (QUIZ, Seen("quiz_attempt_started", "x", AT), Rules(needed=0.5), 0, False),
        (QUIZ, Seen("question_submitted", "x", AT, score=1.0), Rules(needed=0.5), 0, False),
        (QUIZ, Seen("quiz_attempt_submitted", "x", AT), Rules(needed=0.5), 0, False),
        (QUIZ, Seen("quiz_attempt_submitted", "x", AT, score=0.3), Rules(needed=0.6), 50, False),
        (QUIZ, Seen("quiz_attempt_submitted", "x", AT, score=0.6), Rules(needed=0.6), 100, True),
        (QUIZ, Seen("quiz_attempt_submitted", "x", AT, score=0.9, passed=False), Rules(needed=0.6), 99, False),
        (QUIZ, Seen("quiz_attempt_submitted", "x", AT, passed=True), Rules(needed=0.6), 100, True),
        (QUIZ, Seen("quiz_attempt_submitted", "x", AT), Rules(), 100, True),
        (EXERCISE, Seen("exercise_submitted", "x", AT), Rules(), 0, False),
        (EXERCISE, Seen("exercise_reviewed", "x", AT, result="revision_needed"), Rules(), 0, False),
        (EXERCISE, Seen("exercise_reviewed", "x", AT, result="accepted"), Rules(), 100, True),
    ],
)
def test_what_an_event_shows(content: Content, seen: Seen, rules: Rules, percent: float, *, done: bool) -> None:
    progress = progress_of(seen, content, rules)
    assert (progress.percent, progress.completed_at is not None) == (percent, done)


def test_the_version_is_the_senders_or_the_one_in_force() -> None:
    seen = Seen("material_opened", "x", AT)
    assert progress_of(seen, LESSON, Rules(version=3)).version == 3
    assert progress_of(Seen("material_opened", "x", AT, version=2), LESSON, Rules(version=3)).version == 2


def test_what_progress_emits_is_no_observation() -> None:
    assert PROGRESS_CHANGED not in PROGRESS_EVENTS
    assert candidates(PROGRESS_CHANGED, "x") == ()


@pytest.mark.parametrize("name", sorted(PROGRESS_EVENTS))
def test_every_event_is_in_the_dictionary_with_its_property(name: str) -> None:
    known = builtin().lookup(name)
    assert known is not None
    assert PROGRESS_EVENTS[name][0] in {rule.name for rule in builtin().core}
