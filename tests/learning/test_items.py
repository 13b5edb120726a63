"""Scores of answers: published examples, and what holds for every item."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.learning.items import MappedChoice, MultipleChoice, Numeric, Ordering, SingleChoice, item_key

OPTIONS = ("a", "b", "c", "d", "e")


class TestPublishedExamples:
    """Numbers that somebody else worked out."""

    WATER: ClassVar[dict[str, Any]] = {
        "kind": "mapped",
        "options": ["H", "He", "C", "O", "N", "Cl"],
        "points": {"H": 1, "O": 1, "Cl": -1},
        "default": -2,
        "lower": 0,
        "upper": 2,
    }

    @pytest.mark.parametrize(
        ("chosen", "total"),
        [(["H", "O"], 2), (["H"], 1), (["H", "O", "Cl"], 1), (["H", "O", "N"], 0), (["Cl"], 0), ([], 0)],
    )
    def test_composition_of_water(self, chosen: list[str], total: float) -> None:
        """QTI 2.1 example item choice_multiple.xml, mapped by the rules of map_response."""
        key = item_key(self.WATER)
        assert isinstance(key, MappedChoice)
        assert key.total(chosen) == total
        assert key.score(chosen) == total / 2

    def test_partial_credit_with_penalty(self) -> None:
        """Canvas' guide: worth 4 points, 2 right options; two right and one wrong chosen give 2 points."""
        key = MultipleChoice(("a", "b"), OPTIONS)
        assert 4 * key.score(["a", "b", "c"]) == 2

    def test_order_by_position_and_by_neighbours(self) -> None:
        """OpenACS, ordering exercises: 3,1,2,4 for 1,2,3,4 has one element in place and two of three pairs in order."""
        given_order = ["3", "1", "2", "4"]
        right = ("1", "2", "3", "4")
        assert Ordering(right, "all_or_nothing").score(given_order) == 0
        assert Ordering(right, "position").score(given_order) == 1 / 4
        assert Ordering(right, "neighbours").score(given_order) == 2 / 3

    def test_absolute_position(self) -> None:
        """Moodle's grading type of that name: of six letters four in place give four sixths."""
        assert Ordering(tuple("ABCDEF"), "position").score(list("ABFDEC")) == 4 / 6

    @pytest.mark.parametrize(("answer", "score"), [(95, 1), (105, 1), (94.99, 0), (105.01, 0)])
    def test_relative_tolerance(self, answer: float, score: float) -> None:
        """QTI 2.1 operator `equal`, relative, t0 = t1 = 5: from x(1-t0/100) to x(1+t1/100), both included."""
        assert Numeric(100, 5, "relative").score(answer) == score


def test_a_number_next_to_the_tolerance_is_within_it_in_spite_of_binary_fractions() -> None:
    assert Numeric(0.3, 0.1).score(0.4) == 1
    assert Numeric(0.3, 0.1, "exact").score(0.4) == 0
    assert Numeric(10, 1, near=2, near_credit=0.5).score("12") == 0.5


def test_a_wrong_option_may_earn_a_share() -> None:
    key = item_key({"kind": "single", "options": ["a", "b", "c"], "correct": "a", "credits": {"b": 0.5}})
    assert [key.score(one) for one in ("a", "b", "c", None)] == [1, 0.5, 0, 0]


@pytest.mark.parametrize(
    "key",
    [
        SingleChoice("a", OPTIONS),
        MultipleChoice(("a", "b"), OPTIONS),
        MultipleChoice(("a",), OPTIONS, "all_or_nothing"),
        Ordering(OPTIONS, "neighbours"),
    ],
)
@given(st.data())
def test_scores_are_shares_and_what_is_right_scores_one(key: Any, data: st.DataObject) -> None:
    single = isinstance(key, SingleChoice)
    chosen = data.draw(st.lists(st.sampled_from(OPTIONS), unique=True, max_size=1 if single else 5))
    assert 0 <= key.score(chosen) <= 1
    assert key.score(None) == key.score([]) == 0
    assert key.score(key.correct if single else list(key.correct)) == 1


@given(st.lists(st.sampled_from(OPTIONS), unique=True), st.sampled_from(OPTIONS))
def test_a_right_option_more_never_costs_and_a_wrong_one_never_pays(chosen: list[str], more: str) -> None:
    key = MultipleChoice(("a", "b", "c"), OPTIONS)
    before, after = key.score(chosen), key.score([*{*chosen, more}])
    assert after >= before if more in key.correct else after <= before


@given(st.floats(-1e6, 1e6), st.floats(0, 1e3), st.floats(-1e6, 1e6))
def test_a_wider_tolerance_never_costs(correct: float, tolerance: float, answer: float) -> None:
    assert Numeric(correct, tolerance * 2).score(answer) >= Numeric(correct, tolerance).score(answer)


@pytest.mark.parametrize(
    ("answer", "code"),
    [(["zz"], "answer_unknown_option"), (3.5, "answer_malformed"), ({"a": 1}, "answer_malformed")],
)
def test_rubbish_is_refused(answer: Any, code: str) -> None:
    with pytest.raises(InputError) as refused:
        MultipleChoice(("a",), OPTIONS).score(answer)
    assert refused.value.code == code


@pytest.mark.parametrize("answer", [math.inf, "nan", "many", True, ["1"]])
def test_what_is_no_number_is_refused(answer: Any) -> None:
    with pytest.raises(InputError):
        Numeric(1).score(answer)


@pytest.mark.parametrize(
    ("content", "pointer"),
    [
        ({}, "/kind"),
        ({"kind": "essay"}, "/kind"),
        ({"kind": "single", "options": ["a"], "correct": "b"}, "/correct"),
        ({"kind": "single", "options": "ab", "correct": "a"}, "/options"),
        ({"kind": "single", "options": ["a", {"text": "no id"}], "correct": "a"}, "/options"),
        ({"kind": "single", "options": ["a", "b"], "correct": "a", "credits": {"b": 2}}, "/credits"),
        ({"kind": "multiple", "options": ["a"], "correct": []}, "/correct"),
        ({"kind": "multiple", "options": ["a"], "correct": ["a", "a"]}, "/correct"),
        ({"kind": "mapped", "options": ["a"], "points": {"a": 1}, "upper": 2}, "/upper"),
        ({"kind": "mapped", "options": ["a"], "points": {"b": 1}, "upper": 1}, "/points"),
        ({"kind": "ordering", "correct": ["a"]}, "/correct"),
        ({"kind": "numeric", "correct": True}, "/correct"),
        ({"kind": "numeric", "correct": 1, "tolerance": -1}, "/tolerance"),
        ({"kind": "numeric", "correct": 1, "mode": "roughly"}, "/mode"),
    ],
)
def test_an_item_that_nothing_can_answer_right_is_named(content: dict[str, Any], pointer: str) -> None:
    with pytest.raises(InputError) as refused:
        item_key(content)
    assert refused.value.pointer == pointer
