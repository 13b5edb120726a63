"""Uptake of recommendations: which of those that learners saw they accepted, dismissed, completed; and what followed.

Question: are recommendations followed, and does what brought them about go away where they are?

A *unit* is one recommendation of one learner, from when it was first seen on: shown, or decided on without that. It is
counted when its window closes, `outcome_days` later, so nothing that could still become a hit is in a denominator.

* *accepted*, *dismissed*: the last word within `decided_days` (of two at once the dismissal).
* *completed*: accepted, and completed within the window.
* *resolved*: at the end of an ISO week (of the learner's clock) within the window the topic stood at or over the level
  from which it is mastered, or, for a review, its retrieval strength at or over the target. None where no such point is
  known, it has no topic, or it was seen longer ago than weekly points reach back.

Kind, trigger and topic are what the first of the events says that says it; a recommendation of which no event says its
kind and trigger is not counted. Grain: one learner and recommendation.

Caveats: who accepts differs from who does not, so the difference between their outcomes goes with acceptance and need
not come from it. Within a week a topic may have stood over the level and fallen again, which is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from akademos.analytics.kpi_units import Span
from akademos.analytics.parameters import Parameters
from akademos.analytics.recommendation_standing import CHANGES, PREFIX

CLOCK = pl.Datetime("us", "UTC")
_EVENTS: Mapping[str, Any] = {
    "learner_key": pl.String,
    "event_name": pl.String,
    "occurred_at": CLOCK,
    "time_precision": pl.String,
    "topic_ids": pl.List(pl.String),
    "recommendation_id": pl.String,
    "recommendation_kind": pl.String,
    "source_trigger": pl.String,
}
EVENTS = pl.Schema(_EVENTS)
_POINTS: Mapping[str, Any] = {
    "learner_key": pl.String,
    "topic_id": pl.String,
    "ended_at": CLOCK,
    "value": pl.Float64,
    "retrieval": pl.Float64,
}
POINTS = pl.Schema(_POINTS)
UNITS = pl.Schema(
    {
        "learner_key": pl.String,
        "recommendation_id": pl.String,
        "kind": pl.String,
        "trigger": pl.String,
        "accepted": pl.Boolean,
        "dismissed": pl.Boolean,
        "completed": pl.Boolean,
        "resolved": pl.Boolean,
    }
)
EVENT_NAMES = tuple(PREFIX + change for change in CHANGES)
SEEN_BEFORE = timedelta(days=56)
"""How much earlier events are read: what was seen so long before is seen for the first time."""


def uptake_units(
    events: pl.DataFrame, points: pl.DataFrame, span: Span, params: Parameters, *, points_since: datetime
) -> pl.DataFrame:
    """The units whose window closes within a span.

    Args:
        events: `EVENTS`, from `outcome_days` and `SEEN_BEFORE` before the span on.
        points: `POINTS`, the learners' topics at the ends of weeks.
        span: from an instant to another.
        params: how long windows are, and the levels.
        points_since: from when on the points are known.

    Returns:
        `UNITS`, by learner and recommendation.
    """
    window = timedelta(days=params.recommendations.outcome_days)
    of_one = ["learner_key", "recommendation_id"]
    known = events.filter(
        pl.col("event_name").is_in(EVENT_NAMES),
        pl.col("time_precision").fill_null("exact") != "order",
        pl.col("recommendation_id").is_not_null(),
        pl.col("learner_key").is_not_null(),
    ).sort(*of_one, "occurred_at", "event_name")
    said = known.with_columns(seen=pl.col("occurred_at").min().over(of_one)).filter(
        span.holds(pl.col("seen") + window), pl.col("occurred_at") <= pl.col("seen") + window
    )
    soon = pl.col("occurred_at") <= pl.col("seen") + timedelta(days=params.recommendations.decided_days)

    def last(change: str, within: pl.Expr) -> pl.Expr:
        return pl.col("occurred_at").filter((pl.col("event_name") == PREFIX + change) & within).max()

    def first(column: str) -> pl.Expr:
        return pl.col(column).drop_nulls().first()

    yes, no = pl.col("yes"), pl.col("no")
    units = (
        said.group_by(of_one, maintain_order=True)
        .agg(
            pl.col("seen").first(),
            yes=last("accepted", soon),
            no=last("dismissed", soon),
            done=last("completed", pl.lit(value=True)),
            kind=first("recommendation_kind"),
            trigger=first("source_trigger"),
            topic_id=pl.col("topic_ids").list.first().drop_nulls().first(),
        )
        .drop_nulls(["kind", "trigger"])
        .with_columns(accepted=yes.is_not_null() & (no.is_null() | (yes > no)))
        .with_columns(
            dismissed=no.is_not_null() & ~pl.col("accepted"),
            completed=pl.col("accepted") & pl.col("done").is_not_null(),
        )
    )
    known_of = units.filter(pl.col("seen") >= pl.lit(points_since, CLOCK))
    outcomes = _outcomes(known_of, points, window, params)
    return units.join(outcomes, on=of_one, how="left", maintain_order="left").select(UNITS.names()).cast(UNITS)


def _outcomes(units: pl.DataFrame, points: pl.DataFrame, window: timedelta, params: Parameters) -> pl.DataFrame:
    """Whether units are resolved, of those with a point in their window."""
    reached = (
        pl.when(pl.col("kind") == "review")
        .then(pl.col("retrieval") >= params.forgetting.target_retention)
        .otherwise(pl.col("value") >= params.mastery.mastered_from)
    )
    return (
        units.drop_nulls("topic_id")
        .join(points, on=["learner_key", "topic_id"])
        .filter(pl.col("ended_at") > pl.col("seen"), pl.col("ended_at") <= pl.col("seen") + window)
        .group_by("learner_key", "recommendation_id")
        .agg(resolved=reached.any())
    )
