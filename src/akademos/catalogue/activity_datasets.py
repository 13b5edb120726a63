"""Datasets of activity: the event log, and what analytics reads from it."""

from __future__ import annotations

from akademos.catalogue import event_log
from akademos.catalogue.checks import enforced
from akademos.catalogue.dataset_columns import (
    COURSE,
    EVENT_ID,
    LEARNER,
    OCCURRED_AT,
    TIME_PRECISION,
    TOPICS,
    may,
    must,
)
from akademos.catalogue.declarations import Column, Dataset
from akademos.catalogue.event_defaults import STUDY_PURPOSES
from akademos.catalogue.policies import LIMITS

_OWNER = "data engineering"
_FRESH = "within 1 hour of receipt at the worst"
_STUDY_COLUMNS = (
    "session_id",
    "question_id",
    "material_id",
    "assessment_id",
    "duration_seconds",
    "score",
    "quantity",
    "properties",
)
_BY_NAME = {column.name: column for column in event_log.COLUMNS}


def _from_log(*names: str) -> tuple[Column, ...]:
    return tuple(_BY_NAME[name] for name in names)


ACTIVITY_DATASETS: tuple[Dataset, ...] = (
    Dataset(
        name="event_log",
        description="The consented core: every event with a basis, whatever door it came in by. Append-only; a "
        "correction is a new event; retention and erasure remove bytes.",
        grain="one event",
        owner=_OWNER,
        columns=event_log.COLUMNS,
        zone="core",
        purposes=STUDY_PURPOSES,
        time_column="occurred_at",
        service_level=_FRESH,
        upstream=("landing",),
        checks=(
            enforced("event_id is unique within the tenant"),
            enforced("month is that of occurred_at in UTC"),
        ),
    ),
    Dataset(
        name="study_events",
        description="The study events of the event log, newest versions, for study time and rhythm.",
        grain="one study event",
        owner="learning science",
        columns=(
            LEARNER,
            EVENT_ID,
            must("event_name", "string", "name without version suffix"),
            OCCURRED_AT,
            TIME_PRECISION,
            COURSE,
            TOPICS,
            *_from_log(*_STUDY_COLUMNS),
        ),
        zone="core",
        purposes=STUDY_PURPOSES,
        time_column="occurred_at",
        retention=LIMITS.study_retention,
        service_level=_FRESH,
        upstream=("event_log",),
    ),
    Dataset(
        name="question_attempts",
        description="Answers, from question_submitted.",
        grain="one answer of one learner to one item",
        owner="learning science",
        columns=(
            LEARNER,
            EVENT_ID,
            OCCURRED_AT,
            TIME_PRECISION,
            must("question_id", "string", "item", term="item"),
            TOPICS,
            COURSE,
            must("score", "float64", "0..1, 1 is fully correct", unit="share"),
            may("duration_seconds", "float64", "time to answer", unit="s"),
            may("attempt_number", "int32", "1 for the first; where null, the order decides", term="attempt"),
            may("confidence", "float64", "the learner's own, 0..1", unit="share"),
            may("hints", "int32", "hints taken"),
        ),
        zone="core",
        purposes=STUDY_PURPOSES,
        time_column="occurred_at",
        retention=LIMITS.study_retention,
        service_level=_FRESH,
        upstream=("event_log", "items"),
        checks=(enforced("score is within 0 and 1"), enforced("event_id is unique")),
    ),
    Dataset(
        name="material_interactions",
        description="What learners did with materials, from the material events.",
        grain="one interaction of one learner with one material",
        owner="learning science",
        columns=(
            LEARNER,
            EVENT_ID,
            must("event_name", "string", "which interaction"),
            OCCURRED_AT,
            TIME_PRECISION,
            must("material_id", "string", "content other than a question", term="material"),
            TOPICS,
            COURSE,
            may("duration_seconds", "float64", "active time", unit="s"),
            may("quantity", "float64", "clicks unless the event says otherwise"),
        ),
        zone="core",
        purposes=STUDY_PURPOSES,
        time_column="occurred_at",
        retention=LIMITS.study_retention,
        service_level=_FRESH,
        upstream=("event_log", "materials"),
    ),
)
