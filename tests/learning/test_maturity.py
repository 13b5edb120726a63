"""Maturity models are data, and what does not fit is named."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import akademos.learning
from akademos.errors import InputError
from akademos.learning.maturity import MaturityModel, maturity_model, score_maturity

SHIPPED = Path(akademos.learning.__file__).parent / "models" / "procurement.toml"
RUBRIC: dict[str, Any] = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["rubric"]
PROCUREMENT = maturity_model(RUBRIC)
QUESTIONS = [question.question for one in PROCUREMENT.dimensions for question in one.questions]

FIRST = "/dimensions/0/questions"
SMALL: dict[str, Any] = {
    "enough": 0.5,
    "dimensions": [
        {
            "dimension": "a",
            "weight": 3,
            "questions": [{"question": "a1", "points": 4}, {"question": "a2", "points": 8, "weight": 3}],
        },
        {"dimension": "b", "questions": [{"question": "b1", "points": 4}]},
    ],
    "levels": [
        {"level": "one", "from": 0},
        {"level": "two", "from": 50, "every_dimension": 25},
        {"level": "three", "from": 90},
    ],
}


def _small(**changed: Any) -> MaturityModel:
    return maturity_model({**SMALL, **changed})


def test_a_score_by_hand() -> None:
    """a: (1 * 2/4 + 3 * 8/8) / 4 = 87.5 %; b: 2/4 = 50 %; the whole: (3 * 87.5 + 50) / 4 = 78.125."""
    scored = score_maturity(_small(), {"a1": 2, "a2": 8, "b1": 2})
    assert scored.dimensions == {"a": 87.5, "b": 50}
    assert (scored.score, scored.level) == (78.125, "two")


def test_a_weak_dimension_holds_the_whole_back_and_is_named() -> None:
    scored = score_maturity(_small(), {"a1": 4, "a2": 8, "b1": 0})
    assert (scored.score, scored.level, scored.held_back_by) == (75, "one", ("b",))


def test_too_few_answers_are_no_score() -> None:
    scored = score_maturity(_small(), {"a1": 4, "b1": 4})
    assert (scored.score, scored.level, scored.lacking) == (None, None, ("a",))
    assert scored.dimensions == {"a": None, "b": 100}
    assert score_maturity(_small(), {"a2": 8, "b1": 4}).score == 100, "three quarters of the weight are enough"


@pytest.mark.parametrize("answers", [{"zz": 3}, {"a1": -1}, {"a1": 5}, {"a1": True}, {"a1": "2"}])
def test_answers_off_the_model_are_refused(answers: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        score_maturity(_small(), answers)
    assert refused.value.pointer == f"/responses/{next(iter(answers))}"


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"levels": [{"level": "x", "from": 5}]}, "/levels"),
        ({"levels": [*SMALL["levels"][:2], {"level": "x", "from": 50}]}, "/levels"),
        ({"levels": [{"level": "x", "from": 0, "every_dimension": 1}]}, "/levels/0/every_dimension"),
        ({"levels": []}, "/levels"),
        ({"dimensions": [*SMALL["dimensions"], SMALL["dimensions"][0]]}, "/dimensions"),
        ({"dimensions": [{"dimension": "a", "questions": [{"question": "q", "points": 0}]}]}, f"{FIRST}/0/points"),
        ({"dimensions": [{"dimension": "a", "questions": "q"}]}, FIRST),
        ({"enough": 0}, "/enough"),
        ({"enough": 2}, "/enough"),
    ],
)  # fmt: skip
def test_a_model_that_does_not_fit_is_refused(changed: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InputError) as refused:
        _small(**changed)
    assert refused.value.pointer == pointer


def test_the_shipped_model_speaks_both_languages() -> None:
    names = {one.dimension for one in PROCUREMENT.dimensions} | {one.level for one in PROCUREMENT.levels}
    assert {*names, *QUESTIONS, "procurement"} == RUBRIC["translations"]["de"].keys()


def test_the_shipped_model_reaches_each_of_its_levels() -> None:
    levels = [score_maturity(PROCUREMENT, dict.fromkeys(QUESTIONS, points)).level for points in range(5)]
    assert levels == [one.level for one in PROCUREMENT.levels]


@given(st.fixed_dictionaries(dict.fromkeys(QUESTIONS, st.integers(0, 4))), st.sampled_from(QUESTIONS))
def test_a_better_answer_never_lowers_score_or_level(answers: dict[str, float], question: str) -> None:
    order = [one.level for one in PROCUREMENT.levels]
    before = score_maturity(PROCUREMENT, answers)
    after = score_maturity(PROCUREMENT, {**answers, question: 4})
    assert before.score is not None
    assert after.score is not None
    assert after.score >= before.score - 1e-9
    assert order.index(str(after.level)) >= order.index(str(before.level))
