"""Intervals of shares.

Source: Wilson (1927), doi:10.1080/01621459.1927.10502953.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def wilson(share: float, of: float, z: float) -> tuple[float, float]:
    """Wilson's score interval of a share of `of` trials, at `z` standard errors to either side.

    Of scores between 0 and 1 with this mean it is too wide rather than too narrow: nothing in 0..1 varies more than
    right and wrong.

    Example:
        >>> [round(bound, 4) for bound in wilson(0.8, 50, z_of(0.95))]
        [0.6696, 0.8876]
    """
    centre = (share + z * z / (2 * of)) / (1 + z * z / of)
    reach = z / (1 + z * z / of) * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    return max(0.0, centre - reach), min(1.0, centre + reach)


def z_of(coverage: float) -> float:
    """Standard errors to either side of a two-sided interval of the coverage."""
    return NormalDist().inv_cdf((1 + coverage) / 2)
