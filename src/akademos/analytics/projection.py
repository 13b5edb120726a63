"""Projection: when a topic is mastered, carefully judged from the last weeks.

The composite is continued as a random walk with drift, known from its last weekly changes (4 to 8 of them). So few
changes tell little and most rises slow down (`akademos bench recovery` follows them up). Therefore both are shrunk
(empirical Bayes): the drift towards none, the spread towards that of composites in general. The projected time is
gap / drift; its 80% interval reaches from where the upper edge of the prediction band crosses the goal to where the
lower edge does, the uncertainty of the drift included. Where the lower edge does not cross within a year the interval
is open, as it mostly is. No date is named without an upward drift or beyond a year.

With shrinkage k = p^2 / (p^2 + s^2 / n) (p the prior's standard deviation of drifts, s the spread, n the changes)
the band after h weeks is k mean h +- t s sqrt(h + h^2 k / n); its crossings of the gap are the roots of a quadratic
(Fieller's form). Units: days; weekly changes are shares. Caveat: an estimate of the present pace, no promise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from akademos.analytics.parameters import TrendParameters

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Projections:
    """Per group; NaN where there is no number."""

    status: list[str]  # ok | not_enough_data
    days: Floats
    low_days: Floats
    high_days: Floats
    reason: list[str]


def project(value: Floats, weekly: Floats, goal: float, interval: float, params: TrendParameters) -> Projections:
    """Projection of each group.

    Args:
        value: composite now, NaN where it is not known.
        weekly: (groups, projection_weeks + 1) composites at the last week ends, oldest first, NaN where unknown.
        goal: composite from which a topic is mastered.
        interval: coverage.
        params: least number of weekly changes, horizon.
    """
    changes = np.diff(weekly, axis=1)
    known = ~np.isnan(changes)
    n = known.sum(axis=1)
    some = np.maximum(n, 1)
    mean = np.where(known, changes, 0.0).sum(axis=1) / some
    squares = np.where(known, (changes - mean[:, None]) ** 2, 0.0).sum(axis=1)
    freedom = params.spread_prior_weeks + np.maximum(n - 1, 0)
    variance = (params.spread_prior_weeks * params.spread_prior**2 + squares) / freedom
    shrinkage = params.drift_prior**2 / (params.drift_prior**2 + variance / some)
    drift = shrinkage * mean
    gap = goal - value
    with np.errstate(divide="ignore", invalid="ignore"):
        weeks = gap / drift
        band = stdtrit(freedom, 0.5 + interval / 2) ** 2 * variance
        a, b = drift**2 - band * shrinkage / some, 2 * gap * drift + band
        root = np.sqrt(b**2 - 4 * a * gap**2)
        low, high = 2 * gap**2 / (b + root), np.where(a > 0, 2 * gap**2 / np.maximum(b - root, 1e-300), np.inf)
    enough = (n >= params.projection_weeks_min) & ~np.isnan(value)
    reached = value >= goal
    upward = enough & ~reached & (drift > 0)
    horizon = params.projection_horizon_days

    def days(weeks_ahead: Floats) -> Floats:
        found = np.ceil(weeks_ahead * 7)
        return np.where(upward & (found <= horizon), found, np.where(reached, 0.0, np.nan))

    middle = days(weeks)
    reasons = np.select(
        [np.isnan(value), reached, ~enough, ~upward, np.isnan(middle)],
        [
            "There is no estimate of mastery yet.",
            "The goal is reached.",
            f"It takes {params.projection_weeks_min + 1} week ends with an estimate to see a pace.",
            "There was no upward movement in the last weeks, so this pace names no date.",
            "Carefully judged from the last weeks, it would take more than a year.",
        ],
        "Carefully judged from the last weeks: rises rarely go on at their full pace.",
    )
    status = np.where(reached | enough, "ok", "not_enough_data")
    return Projections(status.tolist(), middle, days(low), days(high), reasons.tolist())
