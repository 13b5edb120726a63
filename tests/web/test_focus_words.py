"""Reasons for risk in words: a fact that does not speak for risk is not given as its reason."""

from __future__ import annotations

import pytest
from tests.web.invented_focus import REASONS

from akademos.analytics.risk_reasons import FACTS
from akademos.catalogue.alert_reasons import AlertFacts, reason_of
from akademos.serving.pages.focus_words import SAYINGS, alert_words, change_words, reason_words
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


@pytest.mark.parametrize(
    ("facts", "english", "german"),
    [
        (
            AlertFacts("sharp_rise", "model", 55, None, ("marks", "effort")),
            "Chance of not completing the course: 55%; what speaks for it: marks and how much they do.",
            "Wahrscheinlichkeit, den Kurs nicht abzuschließen: 55\u00a0%; dafür spricht: Noten und wie viel sie tun.",
        ),
        (
            AlertFacts("new_in_focus", "hazard", 12, 1),
            "Chance of leaving within the next four weeks: 12%, 1 point more than the week before.",
            "Wahrscheinlichkeit, in den nächsten vier Wochen zu gehen: 12\u00a0%, 1 Punkt mehr als in der Vorwoche.",
        ),
        (
            AlertFacts("sharp_rise", "model", 55, 25),
            "Chance of not completing the course: 55%, 25 points more than the week before.",
            "Wahrscheinlichkeit, den Kurs nicht abzuschließen: 55\u00a0%, 25 Punkte mehr als in der Vorwoche.",
        ),
        (AlertFacts("new_in_focus", "rule"), "By the rule.", "Nach der Regel."),
    ],
)
def test_why_an_alert_was_raised_is_said_in_the_language_of_the_page(
    facts: AlertFacts, english: str, german: str
) -> None:
    assert alert_words(reason_of(facts), words_in("en")) == english
    assert alert_words(reason_of(facts), words_in("de")) == german


@pytest.mark.parametrize("language", ["en", "de"])
def test_an_alert_has_words_for_every_theme(language: str) -> None:
    for theme in FACTS:
        said = alert_words(reason_of(AlertFacts("new_in_focus", "model", 40, None, (theme,))), words_in(language))
        assert said is not None
        assert words_in(language).plain(f"focus.theme.{theme}") in said


def test_what_somebody_wrote_themself_is_left_to_them() -> None:
    assert alert_words("Has asked for a talk.", words_in("de")) is None
    assert alert_words("New in focus: by rule; speaks for it: moonlight.", words_in("de")) is None
