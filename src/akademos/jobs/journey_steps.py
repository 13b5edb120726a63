"""From rows of the event log to steps of journeys."""

from __future__ import annotations

import polars as pl

from akademos.analytics.parameters import DEFAULT
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


def steps_of(events: pl.DataFrame) -> pl.DataFrame:
    """learner_key, occurred_at, step, in the order of the events. An answer is right from where mastery and items count
    it so; one without a score is no step.

    Args:
        events: rows of the event log with learner_key, occurred_at, event_name, score, properties, and the `kind` of
            their material (`content_rows.in_courses`); what an event says itself goes before.
    """
    told = pl.lit(None, _PROPERTIES) if not events.height else pl.col("properties").str.json_decode(_PROPERTIES)
    name = pl.col("event_name")
    kind = pl.coalesce("material_kind", "kind").fill_null("other")
    right = pl.col("score").fill_nan(None) >= DEFAULT.mastery.correct_from
    answer = pl.when(right).then(pl.lit(RIGHT)).when(~right).then(pl.lit(WRONG))
    return (
        events.with_columns(told=told)
        .unnest("told")
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
