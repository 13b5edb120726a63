"""Reviews by rubric, and what holds when reviewers disagree."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import AkademosError, InputError
from akademos.learning.review import (
    Review,
    ReviewPolicy,
    check_reviewer,
    rubric_of,
    score_by_rubric,
    settle,
)

RUBRIC: dict[str, Any] = {
    "criteria": [
        {
            "criterion": "method",
            "weight": 2,
            "levels": [{"level": "none", "points": 0}, {"level": "good", "points": 3}],
        },
        {"criterion": "style", "levels": [{"level": "weak", "points": 1}, {"level": "fine", "points": 4}]},
    ]
}


def test_points_are_added_up() -> None:
    scored = score_by_rubric(rubric_of(RUBRIC), {"method": "good", "style": "weak"})
    assert scored.points == {"method": 6, "style": 1}
    assert (scored.total, scored.maximum, scored.share) == (7, 10, 0.7)


@pytest.mark.parametrize(
    ("chosen", "code"),
    [
        ({"method": "good"}, "level_missing"),
        ({"method": "good", "style": "great"}, "level_unknown"),
        ({"method": "good", "style": "fine", "taste": "x"}, "criterion_unknown"),
    ],
)
def test_every_criterion_gets_one_of_its_levels(chosen: dict[str, str], code: str) -> None:
    with pytest.raises(InputError) as refused:
        score_by_rubric(rubric_of(RUBRIC), chosen)
    assert refused.value.code == code


def _levels(*points: Any) -> dict[str, Any]:
    levels = [{"level": str(number), "points": one} for number, one in enumerate(points)]
    return {"criteria": [{"criterion": "a", "levels": levels}]}


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"criteria": "all"},
        {"criteria": [3]},
        _levels(1),
        _levels(0, 0),
        _levels(1, -1),
        _levels(1, True),
        {"criteria": [{"criterion": "a", "weight": 0, "levels": RUBRIC["criteria"][1]["levels"]}]},
    ],
)
def test_a_rubric_that_gives_no_points_is_refused(content: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        rubric_of(content)
    assert refused.value.code == "rubric_invalid"


@pytest.mark.parametrize(
    ("who", "code"),
    [
        ({"reviewer": "a", "author": "a", "earlier": [], "teaches": True}, "own_work"),
        ({"reviewer": "r", "author": "a", "earlier": [], "teaches": False}, "scope"),
        ({"reviewer": "r", "author": "a", "earlier": ["r"], "teaches": True}, "reviewed_already"),
    ],
)
def test_who_may_not_review(who: dict[str, Any], code: str) -> None:
    with pytest.raises(AkademosError) as refused:
        check_reviewer(**who)
    assert refused.value.code == code


def test_who_may_review() -> None:
    check_reviewer(reviewer="r", author="a", earlier=["s"], teaches=True)


def _reviews(*shares: float) -> list[Review]:
    return [Review(f"r{number}", share) for number, share in enumerate(shares)]


TWO = ReviewPolicy("two", pass_threshold=0.5, disagreement=0.15)


@pytest.mark.parametrize(
    ("shares", "share"),
    [
        ((0.7, 0.8), 0.75),  # agree: the mean
        ((0.7, 0.85), 0.775),  # just as far apart as may be
        ((0.9, 0.6, 0.65), 0.625),  # tertium quid: third and nearer
        ((0.9, 0.5, 0.7), 0.7),  # equally near: the mean of all
    ],
)
def test_two_reviews_and_what_settles_them(shares: tuple[float, ...], share: float) -> None:
    found = settle(_reviews(*shares), TWO)
    assert found.settled
    assert found.share == pytest.approx(share)


def test_disagreement_calls_for_a_third() -> None:
    found = settle(_reviews(0.9, 0.6), TWO)
    assert (found.settled, found.needed, found.reason) == (False, 1, "disagreement")
    near = settle(_reviews(0.48, 0.52), TWO)
    assert near.reason == "disagreement", "on either side of the pass mark"


def test_one_review_is_enough_unless_it_is_contested() -> None:
    one = ReviewPolicy("one")
    assert settle(_reviews(0.6), one).passed
    assert settle([], one).reason == "first_review"
    assert settle(_reviews(0.6), one, contested=True).reason == "second_review"
    assert settle(_reviews(0.6, 0.7), one, contested=True).share == pytest.approx(0.65)


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.floats(0, 1))
def test_three_reviews_always_settle_within_what_they_gave(shares: list[float], threshold: float) -> None:
    found = settle(_reviews(*shares), ReviewPolicy("two", threshold))
    assert found.settled
    assert found.share is not None
    assert min(shares) - 1e-9 <= found.share <= max(shares) + 1e-9
