"""Datasets of contents, items and journeys: the guard's memory, what is published, and what was answered."""

from __future__ import annotations

from akademos.catalogue.checks import Severity, holds
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Dataset, Purpose, years
from akademos.catalogue.policies import LIMITS

_PURPOSES = (Purpose.LEARNING_SUPPORT, Purpose.PRODUCT_ANALYTICS)
_OWNER = "learning science"
_COURSE = must("course_id", "string", "course")
_FLOOR = must("smallest_group", "int32", "the k it was made with", unit="people")
_FLOORED = holds(
    "made with a floor that a tenant may have",
    f"smallest_group >= {LIMITS.group_floor_least}",
    severity=Severity.CRITICAL,
)

CONTENT_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="content_people",
        description="Who is counted in statistics of a course's contents and items and in its journeys, in which part, "
        "and on how many events by content, item and journeys their last taken rows rest.",
        grain="one learner of one course",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            LEARNER,
            may(
                "part",
                "string",
                "persona whose people are counted together, empty where several are; none of somebody "
                "who left, who is not counted again",
            ),
            must(
                "versions",
                "json",
                "by content, item or journeys: events, and since when they count, if they do",
                personal=True,
            ),
        ),
        zone="serving",
        purposes=_PURPOSES,
        service_level="every night",
        upstream=("event_log", "enrolments", "people", "consent_state"),
    ),
    Dataset(
        name="content_editions",
        description="What is in force of each content, item and the journeys in each part of a course: a new edition "
        "begins when k people have new events about it.",
        grain="one content, item or the journeys in one part of one course",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            must("entry", "string", "content:<id>, item:<id>, or journeys"),
            must("part", "string", "persona whose people are counted together, empty where several are"),
            must("as_of", "timestamp", "when it began: until then everybody in it was looked at"),
            must("since", "timestamp", "when people last came or left"),
            must("people", "int32", "people in it", unit="people"),
            _FLOOR,
            must("shown", "bool", "whether it is published; not while somebody's leaving would show"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        time_column="since",
        service_level="every night",
        upstream=("content_people", "event_log"),
        checks=(
            holds(
                "what is shown has as many people as any tenant must have",
                f"NOT shown OR people >= {LIMITS.group_floor_least}",
                severity=Severity.CRITICAL,
            ),
            holds("nobody came or left before it began", "since >= as_of"),
        ),
    ),
    Dataset(
        name="content_taken",
        description="What each learner added to the contents (first opened, completed, time, furthest point) and items "
        "(first answer) of a course when last taken, packed. All statistics of contents and items rest on it.",
        grain="one learner of one course",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            LEARNER,
            must("contents", "bytes", "rows of contents, Arrow IPC", personal=True),
            must("items", "bytes", "first answers, Arrow IPC", personal=True),
        ),
        zone="serving",
        purposes=_PURPOSES,
        service_level="every night",
        upstream=("content_people", "event_log", "materials", "items"),
    ),
    Dataset(
        name="content_statistics",
        description="Statistics of contents and items as published: no number says anything of fewer than k people. "
        "All tables, pages and exports about contents and items are read from here.",
        grain="one version of one content or item of a course",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            must("subject", "string", "content, item, or course: how many are counted there"),
            must("subject_id", "string", "material, question or course"),
            must("version", "string", "version of it; empty where the sender names none"),
            must("as_of", "timestamp", "instant of the oldest rows in it; of a course since when its journeys stand"),
            _FLOOR,
            must("detail", "json", "the numbers as published"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        time_column="as_of",
        retention=years(2),
        service_level="every night",
        upstream=(
            "content_taken",
            "content_people",
            "content_editions",
            "materials",
            "items",
            "enrolments",
            "terms",
        ),
        checks=(_FLOORED,),
    ),
    Dataset(
        name="content_support",
        description="What is published of the materials of a course that help: their gain, and how many learners who "
        "stood alike came to master a topic after them. The recommendations choose by it; each publication stays in "
        "force until the next.",
        grain="one course and publication",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            must("published_at", "timestamp", "from when on it is in force"),
            _FLOOR,
            must("materials", "json", "the numbers as published, by material"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        time_column="published_at",
        retention=years(2),
        service_level="every night",
        upstream=("content_taken", "content_editions", "materials", "items", "enrolments", "terms"),
        checks=(_FLOORED,),
    ),
    Dataset(
        name="journey_answers",
        description="Questions about journeys with the answers they got; the same question gets the kept answer, and "
        "the number of questions of an edition is limited.",
        grain="one question about one course and edition",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            must("edition", "timestamp", "since when the people and events that it rests on stand"),
            must("question", "string", "the question in its one form"),
            must("answer", "json", "the numbers as answered"),
            must("answered_at", "timestamp", "when it was first asked"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        time_column="answered_at",
        retention=years(2),
        service_level="on request",
        upstream=("content_editions", "event_log"),
        checks=(holds("answered after its edition began", "answered_at >= edition"),),
    ),
)
