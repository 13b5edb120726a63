"""What lessons may ask for, and how far learners are on paths."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.learning.completion import CompletionRule
from akademos.learning.path import PathStep, path_standing, problems_of_path

STEPS = [
    PathStep("basics"),
    PathStep("practice", ("basics",)),
    PathStep("extra", ("basics",), optional=True),
    PathStep("exam", ("practice",)),
]


@pytest.mark.parametrize(
    "wrong", [{"rule": "read"}, {"rule": "time_spent"}, {"rule": "score"}, {"rule": "score", "minimum_score": 2}]
)
def test_a_rule_that_is_none(wrong: dict[str, object]) -> None:
    with pytest.raises(InputError) as refused:
        CompletionRule(**wrong)  # type: ignore[arg-type]  # that is the point
    assert refused.value.code == "completion_rule_invalid"


def test_optional_steps_do_not_hold_a_path_up() -> None:
    standing = path_standing(STEPS, {"basics": 1, "practice": 1, "exam": 1})
    assert (standing.state, standing.share, standing.next_step) == ("completed", 1, "extra")


def test_a_step_opens_when_what_it_needs_is_done() -> None:
    standing = path_standing(STEPS, {"basics": 1, "practice": 0.5})
    assert standing.share == 0.5
    assert standing.state == "in_progress"
    assert [step.step_id for step in standing.steps if step.open] == ["basics", "practice", "extra"]
    assert standing.steps[3].waits_for == ("practice",)
    assert standing.next_step == "practice"


def test_only_an_optional_step_begun_is_a_beginning_without_progress() -> None:
    standing = path_standing(STEPS, {"extra": 0.2})
    assert (standing.state, standing.share) == ("in_progress", 0)


@given(st.dictionaries(st.sampled_from([step.step_id for step in STEPS]), st.floats(0, 1)))
def test_more_done_is_never_less_progress(shares: dict[str, float]) -> None:
    before = path_standing(STEPS, shares)
    after = path_standing(STEPS, {**shares, "practice": 1.0})
    assert after.share >= before.share
    assert (before.state == "completed") == (all(shares.get(one, 0) >= 1 for one in ("basics", "practice", "exam")))


def test_problems_of_paths_are_named() -> None:
    steps = [
        PathStep("a", ("c",)),
        PathStep("b", ("a", "nowhere")),
        PathStep("c", ("b", "d")),
        PathStep("d", optional=True),
        PathStep("d"),
    ]
    found = {one.code: one.reason for one in problems_of_path(steps)}
    assert set(found) == {"step_twice", "prerequisite_unknown", "prerequisite_optional", "prerequisite_cycle"}
    assert "nowhere" in found["prerequisite_unknown"]
    assert all(name in found["prerequisite_cycle"] for name in "abc")
    assert [one.code for one in problems_of_path([])] == ["path_empty"]
    assert [one.code for one in problems_of_path([PathStep("a", optional=True)])] == ["nothing_required"]
    assert problems_of_path(STEPS) == []
