"""What is taught and asked: topics and how they depend on each other, items, materials, exams."""

from __future__ import annotations

from akademos.catalogue.checks import enforced
from akademos.catalogue.event_defaults import STUDY_PURPOSES
from akademos.catalogue.records.declaration import STUDY_RECORD, Access, Field, Record, access
from akademos.catalogue.records.life_cycles import (
    ACTIVE,
    AUTHORS,
    CO_AUTHORS,
    CONTENT,
    CONTENT_ACTIONS,
    SHELVED,
    SHELVED_ACTIONS,
    TEACHERS,
    read_by_all,
    status,
)
from akademos.catalogue.roles import Reach

_OWNER = "curriculum team"
_COURSE = Field(
    "course_id", "text", "course or module-presentation", refers="learning_courses", enforced=False, looked_up=True
)
_TOPICS = Field("topic_ids", "texts", "topics it belongs to", required=True, refers="topics", enforced=False)
_SHELF = status(SHELVED, "active or archived")
_ALL: tuple[Access, ...] = (*AUTHORS, *read_by_all("product", states=ACTIVE))
QUESTION_OPTIONS = {
    "type": "array",
    "maxItems": 100,
    "items": {
        "type": "object",
        "required": ["option", "text"],
        "properties": {
            "option": {"type": "string", "minLength": 1, "maxLength": 256},
            "text": {"type": "string", "maxLength": 5_000},
            "credit": {"type": "number", "minimum": 0, "maximum": 1},
        },
    },
}
ANSWER_KEY = {
    "type": "object",
    "required": ["kind"],
    "properties": {
        "kind": {"enum": ["single", "multiple", "mapped", "ordering", "numeric"]},
        "credit": {"enum": ["all_or_nothing", "partial", "position", "neighbours"]},
        "mode": {"enum": ["exact", "absolute", "relative"]},
        **{name: {"type": "number"} for name in ("tolerance", "near", "near_credit", "upper", "lower", "default")},
        **{name: {"type": "object", "additionalProperties": True} for name in ("credits", "points")},
        "correct": {},
    },
}
"""How answers are scored, as `learning.items.item_key` reads it; what is right is an option, options or a number."""

TOPICS = Record(
    name="topics",
    collection="topics",
    singular="topic",
    description="The curriculum's topics, a hierarchy.",
    grain="one topic",
    file="topics.csv",
    owner=_OWNER,
    fields=(
        Field("topic_id", "text", "topic", key=True, required=True),
        Field("parent_id", "text", "topic above; none for a root", refers="topics", looked_up=True),
        _COURSE,
        Field("name", "text", "name shown to learners", required=True, searched=True),
        Field("position", "integer", "order among its siblings", required=True, default=0, least=0, most=1_000_000),
        Field("description", "text", "what it covers", searched=True),
        _SHELF,
    ),
    access=(*AUTHORS, CO_AUTHORS, *read_by_all("product", states=ACTIVE)),
    life_cycle=SHELVED,
    actions=SHELVED_ACTIONS,
    checks=(enforced("no topic is above itself"),),
    cached=True,
)
RELATIONSHIPS = Record(
    name="topic_relationships",
    collection="topic-relationships",
    singular="relationship",
    description="Which topic is needed before which, and which are related.",
    grain="one edge between two topics",
    file="topic_relationships.csv",
    owner=_OWNER,
    fields=(
        Field(
            "from_topic", "text", "needed first, where kind is prerequisite", key=True, required=True, refers="topics"
        ),
        Field("to_topic", "text", "needs from_topic", key=True, required=True, refers="topics", looked_up=True),
        Field("kind", "text", "prerequisite or related", key=True, required=True, values=("prerequisite", "related")),
        _SHELF,
    ),
    access=_ALL,
    life_cycle=SHELVED,
    actions=SHELVED_ACTIONS,
    checks=(enforced("prerequisites have no cycle"),),
    cached=True,
)
ITEMS = Record(
    name="items",
    collection="items",
    singular="item",
    description="The question bank.",
    grain="one item",
    file="items.csv",
    owner=_OWNER,
    fields=(
        Field("question_id", "text", "item", key=True, required=True),
        _COURSE,
        _TOPICS,
        Field("kind", "text", "single choice, multiple choice, number, text, ...", looked_up=True),
        Field("stem", "text", "what is asked", searched=True),
        Field("options", "json", "answers to choose from, and the credit of each", form=QUESTION_OPTIONS),
        Field("secure", "boolean", "kept for exams: not shown outside of them", looked_up=True),
        Field("answer_key", "json", "how answers are scored, where the credit of the options does not say it all",
              form=ANSWER_KEY),
        status(CONTENT, "draft, in_review, published or archived (retired)", default="published"),
    ),
    # Learners meet items in the host application, which knows when the answers may be shown.
    access=(*AUTHORS, TEACHERS),
    life_cycle=CONTENT,
    actions=CONTENT_ACTIONS,
    versioned=True,
    cached=True,
)  # fmt: skip
MATERIALS = Record(
    name="materials",
    collection="materials",
    singular="material",
    description="Content other than questions.",
    grain="one material",
    file="materials.csv",
    owner=_OWNER,
    fields=(
        Field("material_id", "text", "material", key=True, required=True),
        _COURSE,
        Field("kind", "text", "page, video, quiz, ...", required=True, looked_up=True),
        Field("title", "text", "title", required=True, searched=True),
        _TOPICS,
        Field("reference", "text", "where it is"),
        _SHELF,
    ),
    access=(*AUTHORS, CO_AUTHORS, *read_by_all("product", states=ACTIVE)),
    life_cycle=SHELVED,
    actions=SHELVED_ACTIONS,
    cached=True,
)
EXAMS = Record(
    name="exams",
    collection="exams",
    singular="exam",
    description="Exams that learners prepare for.",
    grain="one exam",
    file="exams.csv",
    owner=_OWNER,
    fields=(
        Field("exam_id", "text", "exam", key=True, required=True),
        _COURSE,
        Field("name", "text", "name shown to learners", required=True, searched=True),
        Field("pass_mark", "number", "share of the full mark from which it is passed", unit="share", least=0, most=1),
        Field("held_on", "date", "day on which it is held, where it is one"),
        _SHELF,
    ),
    access=_ALL,
    life_cycle=SHELVED,
    actions=SHELVED_ACTIONS,
    checks=(enforced("pass_mark is within 0 and 1"),),
    cached=True,
)
EXAM_SECTIONS = Record(
    name="exam_sections",
    collection="exam-sections",
    singular="exam section",
    description="Sections of an exam.",
    grain="one section of an exam",
    file="exam_sections.csv",
    owner=_OWNER,
    fields=(
        Field("exam_id", "text", "exam", key=True, required=True, refers="exams"),
        Field("section", "text", "section, as the weights name it", key=True, required=True),
        Field("title", "text", "title", required=True),
        Field("position", "integer", "order within the exam", required=True, default=0, least=0, most=1_000_000),
        Field("duration_minutes", "integer", "how long it takes", unit="min", least=1, most=10_000),
    ),
    access=(*AUTHORS, *read_by_all("product")),
)
EXAM_WEIGHTS = Record(
    name="exam_weights",
    collection="exam-weights",
    singular="weight",
    description="How much a topic counts in an exam; 0 takes it out.",
    grain="one exam, section and topic",
    file="exam_weights.csv",
    owner=_OWNER,
    fields=(
        Field("exam_id", "text", "exam", key=True, required=True, refers="exams"),
        Field("section", "text", "section of the exam; empty for the whole", key=True, required=True, default=""),
        Field("topic_id", "text", "topic", key=True, required=True, refers="topics", looked_up=True),
        Field("weight", "number", "0..10", required=True, unit="points", least=0, most=10),
    ),
    access=(*AUTHORS, *read_by_all("product")),
    checks=(enforced("weight is within 0 and 10"),),
    cached=True,
)
TARGETS = Record(
    name="learner_targets",
    collection="learner-targets",
    singular="target",
    description="Which exam a learner prepares for, and when it is.",
    grain="one learner",
    file="learner_targets.csv",
    owner=_OWNER,
    fields=(
        Field("learner_key", "person", "random key of the person", key=True, required=True),
        Field("exam_id", "text", "exam", required=True, refers="exams", looked_up=True),
        Field("target_date", "date", "day of the exam"),
    ),
    access=(
        access("learner", Reach.SELF, "read create update"),
        access("advisor", Reach.OWN_ADVISEES, "read"),
        access("service", Reach.TENANT, "read create update"),
    ),
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES[:2],
    cached=True,
)
EXAM_OUTCOMES = Record(
    name="exam_outcomes",
    collection="exam-outcomes",
    singular="outcome",
    description="What became of an exam.",
    grain="one learner, exam and attempt",
    file="exam_outcomes.csv",
    owner="registrar",
    fields=(
        Field("learner_key", "person", "who took it", key=True, required=True, looked_up=True),
        Field("exam_id", "text", "exam", key=True, required=True, refers="exams", looked_up=True),
        Field("attempt", "integer", "1 for the first", key=True, required=True, default=1, least=1, most=1_000),
        Field("taken_on", "date", "when it was taken"),
        Field("score", "number", "share of the full mark", unit="share", least=0, most=1),
        Field("passed", "boolean", "whether it was passed"),
        Field("grade", "text", "as the institution writes it"),
    ),
    access=(
        access("learner", Reach.SELF, "read"),
        access("advisor", Reach.OWN_ADVISEES, "read"),
        access("service", Reach.TENANT, "read create update"),
    ),
    retention=STUDY_RECORD,
    purposes=STUDY_PURPOSES,
)

CURRICULUM_RECORDS = (
    TOPICS,
    RELATIONSHIPS,
    ITEMS,
    MATERIALS,
    EXAMS,
    EXAM_SECTIONS,
    EXAM_WEIGHTS,
    TARGETS,
    EXAM_OUTCOMES,
)
