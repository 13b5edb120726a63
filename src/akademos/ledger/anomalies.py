"""What is unusual: a day's count beside the days before, a distribution beside an earlier one.

Sources: modified z-score, Iglewicz and Hoaglin, How to Detect and Handle Outliers (1993), cut at 3.5; population
stability index, Siddiqi, Credit Risk Scorecards (2006), above 0.25 a change that matters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import median

Z_CUT = 3.5
STABILITY_CUT = 0.25
DAYS_AT_LEAST = 7
ROWS_AT_LEAST = 100
_FLOOR = 1e-4
_NORMAL = 0.6745
_MEAN_NORMAL = 1.253314


def modified_z(value: float, before: Sequence[float]) -> float | None:
    """How far a count lies from the median of earlier ones, in robust standard deviations.

    0.6745 (x - median) / MAD; where more than half are equal, MAD is 0 and the mean absolute deviation stands in for it
    (divided by 1.253314). Infinite where all were equal and this one is not. None with fewer than seven earlier ones.
    """
    if len(before) < DAYS_AT_LEAST:
        return None
    middle = median(before)
    away = [abs(one - middle) for one in before]
    if value == middle:
        return 0.0
    spread = median(away)
    if spread:
        return _NORMAL * (value - middle) / spread
    mean = sum(away) / len(away)
    return math.copysign(math.inf, value - middle) if mean == 0 else (value - middle) / (_MEAN_NORMAL * mean)


def stability_index(expected: Mapping[str, int], actual: Mapping[str, int]) -> float | None:
    """Population stability index of two distributions over the same categories: sum of (a - e) ln(a / e) over shares.

    Empty categories count as 0.01%. None where either side has fewer than 100 rows.
    """
    before, now = sum(expected.values()), sum(actual.values())
    if min(before, now) < ROWS_AT_LEAST:
        return None
    total = 0.0
    for category in expected.keys() | actual.keys():
        e = max(expected.get(category, 0) / before, _FLOOR)
        a = max(actual.get(category, 0) / now, _FLOOR)
        total += (a - e) * math.log(a / e)
    return total
