"""Datasets of the curriculum and of exams: records that give events their meaning."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import COURSE, LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Basis, Column, Dataset, Purpose, years

_TOPIC_LIST = must("topic_ids", "strings", "topics it belongs to")


def _record(name: str, description: str, grain: str, *columns: Column, checks: tuple[str, ...] = ()) -> Dataset:
    return Dataset(
        name=name,
        description=description,
        grain=grain,
        owner="curriculum team",
        columns=(TENANT, *columns),
        zone="records",
        basis=Basis.CONTRACT,
        checks=checks,
    )


CURRICULUM_DATASETS: tuple[Dataset, ...] = (
    _record(
        "learning_courses",
        "Courses, or module-presentations.",
        "one course",
        must("course_id", "string", "course"),
        must("title", "string", "title"),
        must("status", "string", "draft, in_review, published or archived"),
        may("starts_on", "date", "first day"),
        may("ends_on", "date", "last day"),
    ),
    _record(
        "topics",
        "The curriculum's topics, a hierarchy.",
        "one topic",
        must("topic_id", "string", "topic"),
        may("parent_id", "string", "topic above; none for a root"),
        COURSE,
        must("name", "string", "name shown to learners"),
        must("position", "int32", "order among its siblings"),
        checks=("no topic is above itself",),
    ),
    _record(
        "topic_relationships",
        "Which topic is needed before which, and which are related.",
        "one edge between two topics",
        must("from_topic", "string", "needed first, where kind is prerequisite"),
        must("to_topic", "string", "needs from_topic"),
        must("kind", "string", "prerequisite or related"),
        checks=("prerequisites have no cycle",),
    ),
    _record(
        "items",
        "The question bank.",
        "one item",
        must("question_id", "string", "item"),
        COURSE,
        _TOPIC_LIST,
    ),
    _record(
        "materials",
        "Content other than questions.",
        "one material",
        must("material_id", "string", "material"),
        COURSE,
        must("kind", "string", "page, video, quiz, ..."),
        must("title", "string", "title"),
        _TOPIC_LIST,
    ),
    _record(
        "exams",
        "Exams that learners prepare for.",
        "one exam",
        must("exam_id", "string", "exam"),
        COURSE,
        must("name", "string", "name shown to learners"),
        may("pass_mark", "float64", "share of the full mark from which it is passed", unit="share"),
        checks=("pass_mark is within 0 and 1",),
    ),
    _record(
        "exam_weights",
        "How much a topic counts in an exam.",
        "one exam, section and topic",
        must("exam_id", "string", "exam"),
        must("topic_id", "string", "topic"),
        must("section", "string", "section of the exam; empty for the whole"),
        must("weight", "float64", "0..10", unit="points"),
        checks=("weight is within 0 and 10",),
    ),
    _record(
        "record_versions",
        "A number that changes with every change of a tenant's records, so that caches know.",
        "one tenant",
        must("version", "int64", "number of the change"),
    ),
    Dataset(
        name="learner_targets",
        description="Which exam a learner prepares for, and when it is.",
        grain="one learner",
        owner="curriculum team",
        columns=(
            TENANT,
            LEARNER,
            must("exam_id", "string", "exam"),
            may("target_date", "date", "day of the exam"),
        ),
        zone="records",
        purposes=(Purpose.LEARNING_SUPPORT, Purpose.ADVISING),
        retention=years(7),
    ),
)
