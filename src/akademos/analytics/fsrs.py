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


def retrievability(elapsed_days: Floats, stability: Floats, weights: Sequence[float] = FSRS_6_DEFAULT) -> Floats:
    """Forgetting curve: (1 + F t / S) ** -w20 with F such that it is 0.9 at t = S. `elapsed_days` are whole days."""
    decay = -weights[20]
    factor = 0.9 ** (1 / decay) - 1
    curve: Floats = (1 + factor * elapsed_days / stability) ** decay
    return curve


def interval_days(
    stability: Floats,
    target_retention: float = 0.9,
    maximum_days: int = 36500,
    weights: Sequence[float] = FSRS_6_DEFAULT,
) -> Index:
    """Whole days until retrievability falls to the target: rounded half to even, at least 1, at most the maximum."""
    decay = -weights[20]
    factor = 0.9 ** (1 / decay) - 1
    days = np.rint(stability / factor * (target_retention ** (1 / decay) - 1))
    whole: Index = np.clip(days, 1, maximum_days).astype(np.int64)
    return whole


def review_all(
    at_us: Index,
    grades: npt.NDArray[np.integer],
    starts: Index,
    counts: Index,
    weights: Sequence[float] = FSRS_6_DEFAULT,
) -> Reviews:
    """State of every card after each of its reviews.

    Args:
        at_us: instant of each review, microseconds; ascending within a card.
        grades: 1..4.
        starts, counts: first row and number of rows of each card.
        weights: w0..w20.
    """
    rows = len(at_us)
    stability, difficulty, recall = np.empty(rows), np.empty(rows), np.zeros(rows)
    elapsed = np.zeros(rows)
    elapsed[1:] = np.diff(at_us) // DAY_US
    w = np.asarray(weights, dtype=np.float64)
    tables = _GradeTables.of(w)
    s = d = np.empty(0)
    for k, _, at in rounds(starts, counts):
        grade = grades[at]
        if k == 0:
            s, d = tables.first_stability[grade], tables.first_difficulty[grade]
        else:
            s, d = s[: len(at)], d[: len(at)]
            r = retrievability(elapsed[at], s, weights)
            recall[at] = r
            s = np.where(elapsed[at] < 1, _short_term(s, grade, tables, w), _long_term(s, d, r, grade, tables, w))
            s = np.maximum(s, STABILITY_MIN)
            d = _next_difficulty(d, grade, tables, w)
        stability[at], difficulty[at] = s, d
    return Reviews(stability, difficulty, recall)


@dataclass(frozen=True, slots=True)
class _GradeTables:
    """What depends on the grade alone, indexed by grade (index 0 unused)."""

    first_stability: Floats
    first_difficulty: Floats
    short_term_factor: Floats
    recall_factor: Floats
    difficulty_change: Floats
    easy_difficulty: float

    @classmethod
    def of(cls, w: Floats) -> _GradeTables:
        grade = np.arange(5.0)
        raw_difficulty = w[4] - np.exp(w[5] * (grade - 1)) + 1
        return cls(
            first_stability=np.maximum(np.array([w[0], w[0], w[1], w[2], w[3]]), STABILITY_MIN),
            first_difficulty=np.clip(raw_difficulty, 1, 10),
            short_term_factor=np.exp(w[17] * (grade - 3 + w[18])),
            recall_factor=np.exp(w[8]) * np.array([0, 0, w[15], 1, w[16]]),
            difficulty_change=w[6] * (3.0 - grade),
            easy_difficulty=float(raw_difficulty[EASY]),
        )


def _short_term(s: Floats, grade: npt.NDArray[np.integer], tables: _GradeTables, w: Floats) -> Floats:
    growth = tables.short_term_factor[grade] * s ** -w[19]
    stepped: Floats = s * np.where(grade == AGAIN, growth, np.maximum(growth, 1.0))
    return stepped


def _long_term(
    s: Floats, d: Floats, r: Floats, grade: npt.NDArray[np.integer], tables: _GradeTables, w: Floats
) -> Floats:
    lost = 1 - r
    recalled = s * (1 + tables.recall_factor[grade] * (11 - d) * s ** -w[9] * (np.exp(lost * w[10]) - 1))
    forgotten = w[11] * d ** -w[12] * ((s + 1) ** w[13] - 1) * np.exp(lost * w[14])
    ceiling = s / np.exp(w[17] * w[18])
    stepped: Floats = np.where(grade == AGAIN, np.minimum(forgotten, ceiling), recalled)
    return stepped


def _next_difficulty(d: Floats, grade: npt.NDArray[np.integer], tables: _GradeTables, w: Floats) -> Floats:
    damped = d + (10.0 - d) * tables.difficulty_change[grade] / 9.0
    following: Floats = np.clip(w[7] * tables.easy_difficulty + (1 - w[7]) * damped, 1, 10)
    return following
