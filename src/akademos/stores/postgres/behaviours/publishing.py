"""Publishing: content that does not hold together is refused, with every problem named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError, Unpublishable
from akademos.learning.maturity import maturity_model
from akademos.learning.path import PathStep, problems_of_path
from akademos.learning.problems import Problem
from akademos.learning.publishing import (
    CourseContent,
    LessonContent,
    ModuleContent,
    problems_of_course,
    problems_of_quiz,
)
from akademos.learning.quizzes import policy_of, scoring_of
from akademos.learning.review import rubric_of
from akademos.stores.postgres.behaviours.content import Content, rows
from akademos.stores.postgres.record_changes import RecordWork
from akademos.stores.postgres.record_rows import Row

_KNOWN = {
    "course": ("learning_courses", "course_id"),
    "lesson": ("learning_lessons", "lesson_id"),
    "quiz": ("learning_quizzes", "quiz_id"),
    "exercise": ("learning_practical_exercises", "exercise_id"),
    "material": ("materials", "material_id"),
}


def on_publish_course(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """A course is published when its modules, lessons, quizzes and exercises hold together."""
    _refuse("course", problems_of_course(course_content(work, row)))
    return {}


def on_publish_path(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """A path is published when its steps can be followed, and lead to what there is."""
    steps = rows(
        work,
        "SELECT * FROM learning_path_steps WHERE tenant_id = %s AND path_id = %s ORDER BY position, step_id",
        row["path_id"],
    )
    found = problems_of_path(
        [PathStep(one["step_id"], tuple(one["needs_steps"] or ()), optional=bool(one["optional"])) for one in steps]
    )
    for step in steps:
        kind, content = step["content_type"], step["content_id"]
        table, key = _KNOWN[kind]
        standing = f"SELECT FROM {table} WHERE tenant_id = %s AND {key} = %s AND status <> 'archived'"
        if not rows(work, standing, content):
            reason = f"The step {step['step_id']} leads to the {kind} {content}, which is not there."
            found.append(Problem(f"{kind}_unknown", f"/steps/{step['step_id']}", reason))
    _refuse("path", found)
    return {}


def on_publish_quiz(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """A quiz is published when every item of it can be scored."""
    quiz = str(row["quiz_id"])
    questions = _questions(row)
    items, retired = _items(work, questions)
    content = CourseContent("", "", quizzes={quiz: questions}, items=items, retired=retired)
    found = problems_of_quiz(quiz, content)
    try:
        policy_of(row)
    except InputError as refusal:
        found.append(Problem("policy_invalid", f"/quizzes/{quiz}{refusal.pointer or ''}", refusal.reason))
    _refuse("quiz", found)
    return {}


def on_publish_exercise(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """An exercise that is to be reviewed is published with a rubric to review it by."""
    if row["review"] == "none" and row["rubric"] is None:
        return {}
    rubric = row["rubric"]
    try:
        rubric_of(rubric if isinstance(rubric, Mapping) else {})
    except InputError as refusal:
        _refuse("exercise", [Problem("rubric_invalid", f"/rubric{refusal.pointer or ''}", refusal.reason)])
    return {}


def on_publish_model(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
    """A maturity model is published when organisations can be scored by it."""
    rubric = row["rubric"]
    try:
        maturity_model(rubric if isinstance(rubric, Mapping) else {})
    except InputError as refusal:
        _refuse("maturity model", [Problem("model_invalid", f"/rubric{refusal.pointer or ''}", refusal.reason)])
    return {}


def course_content(work: RecordWork, course: Mapping[str, Any]) -> CourseContent:
    """A course with everything that hangs on it, archived parts left out."""
    course_id = course["course_id"]
    modules = rows(
        work,
        "SELECT module_id, title FROM learning_modules WHERE tenant_id = %s AND course_id = %s AND status = 'active' "
        "ORDER BY position, module_id",
        course_id,
    )
    lessons = rows(
        work,
        "SELECT l.*, to_jsonb(v) AS video, i.scenario FROM learning_lessons l "
        "LEFT JOIN learning_video_lessons v USING (tenant_id, lesson_id) "
        "LEFT JOIN learning_interactive_lessons i USING (tenant_id, lesson_id) "
        "WHERE l.tenant_id = %s AND l.course_id = %s AND l.status <> 'archived' ORDER BY l.position, l.lesson_id",
        course_id,
    )
    shown = {kind: [one["content_id"] for one in lessons if one["content_type"] == kind] for kind in _KNOWN}
    quizzes = {
        one["quiz_id"]: one["question_ids"]
        for one in rows(
            work,
            "SELECT quiz_id, question_ids FROM learning_quizzes WHERE tenant_id = %s AND quiz_id = ANY (%s) "
            "AND status <> 'archived'",
            shown["quiz"],
        )
    }
    exercises = {
        one["exercise_id"]: None if one["review"] == "none" else one["rubric"] or {}
        for one in rows(
            work,
            "SELECT exercise_id, review, rubric FROM learning_practical_exercises WHERE tenant_id = %s "
            "AND exercise_id = ANY (%s) AND status <> 'archived'",
            shown["exercise"],
        )
    }
    materials = rows(
        work,
        "SELECT material_id FROM materials WHERE tenant_id = %s AND material_id = ANY (%s) AND status = 'active'",
        shown["material"],
    )
    items, retired = _items(work, [item for listed in quizzes.values() for item in listed])
    return CourseContent(
        course_id=course_id,
        title=course["title"],
        modules=[
            ModuleContent(
                one["module_id"],
                one["title"],
                [_lesson(lesson) for lesson in lessons if lesson["module_id"] == one["module_id"]],
            )
            for one in modules
        ],
        quizzes=quizzes,
        exercises=exercises,
        materials=frozenset(one["material_id"] for one in materials),
        items=items,
        retired=retired,
    )


def _lesson(row: Content) -> LessonContent:
    return LessonContent(
        row["lesson_id"],
        row["title"],
        row["content_type"],
        row["completion_rule"] or {},
        content_id=row["content_id"],
        video=row["video"],
        scenario=row["scenario"],
    )


def _items(work: RecordWork, questions: list[str]) -> tuple[dict[str, Mapping[str, object] | None], frozenset[str]]:
    found = rows(
        work,
        "SELECT question_id, kind, options, answer_key, status FROM items "
        "WHERE tenant_id = %s AND question_id = ANY (%s)",
        questions,
    )
    retired = frozenset(one["question_id"] for one in found if one["status"] == "archived")
    return {one["question_id"]: scoring_of(one) for one in found}, retired


def _questions(quiz: Mapping[str, object]) -> list[str]:
    listed = quiz["question_ids"]
    return [str(one) for one in listed] if isinstance(listed, list) else []


def _refuse(what: str, problems: list[Problem]) -> None:
    if problems:
        raise Unpublishable(what, [(one.code, one.where, one.reason) for one in problems])
