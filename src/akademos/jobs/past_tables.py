"""The tables of the learner analytics for some learners, read from the core up to an instant, and the records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import polars as pl

from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.learner_state import LearnerStates
from akademos.stores.ports.records import Records

ANSWERED = "question_submitted"
MATERIAL_PREFIX = "material_"

EVENT_COLUMNS = (
    "learner_key",
    "event_id",
    "event_name",
    "occurred_at",
    "time_precision",
    "question_id",
    "material_id",
    "topic_ids",
    "course_id",
    "score",
    "duration_seconds",
    "attempt_number",
    "confidence",
    "hints",
    "quantity",
)
_OF_LEARNERS = ("learners", "enrolments", "learner_targets")


Tables = Mapping[str, pl.DataFrame]


def learner_tables(events: pl.DataFrame, learner_keys: Sequence[str], known: Tables, taught: Tables) -> Tables:
    """Tables of `analytics.schemas.INPUT` for some learners.

    Args:
        events: their rows of the event log, `EVENT_COLUMNS`.
        learner_keys: who they are.
        known: the tables of the records (`ports.records.Curriculum`).
        taught: what the cohort taught (`ports.learner_state.Cohort`), or nothing before the first night.
    """
    listed = list(learner_keys)
    return {
        **{
            name: table.filter(pl.col("learner_key").is_in(listed)) if name in _OF_LEARNERS else table
            for name, table in known.items()
        },
        **taught,
        "question_attempts": events.filter(
            pl.col("event_name") == ANSWERED, pl.col("score").is_not_null(), pl.col("question_id").is_not_null()
        ),
        "material_interactions": events.filter(
            pl.col("event_name").str.starts_with(MATERIAL_PREFIX), pl.col("material_id").is_not_null()
        ),
    }


class PastTables:
    """Reads what `analytics.learner_state.precompute` takes."""

    def __init__(self, events: EventLogReader, records: Records, states: LearnerStates) -> None:
        self._events = events
        self._records = records
        self._states = states

    def __call__(self, tenant_id: str, learner_keys: Sequence[str], *, until: datetime) -> Tables:
        """Tables of `analytics.schemas.INPUT` with events up to `until`; what the cohort taught is today's."""
        rows = pl.DataFrame(self._events.learner_events(tenant_id, learner_keys, columns=EVENT_COLUMNS, until=until))
        cohort = self._states.cohort(tenant_id)
        known = self._records.curriculum(tenant_id).tables
        return learner_tables(rows, learner_keys, known, cohort.tables if cohort else {})
