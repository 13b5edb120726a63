"""How long until something happens, when it has not happened yet for everybody.

Kaplan and Meier (1958), doi:10.1080/01621459.1958.10501452: at each time with an event, survival is multiplied by the
share of those still at risk to whom it did not happen; who is censored leaves the risk without an event. Variance by
Greenwood (1926); intervals on the log-log scale, which stay within 0 and 1 (Kalbfleisch and Prentice 1980); the median
and its interval are those of Brookmeyer and Crowley (1982).

Caveat: censoring must not tell when it would have happened; who withdrew is an event of another kind, not a censored
one, unless that is what is asked.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt

from akademos.analytics.proportions import z_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Survival:
    """One entry a time with an event: share to whom it has not happened after it, its standard error and interval,
    people at risk right before and events at it; and the median time with its interval, None: later than was looked."""

    times: Floats
    share: Floats
    standard_error: Floats
    low: Floats
    high: Floats
    at_risk: npt.NDArray[np.int64]
    events: npt.NDArray[np.int64]
    median: float | None
    median_low: float | None
    median_high: float | None


def kaplan_meier(times: Floats, happened: Bools, coverage: float = 0.95) -> Survival:
    """Survival of people by the time until the event, or until they were last seen without it.

    Args:
        times: per person, not negative; one unit throughout.
        happened: per person, whether it happened then; else censored.
        coverage: of the intervals.
    """
    at, place = np.unique(times, return_inverse=True)
    events = np.bincount(place, happened, minlength=len(at)).astype(np.int64)
    leaving = np.bincount(place, minlength=len(at))
    at_risk = len(times) - np.concatenate(([0], np.cumsum(leaving)[:-1])).astype(np.int64)
    kept = events > 0
    at, events, at_risk = at[kept], events[kept], at_risk[kept]
    share: Floats = np.cumprod(1 - events / at_risk).astype(np.float64)
    with np.errstate(divide="ignore"):
        greenwood = np.cumsum(np.where(at_risk > events, events / (at_risk * (at_risk - events)), 0.0))
    z = z_of(coverage)
    bounds = [interval(float(one), float(hazard), z) for one, hazard in zip(share, greenwood, strict=True)]
    low, high = (np.array([pair[side] for pair in bounds], dtype=np.float64) for side in (0, 1))
    return Survival(
        times=at,
        share=share,
        standard_error=share * np.sqrt(greenwood),
        low=low,
        high=high,
        at_risk=at_risk,
        events=events,
        median=_half(at, share),
        median_low=_half(at, low),
        median_high=_half(at, high),
    )


def interval(survival: float, greenwood: float, z: float) -> tuple[float, float]:
    """Interval of a survival on the log-log scale from Greenwood's sum, at `z` standard errors."""
    if survival in (0.0, 1.0):
        return survival, survival
    spread = z * sqrt(greenwood) / abs(log(survival))
    return survival ** exp(spread), survival ** exp(-spread)


def _half(times: Floats, share: Floats) -> float | None:
    below = np.flatnonzero(share <= 0.5 + 1e-12)
    return float(times[below[0]]) if len(below) else None


def time_to_value(enrolled_at: Floats, mastered_at: Floats, as_of: float, coverage: float = 0.95) -> Survival:
    """Time from enrolment to the first mastered topic; who has mastered none yet is censored at `as_of`.

    Args:
        enrolled_at: per learner, in any unit of time, not after `as_of`.
        mastered_at: per learner, in the same unit; NaN where no topic is mastered. Earlier than the enrolment
            counts as at it.
        as_of: now.
        coverage: of the intervals.
    """
    happened = ~np.isnan(mastered_at) & (mastered_at <= as_of)
    until = np.where(happened, mastered_at, as_of)
    return kaplan_meier(np.maximum(until - enrolled_at, 0.0), happened, coverage)
