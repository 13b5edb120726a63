"""Reasons for risk in words: a fact that does not speak for risk is not given as its reason."""

from __future__ import annotations

import pytest
from tests.web.invented_focus import REASONS

from akademos.serving.pages.focus_words import SAYINGS, change_words, reason_words
from akademos.serving.pages.wording import words_in


@pytest.mark.parametrize(
    ("theme", "facts", "said"),
    [
        ("inactivity", {"inactive_days": 9.0}, "no activity for 9 days"),
        ("inactivity", {"inactive_days": 68.0}, "no activity for 68 days"),
        ("inactivity", {"inactive_days": None}, "no activity yet"),
        ("inactivity", {"inactive_days": 1.0}, None),
        ("assessments", {"missed": 2.0, "late": 1.0}, "2 assessments that were due not handed in"),
        ("assessments", {"missed": 0.0, "late": 1.0}, "1 hand-in after its date"),
        ("assessments", {"missed": 0.0, "late": None}, None),
        (
            "assessments",
            {"missed": 0.0, "late": 0.0, "behind": -1.2},
            "others in the course have handed in more by now",
        ),
        ("assessments", {"missed": 0.0, "early_place": 0.1}, "90% of those who handed in did so earlier"),
        ("effort", {"clicks_place": 0.12}, "88% of the course do more"),
        ("effort", {"clicks_place": 0.86, "week_to_own": None}, None),
        ("effort", {"week_to_own": -0.9, "weeks_change": None}, "did less last week than they usually do"),
        ("materials", {"coverage_most": 0.9, "coverage_lately": 0.3}, "opened 30% of what many read these days"),
        ("materials", {"coverage_most": 0.9}, None),
        ("marks", {"score_mean": None, "score_place": None}, None),
        ("marks", {"score_mean": 0.7, "score_place": 0.2}, "80% of those with marks have better ones"),
        ("rhythm", {"active_days_14": 12.0, "active_days_place": 0.7}, None),
        ("rhythm", {"active_days_14": 9.0, "active_days_place": 0.25}, "75% of the course were active on more days"),
        ("registration", {"registered_place": 0.9, "resits": None}, "registered later than 90% of the course"),
        ("registration", {"registered_day": -3.0, "resits": 1.0}, "takes the course once more"),
        ("rhythm", {"active_days_14": 2.0}, "active on 2 of the last 14 days"),
    ],
)
def test_a_reason_in_words(theme: str, facts: dict[str, float | None], said: str | None) -> None:
    assert reason_words({"theme": theme, "effect": 0.3, "facts": facts}, words_in("en")) == said


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_theme_has_words(language: str) -> None:
    words = words_in(language)
    for one in (saying for sayings in SAYINGS.values() for saying in sayings):
        assert f"focus.reason.{one.key}" in words or f"focus.reason.{one.key}.other" in words
    for reason in REASONS:
        assert reason["theme"] == "registration" or reason_words(reason, words)
        assert change_words({"theme": reason["theme"], "by": 0.2}, words)
        assert change_words({"theme": reason["theme"], "by": -0.2}, words)
