"""Scores of attempts and quizzes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.learning.items import ItemKey, Numeric, SingleChoice
from akademos.learning.scoring import (
    GRACE,
    KEEPS,
    Attempt,
    Keep,
    ScoringPolicy,
    quiz_result,
    score_attempt,
    why_not_counted,
)

QUIZ: dict[str, ItemKey] = {"q1": SingleChoice("a", ("a", "b"), {"b": 0.5}), "q2": Numeric(4)}
START = datetime(2026, 3, 10, 12, tzinfo=UTC)


def test_an_attempt_is_the_weighted_mean_of_its_items() -> None:
    """As in Moodle, an item's mark over the total of marks is its part: marks 3 and 1 make 3/4 and 1/4."""
    scored = score_attempt(QUIZ, {"q1": "a"}, ScoringPolicy(weights={"q1": 3, "q2": 1}, pass_threshold=0.75))
    assert scored.items == {"q1": 1, "q2": 0}
    assert (scored.score, scored.passed) == (0.75, True)


def test_without_partial_credit_an_item_is_right_or_wrong() -> None:
    assert score_attempt(QUIZ, {"q1": "b", "q2": 4}, ScoringPolicy()).score == 0.75
    assert score_attempt(QUIZ, {"q1": "b", "q2": 4}, ScoringPolicy(partial_credit=False)).score == 0.5


def test_rounding_does_not_fail_anybody() -> None:
    thirds: dict[str, ItemKey] = {f"q{n}": Numeric(n) for n in range(3)}
    answers = {"q0": 0.0, "q1": 1.0}
    assert score_attempt(thirds, answers, ScoringPolicy(pass_threshold=2 / 3)).passed
    assert quiz_result([Attempt(n, 0.1 * 7) for n in range(3)], ScoringPolicy("average", pass_threshold=0.7)).passed


@pytest.mark.parametrize(("keep", "score"), [("best", 0.9), ("last", 0.6), ("first", 0.3), ("average", 0.6)])
def test_grading_methods(keep: Keep, score: float) -> None:
    """Moodle's four grading methods: highest, last, first, and the simple mean of all."""
    attempts = [Attempt(2, 0.9), Attempt(1, 0.3), Attempt(3, 0.6), Attempt(4, 1.0, counts=False)]
    result = quiz_result(attempts, ScoringPolicy(keep, attempts_allowed=5))
    assert result.score == pytest.approx(score)
    assert (result.attempts, result.attempts_left) == (3, 2)


def test_nothing_counts_before_an_attempt() -> None:
    assert quiz_result([], ScoringPolicy(pass_threshold=0)).score is None
    assert not quiz_result([Attempt(1, 1.0, counts=False)], ScoringPolicy(pass_threshold=0)).passed


@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.sampled_from(KEEPS))
def test_what_stands_lies_between_worst_and_best(scores: list[float], keep: Keep) -> None:
    attempts = [Attempt(number, score) for number, score in enumerate(scores, 1)]
    stands = quiz_result(attempts, ScoringPolicy(keep)).score
    assert stands is not None
    assert min(scores) - 1e-12 <= stands <= max(scores) + 1e-12


def test_attempts_and_time_are_limited() -> None:
    policy = ScoringPolicy(attempts_allowed=2, time_limit=timedelta(minutes=10))
    in_time, late = START + timedelta(minutes=10) + GRACE, START + timedelta(minutes=11)
    assert why_not_counted(2, START, in_time, policy) is None
    assert why_not_counted(3, START, in_time, policy) == "attempts_used_up"
    assert why_not_counted(1, START, late, policy) == "over_time"
    assert why_not_counted(99, START, START + timedelta(days=9), ScoringPolicy()) is None


def test_answers_to_items_of_elsewhere_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        score_attempt(QUIZ, {"q9": "a"}, ScoringPolicy())
    assert refused.value.pointer == "/answers/q9"
    with pytest.raises(InputError) as refused:
        score_attempt(QUIZ, {"q1": "zz"}, ScoringPolicy())
    assert refused.value.pointer == "/answers/q1"
    with pytest.raises(InputError):
        score_attempt({}, {}, ScoringPolicy())


@pytest.mark.parametrize(
    "wrong",
    [{"pass_threshold": 1.1}, {"attempts_allowed": 0}, {"time_limit": timedelta(0)}, {"weights": {"q": -1.0}}],
)
def test_a_policy_that_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError):
        ScoringPolicy(**wrong)  # type: ignore[arg-type]  # that is the point
