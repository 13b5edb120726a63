"""Projections against what came: the demo's model goes on after the projections were made."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import Evaluated, evaluate, precompute
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.schemas import OVERALL
from akademos.bench.recovery_tables import analytic_tables
from akademos.demo.simulation import simulate

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""The protocol's instant: the figures do not depend on the day they are made."""
HALF_A_WEEK = 3.5
PROJECTED_AT_WEEKS = (8, 10, 12, 14)


def estimates_at(tables: Mapping[str, pl.DataFrame], curriculum: Curriculum, as_of: datetime) -> Evaluated:
    """Mastery and its history of everybody, as the platform would answer at `as_of`."""
    difficulty = item_difficulty(tables["question_attempts"], as_of)
    return evaluate(precompute({**tables, "item_difficulty": difficulty}, as_of), curriculum, as_of, parts=("mastery",))


def projection_coverage(learners: int, seed: int, beyond_days: int) -> dict[str, Any]:
    """Projections of several weeks against what came: how many intervals covered it, and how each end fared.

    Of an 80% interval, 90% of the goals are not reached before its low end and 90% are by its high end; about half are
    by the date. An end is judged where it fell into the time that was watched.
    """
    longer = simulate(learners, seed, NOW, beyond_days=beyond_days)
    until = NOW + timedelta(days=beyond_days)
    tables = analytic_tables(longer)
    curriculum = prepare(tables)
    weekly = estimates_at(tables, curriculum, until)["history"].select("learner_key", "topic_id", "date", "value")
    begins = datetime.combine(longer.first_day, datetime.min.time(), tzinfo=UTC)
    made = pl.concat(
        [_projections(tables, curriculum, begins + timedelta(weeks=week), weekly, until) for week in PROJECTED_AT_WEEKS]
    )
    return {
        "nominal": DEFAULT.mastery.interval,
        "made": made.height,
        "reached": int(made["reached"].sum()),
        "covers": share_of(made["covered"]),
        "covers_reached": share_of(made.filter("reached")["covered"]),
        "ends": {
            "low": _followed_up(made, "low", ~(pl.col("days") < pl.col("low")).fill_null(False)),
            "date": _followed_up(made, "date", pl.col("days") - HALF_A_WEEK <= pl.col("date")),
            "high": _followed_up(made, "high", pl.col("days") - 7 <= pl.col("high")),
        },
    }


def _followed_up(made: pl.DataFrame, end: str, held: pl.Expr) -> dict[str, Any]:
    """Of the projections whose end (days) fell into the time that was watched: how many it held for."""
    judged = made.filter(pl.col(end) <= pl.col("watched")).select(held.fill_null(False)).to_series()
    return {"judged": len(judged), "holds": share_of(judged)}


def share_of(flags: pl.Series) -> float | None:
    """How often a flag stands, to the thousandth; None of none."""
    return round(float(flags.cast(pl.Float64).to_numpy().mean()), 3) if len(flags) else None


def _projections(
    tables: Mapping[str, pl.DataFrame], curriculum: Curriculum, as_of: datetime, weekly: pl.DataFrame, until: datetime
) -> pl.DataFrame:
    """Projections with a date made at `as_of`, when the goal was reached, and whether the interval has it.

    A week end at which the composite is first at the goal means that it was reached in the seven days before.
    """
    goal = DEFAULT.mastery.mastered_from
    made = (
        estimates_at(tables, curriculum, as_of)["mastery"]
        .filter(pl.col("projection_days") > 0, pl.col("topic_id") != OVERALL)
        .select(
            "learner_key",
            "topic_id",
            low="projection_low_days",
            date="projection_days",
            high="projection_high_days",
            watched=pl.lit((until - as_of).days),
        )
    )
    reached = (
        weekly.filter(pl.col("value") >= goal, pl.col("date") > as_of.date())
        .group_by("learner_key", "topic_id")
        .agg(days=(pl.col("date").min() - as_of.date()).dt.total_days())
    )
    low, high = pl.col("low").fill_null(0), pl.col("high").fill_null(np.inf)
    in_week = (low <= pl.col("days")) & (high >= pl.col("days") - 7)
    return made.join(reached, on=["learner_key", "topic_id"], how="left").with_columns(
        reached=pl.col("days").is_not_null(),
        covered=pl.when(pl.col("days").is_not_null()).then(in_week).otherwise(high > pl.col("watched")),
    )
