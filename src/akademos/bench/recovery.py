"""`akademos bench recovery`: how much of the generative model's truth the platform recovers.

A demo institution (docs/demo.md) is furnished in a folder of its own and served. Estimates are what its API tells the
instructor; the truth lies in files beside the data folder, which the platform never sees.

- *ranking*: Spearman's correlation over (learner, topic) pairs of estimated mastery with true mastery, and of
  estimated retrieval strength with the true recall of seen items; 95% percentile interval over learners drawn with
  replacement. Baseline: the plain share of correct answers.
- *coverage* of the 80% mastery interval: of the composite that expected instead of observed outcomes would give
  (what the interval is about), and of true mastery (which the composite does not claim to be).
- *coverage* of the 80% interval of retrieval strength (`bench.recovery_intervals`).
- *coverage* of the 80% interval of projections made at several weeks, by the week in which the composite reached the
  goal in the simulation's continuation; the analytics run here as they do in the platform. A goal that was not
  reached while watching is covered when the interval ends later or is open; so beside it stands each end by itself.
- *coverage* of the 90% interval of predicted exam scores, by the midterm that the learners then sat
  (`bench.recovery_readiness`).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl
from scipy.stats import rankdata

from akademos.analytics.parameters import DEFAULT
from akademos.bench.recovery_intervals import retrieval_coverage
from akademos.bench.recovery_platform import served_demo
from akademos.bench.recovery_projections import NOW, projection_coverage
from akademos.bench.recovery_readiness import readiness_coverage

LEARNERS, SEED = 300, 7
BEYOND_DAYS = 126
READINESS_LEARNERS = 300
"""Fewer would leave too few to judge by; `learners` where it is more."""

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
    with served_demo(learners, seed) as demo:
        figures = recovery(demo.estimates(), demo.truth, replicates=replicates, seed=seed)
    return {
        **figures,
        "retrieval_interval": retrieval_coverage(learners, seed, NOW),
        "projection": projection_coverage(learners, seed, beyond_days),
        "readiness": readiness_coverage(max(learners, READINESS_LEARNERS), seed),
    }


def recovery(estimates: pl.DataFrame, truth: Path, *, replicates: int, seed: int) -> dict[str, Any]:
    """Ranking and coverage of estimates.

    Args:
        estimates: learner (user_id), topic_id, value, low, high, the four components and their weights; one row a
            learner and topic with an estimate.
        truth: folder of `demo.truth.write_truth`.
    """
    pairs = estimates.join(
        pl.read_parquet(truth / "topics.parquet"), left_on=["learner", "topic_id"], right_on=["user_id", "topic_id"]
    ).join(_expected_accuracy(truth), left_on=["learner", "topic_id"], right_on=["user_id", "topic_id"])
    rng = np.random.Generator(np.random.PCG64(seed))

    def correlate(estimate: str, true: str) -> dict[str, float]:
        return spearman_over_learners(pairs["learner"], pairs[estimate], pairs[true], replicates, rng).as_json()

    return {
        "learners": pairs["learner"].n_unique(),
        "pairs": pairs.height,
        "mastery": correlate("value", "mastery"),
        "retrieval": {
            **correlate("retrieval_strength", "recall_of_seen"),
            "mean_estimate": _mean(pairs["retrieval_strength"]),
            "mean_truth": _mean(pairs["recall_of_seen"]),
        },
        "mastery_interval": {
            "nominal": DEFAULT.mastery.interval,
            "covers_expected_composite": _covered(pairs, _expected_composite()),
            "covers_true_mastery": _covered(pairs, pl.col("mastery")),
        },
        "baselines": {
            "percent_correct": {
                "mastery": correlate("overall_accuracy", "mastery"),
                "retrieval": correlate("overall_accuracy", "recall_of_seen"),
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


def _expected_accuracy(truth: Path) -> pl.DataFrame:
    """Per learner and topic: the mean true chance over first attempts (`first_chance`) and all answers (`chance`)."""
    return (
        pl.read_parquet(truth / "answers.parquet")
        .join(pl.read_parquet(truth / "item_topics.parquet"), on="question_id")
        .group_by("user_id", "topic_id")
        .agg(
            chance=pl.col("chance").mean(),
            first_chance=pl.col("chance").filter(pl.col("attempt_number") == 1).mean(),
        )
    )


def _expected_composite() -> pl.Expr:
    """The composite with true chances and true recall in place of outcomes and estimates."""
    parts = (
        ("first_attempt_accuracy_weight", "first_chance"),
        ("overall_accuracy_weight", "chance"),
        ("retrieval_strength_weight", "recall_of_seen"),
        ("material_completion_weight", "material_completion"),
    )
    weighted = [pl.col(weight).fill_null(0) * pl.col(part).fill_null(0) for weight, part in parts]
    return pl.sum_horizontal(weighted) / pl.sum_horizontal(pl.col(weight).fill_null(0) for weight, _ in parts)


def _covered(pairs: pl.DataFrame, truth: pl.Expr) -> float:
    return _mean(pairs.select(truth.is_between(pl.col("low"), pl.col("high")).cast(pl.Float64)).to_series())


def _mean(values: pl.Series) -> float:
    return round(float(values.to_numpy().mean()), 3)
