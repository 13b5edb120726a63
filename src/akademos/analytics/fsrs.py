"""FSRS-6: how stable a memory is, how difficult the card, how likely it is recalled.

Source: the FSRS-6 algorithm of open-spaced-repetition, as package `fsrs` 6.3.2 computes it with fuzzing off. A test
holds stability, difficulty and retrievability equal to that package within 1e-4 relative.

Elapsed time counts in whole days of 24 hours: a repeat within the same day is a short-term step. Learning and
relearning steps of minutes, which only set due times there, play no part: an answered question is not due again in
ten minutes, so due times equal those of the package without such steps.

Units: stability in days, difficulty 1..10, retrievability a probability, grades 1 Again, 2 Hard, 3 Good, 4 Easy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.clock import DAY_US
from akademos.analytics.parameters import FSRS_6_DEFAULT
from akademos.analytics.rounds import Index, rounds

Floats = npt.NDArray[np.float64]
AGAIN, HARD, GOOD, EASY = 1, 2, 3, 4
STABILITY_MIN = 0.001


@dataclass(frozen=True, slots=True)
class Reviews:
    """What each review left behind, row by row.

    Attributes:
        stability: after the review, days.
        difficulty: after the review, 1..10.
        retrievability: before the review; 0 at the first one of a card.
    """

    stability: Floats
    difficulty: Floats
    retrievability: Floats


def retrievability(elapsed_days: Floats, stability: Floats, decay: Floats | float = FSRS_6_DEFAULT[20]) -> Floats:
    """Forgetting curve: (1 + F t / S) ** -w20 with F such that it is 0.9 at t = S.

    Args:
        elapsed_days: whole days.
        stability: days.
        decay: w20, one for all or of each card.
    """
    # An exponent that is an array, even of one number: a plain number takes other paths, which round differently.
    w20 = np.atleast_1d(np.asarray(decay, dtype=np.float64))
    factor = 0.9 ** (-1 / w20) - 1
    curve: Floats = (1 + factor * elapsed_days / stability) ** -w20
    return curve


def interval_days(
    stability: Floats,
    target_retention: float = 0.9,
    maximum_days: int = 36500,
    decay: Floats | float = FSRS_6_DEFAULT[20],
) -> Index:
    """Whole days until retrievability falls to the target: rounded half to even, at least 1, at most the maximum."""
    w20 = np.atleast_1d(np.asarray(decay, dtype=np.float64))
    factor = 0.9 ** (-1 / w20) - 1
    days = np.rint(stability / factor * (target_retention ** (-1 / w20) - 1))
    whole: Index = np.clip(days, 1, maximum_days).astype(np.int64)
    return whole


def review_all(
    at_us: Index,
    grades: npt.NDArray[np.integer],
    starts: Index,
    counts: Index,
    weights: Sequence[float] | Floats = FSRS_6_DEFAULT,
    known: tuple[Floats, Floats] | None = None,
) -> Reviews:
    """State of every card after each of its reviews.

    Args:
        at_us: instant of each review, microseconds; ascending within a card.
        grades: 1..4.
        starts, counts: first row and number of rows of each card.
        weights: w0..w20 for all cards, or (21, cards).
        known: stability and difficulty after each review where they are known and not to be computed, else NaN.
    """
    rows = len(at_us)
    stability, difficulty, recall = np.empty(rows), np.empty(rows), np.zeros(rows)
    elapsed = np.zeros(rows)
    elapsed[1:] = np.maximum(np.diff(at_us) // DAY_US, 0)
    given = np.asarray(weights, dtype=np.float64)
    shared = given.ndim == 1
    w = given[:, None] if shared else given
    s = d = np.empty(0)
    for k, cards, at in rounds(starts, counts):
        grade = grades[at]
        if k == 0:
            w = w if shared else w[:, cards]
            s, d = first_state(grade, w)
        else:
            s, d = s[: len(at)], d[: len(at)]
            w = w if shared else w[:, : len(at)]
            days = elapsed[at]
            recall[at] = retrievability(days, s, w[20])
            s, d = next_state(s, d, recall[at], days, grade, w)
        if known is not None:
            s, d = (np.where(np.isnan(one[at]), own, one[at]) for one, own in zip(known, (s, d), strict=True))
        stability[at], difficulty[at] = s, d
    return Reviews(stability, difficulty, recall)


def first_state(grade: npt.NDArray[np.integer], w: Floats) -> tuple[Floats, Floats]:
    """Stability and difficulty after the first review of cards.

    Args:
        grade: of each card.
        w: (21, cards), or (21, 1) for all.
    """
    s = w[grade - 1, np.arange(len(grade)) if w.shape[1] > 1 else 0]
    return np.maximum(s, STABILITY_MIN), np.clip(w[4] - np.exp(w[5] * (grade - 1)) + 1, 1, 10)


def next_state(
    s: Floats, d: Floats, r: Floats, elapsed_days: Floats, grade: npt.NDArray[np.integer], w: Floats
) -> tuple[Floats, Floats]:
    """Stability and difficulty after a later review.

    Args:
        s, d: before it.
        r: retrievability before it.
        elapsed_days: whole days since the review before; below 1 it is a short-term step.
        grade: of each card.
        w: (21, cards), or (21, 1) for all.
    """
    following = np.empty(len(s))
    same_day, again = elapsed_days < 1, grade == AGAIN
    for step, chosen in (
        (short_term, same_day),
        (recalled, ~same_day & ~again),
        (forgotten, ~same_day & again),
    ):
        place = np.flatnonzero(chosen)
        if len(place):
            own = w[:, place] if w.shape[1] > 1 else w
            following[place] = step(s[place], d[place], r[place], grade[place], own)
    return np.maximum(following, STABILITY_MIN), next_difficulty(d, grade, w)


def short_term(s: Floats, d: Floats, r: Floats, grade: npt.NDArray[np.integer], w: Floats) -> Floats:
    """Stability after a repeat within the day, whatever its grade; arguments as of `next_state`."""
    growth = np.exp(w[17] * (grade - 3 + w[18])) * s ** -w[19]
    stepped: Floats = s * np.where(grade == AGAIN, growth, np.maximum(growth, 1.0))
    return stepped


def recalled(s: Floats, d: Floats, r: Floats, grade: npt.NDArray[np.integer], w: Floats) -> Floats:
    """Stability after a right answer a day or more later; arguments as of `next_state`."""
    of_grade = np.where(grade == HARD, w[15], np.where(grade == EASY, w[16], 1.0))
    gain = np.exp(w[8]) * of_grade * (11 - d) * s ** -w[9] * (np.exp((1 - r) * w[10]) - 1)
    stepped: Floats = s * (1 + gain)
    return stepped


def forgotten(s: Floats, d: Floats, r: Floats, grade: npt.NDArray[np.integer], w: Floats) -> Floats:
    """Stability after a wrong answer a day or more later; arguments as of `next_state`."""
    after = w[11] * d ** -w[12] * ((s + 1) ** w[13] - 1) * np.exp((1 - r) * w[14])
    stepped: Floats = np.minimum(after, s / np.exp(w[17] * w[18]))
    return stepped


def next_difficulty(d: Floats, grade: npt.NDArray[np.integer], w: Floats) -> Floats:
    """Difficulty after a review that is not the first."""
    easy = w[4] - np.exp(w[5] * (EASY - 1)) + 1
    damped = d + (10.0 - d) * w[6] * (3.0 - grade) / 9.0
    following: Floats = np.clip(w[7] * easy + (1 - w[7]) * damped, 1, 10)
    return following
