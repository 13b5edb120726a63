"""Scores of predicted probabilities, for protocols and for the metrics that a trained model carries, and their
intervals over learners drawn with replacement.

Grain of every argument: one scored prediction a row, in the same order.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import expit, logit

Floats = npt.NDArray[np.float64]
Score = Callable[[Floats, Floats], float]

CLIP = 1e-6
"""Probabilities are scored no nearer to 0 or 1 than this, so that one miss is not infinite."""
ECE_BINS = 15


def auc(outcome: Floats, predicted: Floats) -> float:
    """Area under the ROC curve: the chance that a success is ranked above a failure, ties half; nan with one class.

    Source: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    from scipy.stats import rankdata  # heavy, and who only predicts needs none of it

    successes = float(outcome.sum())
    failures = outcome.size - successes
    if not successes or not failures:
        return float("nan")
    ranks = rankdata(predicted)
    return float((ranks[outcome == 1].sum() - successes * (successes + 1) / 2) / (successes * failures))


def average_precision(outcome: Floats, predicted: Floats) -> float:
    """Area under the precision-recall curve as a step function: mean precision over successes, ties together; nan
    without successes.

    Source: Davis and Goadrich (2006), doi:10.1145/1143844.1143874, on why not by straight lines.
    """
    order = np.argsort(-predicted, kind="stable")
    hit, score = outcome[order], predicted[order]
    last = np.append(np.diff(score) != 0, values=True)
    found, listed = np.cumsum(hit)[last], np.flatnonzero(last) + 1
    if not found.size or not found[-1]:
        return float("nan")
    return float((np.diff(found, prepend=0.0) * found / listed).sum() / found[-1])


def log_loss(outcome: Floats, predicted: Floats) -> float:
    """Mean negative log-likelihood in nats."""
    p = np.clip(predicted, CLIP, 1 - CLIP)
    return float(-np.mean(outcome * np.log(p) + (1 - outcome) * np.log1p(-p)))


def brier(outcome: Floats, predicted: Floats) -> float:
    """Mean squared difference of probability and outcome (Brier 1950)."""
    return float(np.mean((predicted - outcome) ** 2))


def ece(outcome: Floats, predicted: Floats) -> float:
    """Expected calibration error: mean |predicted - observed| over 15 bins of equal mass.

    Source: Naeini, Cooper and Hauskrecht (2015), with bins of equal mass.
    """
    order = np.argsort(predicted, kind="stable")
    gaps = [
        abs(predicted[members].mean() - outcome[members].mean()) * members.size
        for members in np.array_split(order, ECE_BINS)
        if members.size
    ]
    return float(sum(gaps) / outcome.size)


def calibration_slope(outcome: Floats, predicted: Floats) -> float:
    """Slope of a logistic regression of outcomes on logits of predictions; 1 is right, below 1 is overconfident.

    Source: Cox (1958), doi:10.1093/biomet/45.3-4.562.
    """
    from scipy.optimize import minimize

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
