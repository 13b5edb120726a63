"""Reasons for risk in words: a fact that does not speak for risk is not given as its reason."""

from __future__ import annotations

import pytest
from tests.web.invented_focus import REASONS

from akademos.serving.pages.focus_words import change_words, reason_words
from akademos.serving.pages.wording import words_in


@pytest.mark.parametrize(
    ("theme", "facts", "said"),
    [
        ("inactivity", {"inactive_days": 9.0}, "no activity for 9 days"),
        ("inactivity", {"inactive_days": 1.0}, "how lately they were active"),
        ("assessments", {"missed": 2.0, "late": 1.0}, "2 assessments that were due not handed in"),
        ("assessments", {"missed": 0.0, "late": 1.0}, "1 hand-in after its date"),
        ("assessments", {"missed": 0.0, "late": None}, "hand-ins"),
        ("effort", {"clicks_place": 0.12}, "88% of the course do more"),
        ("effort", {"clicks_place": 0.86}, "how much they do"),
        ("materials", {"coverage_most": 0.9}, "which materials they open"),
        ("marks", {"score_mean": None}, "marks"),
        ("rhythm", {"active_days_14": 12.0}, "how regularly they study"),
        ("rhythm", {"active_days_14": 2.0}, "active on 2 of the last 14 days"),
    ],
)
def test_a_reason_in_words(theme: str, facts: dict[str, float | None], said: str) -> None:
    assert reason_words({"theme": theme, "effect": 0.3, "facts": facts}, words_in("en")) == said


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_theme_has_words(language: str) -> None:
    words = words_in(language)
    for reason in REASONS:
        assert reason_words(reason, words)
        assert change_words({"theme": reason["theme"], "by": 0.2}, words)
        assert change_words({"theme": reason["theme"], "by": -0.2}, words)
