"""What stands in the way of publishing is named, all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from akademos.learning.branching import Step, problems_of_scenario, steps_of
from akademos.learning.publishing import CourseContent, LessonContent, ModuleContent, problems_of_course

RUBRIC: dict[str, Any] = {
    "criteria": [{"id": "c", "title": "Care", "levels": [{"id": "low", "points": 0}, {"id": "high", "points": 2}]}]
}
SCENARIO = [
    {"id": "start", "prompt": "A patient comes in.", "choices": [{"to": "ask"}, {"to": "treat"}]},
    {"id": "ask", "prompt": "You ask.", "choices": [{"to": "treat"}, {"to": "start"}]},
    {"id": "treat", "prompt": "You treat.", "end": True},
]
GOOD = CourseContent(
    "c1",
    "First aid",
    [
        ModuleContent(
            "m1",
            "Basics",
            [
                LessonContent("l1", "Film", "video", video={"media_reference": "film.mp4", "duration_seconds": 60}),
                LessonContent("l2", "Case", "interactive", steps=SCENARIO),
                LessonContent("l3", "Quiz", "quiz", {"rule": "score", "score": 0.5}, quizzes=["q1"]),
                LessonContent("l4", "Work", "exercise", {"rule": "all_parts"}, exercises=["e1"]),
            ],
        )
    ],
    quizzes={"q1": ["i1"]},
    exercises={"e1": RUBRIC},
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
    assert _codes(_with(LessonContent("l", "L", "quiz"))) == {"quiz_missing"}
    assert _codes(_with(LessonContent("l", "L", "exercise"))) == {"exercise_missing"}
    assert _codes(_with(LessonContent("l", "L", "text", {"rule": "score", "score": 1}))) == {"nothing_to_score"}
    assert _codes(_with(LessonContent("l", "L", "text", {"rule": "felt"}))) == {"completion_rule_invalid"}
    assert _codes(_with(LessonContent("l", "L", "text", quizzes=["q9"], exercises=["e9"]))) == {
        "quiz_unknown",
        "exercise_unknown",
    }


def test_items_of_a_quiz_exist_stand_and_say_what_is_right() -> None:
    quiz = LessonContent("l", "L", "quiz", quizzes=["q1"])
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
    work = LessonContent("l", "L", "exercise", exercises=["e1"])
    [problem] = problems_of_course(_with(work, exercises={"e1": {"criteria": []}}))
    assert (problem.code, problem.where) == ("rubric_invalid", "/exercises/e1/criteria")


def test_branches_that_lead_nowhere() -> None:
    steps = [
        Step("start", "S", ("a", "lost")),
        Step("a", "A", ("b",)),
        Step("b", "B", ("a",)),
        Step("island", "I", ("end",)),
        Step("end", "E", end=True),
        Step("stop", " "),
    ]
    found = {(one.code, one.where) for one in problems_of_scenario(steps, "")}
    assert found == {
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


def test_rubbish_for_steps_is_named() -> None:
    codes = {one.code for one in problems_of_scenario(steps_of([3, {"id": "a", "choices": ["b"]}]), "")}
    assert {"step_without_id", "step_without_prompt", "step_unknown"} <= codes


@given(st.lists(st.tuples(st.lists(st.integers(0, 5).map(str), max_size=3), st.booleans()), min_size=1, max_size=6))
def test_a_scenario_without_problems_can_be_played_to_an_end_from_every_step(
    drawn: list[tuple[list[str], bool]],
) -> None:
    steps = [Step(str(number), "P", tuple(to), end) for number, (to, end) in enumerate(drawn)]
    if problems_of_scenario(steps, ""):
        return
    by_id = {step.step_id: step for step in steps}
    for step in steps:
        frontier, seen = {step.step_id}, {step.step_id}
        while frontier and not any(by_id[name].end for name in seen):
            frontier = {to for name in frontier for to in by_id[name].choices} - seen
            seen |= frontier
        assert any(by_id[name].end for name in seen)
