"""Pearson's correlation of item scores with the rest, and its bootstrap interval.

The interval is that of percentiles over the Poisson bootstrap of `resampling`, learners being drawn; the learners' rest
scores are held, since the item means that they are relative to hardly move.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from akademos.analytics.parameters import ItemAnalysisParameters
from akademos.analytics.resampling import PoissonCounts, name_hash

Floats = npt.NDArray[np.float64]


def correlation(score: Floats, rest: Floats) -> float | None:
    """Correlation of two columns; None where one of them does not vary."""
    one, other = score - score.mean(), rest - rest.mean()
    spread = float(np.sqrt((one @ one) * (other @ other)))
    return float(one @ other) / spread if spread > 1e-12 else None


def interval_of_correlation(
    score: Floats, rest: Floats, name: str, params: ItemAnalysisParameters
) -> tuple[float | None, float | None]:
    """Percentile interval over learners drawn anew; (None, None) where too many draws do not vary.

    Args:
        score, rest: per learner, in an order that does not depend on who asks.
        name: of the item; the draws are its own.
        params: interval and replicates.
    """
    counts = PoissonCounts(len(score), params.replicates)
    seed = np.repeat(name_hash([name]), len(score))
    drawn = counts.draw(seed, np.arange(len(score), dtype=np.uint64))
    one, other = score - score.mean(), rest - rest.mean()
    sums = drawn.T @ np.column_stack((np.ones_like(one), one, other, one * one, other * other, one * other))
    weight, x, y, xx, yy, xy = sums.T
    spread = (weight * xx - x * x) * (weight * yy - y * y)
    usable = spread > 1e-12
    if usable.mean() < 0.9:
        return None, None
    found = (weight * xy - x * y)[usable] / np.sqrt(spread[usable])
    tail = (1 - params.interval) / 2
    low, high = np.quantile(found, [tail, 1 - tail])
    return float(low), float(high)
