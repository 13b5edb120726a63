"""Datasets of contents, items and journeys: the guard's memory, what is published, and what was answered."""

from __future__ import annotations

from akademos.catalogue.checks import Severity, holds
from akademos.catalogue.dataset_columns import LEARNER, TENANT, may, must
from akademos.catalogue.declarations import Dataset, Purpose, years
from akademos.catalogue.policies import LIMITS

_PURPOSES = (Purpose.LEARNING_SUPPORT, Purpose.PRODUCT_ANALYTICS)
_OWNER = "learning science"
_COURSE = must("course_id", "string", "course")
_BLOCK = must("block", "int32", "number of the block within the course")

CONTENT_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="content_blocks",
        description="Blocks of at least k learners of a course who are counted together in statistics of its contents "
        "and items.",
        grain="one block of one course",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            _BLOCK,
            must("label", "string", "persona of its people; empty where they have several"),
            must("people", "int32", "people who entered", unit="people"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        service_level="every night",
        upstream=("event_log", "enrolments", "people", "consent_state"),
        checks=(
            holds(
                "a block has as many people as any tenant must have",
                f"people >= {LIMITS.group_floor_least}",
                severity=Severity.CRITICAL,
            ),
        ),
    ),
    Dataset(
        name="content_members",
        description="Who is counted in which block, and on how many events by content and item their last taken rows "
        "rest.",
        grain="one learner of one course",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            LEARNER,
            may("block", "int32", "block; none where it was dropped, so that the learner is not counted again"),
            must("evidence", "json", "events by content and item when the block's rows were last taken"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        service_level="every night",
        upstream=("content_blocks",),
    ),
    Dataset(
        name="content_sums",
        description="From which instant on each block counts for a content, an item or journeys; taken anew when k of "
        "its people have new events about it.",
        grain="one block and content, item or journeys",
        owner=_OWNER,
        columns=(
            TENANT,
            _COURSE,
            must("item", "string", "content:<id>, item:<id>, or journeys"),
            _BLOCK,
            must("as_of", "timestamp", "when it was taken"),
            must("people", "int32", "people of the block who have events about it", unit="people"),
            must("bands", "json", "the same count: nothing is told apart here"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        time_column="as_of",
        service_level="every night",
        upstream=("content_members", "event_log"),
        checks=(holds("somebody is counted in it", "people > 0"),),
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
        upstream=("content_members", "event_log"),
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
            must("smallest_group", "int32", "the k it was made with", unit="people"),
            must("detail", "json", "the numbers as published"),
        ),
        zone="serving",
        purposes=_PURPOSES,
        time_column="as_of",
        retention=years(2),
        service_level="every night",
        upstream=("content_taken",),
        checks=(
            holds(
                "made with a floor that a tenant may have",
                f"smallest_group >= {LIMITS.group_floor_least}",
                severity=Severity.CRITICAL,
            ),
        ),
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
        upstream=("content_sums", "event_log"),
        checks=(holds("answered after its edition began", "answered_at >= edition"),),
    ),
)
