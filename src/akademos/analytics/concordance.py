"""How well a score ranks people by when something happens to them, when it has not happened yet to everybody.

Harrell's C (Harrell et al. 1982, doi:10.1001/jama.1982.03320430047030): of all pairs of which one is known to have come
to it earlier, the share in which that one has the higher score; equal scores count half. 0.5 says nothing.

Caveat: pairs that censoring leaves open are not counted; where all are censored at about the same time, as here by the
end of a course, little is lost by that.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def concordance(times: Floats, happened: npt.NDArray[np.bool_], score: Floats) -> float:
    """Harrell's C; nan where no pair can be compared.

    Args:
        times: per person, until it happened or they were last seen without it.
        happened: per person.
        score: per person, higher for whom it is expected earlier.
    """
    right, pairs = _compared(times, happened, score)
    return float(right.sum() / pairs.sum()) if pairs.any() else float("nan")


def concordance_interval(
    times: Floats,
    happened: npt.NDArray[np.bool_],
    score: Floats,
    *,
    seed: int,
    replicates: int = 200,
    level: float = 0.95,
) -> tuple[float, float]:
    """Percentile interval over people drawn with replacement; a row is a person. Arguments as of `concordance`."""
    right, pairs = _compared(times, happened, score)
    drawn, cases = [], np.flatnonzero(happened)
    rng = np.random.default_rng(seed)
    for _ in range(replicates):
        often = np.bincount(rng.integers(0, len(times), len(times)), minlength=len(times)).astype(np.float32)
        of_pairs = often[cases] @ (pairs @ often)
        drawn.append(float(often[cases] @ (right @ often) / of_pairs) if of_pairs else float("nan"))
    low, high = np.nanquantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _compared(
    times: Floats, happened: npt.NDArray[np.bool_], score: Floats
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """(people it happened to, everybody): 1, 1/2 or 0 where the first is ranked higher, alike or lower; and whether the
    two can be compared. At one time, who was last seen without it came to it later."""
    cases = np.flatnonzero(happened)
    later = (times[None, :] > times[cases, None]) | ((times[None, :] == times[cases, None]) & ~happened[None, :])
    higher = score[cases, None] > score[None, :]
    alike = score[cases, None] == score[None, :]
    right = np.where(later, higher + 0.5 * alike, 0.0)
    return right.astype(np.float32), later.astype(np.float32)
