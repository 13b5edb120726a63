"""How reliable the total score of a fixed form is: coefficient alpha, KR-20 where every item is right or wrong.

alpha = k / (k - 1) (1 - sum of the items' variances / variance of the total), with k items. Of items scored 0 and 1
this is Kuder and Richardson's formula 20 (1937, doi:10.1007/BF02288391); in general Cronbach's alpha (1951,
doi:10.1007/BF02310555). The interval is Feldt's (1965, doi:10.1007/BF02289499): (1 - alpha_true) / (1 - alpha) follows
an F distribution with (n - 1, (n - 1)(k - 1)) degrees of freedom.

Caveat: alpha is a lower bound of reliability, of this form with learners like these; it says nothing of what the form
measures.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reliability:
    """`formula` is kr20 or alpha; the interval is null where alpha has none (the total does not vary)."""

    formula: str
    value: float
    low: float
    high: float
    items: int
    learners: int
    standard_error_of_measurement: float
    """Of the total as a share of the full mark: sd sqrt(1 - alpha)."""
    without_item: tuple[float, ...]
    """Alpha of the form without each item; NaN of a form of two."""


def reliability(scores: Floats, coverage: float = 0.95) -> Reliability:
    """Alpha of a form.

    Args:
        scores: (learners, items), 0..1, complete; at least two of each.
        coverage: of the interval.
    """
    learners, items = scores.shape
    value = _alpha(scores)
    low, high = _feldt(value, learners, items, coverage)
    spread = float(scores.mean(axis=1).std(ddof=1))
    return Reliability(
        formula="kr20" if np.isin(scores, (0.0, 1.0)).all() else "alpha",
        value=value,
        low=low,
        high=high,
        items=items,
        learners=learners,
        standard_error_of_measurement=spread * float(np.sqrt(max(0.0, 1 - value))),
        without_item=tuple(_alpha(np.delete(scores, item, axis=1)) for item in range(items)),
    )


def _alpha(scores: Floats) -> float:
    items = scores.shape[1]
    whole = float(scores.sum(axis=1).var(ddof=1))
    if items < 2 or not whole:
        return float("nan")
    return float(items / (items - 1) * (1 - scores.var(axis=0, ddof=1).sum() / whole))


def _feldt(value: float, learners: int, items: int, coverage: float) -> tuple[float, float]:
    from scipy.special import fdtri  # only a form with answers needs it

    freedom = learners - 1.0
    tail = (1 - coverage) / 2
    low, high = fdtri(freedom, freedom * (items - 1), [1 - tail, tail])
    return 1 - (1 - value) * float(low), 1 - (1 - value) * float(high)
