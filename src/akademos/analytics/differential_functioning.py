"""Does an item work differently for two groups of equally able learners?

Mantel-Haenszel: within strata of equal overall score, the odds of a right answer of the reference group over those of
the focal group; the common odds ratio alpha is put on the scale of Educational Testing Service as

    delta = -2.35 ln(alpha)

so that a negative delta says that the item is harder for the focal group than its ability accounts for. The standard
error is that of Robins, Breslow and Greenland (1986). Classes:

* A, negligible: |delta| < 1, or delta not different from 0 at the 5% level;
* C, large: |delta| >= 1.5, and |delta| greater than 1 at the 5% level (one-sided);
* B, moderate: the others.

Sources: Holland and Thayer (1988), Differential item performance and the Mantel-Haenszel procedure; Zwick (2012), A
review of ETS differential item functioning assessment procedures, ETS RR-12-08 (rules and minimum samples).

Caveats: a difference says nothing of its cause; the matching score must be fair itself. Strata in which only one group
answered, or everybody alike, say nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, sqrt
from typing import Literal

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]

ETS_FACTOR = -2.35
Z_TWO_SIDED, Z_ONE_SIDED = 1.959964, 1.644854


@dataclass(frozen=True, slots=True)
class Functioning:
    """Common odds ratio, delta with its standard error, class, and the people of either group."""

    odds_ratio: float
    delta: float
    standard_error: float
    ets_class: Literal["A", "B", "C"]
    reference: int
    focal: int


def mantel_haenszel(correct: Bools, focal: Bools, stratum: Index) -> Functioning | None:
    """Differential functioning of one item; None where no stratum tells anything.

    Args:
        correct: per learner, whether the answer was right.
        focal: per learner, whether of the focal group.
        stratum: per learner, number of the stratum of equal ability, from 0.
    """
    cells = np.bincount(stratum * 4 + focal * 2 + ~correct, minlength=4 * (int(stratum.max(initial=0)) + 1))
    right, wrong, focal_right, focal_wrong = cells.reshape(-1, 4).T.astype(np.float64)
    people = np.maximum(right + wrong + focal_right + focal_wrong, 1.0)
    up, down = right * focal_wrong / people, wrong * focal_right / people
    if not up.sum() or not down.sum():
        return None
    agree, differ = (right + focal_wrong) / people, (wrong + focal_right) / people
    total_up, total_down = float(up.sum()), float(down.sum())
    variance = (
        float((agree * up).sum()) / (2 * total_up**2)
        + float((agree * down + differ * up).sum()) / (2 * total_up * total_down)
        + float((differ * down).sum()) / (2 * total_down**2)
    )
    ratio = total_up / total_down
    delta, error = ETS_FACTOR * log(ratio), abs(ETS_FACTOR) * sqrt(variance)
    return Functioning(ratio, delta, error, ets_class(delta, error), int((~focal).sum()), int(focal.sum()))


def ets_class(delta: float, standard_error: float) -> Literal["A", "B", "C"]:
    """The class of a delta with its standard error.

    Example:
        >>> ets_class(0.8, 0.1), ets_class(-1.2, 0.3), ets_class(1.9, 0.3), ets_class(1.9, 0.8)
        ('A', 'B', 'C', 'B')
    """
    size = abs(delta)
    if size < 1 or size <= Z_TWO_SIDED * standard_error:
        return "A"
    if size >= 1.5 and size - 1 > Z_ONE_SIDED * standard_error:
        return "C"
    return "B"
