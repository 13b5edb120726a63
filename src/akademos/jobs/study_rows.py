"""Rows of the event log as signs of study: what the analytics need of `properties`, which has no column of its own."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

SESSION_PREFIX = "study_session_"
HEARTBEAT = "study_session_heartbeat_sent"
OTHER_SIGNS = ("question_shown", "answer_changed", "tutor_session_started", "tutor_session_ended", "tutor_message_sent")
"""Other events that show that somebody studies."""

REPORTS = (HEARTBEAT, "material_progressed")
"""Events that come every few seconds as long as somebody reads or watches."""

REPORTS_WAIT_S = 300
"""So long a state waits that only such reports make stale, so that a crowd that reads does not keep the worker from
those who answer; whatever else makes it stale meanwhile has it computed at once, with them."""

_OF_STUDY = {
    "page_visible": pl.Boolean,
    "media_playing": pl.Boolean,
    "view_switches": pl.Int32,
    "seconds_since_last": pl.Float64,
    "pause_reason": pl.String,
    "end_reason": pl.String,
}
_OF_RECOMMENDATIONS: dict[str, type[pl.DataType]] = {"recommendation_id": pl.String}
_OF_MATERIALS = {"material_kind": pl.String, "media_second": pl.Float64, "playback_rate": pl.Float64}


def is_sign(name: str) -> bool:
    """Whether an event is a sign of study, answers and materials aside."""
    return name.startswith(SESSION_PREFIX) or name in OTHER_SIGNS


def study_events(events: pl.DataFrame) -> pl.DataFrame:
    """Table `study_events` of `analytics.schemas.INPUT`, from rows of the event log."""
    found = _with_properties(events.filter(signs()), _OF_STUDY)
    return found.with_columns(reason=pl.coalesce("pause_reason", "end_reason"))


def with_material_details(materials: pl.DataFrame) -> pl.DataFrame:
    """Rows about materials with kind, position and speed of playing."""
    return _with_properties(materials, _OF_MATERIALS)


def with_recommendation(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows about recommendations with the one they are about."""
    return _with_properties(rows, _OF_RECOMMENDATIONS)


def signs() -> pl.Expr:
    """Of rows of the event log: `is_sign`."""
    name = pl.col("event_name")
    return name.str.starts_with(SESSION_PREFIX) | name.is_in(OTHER_SIGNS)


def _with_properties(rows: pl.DataFrame, wanted: Mapping[str, type[pl.DataType]]) -> pl.DataFrame:
    form = pl.Struct([pl.Field(name, dtype) for name, dtype in wanted.items()])
    if not rows.height:
        return rows.drop("properties").with_columns(pl.lit(None, dtype).alias(name) for name, dtype in wanted.items())
    decoded = rows["properties"].str.json_decode(form).struct.unnest()
    return rows.drop("properties").hstack(decoded)
