"""What the cards about journeys say in a sentence is what their numbers say."""

from __future__ import annotations

import re
from typing import Any

import pytest

from akademos.jobs.content_tables import share_of
from akademos.serving.pages.journey_cards import funnel_card, survival_card
from akademos.serving.pages.wording import words_in

WORDS = {language: words_in(language) for language in ("en", "de")}


def step(name: str, count: int, base: int | None = None, *, optional: bool = False) -> dict[str, Any]:
    share = None if base is None else share_of(count, base, 10)
    sure = share is None or not share["bound"]
    return {"step": name, "within": "any", "optional": optional, "times": 1, "learners": count if sure else None,
            "share": share, "median_hours": None}  # fmt: skip


def headline(*steps: dict[str, Any], language: str = "en") -> str:
    return re.sub("<[^>]*>", "", funnel_card({"steps": list(steps)}, WORDS[language]).takeaway)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        (
            [step("registered", 300), step("opened", 60, 300, optional=True), step("answered", 250, 300),
             step("submitted", 240, 250)],
            "Most leave before answered: 17% of those before.",
        ),
        (
            [step("registered", 300), step("opened", 200, 300), step("submitted", 4, 200)],
            "Most leave before handed in a test: more than 94% of those before.",
        ),
        (  # between 44 and 100% leave before the last
            [step("registered", 300), step("opened", 90, 300), step("completed", 20, 90), step("submitted", 4, 20)],
            "",
        ),
        (  # up to 29% may have left before the last
            [step("registered", 300), step("opened", 280, 300), step("completed", 35, 280), step("answered", 30, 35)],
            "Most leave before finished a material: 88% of those before.",
        ),
        ([step("registered", 300), step("opened", 290, 300), step("answered", 34, 34)], ""),
    ],
)  # fmt: skip
def test_the_headline_of_a_funnel_names_the_step_that_most_leave_before(
    steps: list[dict[str, Any]], expected: str
) -> None:
    assert headline(*steps) == expected


def test_the_headline_of_a_funnel_in_german() -> None:
    found = headline(step("registered", 300), step("opened", 200, 300), step("submitted", 4, 200), language="de")
    assert "mehr als 94" in found


@pytest.mark.parametrize(
    ("language", "title", "first"),
    [("en", "From: opened video, until: handed in a test", "first step"),
     ("de", "Von: Video ge\u00f6ffnet, bis: Test abgegeben", "ersten Schritt")],
)  # fmt: skip
def test_survival_says_from_which_step_it_counts(language: str, title: str, first: str) -> None:
    points = [{"day": day, "share": 1 - day / 10, "low": 0.4, "high": 1.0, "at_risk": 60} for day in (0, 3)]
    answer = {"until": "submitted", "points": points, "days": 20, "median_days": None}
    since = survival_card({**answer, "since": "opened:video"}, WORDS[language])
    assert since.title == title
    assert first not in str(since)
    name = title.split(": ")[1].split(",", maxsplit=1)[0]
    assert name in str(since.legend)
    assert name in str(since.figure).partition("<desc")[2].partition("</desc>")[0]
    assert first in str(survival_card({**answer, "since": ""}, WORDS[language]))
