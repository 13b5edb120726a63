"""What a reader can work out: the exact bounds of a count, given everything that a table says.

Unknown are the numbers of people by row and band, whole and not negative. A published number is a pair of linear
bounds on them. The least and greatest value of any sum of unknowns is found by integer programming (HiGHS), so
nothing that follows from the table is overlooked; tables are small, a bound takes milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

MOST = 1e7
"""More people than any table has."""


@dataclass(frozen=True, slots=True)
class Statement:
    """`low <= sum of weight * unknown <= high`."""

    weights: Mapping[int, float]
    low: float
    high: float


@dataclass
class Knowledge:
    """What is known of `unknowns` counts."""

    unknowns: int
    statements: list[Statement] = field(default_factory=list)

    def say(self, weights: Mapping[int, float], low: float = -np.inf, high: float = np.inf) -> None:
        """Add a statement."""
        self.statements.append(Statement(weights, low, high))

    def bounds(self, weights: Mapping[int, float]) -> tuple[int, int] | None:
        """Least and greatest value of a sum of unknowns; None when the statements contradict each other."""
        objective = np.zeros(self.unknowns)
        for unknown, weight in weights.items():
            objective[unknown] = weight
        least, greatest = self._least(objective), self._least(-objective)
        if least is None or greatest is None:
            return None
        return round(least), round(-greatest)

    def _least(self, objective: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float | None:
        from scipy.optimize import Bounds, LinearConstraint, milp  # heavy, and a server only reads what was published

        matrix = np.zeros((len(self.statements), self.unknowns))
        for row, statement in enumerate(self.statements):
            for unknown, weight in statement.weights.items():
                matrix[row, unknown] = weight
        low = np.array([one.low for one in self.statements])
        high = np.array([one.high for one in self.statements])
        constraints: Sequence[LinearConstraint] = [LinearConstraint(matrix, low, high)] if self.statements else []
        found = milp(objective, constraints=constraints, integrality=1, bounds=Bounds(0, MOST))
        return float(found.fun) if found.success else None
