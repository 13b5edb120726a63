"""Projection: when a topic is mastered if the learner goes on as in the last weeks.

The composite is continued as a random walk whose drift and spread are those of its last weekly changes (4 to 8 of
them). The projected time is gap / drift; its 80% interval reaches from where the upper edge of the prediction band
crosses the goal to where the lower edge does, drift uncertainty included (Student's t). Where the lower edge never
crosses within a year the interval is open. No date is named without an upward drift or beyond a year.

Solving |gap - drift h| = t sqrt(spread^2 (h + h^2 / n)) for the weeks h is a quadratic (Fieller's form).
Units: days; weekly changes are shares. Caveat: an estimate of the present pace, no promise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from akademos.analytics.parameters import TrendParameters

Floats = npt.NDArray[np.float64]
_SPREAD_MIN = 0.002  # share a week; below that rounding and decay decide


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
    drift = np.where(known, changes, 0.0).sum(axis=1) / some
    squares = np.where(known, (changes - drift[:, None]) ** 2, 0.0).sum(axis=1)
    spread = np.maximum(np.sqrt(squares / np.maximum(n - 1, 1)), _SPREAD_MIN)
    gap = goal - value
    with np.errstate(divide="ignore", invalid="ignore"):
        weeks = gap / drift
        t = stdtrit(np.maximum(n - 1, 1).astype(np.float64), 0.5 + interval / 2)
        band = (t * spread) ** 2
        a, b = drift**2 - band / some, 2 * gap * drift + band
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
            "At the pace of the last weeks it would take more than a year.",
        ],
        "If the pace of the last weeks continues.",
    )
    status = np.where(reached | enough, "ok", "not_enough_data")
    return Projections(status.tolist(), middle, days(low), days(high), reasons.tolist())
