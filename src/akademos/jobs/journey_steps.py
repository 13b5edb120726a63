"""From rows of the event log to steps of journeys."""

from __future__ import annotations

import polars as pl

from akademos.catalogue.journey_steps import (
    ANSWERED,
    DETAILED,
    RIGHT,
    STEP_OF_EVENT,
    STEP_OF_MATERIAL_EVENT,
    WRONG,
)

EVENTS = tuple(sorted((*STEP_OF_EVENT, *STEP_OF_MATERIAL_EVENT, ANSWERED)))
"""Events that are steps."""

REGISTERED = "course_registered"
RIGHT_FROM = 1.0
_PROPERTIES = pl.Struct({"material_kind": pl.String})


def channels_of(events: pl.DataFrame) -> dict[str, str]:
    """Learner to how the first registration among the events came, of those of whom it is known."""
    told = pl.Struct({"registration_channel": pl.String})
    registered = events.filter(pl.col("event_name") == REGISTERED)
    if not registered.height:
        return {}
    known = registered.with_columns(told=pl.col("properties").str.json_decode(told)).unnest("told")
    first = known.drop_nulls("registration_channel").unique("learner_key", keep="first", maintain_order=True)
    return dict(first.select("learner_key", "registration_channel").iter_rows())


def steps_of(events: pl.DataFrame, kinds: pl.DataFrame) -> pl.DataFrame:
    """learner_key, occurred_at, step, in the order of the events.

    Args:
        events: rows of the event log with learner_key, occurred_at, event_name, material_id, score, properties.
        kinds: material_id, kind of the records; what an event says itself goes before.
    """
    told = pl.lit(None, _PROPERTIES) if not events.height else pl.col("properties").str.json_decode(_PROPERTIES)
    name = pl.col("event_name")
    kind = pl.coalesce("material_kind", "kind").fill_null("other")
    answer = pl.when(pl.col("score") >= RIGHT_FROM).then(pl.lit(RIGHT)).otherwise(pl.lit(WRONG))
    return (
        events.with_columns(told=told)
        .unnest("told")
        .join(kinds.select("material_id", "kind"), on="material_id", how="left", maintain_order="left")
        .with_columns(
            step=pl.when(name.is_in(list(STEP_OF_MATERIAL_EVENT)))
            .then(pl.concat_str(name.replace(STEP_OF_MATERIAL_EVENT), pl.lit(":"), kind))
            .when(name == ANSWERED)
            .then(answer)
            .otherwise(name.replace(STEP_OF_EVENT))
        )
        .filter(pl.col("step").is_in(list(DETAILED)))
        .select("learner_key", "occurred_at", pl.col("step").cast(pl.Enum(DETAILED)))
    )
