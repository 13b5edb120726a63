"""How the retrievability before each review changes with each FSRS-6 weight: derivatives carried forward through
the recursion of `fsrs`, for many cards at once and with weights of their own for each group of cards.

A test holds them equal to central differences of `fsrs.review_all`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.clock import DAY_US
from akademos.analytics.fsrs import AGAIN, EASY, HARD, STABILITY_MIN
from akademos.analytics.rounds import Index, rounds

Floats = npt.NDArray[np.float64]
WEIGHTS = 21
_LOG_TARGET = float(np.log(0.9))


@dataclass(frozen=True, slots=True)
class Slopes:
    """Scored reviews, those at least a day after the one before, in order of row.

    Attributes:
        row: of the arguments.
        recall: retrievability before the review.
        slope: (scored reviews, 21), its derivative by each weight.
    """

    row: Index
    recall: Floats
    slope: Floats


def recall_slopes(
    at_us: Index, grades: npt.NDArray[np.integer], starts: Index, counts: Index, weights: Floats, group: Index
) -> Slopes:
    """Retrievability and its derivatives before every scored review.

    Args:
        at_us: instant of each review, microseconds; ascending within a card.
        grades: 1..4.
        starts, counts: first row and number of rows of each card.
        weights: (21, groups), w0..w20 of each group.
        group: the group of each card.
    """
    elapsed = np.zeros(len(at_us))
    elapsed[1:] = np.diff(at_us) // DAY_US
    later = np.zeros(len(at_us), dtype=bool)  # reviews of these cards, the first one of each left out
    later[np.repeat(starts - np.cumsum(counts) + counts, counts) + np.arange(int(counts.sum()))] = True
    later[starts] = False
    row = np.flatnonzero((elapsed >= 1) & later)
    place = np.full(len(at_us), -1)
    place[row] = np.arange(len(row))
    recall, slope = np.empty(len(row)), np.empty((len(row), WEIGHTS))
    s = d = np.empty(0)
    ds = dd = w = np.empty((WEIGHTS, 0))
    for k, cards, at in rounds(starts, counts):
        active = len(at)
        grade = grades[at]
        if k == 0:
            w = weights[:, group[cards]]
            s, ds, d, dd = _first(grade, w)
            continue
        if active < len(s):
            w, s, d = w[:, :active], s[:active], d[:active]
            ds, dd = ds[:, :active], dd[:, :active]
        days = elapsed[at]
        r, dr = _recall(days, s, ds, w)
        scored = place[at]
        kept = scored >= 0
        recall[scored[kept]], slope[scored[kept]] = r[kept], dr[:, kept].T
        following, slopes = np.empty(active), np.empty((WEIGHTS, active))
        for chosen, step in (
            (np.flatnonzero(days < 1), _same_day),
            (np.flatnonzero((days >= 1) & (grade > AGAIN)), _recalled),
            (np.flatnonzero((days >= 1) & (grade == AGAIN)), _forgotten),
        ):
            if len(chosen):
                following[chosen], slopes[:, chosen] = step(
                    s[chosen], ds[:, chosen], d[chosen], dd[:, chosen], r[chosen], dr[:, chosen],
                    grade[chosen], w[:, chosen],
                )  # fmt: skip
        slopes[:, following <= STABILITY_MIN] = 0
        d, dd = _difficulty(d, dd, grade, w)
        s, ds = np.maximum(following, STABILITY_MIN), slopes
    return Slopes(row, recall, slope)


def _first(grade: npt.NDArray[np.integer], w: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    cards = np.arange(len(grade))
    s = w[grade - 1, cards]
    ds, dd = np.zeros_like(w), np.zeros_like(w)
    ds[grade - 1, cards] = s > STABILITY_MIN
    steps = grade - 1.0
    drop = np.exp(w[5] * steps)
    d = w[4] - drop + 1
    inside = (d > 1) & (d < 10)
    dd[4], dd[5] = inside, np.where(inside, -steps * drop, 0.0)
    return np.maximum(s, STABILITY_MIN), ds, np.clip(d, 1, 10), dd


def _recall(days: Floats, s: Floats, ds: Floats, w: Floats) -> tuple[Floats, Floats]:
    base = np.exp(-_LOG_TARGET / w[20])
    factor, dfactor = base - 1, base * _LOG_TARGET / w[20] ** 2
    inner = 1 + factor * days / s
    r = inner ** -w[20]
    pull = r * w[20] / inner * days / s
    dr = pull * factor / s * ds
    dr[20] -= r * np.log(inner) + pull * dfactor
    return r, dr


def _same_day(
    s: Floats, ds: Floats, d: Floats, dd: Floats, r: Floats, dr: Floats, grade: npt.NDArray[np.integer], w: Floats
) -> tuple[Floats, Floats]:
    lift = grade - 3 + w[18]
    growth = np.exp(w[17] * lift) * s ** -w[19]
    grown = s * growth
    slope = growth * (1 - w[19]) * ds
    slope[17] += grown * lift
    slope[18] += grown * w[17]
    slope[19] -= grown * np.log(s)
    kept = (grade > AGAIN) & (growth <= 1)
    return np.where(kept, s, grown), np.where(kept, ds, slope)


def _recalled(
    s: Floats, ds: Floats, d: Floats, dd: Floats, r: Floats, dr: Floats, grade: npt.NDArray[np.integer], w: Floats
) -> tuple[Floats, Floats]:
    hard, easy = grade == HARD, grade == EASY
    plain = np.exp(w[8]) * s ** -w[9]
    surprise = np.exp(w[10] * (1 - r))
    of_grade = np.where(hard, w[15], np.where(easy, w[16], 1.0))
    room = 11 - d
    gain = of_grade * plain * room * (surprise - 1)
    dgain = -gain / room * dd - gain * w[9] / s * ds - of_grade * plain * room * surprise * w[10] * dr
    dgain[8] += gain
    dgain[9] -= gain * np.log(s)
    dgain[10] += of_grade * plain * room * surprise * (1 - r)
    ungraded = plain * room * (surprise - 1)
    dgain[15] += np.where(hard, ungraded, 0.0)
    dgain[16] += np.where(easy, ungraded, 0.0)
    return s * (1 + gain), (1 + gain) * ds + s * dgain


def _forgotten(
    s: Floats, ds: Floats, d: Floats, dd: Floats, r: Floats, dr: Floats, grade: npt.NDArray[np.integer], w: Floats
) -> tuple[Floats, Floats]:
    power = (s + 1) ** w[13]
    scale = d ** -w[12] * np.exp(w[14] * (1 - r))
    after = w[11] * scale * (power - 1)
    slope = -after * w[12] / d * dd - after * w[14] * dr + w[11] * scale * power * w[13] / (s + 1) * ds
    slope[11] += scale * (power - 1)
    slope[12] -= after * np.log(d)
    slope[13] += w[11] * scale * power * np.log(s + 1)
    slope[14] += after * (1 - r)
    shrink = np.exp(-w[17] * w[18])
    ceiling = s * shrink
    at_ceiling = shrink * ds
    at_ceiling[17] -= ceiling * w[18]
    at_ceiling[18] -= ceiling * w[17]
    capped = after > ceiling
    return np.where(capped, ceiling, after), np.where(capped, at_ceiling, slope)


def _difficulty(d: Floats, dd: Floats, grade: npt.NDArray[np.integer], w: Floats) -> tuple[Floats, Floats]:
    pull = (3.0 - grade) / 9.0
    drop = np.exp(3 * w[5])
    easy = w[4] - drop + 1
    damped = d + (10 - d) * w[6] * pull
    following = w[7] * easy + (1 - w[7]) * damped
    slope = (1 - w[7]) * (1 - w[6] * pull) * dd
    slope[6] += (1 - w[7]) * (10 - d) * pull
    slope[4] += w[7]
    slope[5] -= w[7] * 3 * drop
    slope[7] += easy - damped
    slope[:, (following <= 1) | (following >= 10)] = 0
    return np.clip(following, 1, 10), slope
