"""Pace: how long an answer and a material take, of one learner and of the cohort.

The time of an item is the time to answer it; the time of a material is all time that one learner spent on it. Both
are medians in seconds; untimed and zero times do not count. A learner's own median needs 5 timed answers (materials),
below that the cohort's stands in and is labelled.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from akademos.analytics.clock import instant_of, microseconds
from akademos.analytics.schemas import INPUT, conform

ITEM, MATERIAL = "item", "material"


def cohort_times(tables: Mapping[str, pl.DataFrame], as_of: datetime) -> pl.DataFrame:
    """Table `schemas.INPUT["cohort_times"]` from `question_attempts` and `material_interactions` of all consented
    learners up to `as_of`; no row for a kind that nobody was timed on.

    Raises:
        InputError: `as_of` is naive (`naive_time`) or a table is malformed (`table_malformed`).
    """
    until = pl.col("occurred_at") <= instant_of(microseconds(as_of))
    answers = conform(tables.get("question_attempts"), "question_attempts").filter(until)
    contacts = conform(tables.get("material_interactions"), "material_interactions").filter(until)
    return pl.concat(
        [
            times.select(
                kind=pl.lit(kind, dtype=pl.String),
                median_seconds=pl.col("seconds").median(),
                observations=pl.len().cast(pl.Int64),
            ).filter(pl.col("observations") > 0)
            for kind, times in (
                (ITEM, answer_times(answers.unique(["learner_key", "event_id"]))),
                (MATERIAL, material_times(contacts.unique(["learner_key", "event_id"]))),
            )
        ]
    ).match_to_schema(INPUT["cohort_times"])


def answer_times(answers: pl.DataFrame) -> pl.DataFrame:
    """learner_key, seconds: one row per timed answer."""
    return answers.filter(pl.col("duration_seconds") > 0).select("learner_key", seconds="duration_seconds")


def material_times(interactions: pl.DataFrame) -> pl.DataFrame:
    """learner_key, seconds: one row per learner and material with recorded time."""
    return (
        interactions.filter(pl.col("duration_seconds") > 0, pl.col("material_id").is_not_null())
        .with_columns(seconds=pl.col("duration_seconds").round(3))
        .sort("learner_key", "material_id", "seconds")
        .group_by("learner_key", "material_id", maintain_order=True)
        .agg(pl.col("seconds").sum())
        .select("learner_key", "seconds")
    )


def own_medians(times: pl.DataFrame, own_min: int) -> dict[str, float]:
    """Median seconds of each learner with at least `own_min` times, by learner_key."""
    medians = times.group_by("learner_key").agg(pl.col("seconds").median(), count=pl.len())
    return dict(medians.filter(pl.col("count") >= own_min).select("learner_key", "seconds").iter_rows())
