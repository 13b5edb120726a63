"""Maturity models are data; scores say by which version."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import akademos.learning
from akademos.errors import CatalogueError, InputError
from akademos.learning.maturity import MaturityModel, maturity_model, score_maturity

SHIPPED = Path(akademos.learning.__file__).parent / "models" / "procurement.toml"
PROCUREMENT = maturity_model(tomllib.loads(SHIPPED.read_text(encoding="utf-8")))
QUESTIONS = [question.question_id for one in PROCUREMENT.dimensions for question in one.questions]

SMALL: dict[str, Any] = {
    "id": "small",
    "version": "2",
    "title": {"en": "Small"},
    "scale": {"lowest": 1, "highest": 5},
    "enough": 0.5,
    "dimensions": [
        {
            "id": "a",
            "title": {"en": "A"},
            "weight": 3,
            "questions": [
                {"id": "a1", "text": {"en": "?"}},
                {"id": "a2", "text": {"en": "?"}, "weight": 3},
            ],
        },
        {"id": "b", "title": {"en": "B"}, "questions": [{"id": "b1", "text": {"en": "?"}}]},
    ],
    "levels": [
        {"level": 1, "title": {"en": "one"}, "from_score": 0},
        {"level": 2, "title": {"en": "two"}, "from_score": 50, "every_dimension": 25},
        {"level": 3, "title": {"en": "three"}, "from_score": 90},
    ],
}


def _small(**changed: Any) -> MaturityModel:
    return maturity_model({**SMALL, **changed})


def test_a_score_by_hand() -> None:
    """a: (1*3 + 3*5)/4 = 4.5 -> 87.5; b: 3 -> 50; whole: (3*87.5 + 50)/4 = 78.125."""
    scored = score_maturity(_small(), {"a1": 3, "a2": 5, "b1": 3})
    assert scored.dimensions == {"a": 87.5, "b": 50}
    assert (scored.score, scored.level, scored.rubric_version) == (78.125, 2, "small/2")


def test_a_weak_dimension_holds_the_whole_back_and_is_named() -> None:
    scored = score_maturity(_small(), {"a1": 5, "a2": 5, "b1": 1})
    assert (scored.score, scored.level, scored.held_back_by) == (75, 1, ("b",))


def test_too_few_answers_are_no_score() -> None:
    scored = score_maturity(_small(), {"a1": 5, "b1": 5})
    assert (scored.score, scored.level) == (None, None)
    assert scored.dimensions == {"a": None, "b": 100}
    assert score_maturity(_small(), {"a2": 5, "b1": 5}).score == 100, "three quarters of the weight are enough"


@pytest.mark.parametrize("answers", [{"zz": 3}, {"a1": 0}, {"a1": 6}, {"a1": True}, {"a1": 2.5}])
def test_answers_off_the_model_are_refused(answers: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        score_maturity(_small(), answers)
    assert refused.value.pointer == f"/responses/{next(iter(answers))}"


@pytest.mark.parametrize(
    "changed",
    [
        {"levels": [{"level": 1, "title": {"en": "x"}, "from_score": 5}]},
        {"levels": [*SMALL["levels"][:2], {"level": 3, "title": {"en": "x"}, "from_score": 50}]},
        {"dimensions": [*SMALL["dimensions"], SMALL["dimensions"][0]]},
        {"dimensions": []},
        {"title": {"de": "nur deutsch"}},
        {"scale": {"lowest": 5, "highest": 5}},
        {"enough": 0},
    ],
)
def test_a_model_that_does_not_fit_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(CatalogueError):
        _small(**changed)


def test_the_shipped_model_speaks_both_languages() -> None:
    texts = [question.text for one in PROCUREMENT.dimensions for question in one.questions]
    texts += [one.title for one in PROCUREMENT.dimensions] + [one.title for one in PROCUREMENT.levels]
    assert all({"en", "de"} <= text.keys() for text in texts)
    assert [score_maturity(PROCUREMENT, dict.fromkeys(QUESTIONS, answer)).level for answer in range(1, 6)] == [
        1,
        2,
        3,
        4,
        5,
    ]


@given(st.fixed_dictionaries(dict.fromkeys(QUESTIONS, st.integers(1, 5))), st.sampled_from(QUESTIONS))
def test_a_better_answer_never_lowers_score_or_level(answers: dict[str, int], question: str) -> None:
    before = score_maturity(PROCUREMENT, answers)
    after = score_maturity(PROCUREMENT, {**answers, question: 5})
    assert before.score is not None
    assert after.score is not None
    assert after.level is not None
    assert before.level is not None
    assert after.score >= before.score - 1e-9
    assert after.level >= before.level
