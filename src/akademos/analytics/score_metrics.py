"""How good a score model is on learners who did not train it: error, coverage, calibration, by group.

One row a learner and distance from the exam; a learner's rows weigh one together. Intervals are 95% percentiles over
learners drawn with replacement.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from akademos.analytics.score_fitting import Examples
from akademos.analytics.score_model import Floats, Predicted, ScoreModel

REPLICATES = 500
RELIABILITY_BINS = 5

Index = npt.NDArray[np.int64]


def losses(score: Floats, examples: Examples) -> tuple[Index, Floats]:
    """(learners, mean absolute error of each)."""
    learners, place, counts = np.unique(examples.learner, return_inverse=True, return_counts=True)
    return learners, np.bincount(place, np.abs(score - examples.score)) / counts


def score_metrics(
    model: ScoreModel, examples: Examples, groups: Sequence[Sequence[str | None]], floor: int, seed: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(metrics, the same error by group) on held-out examples.

    Args:
        model: to be judged.
        examples: of learners who did not train it.
        groups: of each row, the names of the groups it counts in (None in none), one kind of group after the other.
        floor: fewest learners of a group, a cohort or a bin that is told.
        seed: of the draws.
    """
    said = model.predict(examples.rows, examples.days_out, examples.pass_mark)
    score = model.score(examples.rows)
    error = np.abs(score - examples.score)
    inside = (said.low <= examples.score) & (examples.score <= said.high) & ~said.withheld
    learners, place = np.unique(examples.learner, return_inverse=True)
    weight = 1.0 / np.bincount(place)[place]
    rng = np.random.Generator(np.random.PCG64(seed))
    draws = rng.multinomial(len(learners), np.full(len(learners), 1 / len(learners)), REPLICATES)

    def with_interval(statistic: Callable[[Floats], float]) -> dict[str, float]:
        drawn = [statistic(weight * draw[place]) for draw in draws]
        low, high = np.nanquantile(drawn, (0.025, 0.975))
        return {
            name: round(float(one), 4) for name, one in (("value", statistic(weight)), ("low", low), ("high", high))
        }

    shown = ~said.withheld
    third = np.minimum(np.argsort(np.argsort(score, kind="stable"), kind="stable") * 3 // max(len(score), 1), 2)
    metrics: dict[str, Any] = {
        "learners": len(learners),
        "mae": with_interval(lambda w: _mean(error, w)),
        "r": with_interval(lambda w: _correlation(score, examples.score, w)),
        "coverage": {"stated": model.coverage, **with_interval(lambda w: _mean(inside[shown], w[shown]))},
        "coverage_by_cohort": {
            str(one): round(_mean(inside[part], weight[part]), 4)
            for one in np.unique(examples.cohort).tolist()
            for part in [shown & (examples.cohort == one)]
            if len(np.unique(examples.learner[part])) >= floor
        },
        "coverage_by_third": [
            round(_mean(inside[part], weight[part]), 4)
            for n in range(3)
            for part in [shown & (third == n)]
            if part.any()
        ],
        "withheld": round(_mean(said.withheld, weight), 4),
        "interval_width": round(_mean(said.high[shown] - said.low[shown], weight[shown]), 4),
        "passing": _passing(said, examples, weight, floor),
    }
    return metrics, _by_group(error, inside, examples, weight, groups, floor)


def _mean(values: npt.NDArray[Any], weight: Floats) -> float:
    total = weight.sum()
    return float((values * weight).sum() / total) if total else float("nan")


def _correlation(score: Floats, outcome: Floats, weight: Floats) -> float:
    total = weight.sum()
    x, y = score - (weight * score).sum() / total, outcome - (weight * outcome).sum() / total
    spread = np.sqrt((weight * x * x).sum() * (weight * y * y).sum())
    return float((weight * x * y).sum() / spread) if spread else float("nan")


def _passing(said: Predicted, examples: Examples, weight: Floats, floor: int) -> dict[str, Any] | None:
    """Brier score and reliability: of each bin of `floor` learners or more mean probability, share that passed,
    learners. The fewer learners, the fewer bins."""
    known = ~np.isnan(said.passing) & ~np.isnan(examples.pass_mark)
    if not known.any():
        return None
    passed, chance = examples.score >= examples.pass_mark, said.passing
    bins = max(1, min(RELIABILITY_BINS, len(np.unique(examples.learner[known])) // floor))
    order = np.flatnonzero(known)[np.argsort(chance[known], kind="stable")]
    return {
        "brier": round(_mean((chance[known] - passed[known]) ** 2, weight[known]), 4),
        "reliability": [
            [
                round(_mean(chance[part], weight[part]), 3),
                round(_mean(passed[part], weight[part]), 3),
                len(np.unique(examples.learner[part])),
            ]
            for part in np.array_split(order, bins)
            if len(np.unique(examples.learner[part])) >= floor
        ],
    }


def _by_group(
    error: Floats,
    inside: npt.NDArray[np.bool_],
    examples: Examples,
    weight: Floats,
    groups: Sequence[Sequence[str | None]],
    floor: int,
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for names in groups:
        held = np.array([name or "" for name in names])
        for name in sorted(set(held.tolist()) - {""}):
            part = held == name
            learners = len(np.unique(examples.learner[part]))
            if learners >= floor:
                found[name] = {
                    "learners": learners,
                    "mae": round(_mean(error[part], weight[part]), 4),
                    "coverage": round(_mean(inside[part], weight[part]), 4),
                    "mean_score": round(_mean(examples.score[part], weight[part]), 4),
                }
    return found
