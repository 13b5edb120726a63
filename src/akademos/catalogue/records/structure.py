"""Courses and what they are made of: modules, lessons, video and interactive lessons."""

from __future__ import annotations

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.checks import enforced
from akademos.catalogue.records.declaration import Field, LifeCycle, Record, access
from akademos.catalogue.records.life_cycles import (
    AUTHORS,
    CO_AUTHORS,
    CONTENT,
    CONTENT_ACTIONS,
    PUBLISHED,
    SHELVED,
    SHELVED_ACTIONS,
    TEACHERS,
    VALIDITY,
    VALIDITY_AUDITED,
    read_by_all,
    status,
)
from akademos.catalogue.roles import Reach

_READ = read_by_all("product", "instructor", states=PUBLISHED)
_COURSE = Field(
    "course_id",
    "text",
    "course",
    required=True,
    refers="learning_courses",
    looked_up=True,
)
_LESSON = Field(
    "lesson_id",
    "text",
    "lesson",
    key=True,
    required=True,
    refers="learning_lessons",
    refers_with=("course_id",),
    part_of=True,
)

COMPLETION = {
    "type": "object",
    "required": ["rule"],
    "properties": {
        "rule": {"enum": ["viewed", "time_spent", "score", "all_parts"]},
        "minimum_seconds": {"type": "number", "minimum": 0},
        "minimum_score": {"type": "number", "minimum": 0, "maximum": 1},
    },
}
SCENARIO = {
    "type": "object",
    "required": ["start", "steps"],
    "properties": {
        "start": {"type": "string", "minLength": 1, "maxLength": 256},
        "steps": {
            "type": "array",
            "minItems": 1,
            "maxItems": 500,
            "items": {
                "type": "object",
                "required": ["step", "prompt"],
                "properties": {
                    "step": {"type": "string", "minLength": 1, "maxLength": 256},
                    "prompt": {"type": "string", "minLength": 1, "maxLength": 10_000},
                    "ends": {"type": "boolean"},
                    "choices": {
                        "type": "array",
                        "maxItems": 50,
                        "items": {
                            "type": "object",
                            "required": ["text", "next"],
                            "properties": {
                                "text": {"type": "string", "minLength": 1, "maxLength": 2_000},
                                "next": {"type": "string", "minLength": 1, "maxLength": 256},
                            },
                        },
                    },
                },
            },
        },
    },
}
CAPTIONS = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "type": "object",
        "required": ["language", "reference"],
        "properties": {
            "language": {"type": "string", "minLength": 2, "maxLength": 35},
            "reference": {"type": "string", "minLength": 1, "maxLength": 2_000},
        },
    },
}
FREE_FORM = {"type": "object", "additionalProperties": True}
"""What a host keeps beside our own columns."""

COURSES = Record(
    name="learning_courses",
    collection="courses",
    singular="course",
    description="Courses, or module-presentations.",
    grain="one course",
    file="courses.csv",
    fields=(
        Field("course_id", "text", "course", key=True, required=True),
        Field("title", "text", "title", required=True, searched=True),
        # What is loaded from files stands, unless the file says otherwise.
        status(CONTENT, "draft, in_review, published or archived", default="published"),
        Field("starts_on", "date", "first day"),
        Field("ends_on", "date", "last day"),
        Field("description", "text", "what it is about", searched=True),
        Field("objectives", "json", "what is learned", form={
            "type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 2_000},
        }),
        Field("audience", "text", "whom it is for"),
        Field("organisation_id", "text", "who offers it", refers="organisations", looked_up=True),
        Field("metadata", "json", "what the host keeps beside it", form=FREE_FORM),
        VALIDITY,
    ),
    access=(*AUTHORS, TEACHERS, access("instructor", Reach.TENANT, "read", PUBLISHED), *_READ),
    life_cycle=CONTENT,
    actions=CONTENT_ACTIONS,
    versioned=True,
    audited={"publish": AuditAction.COURSE_PUBLISHED, "archive": AuditAction.COURSE_ARCHIVED},
    audited_fields=VALIDITY_AUDITED,
    cached=True,
)  # fmt: skip

MODULES = Record(
    name="learning_modules",
    collection="modules",
    singular="module",
    description="Structure and order within a course; part of the course's revision.",
    grain="one module of a course",
    file="modules.csv",
    fields=(
        Field("module_id", "text", "module", key=True, required=True),
        Field(
            "course_id",
            "text",
            "course that it belongs to",
            required=True,
            refers="learning_courses",
            part_of=True,
            looked_up=True,
        ),
        Field("title", "text", "title", required=True, searched=True),
        Field("description", "text", "what it is about", searched=True),
        Field("position", "integer", "order within the course", default=0, required=True, least=0, most=1_000_000),
        status(SHELVED, "active or archived"),
    ),
    access=(*AUTHORS, CO_AUTHORS, *read_by_all("product", states=("active",))),
    life_cycle=SHELVED,
    actions=SHELVED_ACTIONS,
)

LESSON_STATES = LifeCycle(
    "draft",
    {
        "draft": {"publish": "published", "archive": "archived"},
        "published": {"revise": "draft", "archive": "archived"},
        "archived": {"restore": "draft"},
    },
    entries=("published", "archived"),
)

LESSONS = Record(
    name="learning_lessons",
    collection="lessons",
    singular="lesson",
    description="What is learned in one go: a page, a video, an interactive scenario, a quiz or an exercise.",
    grain="one lesson of a module",
    file="lessons.csv",
    fields=(
        Field("lesson_id", "text", "lesson", key=True, required=True),
        Field(
            "module_id",
            "text",
            "module that it belongs to",
            required=True,
            refers="learning_modules",
            refers_with=("course_id",),
            part_of=True,
            looked_up=True,
        ),
        _COURSE,
        Field("title", "text", "title", required=True, searched=True),
        Field("position", "integer", "order within the module", default=0, required=True, least=0, most=1_000_000),
        Field(
            "content_type",
            "text",
            "what kind of lesson it is",
            required=True,
            values=("page", "video", "interactive", "quiz", "exercise", "material"),
        ),
        Field("content_id", "text", "the quiz, exercise or material that it shows", looked_up=True),
        Field("objective", "text", "what is learned in it", searched=True),
        Field(
            "completion_rule",
            "json",
            "when it counts as completed: viewed, minimum_seconds spent, minimum_score reached, or all parts done",
            form=COMPLETION,
        ),
        Field("topic_ids", "texts", "topics of the curriculum", refers="topics", enforced=False),
        status(LESSON_STATES, "draft, published or archived", default="draft"),
    ),
    access=(*AUTHORS, CO_AUTHORS, *read_by_all("product", states=PUBLISHED)),
    life_cycle=LESSON_STATES,
    actions={name: CONTENT_ACTIONS[name] for name in ("publish", "revise", "archive", "restore")},
)

_IN_COURSE = Field("course_id", "text", "course of the lesson", required=True, looked_up=True, enforced=False)

VIDEO_LESSONS = Record(
    name="learning_video_lessons",
    collection="video-lessons",
    singular="video lesson",
    description="Media of a lesson that is watched.",
    grain="one lesson of content type video",
    file="video_lessons.csv",
    fields=(
        _LESSON,
        _IN_COURSE,
        Field("media_reference", "text", "where the media is", required=True),
        Field("duration_seconds", "number", "length", unit="s", least=0, most=1_000_000),
        Field("transcript_reference", "text", "where the transcript is"),
        Field("captions", "json", "captions by language", form=CAPTIONS),
    ),
    access=(*AUTHORS, CO_AUTHORS, *read_by_all("product")),
)

INTERACTIVE_LESSONS = Record(
    name="learning_interactive_lessons",
    collection="interactive-lessons",
    singular="interactive lesson",
    description="Scenario of a lesson in which learners choose how it goes on.",
    grain="one lesson of content type interactive",
    file="interactive_lessons.csv",
    fields=(
        _LESSON,
        _IN_COURSE,
        Field("scenario", "json", "steps with prompts and choices, from `start` on", required=True, form=SCENARIO),
    ),
    access=(*AUTHORS, CO_AUTHORS, *read_by_all("product")),
    checks=(enforced("every step can be reached, and from every step an end"),),
)

STRUCTURE = (COURSES, MODULES, LESSONS, VIDEO_LESSONS, INTERACTIVE_LESSONS)
