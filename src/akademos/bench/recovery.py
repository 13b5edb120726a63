"""`akademos bench recovery`: how much of the generative model's truth the learner analytics recover.

The demo's model (docs/demo.md) makes a term; the analytics see the events that the platform would see of consenting
learners; this bench alone sees the truth.

- *ranking*: Spearman's correlation over (learner, topic) pairs of estimated mastery with true mastery, and of
  estimated retrieval strength with the true recall of seen items; 95% percentile interval over learners drawn with
  replacement. Baseline: the plain share of correct answers.
- *coverage* of the 80% mastery interval: of the composite that expected instead of observed outcomes would give
  (what the interval is about), and of true mastery (which the composite does not claim to be).
- *coverage* of the 80% interval of projections made at several weeks, by the week in which the composite reached the
  goal in the simulation's continuation. A goal that was not reached while watching is covered when the interval ends
  later or is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import rankdata

from akademos.analytics.curriculum import Curriculum, prepare
from akademos.analytics.item_difficulty import item_difficulty
from akademos.analytics.learner_state import Evaluated, evaluate, precompute
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.schemas import OVERALL
from akademos.bench.recovery_tables import analytic_tables
from akademos.demo.simulation import History, simulate
from akademos.demo.truth import item_topics, true_answers, true_items, true_topics

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
"""The protocol's instant: the figures do not depend on the day they are made."""
LEARNERS, SEED = 300, 7
PROJECTED_AT_WEEKS = (8, 10, 12, 14)
BEYOND_DAYS = 126
REPLICATES = 1000

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Correlation:
    """Spearman's correlation with its interval."""

    value: float
    low: float
    high: float

    def as_json(self) -> dict[str, float]:
        """Rounded to three places."""
        return {"spearman": round(self.value, 3), "low": round(self.low, 3), "high": round(self.high, 3)}


def run(
    *, learners: int = LEARNERS, seed: int = SEED, replicates: int = REPLICATES, beyond_days: int = BEYOND_DAYS
) -> dict[str, Any]:
    """The figures as the JSON object of the last line."""
    history = simulate(learners, seed, NOW)
    tables = analytic_tables(history)
    curriculum = prepare(tables)
    estimated = _estimates(tables, curriculum, NOW)["mastery"].filter(
        pl.col("status") == "ok", pl.col("topic_id") != OVERALL
    )
    items = true_items(history)
    pairs = estimated.join(
        true_topics(history, items), left_on=["learner_key", "topic_id"], right_on=["user_id", "topic_id"]
    ).join(_expected_accuracy(history), left_on=["learner_key", "topic_id"], right_on=["user_id", "topic_id"])
    rng = np.random.Generator(np.random.PCG64(seed))

    def correlate(estimate: str, truth: str) -> Correlation:
        return spearman_over_learners(pairs["learner_key"], pairs[estimate], pairs[truth], replicates, rng)

    return {
        "learners": pairs["learner_key"].n_unique(),
        "answers": tables["question_attempts"].height,
        "pairs": pairs.height,
        "mastery": correlate("value", "mastery").as_json(),
        "retrieval": {
            **correlate("retrieval_strength", "recall_of_seen").as_json(),
            "mean_estimate": _mean(pairs["retrieval_strength"]),
            "mean_truth": _mean(pairs["recall_of_seen"]),
        },
        "mastery_interval": {
            "nominal": DEFAULT.mastery.interval,
            "covers_expected_composite": _covered(pairs, _expected_composite()),
            "covers_true_mastery": _covered(pairs, pl.col("mastery")),
        },
        "projection": projection_coverage(learners, seed, beyond_days),
        "baselines": {
            "percent_correct": {
                "mastery": correlate("overall_accuracy", "mastery").as_json(),
                "retrieval": correlate("overall_accuracy", "recall_of_seen").as_json(),
            }
        },
    }


def spearman_over_learners(
    learner: pl.Series, estimate: pl.Series, truth: pl.Series, replicates: int, rng: np.random.Generator
) -> Correlation:
    """Spearman's correlation over all rows, and the 2.5% and 97.5% percentiles of it over learners drawn with
    replacement (a learner's rows stay together)."""
    x, y = estimate.to_numpy(), truth.to_numpy()
    _, number = np.unique(learner.to_numpy(), return_inverse=True)
    order = np.argsort(number, kind="stable")
    counts = np.bincount(number)
    starts = np.cumsum(counts) - counts
    draws = []
    for _ in range(replicates):
        chosen = rng.integers(0, len(counts), len(counts))
        rows = np.concatenate([order[starts[one] : starts[one] + counts[one]] for one in chosen])
        draws.append(_spearman(x[rows], y[rows]))
    low, high = np.percentile(draws, (2.5, 97.5))
    return Correlation(_spearman(x, y), float(low), float(high))


def _spearman(x: Floats, y: Floats) -> float:
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def _estimates(tables: Mapping[str, pl.DataFrame], curriculum: Curriculum, as_of: datetime) -> Evaluated:
    difficulty = item_difficulty(tables["question_attempts"], as_of)
    return evaluate(precompute({**tables, "item_difficulty": difficulty}, as_of), curriculum, as_of, parts=("mastery",))


def _expected_accuracy(history: History) -> pl.DataFrame:
    """Per learner and topic: the mean true chance over first attempts (`first_chance`) and all answers (`chance`)."""
    return (
        true_answers(history)
        .join(item_topics(history), on="question_id")
        .group_by("user_id", "topic_id")
        .agg(
            chance=pl.col("chance").mean(),
            first_chance=pl.col("chance").filter(pl.col("attempt_number") == 1).mean(),
        )
    )


def _expected_composite() -> pl.Expr:
    """The composite with true chances and true recall in place of outcomes and estimates."""
    parts = (
        ("first_attempt_weight", "first_chance"),
        ("overall_weight", "chance"),
        ("retrieval_weight", "recall_of_seen"),
        ("material_weight", "material_completion"),
    )
    weighted = [pl.col(weight).fill_null(0) * pl.col(part).fill_null(0) for weight, part in parts]
    return pl.sum_horizontal(weighted) / pl.sum_horizontal(pl.col(weight).fill_null(0) for weight, _ in parts)


def _covered(pairs: pl.DataFrame, truth: pl.Expr) -> float:
    return _mean(pairs.select(truth.is_between(pl.col("low"), pl.col("high")).cast(pl.Float64)).to_series())


def _mean(values: pl.Series) -> float:
    return round(float(values.to_numpy().mean()), 3)


def projection_coverage(learners: int, seed: int, beyond_days: int) -> dict[str, Any]:
    """Projections of several weeks against what came: how many named an interval, how many of those it covered."""
    longer = simulate(learners, seed, NOW, beyond_days=beyond_days)
    until = NOW + timedelta(days=beyond_days)
    tables = analytic_tables(longer)
    curriculum = prepare(tables)
    weekly = _estimates(tables, curriculum, until)["history"].select("learner_key", "topic_id", "date", "value")
    begins = datetime.combine(longer.first_day, datetime.min.time(), tzinfo=UTC)
    made = pl.concat(
        [_projections(tables, curriculum, begins + timedelta(weeks=week), weekly, until) for week in PROJECTED_AT_WEEKS]
    )
    closed = made.filter(pl.col("high").is_not_null())
    return {
        "nominal": DEFAULT.mastery.interval,
        "made": made.height,
        "reached": int(made["reached"].sum()),
        "covers": _share(made["covered"]),
        "covers_reached": _share(made.filter("reached")["covered"]),
        "closed": {"made": closed.height, "covers": _share(closed["covered"])},
    }


def _share(flags: pl.Series) -> float | None:
    return _mean(flags.cast(pl.Float64)) if len(flags) else None


def _projections(
    tables: Mapping[str, pl.DataFrame], curriculum: Curriculum, as_of: datetime, weekly: pl.DataFrame, until: datetime
) -> pl.DataFrame:
    """Projections with a date made at `as_of`, when the goal was reached, and whether the interval has it.

    A week end at which the composite is first at the goal means that it was reached in the seven days before.
    """
    goal = DEFAULT.mastery.mastered_from
    made = (
        _estimates(tables, curriculum, as_of)["mastery"]
        .filter(pl.col("projection_days") > 0, pl.col("topic_id") != OVERALL)
        .select("learner_key", "topic_id", low="projection_low_days", high="projection_high_days")
    )
    reached = (
        weekly.filter(pl.col("value") >= goal, pl.col("date") > as_of.date())
        .group_by("learner_key", "topic_id")
        .agg(days=(pl.col("date").min() - as_of.date()).dt.total_days())
    )
    watched = (until - as_of).days
    low, high = pl.col("low").fill_null(0), pl.col("high").fill_null(np.inf)
    in_week = (low <= pl.col("days")) & (high >= pl.col("days") - 7)
    return made.join(reached, on=["learner_key", "topic_id"], how="left").with_columns(
        reached=pl.col("days").is_not_null(),
        covered=pl.when(pl.col("days").is_not_null()).then(in_week).otherwise(high > watched),
    )
