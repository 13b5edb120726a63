"""What a tenant's content is made of as far as progress goes: outlines of lessons, courses and paths, and the rules by
which their parts are done, from the revisions that were published last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from akademos.learning.observations import Rules, candidates
from akademos.learning.progress import Content, ContentKind, Outline, Outlines, Part


@dataclass(frozen=True, slots=True)
class Published:
    """The revision of a content that was published last: the row with its parts, by name of their table."""

    record: str
    id: str
    revision: int
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Structure:
    """Everything that progress needs to know of a tenant's content.

    Attributes:
        rules: when a lesson, quiz or exercise is done; what is not in it is not known.
        course_of: the course that a content belongs to.
        lessons_of: the lessons that show a material, by the material's id.
    """

    outlines: Outlines
    rules: Mapping[Content, Rules]
    course_of: Mapping[Content, str]
    lessons_of: Mapping[str, tuple[Content, ...]]

    def contents(self, event: str, content_id: str) -> list[Content]:
        """The known contents that an event is about."""
        named = candidates(event, content_id)
        found = [one for one in named if one in self.rules]
        if any(one.kind == "lesson" for one in named):
            found += [one for one in self.lessons_of.get(content_id, ()) if one not in found]
        return found

    def revision(self, content: Content) -> int | None:
        """The revision in force."""
        rules = self.rules.get(content)
        return None if rules is None else rules.version


def structure(published: Iterable[Published]) -> Structure:
    """The structure of a tenant's published content.

    A course is made up of the published lessons of its active modules; without any, of the quizzes and exercises that
    name it. A lesson that shows a quiz or an exercise is as far as that is. A path is made up of its steps; a step to a
    material counts as the lesson that shows it, and what nobody can make progress in does not count.
    """
    latest = list(published)
    rules: dict[Content, Rules] = {}
    course_of: dict[Content, str] = {}
    alone: dict[str, list[Content]] = {}
    for one in latest:
        known = _assessed(one)
        if known is not None:
            content, needed = known
            rules[content] = Rules("score", needed=needed, version=one.revision)
            course = one.content.get("course_id")
            if course is not None:
                course_of[content] = course
                alone.setdefault(course, []).append(content)
    outlines: list[Outline] = []
    lessons_of: dict[str, list[Content]] = {}
    for course in (one for one in latest if one.record == "learning_courses"):
        lessons = _lessons(course.content)
        for lesson in lessons:
            content = Content("lesson", lesson["lesson_id"])
            rules[content] = _lesson_rules(lesson, course.revision)
            course_of[content] = course.id
            shown = lesson.get("content_id")
            if shown is not None and lesson["content_type"] in {"quiz", "exercise"}:
                part = Content(lesson["content_type"], shown)
                outlines.append(Outline(content, course.revision, (Part(part),)))
            elif shown is not None:
                lessons_of.setdefault(shown, []).append(content)
        parts = [Content("lesson", lesson["lesson_id"]) for lesson in lessons] or sorted(alone.get(course.id, ()))
        whole = Content("course", course.id)
        course_of[whole] = course.id
        outlines.append(Outline(whole, course.revision, tuple(map(Part, parts))))
    known_contents = {*rules, *(one.content for one in outlines)}
    shown_by = {material: tuple(found) for material, found in lessons_of.items()}
    for path in (one for one in latest if one.record == "learning_paths"):
        steps = path.content.get("learning_path_steps") or ()
        parts_of_path = tuple(_steps(steps, known_contents, shown_by))
        outlines.append(Outline(Content("path", path.id), path.revision, parts_of_path))
    return Structure(Outlines(outlines), rules, course_of, shown_by)


_ASSESSED: Mapping[str, ContentKind] = {"learning_quizzes": "quiz", "learning_practical_exercises": "exercise"}


def _assessed(one: Published) -> tuple[Content, float | None] | None:
    kind = _ASSESSED.get(one.record)
    return None if kind is None else (Content(kind, one.id), one.content.get("pass_threshold"))


def _lessons(course: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    active = {one["module_id"] for one in course.get("learning_modules") or () if one["status"] == "active"}
    return [
        one
        for one in course.get("learning_lessons") or ()
        if one["status"] == "published" and one["module_id"] in active
    ]


def _lesson_rules(lesson: Mapping[str, Any], revision: int) -> Rules:
    said = lesson.get("completion_rule") or {}
    return Rules(
        said.get("rule", "all_parts"),
        needed=said.get("minimum_score"),
        seconds=said.get("minimum_seconds"),
        version=revision,
    )


def _steps(
    steps: Sequence[Mapping[str, Any]], known: set[Content], lessons_of: Mapping[str, tuple[Content, ...]]
) -> Iterable[Part]:
    for step in sorted(steps, key=lambda one: (one["position"], one["step_id"])):
        optional = bool(step.get("optional"))
        if step["content_type"] == "material":
            yield from (Part(lesson, optional) for lesson in lessons_of.get(step["content_id"], ()))
            continue
        content = Content(step["content_type"], step["content_id"])
        if content in known:
            yield Part(content, optional)
