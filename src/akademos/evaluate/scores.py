"""Scores of predicted probabilities, and their intervals over learners drawn with replacement.

Grain of every argument: one scored prediction a row, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit, logit

from akademos.analytics.probability_scores import CLIP, auc, brier, ece, log_loss

Floats = npt.NDArray[np.float64]
Score = Callable[[Floats, Floats], float]

__all__ = ["auc", "brier", "calibration_slope", "ece", "interval", "log_loss"]


def calibration_slope(outcome: Floats, predicted: Floats) -> float:
    """Slope of a logistic regression of outcomes on logits of predictions; 1 is right, below 1 is overconfident.

    Source: Cox (1958), doi:10.1093/biomet/45.3-4.562.
    """
    x = logit(np.clip(predicted, CLIP, 1 - CLIP))

    def negative_log_likelihood(at: Floats) -> float:
        return log_loss(outcome, expit(at[0] + at[1] * x))

    return float(minimize(negative_log_likelihood, np.array([0.0, 1.0]), method="Nelder-Mead").x[1])


def interval(
    score: Score,
    outcome: Floats,
    predicted: Floats,
    learners: npt.NDArray[np.int64],
    *,
    seed: int,
    replicates: int = 200,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval of a score over learners drawn with replacement, all rows of a drawn learner together.

    Args:
        score: a function of outcomes and predictions.
        outcome: 0 or 1.
        predicted: probabilities.
        learners: the learner of each row as a number from 0 on.
        seed: of the draws.
        replicates: how many.
        level: of the interval.
    """
    order = np.argsort(learners, kind="stable")
    starts = np.flatnonzero(np.diff(learners[order], prepend=-1))
    rows_of = np.split(order, starts[1:])
    rng = np.random.default_rng(seed)
    drawn = []
    for _ in range(replicates):
        rows = np.concatenate([rows_of[n] for n in rng.integers(0, len(rows_of), len(rows_of))])
        drawn.append(score(outcome[rows], predicted[rows]))
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
