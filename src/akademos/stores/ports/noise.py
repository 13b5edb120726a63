"""Port of the budget ledger: what a release may spend on differentially private counts, and what it was answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class NoiseBudget:
    """Budget of one release (epsilon), and what is spent of it."""

    release_id: str
    epsilon: float
    spent: float


@dataclass(frozen=True, slots=True)
class NoisyCount:
    """A count with noise, as it was answered; `cost` is 0 where it was answered before."""

    answer: int
    cost: float
    left: float


class NoiseBudgets(Protocol):
    """Spending, answer and audit entry are one transaction; a question asked again gets the kept answer for nothing."""

    def open(self, tenant_id: str, release_id: str, epsilon: float, *, actor: str) -> NoiseBudget:
        """Grant a release its budget.

        Raises:
            Conflict: the release has one already.
        """
        ...

    def budgets(self, tenant_id: str) -> list[NoiseBudget]:
        """All budgets of a tenant."""
        ...

    def count(
        self, tenant_id: str, release_id: str, query: str, epsilon: float, draw: Callable[[], int], *, actor: str
    ) -> NoisyCount:
        """Spend `epsilon` and answer with what `draw` makes.

        Raises:
            NotFound: the release has no budget.
            Conflict: less than `epsilon` is left (`budget_exhausted`); nothing is drawn.
        """
        ...
