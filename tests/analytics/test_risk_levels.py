"""The words for estimates: as many as there is time for, whatever is usual, and never below the rule."""

from __future__ import annotations

from math import ceil

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.risk_levels import LEVELS, focus_levels, higher
from akademos.analytics.risk_reasons import Reason, not_below_rule, rule_level
from akademos.catalogue.risk_datasets import FOCUS_SHARE

CHANCES = st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 1)), min_size=1, max_size=60)
DAYS = st.none() | st.floats(0, 400)


@given(CHANCES, st.floats(0, 1))
def test_words_follow_the_chance_within_a_course_and_are_as_many_as_there_is_time_for(
    said: list[tuple[str, float]], usual: float
) -> None:
    courses, chances = [one for one, _ in said], np.array([one for _, one in said])
    words = [LEVELS.index(one) for one in focus_levels(courses, chances, usual)]
    for course in set(courses):
        its = sorted((chances[n], words[n]) for n in range(len(said)) if courses[n] == course)
        assert [word for _, word in its] == sorted(word for _, word in its), "a greater chance has no lesser word"
        assert len({chance for chance, word in its if word == 2}) <= ceil(FOCUS_SHARE * len(its))
        assert all(word == 0 for chance, word in its if chance < usual)
        if its[-1][0] >= usual:
            assert its[-1][1] == 2, "whoever is likelier than usual, and the likeliest of the course, is asked soon"


def test_the_words_are_the_same_where_everything_is_a_tenth_as_likely() -> None:
    chances = np.linspace(0.9, 0.05, 40)
    assert focus_levels(["a"] * 40, chances, 0.4) == focus_levels(["a"] * 40, chances / 10, 0.04)
    assert focus_levels(["a"] * 40, chances / 10, 0.04).count("high") == 8


@given(DAYS, st.floats(0, 400), st.none() | st.integers(0, 5), st.sampled_from(LEVELS))
def test_a_model_never_says_less_than_the_rule(
    idle: float | None, waiting: float, missed: int | None, word: str
) -> None:
    row = {"inactive_days": idle, "waiting_days": waiting, "missed": missed}
    other = Reason("effort", 0.7, {"clicks_place": 0.1})
    said, found = not_below_rule(word, [other], {"effort": 0.7, "inactivity": -0.2}, row)
    by_rule, why = rule_level(row)
    assert said == higher(word, by_rule)
    if why and said == by_rule:
        assert [one.theme for one in found[: len(why)]] == [one.theme for one in why], "what the rule rests on is said"
    else:
        assert found == [other]


def test_who_has_done_nothing_yet_is_counted_from_when_something_could_be_done() -> None:
    assert rule_level({"inactive_days": None, "waiting_days": 3.0, "missed": 0.0})[0] == "low"
    assert rule_level({"inactive_days": None, "waiting_days": 14.0, "missed": 0.0})[0] == "high"
