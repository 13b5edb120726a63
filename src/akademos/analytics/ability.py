"""Difficulty-adjusted ability: how far a learner answers above or below what the items' difficulty lets expect.

P(right) = logistic(logit(expected) + ability), where `expected` is the cohort's mean score of the item; ability has a
standard normal prior, and the estimate is the mode of its posterior. Grain: one group of answers (a learner). Unit:
logit; 0 is the cohort's average. Source: Rasch (1960); Mislevy (1986), doi:10.1007/BF02293979, for the mode.
Caveat: fractional scores count as that share of a right answer.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

STEPS = 12
NEAREST = 0.02
"""An expected score is taken to be no nearer to 0 or 1 than this."""


def ability(score: Floats, expected: Floats, group: Index, groups: int) -> Floats:
    """Ability of each group, NaN for one without answers.

    Args:
        score: of each answer, 0..1.
        expected: the item's expected score, 0..1.
        group: of each answer, from 0 on.
        groups: how many there are.
    """
    share = np.clip(expected, NEAREST, 1 - NEAREST)
    ease = np.log(share / (1 - share))
    found = np.zeros(groups)
    for _ in range(STEPS):
        chance = 1.0 / (1.0 + np.exp(-(ease + found[group])))
        slope = np.bincount(group, score - chance, minlength=groups) - found
        curvature = np.bincount(group, chance * (1 - chance), minlength=groups) + 1.0
        found = found + np.clip(slope / curvature, -1.0, 1.0)
    counts = np.bincount(group, minlength=groups)
    return np.where(counts > 0, found, np.nan)
