"""Trend: is a learner getting better at a topic, beyond what easier items explain?

Scores of the last 30 days, each minus what the cohort scores on the item at first attempts (`item_difficulty`), are
regressed on time; the slope is tested with Student's t at alpha 0.05. A significant slope is rising or falling.
Otherwise it is `stable` only if an equivalence test (two one-sided tests at alpha) puts it within the margin, else
there is no clear change. Units: share per 30 days; the interval has coverage 1 - alpha.

Needs 10 answers on 3 days. The residual variance is never taken to be smaller than that of one unlike answer among
n + 2, so that a spotless record is not certainty. Caveat: repeats of an item count like any answer.
Source: the specification of mastery progression; equivalence: Schuirmann 1987.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtr, stdtrit

from akademos.analytics.clock import DAY_US
from akademos.analytics.parameters import TrendParameters
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Trends:
    """Per group; numbers are NaN where there is not enough data."""

    status: list[str]  # rising | falling | stable | no_clear_change | not_enough_data
    slope: Floats
    low: Floats
    high: Floats
    p_value: Floats
    answers: Index


def trend(
    group: Index, at_us: Index, day: Index, residual: Floats, groups: int, as_of_us: int, params: TrendParameters
) -> Trends:
    """Trend of each group.

    Args:
        group: per answer, its group; answers are sorted by group, then time.
        at_us: instant of each answer; those outside the window before `as_of_us` are left out.
        day: local day number.
        residual: score minus the expected score of the item.
        groups: number of groups.
        as_of_us: end of the window.
        params: window, alpha, margin, minimum sample.
    """
    inside = (at_us > as_of_us - params.window_days * DAY_US) & (at_us <= as_of_us)
    group, at_us, day, residual = group[inside], at_us[inside], day[inside], residual[inside]
    window = params.window_days
    x = (at_us - as_of_us) / (DAY_US * window)  # in windows of 30 days, so that the slope is per 30 days

    def total(amount: Floats) -> Floats:
        return np.bincount(group, amount, minlength=groups).astype(np.float64)

    n = np.bincount(group, minlength=groups)
    new_day = np.ones(len(day), dtype=bool)
    new_day[1:] = (day[1:] != day[:-1]) | (group[1:] != group[:-1])
    active = np.bincount(group[new_day], minlength=groups)
    enough = (n >= params.answers_min) & (active >= params.active_days_min)
    some = np.maximum(n, 1)
    dx = x - (total(x) / some)[group]
    dy = residual - (total(residual) / some)[group]
    sxx = np.where(enough, total(dx * dx), 1.0)
    slope = np.where(enough, total(dx * dy) / sxx, np.nan)
    freedom = np.maximum(n - 2, 1).astype(np.float64)
    left = total((dy - np.nan_to_num(slope)[group] * dx) ** 2)
    unlike = 1.0 / (n + 2)
    error = np.sqrt(np.maximum(left / freedom, unlike * (1 - unlike)) / sxx)
    p_value = 2 * stdtr(freedom, -np.abs(slope) / error)
    half = stdtrit(freedom, 1 - params.alpha / 2) * error
    one_sided = stdtrit(freedom, 1 - params.alpha) * error
    within = (slope - one_sided > -params.equivalence_margin) & (slope + one_sided < params.equivalence_margin)
    status = np.select(
        [~enough, (p_value < params.alpha) & (slope > 0), p_value < params.alpha, within],
        ["not_enough_data", "rising", "falling", "stable"],
        "no_clear_change",
    )
    return Trends(status.tolist(), slope, slope - half, slope + half, p_value, n)
