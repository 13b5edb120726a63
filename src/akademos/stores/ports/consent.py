"""Port of the consent ledger: an append-only history and its last word, per tenant, person and purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from akademos.catalogue.declarations import Purpose

Decision = Literal["granted", "withdrawn"]

EventPurposes = Callable[[str, str], int]
"""(tenant_id, wire name of an event) -> bit mask of its purposes (privacy.consent); 0 when the event is unknown."""


@dataclass(frozen=True, slots=True)
class RecordedBasis:
    """On what an import rests: who answers for it, and what the people were told."""

    basis_id: str
    tenant_id: str
    purposes: tuple[Purpose, ...]
    text_version: str
    evidence: str
    person_responsible: str
    historical: bool


@dataclass(frozen=True, slots=True)
class ConsentReceipt:
    """What a decision did: the tenant's consent version it made, held events released, landing rows deleted."""

    learner_key: str
    version: int
    released: int
    deleted: int


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One line of a person's history or present state."""

    purpose: Purpose
    decision: Decision
    version: int
    basis: str
    text_version: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class PendingWithdrawal:
    """Core rows that a withdrawal still has to delete."""

    tenant_id: str
    learner_key: str
    version: int
    requested_at: datetime


class ConsentLedger(Protocol):
    """Decisions take effect for every process with their commit."""

    def decide(
        self,
        tenant_id: str,
        learner_key: str,
        purposes: Sequence[Purpose],
        decision: Decision,
        *,
        text_version: str,
        recorded_by: str,
    ) -> ConsentReceipt:
        """Record a decision. A grant releases held events; a withdrawal deletes what waits in landing at once
        and leaves a pending withdrawal for the core. `recorded_by` is `self`, or an actor as the audit log has them."""
        ...

    def record_basis(self, basis: RecordedBasis, *, actor: str) -> None:
        """Keep a recorded basis; the same id with other content is a Conflict."""
        ...

    def grant_under_basis(self, basis: RecordedBasis, learner_keys: Sequence[str], *, actor: str) -> frozenset[str]:
        """Grant the basis's purposes to people who have not decided themselves; a person's own withdrawal
        stands. Returns the keys that now consent to at least one of its purposes."""
        ...

    def state(self, tenant_id: str, learner_key: str) -> list[ConsentEntry]:
        """Present state of one person, one entry a purpose ever decided."""
        ...

    def history(self, tenant_id: str, learner_key: str) -> list[ConsentEntry]:
        """All decisions of one person, oldest first."""
        ...

    def purposes(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, frozenset[Purpose]]:
        """What each person consents to at this moment; who consents to nothing is absent."""
        ...

    def version(self, tenant_id: str) -> int:
        """Counts every consent change of the tenant."""
        ...

    def clear_landing(self, tenant_id: str, learner_key: str) -> int:
        """Delete what waits in landing and the person's remaining consent does not cover; return how many."""
        ...

    def pending_withdrawals(self) -> list[PendingWithdrawal]:
        """Oldest first."""
        ...

    def withdrawal_done(self, withdrawal: PendingWithdrawal, rows_deleted: int) -> None:
        """Note that the core is rid of what the withdrawal covers (and count it in the movements)."""
        ...
