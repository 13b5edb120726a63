"""What is said when the list of what to do next is empty: that nothing is due only where that is known."""

from __future__ import annotations

from typing import Any

import pytest

from akademos.serving.pages.recommendation_card import recommendation_card
from akademos.serving.pages.wording import words_in

NO_GAP: dict[str, Any] = {"gaps": []}
FRESH: dict[str, Any] = {"topics": [{"topic_id": "a", "status": "fresh"}]}


@pytest.mark.parametrize(
    ("language", "nothing", "left"),
    [("en", "no review is due", "Nothing is left"), ("de", "Keine Wiederholung ist fällig", "nichts mehr")],
)
@pytest.mark.parametrize(
    ("gaps", "reviews", "nothing_due"),
    [
        (NO_GAP, FRESH, True),
        (NO_GAP, {"topics": []}, True),
        ({"gaps": [{"topic_id": "a"}]}, FRESH, False),
        (NO_GAP, {"topics": [{"topic_id": "a", "status": "due"}]}, False),
        ({}, FRESH, False),
        (NO_GAP, {}, False),
    ],
)
def test_an_empty_list_says_that_nothing_is_due_only_where_it_is_so(
    gaps: dict[str, Any], reviews: dict[str, Any], nothing_due: bool, language: str, nothing: str, left: str
) -> None:
    card, steps = recommendation_card({"recommendations": []}, gaps, reviews, words_in(language))
    said = str(card.takeaway)
    assert (nothing in said, left in said) == (nothing_due, not nothing_due)
    assert steps == []
