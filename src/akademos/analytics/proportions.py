"""Intervals of shares.

Sources: Wilson (1927), doi:10.1080/01621459.1927.10502953; Newcombe (1998), method 10,
doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
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


def newcombe(one: float, of_one: float, other: float, of_other: float, z: float) -> tuple[float, float]:
    """Newcombe's hybrid score interval of a difference of two independent shares.

    Example:
        >>> [round(bound, 4) for bound in newcombe(56 / 70, 70, 48 / 80, 80, z_of(0.95))]
        [0.0524, 0.3339]
    """
    low_one, high_one = wilson(one, of_one, z)
    low_other, high_other = wilson(other, of_other, z)
    value = one - other
    return (
        max(-1.0, value - sqrt((one - low_one) ** 2 + (high_other - other) ** 2)),
        min(1.0, value + sqrt((high_one - one) ** 2 + (other - low_other) ** 2)),
    )
