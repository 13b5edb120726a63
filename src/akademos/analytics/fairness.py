"""Whether a score serves some groups of learners worse than others.

Grain of every argument: one scored learner a row, in the same order. A group is compared with the largest one of the
same attribute; groups of too few learners of either outcome say nothing and are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEAST = 25
"""Learners of each outcome that a group needs to be compared."""

_GRID = np.linspace(0.0, 1.0, 1001)


@dataclass(frozen=True, slots=True)
class GroupScores:
    """Of one attribute.

    Attributes:
        reference: the largest group.
        abroca: group -> area between its ROC curve and that of the reference, 0 the same, at most 1.
        recall: group -> share of those with the outcome who were on the list, the reference's among them.
    """

    reference: str
    abroca: dict[str, float]
    recall: dict[str, float]

    @property
    def abroca_most(self) -> float:
        """Of the group that differs most; 0 with a single group."""
        return max(self.abroca.values(), default=0.0)

    @property
    def recall_gap(self) -> float:
        """Between the best and the worst served group."""
        return max(self.recall.values(), default=0.0) - min(self.recall.values(), default=0.0)


def roc(outcome: Floats, predicted: Floats) -> Floats:
    """True positive rate at each false positive rate of an even grid from 0 to 1, straight lines between thresholds."""
    order = np.argsort(-predicted, kind="stable")
    hit, score = outcome[order], predicted[order]
    last = np.append(np.diff(score) != 0, values=True)
    true = np.concatenate(([0.0], np.cumsum(hit)[last] / max(hit.sum(), 1.0)))
    false = np.concatenate(([0.0], np.cumsum(1 - hit)[last] / max((1 - hit).sum(), 1.0)))
    return np.interp(_GRID, false, true)


def abroca(one: tuple[Floats, Floats], other: tuple[Floats, Floats]) -> float:
    """Absolute area between the ROC curves of two groups, each given as outcomes and predictions.

    Source: Gardner, Brooks and Baker (2019), doi:10.1145/3303772.3303791.
    """
    return float(np.trapezoid(np.abs(roc(*one) - roc(*other)), _GRID))


def group_scores(
    outcome: Floats, predicted: Floats, listed: npt.NDArray[np.bool_], groups: Sequence[str]
) -> GroupScores | None:
    """Scores by group of one attribute; None where fewer than two groups are large enough.

    Args:
        outcome: 0 or 1.
        predicted: probabilities.
        listed: who would be on the list of students in focus.
        groups: the attribute's value of each learner.
    """
    named = np.array(groups, dtype=object)
    members = {
        one: np.flatnonzero(named == one)
        for one in sorted(set(groups))
        if LEAST <= outcome[named == one].sum() <= (named == one).sum() - LEAST
    }
    if len(members) < 2:
        return None
    reference = max(members, key=lambda one: len(members[one]))
    its = members[reference]
    return GroupScores(
        reference=reference,
        abroca={
            one: abroca((outcome[rows], predicted[rows]), (outcome[its], predicted[its]))
            for one, rows in members.items()
            if one != reference
        },
        recall={one: float(listed[rows][outcome[rows] == 1].mean()) for one, rows in members.items()},
    )
