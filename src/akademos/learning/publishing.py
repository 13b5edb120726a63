"""Whether a course can be published: every problem is named, none is guessed away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from akademos.errors import InputError
from akademos.learning.branching import problems_of_scenario
from akademos.learning.completion import CompletionRule
from akademos.learning.items import item_key
from akademos.learning.problems import Problem
from akademos.learning.review import rubric_of


@dataclass(frozen=True, slots=True)
class LessonContent:
    """One lesson and what hangs on it, as the records have it.

    `content_id` names the quiz, exercise or material that it shows; `video` holds media_reference and
    duration_seconds, `scenario` start and steps, `completion` rule, minimum_seconds and minimum_score.
    """

    lesson_id: str
    title: str
    content_type: str
    completion: Mapping[str, object] = field(default_factory=dict)
    content_id: str | None = None
    video: Mapping[str, object] | None = None
    scenario: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class ModuleContent:
    """One module with its lessons, in their order."""

    module_id: str
    title: str
    lessons: Sequence[LessonContent] = ()


@dataclass(frozen=True, slots=True)
class CourseContent:
    """A course as a whole: quizzes with the ids of their items, exercises with their rubrics (None for one that nobody
    reviews), the materials and items that there are; of an item how it is scored, None where it does not say."""

    course_id: str
    title: str
    modules: Sequence[ModuleContent] = ()
    quizzes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    exercises: Mapping[str, Mapping[str, object] | None] = field(default_factory=dict)
    materials: frozenset[str] = frozenset()
    items: Mapping[str, Mapping[str, object] | None] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()


def problems_of_course(course: CourseContent) -> list[Problem]:
    """Everything that stands in the way of publishing; empty when nothing does."""
    found = []
    if not course.title.strip():
        found.append(Problem("title_missing", "/title", "The course has no title."))
    if not course.modules:
        found.append(Problem("course_empty", "/modules", "The course has no module."))
    found += _twice("module", "/modules", (module.module_id for module in course.modules))
    for module in course.modules:
        place = f"/modules/{module.module_id}"
        if not module.title.strip():
            found.append(Problem("title_missing", f"{place}/title", f"The module {module.module_id} has no title."))
        if not module.lessons:
            found.append(Problem("module_empty", place, f"The module {_name(module)} has no lesson."))
        found += _twice("lesson", f"{place}/lessons", (lesson.lesson_id for lesson in module.lessons))
        for lesson in module.lessons:
            found += _problems_of_lesson(lesson, f"{place}/lessons/{lesson.lesson_id}", course)
    lessons = [lesson for module in course.modules for lesson in module.lessons]
    for quiz in sorted({one.content_id or "" for one in lessons if one.content_type == "quiz"} & course.quizzes.keys()):
        found += problems_of_quiz(quiz, course)
    return found


def _problems_of_lesson(lesson: LessonContent, place: str, course: CourseContent) -> list[Problem]:
    found, named = [], lesson.title.strip() or lesson.lesson_id
    if not lesson.title.strip():
        found.append(Problem("title_missing", f"{place}/title", f"The lesson {lesson.lesson_id} has no title."))
    try:
        rule = rule_of(lesson.completion)
    except InputError as refusal:
        found.append(Problem("completion_rule_invalid", f"{place}/completion{refusal.pointer or ''}", refusal.reason))
    else:
        if rule.rule == "score" and lesson.content_type not in ("quiz", "exercise"):
            reason = f"The lesson {named} is done by a score, and is neither quiz nor exercise."
            found.append(Problem("nothing_to_score", f"{place}/completion", reason))
    if lesson.content_type == "video":
        video = lesson.video or {}
        if not video.get("media_reference"):
            found.append(Problem("video_missing", f"{place}/video", f"The video of the lesson {named} is missing."))
        elif not video.get("duration_seconds"):
            reason = f"The duration of the video of the lesson {named} is unknown."
            found.append(Problem("video_duration_missing", f"{place}/video/duration_seconds", reason))
    if lesson.content_type == "interactive":
        found += problems_of_scenario(lesson.scenario or {}, place)
    if lesson.content_type in ("quiz", "exercise", "material"):
        found += _problems_of_shown(lesson, place, named, course)
    return found


def _problems_of_shown(lesson: LessonContent, place: str, named: str, course: CourseContent) -> list[Problem]:
    what, shown = lesson.content_type, lesson.content_id
    known = {"quiz": course.quizzes.keys(), "exercise": course.exercises.keys(), "material": course.materials}[what]
    article = "an" if what == "exercise" else "a"
    if not shown:
        return [Problem(f"{what}_missing", place, f"The lesson {named} is {article} {what}, and names none.")]
    if shown not in known:
        return [Problem(f"{what}_unknown", place, f"There is no {what} {shown}, which the lesson {named} names.")]
    rubric = course.exercises.get(shown) if what == "exercise" else None
    if rubric is None:
        return []
    try:
        rubric_of(rubric)
    except InputError as refusal:
        return [Problem("rubric_invalid", f"/exercises/{shown}{refusal.pointer or ''}", refusal.reason)]
    return []


def problems_of_quiz(quiz: str, course: CourseContent) -> list[Problem]:
    """Everything that keeps a quiz of the course from being scored."""
    place, items = f"/quizzes/{quiz}", course.quizzes[quiz]
    if not items:
        return [Problem("quiz_empty", place, f"The quiz {quiz} has no item.")]
    found = _twice("item", place, items)
    for item in dict.fromkeys(items):
        where = f"{place}/items/{item}"
        if item not in course.items:
            found.append(
                Problem("item_unknown", where, f"The quiz {quiz} names the item {item}, which does not exist.")
            )
        elif item in course.retired:
            found.append(Problem("item_retired", where, f"The quiz {quiz} names the item {item}, which was retired."))
        else:
            content = course.items[item]
            if not content:
                reason = f"The item {item} of the quiz {quiz} does not say what is right."
                found.append(Problem("item_unscorable", where, reason))
                continue
            try:
                item_key(content)
            except InputError as refusal:
                found.append(Problem("item_unscorable", f"{where}{refusal.pointer or ''}", f"{item}: {refusal.reason}"))
    return found


def rule_of(content: Mapping[str, object]) -> CompletionRule:
    """The completion rule as declared; viewed where nothing is said.

    Raises:
        InputError: it is none.
    """
    seconds, score = content.get("minimum_seconds"), content.get("minimum_score")
    return CompletionRule(
        content.get("rule") or "viewed",  # type: ignore[arg-type]  # the rule refuses what is none
        _number(seconds),
        _number(score),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _twice(what: str, place: str, ids: Iterable[str]) -> list[Problem]:
    return [
        Problem(f"{what}_twice", f"{place}/{one}", f"The {what} {one} is there {count} times.")
        for one, count in Counter(ids).items()
        if count > 1
    ]


def _name(module: ModuleContent) -> str:
    return module.title.strip() or module.module_id
