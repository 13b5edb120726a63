"""The record tables that can be loaded: columns, keys and references, declared once.

Checks of imported files, statements of the adapter and the reference pages follow from these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

FieldKind: TypeAlias = Literal["text", "texts", "integer", "number", "date", "person"]


@dataclass(frozen=True, slots=True)
class RecordField:
    """One column of a record table.

    `person` is a key of `people` in the table and a user_id in a file, where `learner_key` is the column `user_id`, and
    another one like `advisor_key` is `advisor_id`. `refers` names the record table whose key
    the value (or each of its values) must be. `default` stands where a row leaves the column out; None is
    null. `least` and `most` bound numbers, inclusive.
    """

    name: str
    kind: FieldKind = "text"
    key: bool = False
    required: bool = False
    refers: str | None = None
    values: tuple[str, ...] = ()
    least: float | None = None
    most: float | None = None
    default: str | int | None = None


@dataclass(frozen=True, slots=True)
class RecordTable:
    """One record table; `file` is the name of its CSV file."""

    name: str
    file: str
    fields: tuple[RecordField, ...]

    @property
    def keys(self) -> tuple[RecordField, ...]:
        """The columns that identify a row within the tenant."""
        return tuple(one for one in self.fields if one.key)

    @property
    def contents(self) -> tuple[RecordField, ...]:
        """The columns that can change."""
        return tuple(one for one in self.fields if not one.key)


def _key(name: str, *, refers: str | None = None, values: tuple[str, ...] = ()) -> RecordField:
    return RecordField(name, key=True, required=True, refers=refers, values=values)


_PERSON = RecordField("learner_key", "person", key=True, required=True)
_COURSE = RecordField("course_id", refers="learning_courses")
_TOPICS = RecordField("topic_ids", "texts", required=True, refers="topics")

RECORD_TABLES: tuple[RecordTable, ...] = (
    RecordTable(
        "learning_courses",
        "courses.csv",
        (
            _key("course_id"),
            RecordField("title", required=True),
            RecordField(
                "status",
                values=("draft", "in_review", "published", "archived"),
                required=True,
                default="published",
            ),
            RecordField("starts_on", "date"),
            RecordField("ends_on", "date"),
        ),
    ),
    RecordTable(
        "topics",
        "topics.csv",
        (
            _key("topic_id"),
            RecordField("parent_id", refers="topics"),
            _COURSE,
            RecordField("name", required=True),
            RecordField("position", "integer", required=True, default=0, least=0, most=1_000_000),
        ),
    ),
    RecordTable(
        "topic_relationships",
        "topic_relationships.csv",
        (
            _key("from_topic", refers="topics"),
            _key("to_topic", refers="topics"),
            _key("kind", values=("prerequisite", "related")),
        ),
    ),
    RecordTable("items", "items.csv", (_key("question_id"), _COURSE, _TOPICS)),
    RecordTable(
        "materials",
        "materials.csv",
        (
            _key("material_id"),
            _COURSE,
            RecordField("kind", required=True),
            RecordField("title", required=True),
            _TOPICS,
        ),
    ),
    RecordTable(
        "exams",
        "exams.csv",
        (
            _key("exam_id"),
            _COURSE,
            RecordField("name", required=True),
            RecordField("pass_mark", "number", least=0, most=1),
        ),
    ),
    RecordTable(
        "exam_weights",
        "exam_weights.csv",
        (
            _key("exam_id", refers="exams"),
            RecordField("section", key=True, default=""),
            _key("topic_id", refers="topics"),
            RecordField("weight", "number", required=True, least=0, most=10),
        ),
    ),
    RecordTable(
        "enrolments",
        "enrolments.csv",
        (
            _PERSON,
            _key("course_id", refers="learning_courses"),
            RecordField("registered_on", "date"),
            RecordField("withdrawn_on", "date"),
        ),
    ),
    RecordTable(
        "staff_assignments",
        "staff_assignments.csv",
        (
            _PERSON,
            _key("course_id", refers="learning_courses"),
            _key("role", values=("instructor", "advisor")),
        ),
    ),
    RecordTable(
        "advisee_assignments",
        "advisees.csv",
        (
            RecordField("advisor_key", "person", key=True, required=True),
            _PERSON,
            RecordField("starts_on", "date"),
            RecordField("ends_on", "date"),
        ),
    ),
    RecordTable(
        "learner_targets",
        "learner_targets.csv",
        (
            _PERSON,
            RecordField("exam_id", required=True, refers="exams"),
            RecordField("target_date", "date"),
        ),
    ),
)
"""In the order in which they are loaded: what is referred to comes first."""

BY_NAME = {table.name: table for table in RECORD_TABLES}
