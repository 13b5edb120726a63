"""What stands in the way of publishing is named, all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from akademos.learning.branching import problems_of_scenario
from akademos.learning.publishing import CourseContent, LessonContent, ModuleContent, problems_of_course

RUBRIC: dict[str, Any] = {
    "criteria": [{"criterion": "care", "levels": [{"level": "low", "points": 0}, {"level": "high", "points": 2}]}]
}
SCENARIO: dict[str, Any] = {
    "start": "start",
    "steps": [
        {"step": "treat", "prompt": "You treat.", "ends": True},
        {"step": "start", "prompt": "Somebody comes in.", "choices": [{"next": "ask"}, {"next": "treat"}]},
        {"step": "ask", "prompt": "You ask.", "choices": [{"next": "treat"}, {"next": "start"}]},
    ],
}
GOOD = CourseContent(
    "c1",
    "First aid",
    [
        ModuleContent(
            "m1",
            "Basics",
            [
                LessonContent("l1", "Film", "video", video={"media_reference": "film.mp4", "duration_seconds": 60}),
                LessonContent("l2", "Case", "interactive", scenario=SCENARIO),
                LessonContent("l3", "Quiz", "quiz", {"rule": "score", "minimum_score": 0.5}, content_id="q1"),
                LessonContent("l4", "Work", "exercise", {"rule": "all_parts"}, content_id="e1"),
                LessonContent("l5", "Book", "material", content_id="m1"),
            ],
        )
    ],
    quizzes={"q1": ["i1"]},
    exercises={"e1": RUBRIC},
    materials=frozenset({"m1"}),
    items={"i1": {"kind": "numeric", "correct": 2}},
)


def _codes(course: CourseContent) -> set[str]:
    return {problem.code for problem in problems_of_course(course)}


def _with(lesson: LessonContent, **changed: Any) -> CourseContent:
    return replace(GOOD, modules=[ModuleContent("m1", "Basics", [lesson])], **changed)


def test_a_sound_course_has_no_problem() -> None:
    assert problems_of_course(GOOD) == []


def test_emptiness_is_named() -> None:
    assert _codes(CourseContent("c", " ")) == {"title_missing", "course_empty"}
    assert _codes(replace(GOOD, modules=[ModuleContent("m", "M")])) == {"module_empty"}


def test_every_kind_of_lesson_needs_what_it_shows() -> None:
    assert _codes(_with(LessonContent("l", "L", "video"))) == {"video_missing"}
    assert _codes(_with(LessonContent("l", "L", "video", video={"media_reference": "x"}))) == {"video_duration_missing"}
    assert _codes(_with(LessonContent("l", "L", "interactive"))) == {"scenario_empty"}
    for kind in ("quiz", "exercise", "material"):
        assert _codes(_with(LessonContent("l", "L", kind))) == {f"{kind}_missing"}
        assert _codes(_with(LessonContent("l", "L", kind, content_id="none"))) == {f"{kind}_unknown"}
    assert _codes(_with(LessonContent("l", "L", "page", {"rule": "score", "minimum_score": 1}))) == {"nothing_to_score"}
    assert _codes(_with(LessonContent("l", "L", "page", {"rule": "felt"}))) == {"completion_rule_invalid"}


def test_items_of_a_quiz_exist_stand_and_say_what_is_right() -> None:
    quiz = LessonContent("l", "L", "quiz", content_id="q1")
    items: dict[str, Any] = {"i1": None, "i2": {"kind": "numeric"}, "i3": {"kind": "numeric", "correct": 1}}
    wanted = ["i1", "i2", "i3", "i3", "i4"]
    problems = problems_of_course(_with(quiz, quizzes={"q1": wanted}, items=items, retired=frozenset({"i3"})))
    assert sorted((one.code, one.where) for one in problems) == [
        ("item_retired", "/quizzes/q1/items/i3"),
        ("item_twice", "/quizzes/q1/i3"),
        ("item_unknown", "/quizzes/q1/items/i4"),
        ("item_unscorable", "/quizzes/q1/items/i1"),
        ("item_unscorable", "/quizzes/q1/items/i2/correct"),
    ]
    assert _codes(_with(quiz, quizzes={"q1": []})) == {"quiz_empty"}


def test_a_rubric_without_points_is_named_with_its_place() -> None:
    work = LessonContent("l", "L", "exercise", content_id="e1")
    [problem] = problems_of_course(_with(work, exercises={"e1": {"criteria": []}}))
    assert (problem.code, problem.where) == ("rubric_invalid", "/exercises/e1/criteria")


def _scenario(*steps: tuple[str, str, list[str], bool], start: str = "start") -> dict[str, Any]:
    return {
        "start": start,
        "steps": [
            {"step": name, "prompt": prompt, "choices": [{"text": "x", "next": one} for one in to], "ends": ends}
            for name, prompt, to, ends in steps
        ],
    }


def test_branches_that_lead_nowhere() -> None:
    scenario = _scenario(
        ("start", "S", ["a", "lost"], False),
        ("a", "A", ["b"], False),
        ("b", "B", ["a"], False),
        ("island", "I", ["end"], False),
        ("end", "E", [], True),
        ("stop", " ", [], False),
    )
    assert {(one.code, one.where) for one in problems_of_scenario(scenario, "")} == {
        ("step_unknown", "/steps/start"),
        ("step_dead_end", "/steps/start"),
        ("step_dead_end", "/steps/a"),
        ("step_dead_end", "/steps/b"),
        ("step_unreachable", "/steps/island"),
        ("step_unreachable", "/steps/end"),
        ("step_unreachable", "/steps/stop"),
        ("step_dead_end", "/steps/stop"),
        ("step_without_prompt", "/steps/stop"),
    }


def test_a_start_that_is_no_step_is_named() -> None:
    codes = {one.code for one in problems_of_scenario(_scenario(("a", "A", [], True)), "")}
    assert codes == {"start_unknown", "step_unreachable"}


def test_rubbish_for_steps_is_named() -> None:
    scenario = {"start": "a", "steps": [3, {"step": "a", "choices": ["b"]}]}
    codes = {one.code for one in problems_of_scenario(scenario, "")}
    assert codes == {"step_without_id", "step_without_prompt", "step_unknown", "step_dead_end"}
    assert [one.code for one in problems_of_scenario({"start": "a", "steps": "none"}, "")] == ["scenario_empty"]


@given(st.lists(st.tuples(st.lists(st.integers(0, 5).map(str), max_size=3), st.booleans()), min_size=1, max_size=6))
def test_a_scenario_without_problems_can_be_played_to_an_end_from_every_step(
    drawn: list[tuple[list[str], bool]],
) -> None:
    drawn_steps = [(str(number), "P", to, ends) for number, (to, ends) in enumerate(drawn)]
    if problems_of_scenario(_scenario(*drawn_steps, start="0"), ""):
        return
    follows, ends = {name: to for name, _, to, _ in drawn_steps}, {name for name, _, _, end in drawn_steps if end}
    for name in follows:
        frontier, seen = {name}, {name}
        while frontier and not seen & ends:
            frontier = {to for one in frontier for to in follows[one]} - seen
            seen |= frontier
        assert seen & ends
