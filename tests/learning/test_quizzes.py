"""Rows of quizzes and items are read as declared."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from akademos.errors import Conflict, InputError
from akademos.learning.quizzes import answers_of, item_keys, policy_of, scoring_of
from akademos.learning.scoring import ScoringPolicy, score_attempt

OPTIONS = [
    {"option": "a", "text": "A", "credit": 1},
    {"option": "b", "text": "B", "credit": 0.25},
    {"option": "c", "text": "C"},
]


def test_a_policy_is_read() -> None:
    row = {
        "scoring_policy": {"counts": "average", "partial_credit": False},
        "pass_threshold": 0.8,
        "attempts_allowed": 3,
        "time_limit_seconds": 600,
    }
    assert policy_of(row) == ScoringPolicy("average", 0.8, 3, timedelta(minutes=10), partial_credit=False)
    assert policy_of({"scoring_policy": None, "pass_threshold": None}) == ScoringPolicy()
    with pytest.raises(InputError):
        policy_of({"scoring_policy": {"counts": "worst"}})


@pytest.mark.parametrize(
    ("item", "answer", "score"),
    [
        ({"kind": "single choice", "options": OPTIONS}, ["b"], 0.25),
        ({"kind": "multiple choice", "options": OPTIONS}, ["a", "b"], 1),
        ({"kind": "multiple choice", "options": OPTIONS}, ["a", "c"], 0),
        ({"answer_key": {"kind": "numeric", "correct": 3, "tolerance": 0.5}}, "3.4", 1),
        ({"answer_key": {"kind": "ordering", "correct": ["a", "b", "c"]}, "options": OPTIONS}, ["a", "c", "b"], 1 / 3),
    ],
)
def test_items_are_scored_as_their_rows_say(item: dict[str, Any], answer: Any, score: float) -> None:
    keys = item_keys(["q"], {"q": item})
    sent = {"question_id": "q", "text": answer} if isinstance(answer, str) else {"question_id": "q", "chosen": answer}
    assert score_attempt(keys, answers_of([sent]), ScoringPolicy()).score == pytest.approx(score)


@pytest.mark.parametrize("item", [{}, {"kind": "text"}, {"kind": "single choice", "options": OPTIONS[1:]}])
def test_an_item_that_does_not_say_what_is_right_is_not_guessed(item: dict[str, Any]) -> None:
    assert scoring_of(item) is None
    with pytest.raises(Conflict):
        item_keys(["q"], {"q": item})


def test_two_answers_to_one_item_are_refused() -> None:
    with pytest.raises(InputError) as refused:
        answers_of([{"question_id": "q", "text": "1"}, {"question_id": "q", "text": "2"}])
    assert refused.value.pointer == "/answers/1"
