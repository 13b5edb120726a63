"""Whether a new model may take the place of the one in service.

Both are asked about the same learners, none of whom trained either. Of each learner there is one mean loss of each
model; learners are drawn with replacement, pairs kept together, and the new model is promoted when the upper end of the
one-sided 95% interval of (new loss - old loss) lies below zero. Fewer than 20 such learners decide nothing.
Source of the paired bootstrap: Efron and Tibshirani (1993), chapter 16.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEARNERS_LEAST = 20
REPLICATES = 2_000
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Verdict:
    """Mean losses, their difference with the upper end of its interval (NaN when undecided), and what follows."""

    learners: int
    new: float
    old: float
    difference: float
    upper: float
    promoted: bool
    reason: str


def compare(new: Floats, old: Floats, seed: int) -> Verdict:
    """The verdict on a new model.

    Args:
        new, old: loss of each learner under each model, in the same order.
        seed: of the draws.
    """
    count = len(new)
    if count < LEARNERS_LEAST:
        reason = f"{count} held-out learners decide nothing; it takes {LEARNERS_LEAST}"
        return Verdict(count, np.nan, np.nan, np.nan, np.nan, promoted=False, reason=reason)
    gain = new - old
    rng = np.random.Generator(np.random.PCG64(seed))
    means = gain[rng.integers(0, count, (REPLICATES, count))].mean(axis=1)
    upper = float(np.quantile(means, CONFIDENCE))
    better = upper < 0
    reason = f"better on {count} held-out learners" if better else f"not clearly better on {count} held-out learners"
    mean_new, mean_old = float(new.mean()), float(old.mean())
    return Verdict(count, mean_new, mean_old, float(gain.mean()), upper, promoted=better, reason=reason)
