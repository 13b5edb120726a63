"""The budget ledger on PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict, NotFound
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.noise import NoiseBudget, NoisyCount
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database

_OPEN = "INSERT INTO noise_budgets (tenant_id, release_id, epsilon) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING"
_ALL = "SELECT release_id, epsilon, spent FROM noise_budgets WHERE tenant_id = %s ORDER BY opened_at, release_id"
_LOCK = "SELECT epsilon, spent FROM noise_budgets WHERE tenant_id = %s AND release_id = %s FOR UPDATE"
_KEPT = "SELECT answer FROM noisy_counts WHERE tenant_id = %s AND release_id = %s AND query = %s"
_SPEND = "UPDATE noise_budgets SET spent = spent + %s WHERE tenant_id = %s AND release_id = %s"
_ANSWER = "INSERT INTO noisy_counts (tenant_id, release_id, query, epsilon, answer) VALUES (%s, %s, %s, %s, %s)"

ROUNDING = 1e-9
"""What sums of floating point may be off, as a share of the budget."""


class PostgresNoise:
    """Adapter of the port `NoiseBudgets`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, tenant_id: str, release_id: str, epsilon: float, *, actor: str) -> NoiseBudget:
        """Grant a release its budget."""
        with self._database.pipeline() as transaction:
            if not transaction.execute(_OPEN, (tenant_id, release_id, epsilon)).rowcount:
                raise Conflict(
                    f"The release {release_id} has a budget already.",
                    hint="A budget is granted once; name a new release.",
                    code="budget_granted",
                )
            detail: dict[str, Json] = {"release": release_id, "epsilon": epsilon}
            audit.append(transaction, tenant_id, AuditEntry(actor, AuditAction.RELEASE_MADE, detail=detail))
        return NoiseBudget(release_id, epsilon, 0.0)

    def budgets(self, tenant_id: str) -> list[NoiseBudget]:
        """All budgets of a tenant."""
        with self._database.pipeline() as transaction:
            return [NoiseBudget(*row) for row in transaction.execute(_ALL, (tenant_id,))]

    def count(
        self, tenant_id: str, release_id: str, query: str, epsilon: float, draw: Callable[[], int], *, actor: str
    ) -> NoisyCount:
        """Spend and answer, in one transaction; see the port."""
        of = (tenant_id, release_id)
        with self._database.pipeline() as transaction:
            budget = transaction.execute(_LOCK, of).fetchone()
            if budget is None:
                raise NotFound(
                    f"The release {release_id} has no budget.", hint="Grant it one with `akademos groups budget`."
                )
            left = budget[0] - budget[1]
            kept = transaction.execute(_KEPT, (*of, query)).fetchone()
            if kept is not None:
                return NoisyCount(kept[0], 0.0, left)
            if epsilon > left + ROUNDING * budget[0]:
                raise Conflict(
                    f"The release {release_id} has {left:.4g} of its budget left, the count costs {epsilon:.4g}.",
                    hint="What was answered stays; a spent budget is not granted again.",
                    code="budget_exhausted",
                )
            answer = draw()
            transaction.execute(_SPEND, (epsilon, *of))
            transaction.execute(_ANSWER, (*of, query, epsilon, answer))
            detail: dict[str, Json] = {"release": release_id, "query": query, "epsilon": epsilon}
            audit.append(transaction, tenant_id, AuditEntry(actor, AuditAction.DATA_EXPORTED, detail=detail))
        return NoisyCount(answer, epsilon, left - epsilon)
