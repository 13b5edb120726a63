"""A difference between two groups of learners that their ability and term do not account for.

The outcome is regressed on the group, ability and terms by least squares; the group's coefficient is the difference,
its interval rests on the HC3 covariance, which holds when groups vary differently and is careful in small samples
(MacKinnon and White 1985, doi:10.1016/0304-4076(85)90158-7).

Ability is measured with error, and adjusting for it as it is would leave a part of it in the difference. So each
learner's ability is first drawn towards the mean of the own group by its reliability (true-score analysis of
covariance, Porter and Raudenbush 1987, doi:10.1037/0022-0167.34.4.383).

Caveat: adjusted for what is in it, and nothing else; who chose to open a material may differ in what nobody recorded.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.proportions import z_of

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class AdjustedDifference:
    """Difference in the unit of the outcome, its interval, and the learners with and without."""

    value: float
    low: float
    high: float
    learners: int
    others: int


def adjusted_difference(
    outcome: Floats,
    group: Bools,
    ability: Floats,
    error: Floats,
    term: npt.NDArray[np.int64],
    coverage: float,
) -> AdjustedDifference | None:
    """Mean outcome of the group over that of the others, at equal ability and term; None where the data cannot tell
    them apart.

    Args:
        outcome, ability: per learner.
        error: per learner, variance of the error in ability; 0 where it is known.
        group: per learner, whether in the group.
        term: per learner, number of the term.
        coverage: of the interval.
    """
    terms = (term[:, None] == np.unique(term)[None, :]).astype(np.float64)
    true = _true_scores(ability, error, group)
    design = np.column_stack((group.astype(np.float64), true - true.mean(), terms))
    if len(outcome) <= design.shape[1] or np.linalg.matrix_rank(design[:, [0, *range(2, design.shape[1])]]) < (
        design.shape[1] - 1
    ):
        return None
    inverse = np.linalg.pinv(design.T @ design)
    coefficients = inverse @ design.T @ outcome
    leverage = np.minimum(np.einsum("ij,jk,ik->i", design, inverse, design), 1 - 1e-6)
    residual = (outcome - design @ coefficients) / (1 - leverage)
    covariance = inverse @ (design.T * residual**2) @ design @ inverse
    value, reach = float(coefficients[0]), z_of(coverage) * float(np.sqrt(max(covariance[0, 0], 0.0)))
    return AdjustedDifference(value, value - reach, value + reach, int(group.sum()), int((~group).sum()))


def _true_scores(ability: Floats, error: Floats, group: Bools) -> Floats:
    """Ability drawn towards the mean of the own group, the further the less it can be trusted."""
    own = np.where(
        group, ability[group].mean() if group.any() else 0.0, ability[~group].mean() if (~group).any() else 0.0
    )
    spread = max(float(((ability - own) ** 2).sum()) / max(len(ability) - 2, 1) - float(error.mean()), 0.0)
    whole = spread + error
    return np.asarray(own + np.where(whole > 0, spread / np.where(whole > 0, whole, 1.0), 0.0) * (ability - own))
