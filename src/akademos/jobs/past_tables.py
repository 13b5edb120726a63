"""Rows of the event log and of the records as the tables of the learner analytics, attributed to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from akademos.analytics.recommendation_standing import PREFIX
from akademos.catalogue.registry import Registry
from akademos.jobs.study_rows import is_sign, study_events, with_material_details, with_recommendation

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
    "session_id",
    "properties",
)
_OF_LEARNERS = {
    "learners": ["learner_key"],
    "enrolments": ["learner_key", "course_id"],
    "learner_targets": ["learner_key"],
}
"""Tables of the records with rows of learners, and by what a row is one of a person's."""

Tables = Mapping[str, pl.DataFrame]
People = Mapping[str, Sequence[str]]
"""Key under which a person is read -> all keys whose events are the person's (`ports.consent.ConsentLedger.people`)."""


def learning_events(registry: Registry) -> list[str]:
    """Names of the events that the learner analytics rest on."""
    return sorted(
        event.name
        for event in registry.newest()
        if event.name == ANSWERED or event.name.startswith((MATERIAL_PREFIX, PREFIX)) or is_sign(event.name)
    )


def attributed(rows: pl.DataFrame, people: People) -> pl.DataFrame:
    """Rows with `learner_key` made the person's, who may have several keys; nothing is written anywhere."""
    absorbed = {key: person for person, keys in people.items() for key in keys if key != person}
    if not absorbed:
        return rows
    return rows.with_columns(pl.col("learner_key").replace(absorbed))


def events_of(rows: pl.DataFrame, people: People) -> pl.DataFrame:
    """Events attributed to people, in the order of the event log: learner, time, id."""
    mine = attributed(rows, people)
    return rows if mine is rows else mine.sort("learner_key", "occurred_at", "event_id")


def learner_tables(events: pl.DataFrame, people: People, known: Tables, taught: Tables) -> Tables:
    """Tables of `analytics.schemas.INPUT` for some learners.

    Args:
        events: their rows of the event log, `EVENT_COLUMNS`, attributed.
        people: who they are.
        known: the tables of the records (`ports.records.Curriculum`).
        taught: what the cohort taught (`ports.learner_state.Cohort`), or nothing before the first night.
    """
    return {
        **{name: _of(table, people, _OF_LEARNERS.get(name)) for name, table in known.items()},
        **taught,
        "question_attempts": events.filter(
            pl.col("event_name") == ANSWERED, pl.col("score").is_not_null(), pl.col("question_id").is_not_null()
        ),
        "material_interactions": with_material_details(
            events.filter(pl.col("event_name").str.starts_with(MATERIAL_PREFIX), pl.col("material_id").is_not_null())
        ),
        "study_events": study_events(events),
        "recommendation_events": with_recommendation(events.filter(pl.col("event_name").str.starts_with(PREFIX))),
    }


def _of(table: pl.DataFrame, people: People, row_of: list[str] | None) -> pl.DataFrame:
    """Of a table with rows of learners those of these people; what the person's first key says goes before."""
    if row_of is None:
        return table
    found = table.filter(pl.col("learner_key").is_in([*people, *(key for keys in people.values() for key in keys)]))
    own = found.filter(pl.col("learner_key").is_in(list(people)))
    if own.height == found.height:
        return found
    others = found.join(own, on="learner_key", how="anti", maintain_order="left")
    return attributed(pl.concat([own, others]), people).unique(row_of, keep="first", maintain_order=True)
