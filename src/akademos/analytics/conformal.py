"""Split conformal intervals: a half-width from the errors on learners that the predictor never saw.

With n calibration errors the half-width is the k-th smallest of them, k = ceil((n + 1) coverage). Of a new learner who
is exchangeable with those, the interval then holds the outcome with at least that probability, whatever the
predictor; on average over calibration sets with k / (n + 1). Too few errors give no finite half-width.

Source: Lei, G'Sell, Rinaldo, Tibshirani and Wasserman (2018), doi:10.1080/01621459.2017.1307116.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def least_errors(coverage: float) -> int:
    """How many calibration errors a finite interval of this coverage takes."""
    return math.ceil(coverage / (1 - coverage) - 1e-9)


def half_width(errors: Floats, coverage: float) -> float:
    """Half-width of the interval around a prediction, in the unit of the errors; infinite with too few of them.

    Args:
        errors: outcome minus prediction, or their sizes, one a learner.
        coverage: probability, between 0 and 1.
    """
    rank = math.ceil((len(errors) + 1) * coverage - 1e-9)
    if rank > len(errors):
        return math.inf
    return float(np.sort(np.abs(errors))[rank - 1])
