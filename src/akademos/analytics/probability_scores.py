"""Scores of predicted probabilities, for protocols and for the metrics that a trained model carries.

Grain of every argument: one scored prediction a row, in the same order.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

Floats = npt.NDArray[np.float64]

CLIP = 1e-6
"""Probabilities are scored no nearer to 0 or 1 than this, so that one miss is not infinite."""
ECE_BINS = 15


def auc(outcome: Floats, predicted: Floats) -> float:
    """Area under the ROC curve: the chance that a success is ranked above a failure, ties half; nan with one class.

    Source: Hanley and McNeil (1982), doi:10.1148/radiology.143.1.7063747.
    """
    successes = float(outcome.sum())
    failures = outcome.size - successes
    if not successes or not failures:
        return float("nan")
    ranks = rankdata(predicted)
    return float((ranks[outcome == 1].sum() - successes * (successes + 1) / 2) / (successes * failures))


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
