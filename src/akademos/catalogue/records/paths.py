"""Learning paths, their steps, and how far each learner has come."""

from __future__ import annotations

from akademos.catalogue.checks import enforced
from akademos.catalogue.event_defaults import STUDY_PURPOSES
from akademos.catalogue.records.declaration import STUDY_RECORD, Action, Field, LifeCycle, Record, access
from akademos.catalogue.records.life_cycles import (
    AUTHORS,
    CONTENT,
    CONTENT_ACTIONS,
    PUBLISHED,
    VALIDITY,
    VALIDITY_AUDITED,
    read_by_all,
    status,
)
from akademos.catalogue.roles import Reach

CONTENT_TYPES = ("course", "lesson", "quiz", "exercise", "material")

PATHS = Record(
    name="learning_paths",
    collection="paths",
    singular="path",
    description="Ways through content to a goal.",
    grain="one path",
    file="paths.csv",
    fields=(
        Field("path_id", "text", "path", key=True, required=True),
        Field("title", "text", "title", required=True, searched=True),
        Field("goal", "text", "what it leads to", searched=True),
        Field("audience", "text", "whom it is for"),
        Field("organisation_id", "text", "who offers it", refers="organisations", looked_up=True),
        Field("owner_key", "person", "who keeps it", party="staff", looked_up=True),
        status(CONTENT, "draft, in_review, published or archived"),
        VALIDITY,
    ),
    access=(*AUTHORS, *read_by_all("product", states=PUBLISHED)),
    life_cycle=CONTENT,
    actions=CONTENT_ACTIONS,
    versioned=True,
    audited_fields=VALIDITY_AUDITED,
)

STEPS = Record(
    name="learning_path_steps",
    collection="path-steps",
    singular="step",
    description="What a path leads through, in order; part of the path's revision.",
    grain="one step of a path",
    file="path_steps.csv",
    fields=(
        Field("path_id", "text", "path", key=True, required=True, refers="learning_paths", part_of=True),
        Field("step_id", "text", "step, within the path", key=True, required=True),
        Field("position", "integer", "order within the path", default=0, required=True, least=0, most=1_000_000),
        Field("content_type", "text", "what it is", required=True, values=CONTENT_TYPES),
        Field("content_id", "text", "which one", required=True, looked_up=True),
        Field("optional", "boolean", "whether the path can be completed without it"),
        Field("needs_steps", "texts", "steps of the same path that come first"),
    ),
    access=(*AUTHORS, *read_by_all("product")),
    checks=(enforced("steps that need each other form no circle"),),
)

PROGRESS_STATES = LifeCycle(
    "not_started",
    {
        "not_started": {"start": "in_progress", "complete": "completed"},
        "in_progress": {"complete": "completed", "reset": "not_started"},
        "completed": {"reopen": "in_progress"},
    },
    entries=("in_progress", "completed"),
    column="state",
)

PROGRESS = Record(
    name="learning_user_progress",
    collection="progress",
    singular="progress",
    description="How far a learner has come in a course, path, lesson, quiz or exercise, and in which revision of it.",
    grain="one learner and piece of content",
    fields=(
        Field("learner_key", "person", "who learns", key=True, required=True, looked_up=True),
        Field(
            "content_type",
            "text",
            "course, path, lesson, quiz or exercise",
            key=True,
            required=True,
            values=("course", "path", "lesson", "quiz", "exercise"),
        ),
        Field("content_id", "text", "which one", key=True, required=True, looked_up=True),
        Field("course_id", "text", "course that it belongs to", refers="learning_courses", looked_up=True),
        Field("content_revision", "integer", "revision that is worked on", least=1, set_by="platform"),
        status(PROGRESS_STATES, "not_started, in_progress or completed"),
        Field("percentage", "number", "how much of it is done", default=0, required=True, unit="%", least=0, most=100),
        Field("first_activity_at", "timestamp", "first activity", set_by="platform"),
        Field("last_activity_at", "timestamp", "last activity", set_by="platform"),
        Field("completed_at", "timestamp", "when it was completed", set_by="platform"),
    ),
    access=(
        access("learner", Reach.SELF, "read"),
        access("instructor", Reach.OWN_COURSES, "read"),
        access("advisor", Reach.OWN_ADVISEES, "read"),
        access("service", Reach.TENANT, "read create update act"),
    ),
    life_cycle=PROGRESS_STATES,
    actions={
        "start": Action("It was begun.", stamps=("first_activity_at", "last_activity_at")),
        "complete": Action("It was completed.", stamps=("last_activity_at", "completed_at")),
        "reset": Action("It is begun anew."),
        "reopen": Action("There is more to do in it."),
    },
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
)

LEARNING_PATHS = (PATHS, STEPS, PROGRESS)
