"""Port of the consent ledger: an append-only history and its last word, per tenant, person and purpose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol, TypeAlias

from akademos.catalogue.declarations import Purpose
from akademos.errors import AkademosError
from akademos.privacy.standing import Decision, PurposeStanding, Word, word_for

UNDECIDED = "none"
"""Basis of a purpose that was restricted or objected to before anybody granted or withdrew it."""

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
class Proof:
    """What a decision rests on beyond its text version.

    Attributes:
        decided_at: when the person decided, where that was before it is recorded.
        evidence: where the proof is kept.
        guardian: proof that a guardian agrees, for a person under the tenant's age limit.
    """

    decided_at: datetime | None = None
    evidence: str | None = None
    guardian: str | None = None


NO_PROOF = Proof()


@dataclass(frozen=True, slots=True)
class ConsentEntry:
    """One line of a person's history; `proof` is opened where it can still be read."""

    purpose: Purpose
    decision: Decision
    version: int
    basis: str
    text_version: str
    recorded_at: datetime
    recorded_by: str
    proof: Proof


@dataclass(frozen=True, slots=True)
class ConsentStanding:
    """The present state of one purpose: `version` is the change that made it so, `basis` and `text_version` are those
    of the last grant or withdrawal (`none` and empty before the first)."""

    purpose: Purpose
    standing: PurposeStanding
    version: int
    basis: str
    text_version: str
    changed_at: datetime

    @property
    def word(self) -> Word:
        """The standing in one word."""
        return word_for(self.standing, decided=self.basis != UNDECIDED)


@dataclass(frozen=True, slots=True)
class PendingWithdrawal:
    """Core rows that a withdrawal still has to delete."""

    tenant_id: str
    learner_key: str
    version: int
    requested_at: datetime


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A decision that is recorded later than it was taken: `proof` says when that was.

    Attributes:
        text_version: None where it is the one that stands.
        born_on: kept sealed when the decision is recorded.
    """

    learner_key: str
    purpose: Purpose
    decision: Decision
    text_version: str | None
    proof: Proof
    born_on: date | None = None


Taken: TypeAlias = Literal["recorded", "duplicate", "superseded"]
"""What became of a past decision: it stands in the ledger now, or did before, or the person has decided since."""


class ConsentLedger(Protocol):
    """Decisions take effect for every process with their commit."""

    def decide(
        self,
        tenant_id: str,
        learner_key: str,
        purposes: Sequence[Purpose],
        decision: Decision,
        *,
        text_version: str | None = None,
        recorded_by: str,
        proof: Proof = NO_PROOF,
    ) -> ConsentReceipt:
        """Record a decision about each purpose. What frees (a grant, a resumption, ...) releases held events; a
        withdrawal deletes what waits in landing at once and leaves a pending withdrawal for the core; a pause, a
        restriction and an objection delete nothing. `recorded_by` is `self`, or an actor as the audit log has them.

        Raises:
            InputError: a grant names no text version, or one that the tenant has not declared for the purpose.
            Conflict: a pause of what is not granted; a grant by a minor without a guardian's evidence.
            NotFound: there is no such tenant or person.
        """
        ...

    def take(
        self, tenant_id: str, decisions: Sequence[PastDecision], *, recorded_by: str
    ) -> list[Taken | AkademosError]:
        """Record past decisions, in their order and in one transaction: of each what became of it, or why it was
        refused, which stops none of the others. As `decide` otherwise."""
        ...

    def switch_tracking(
        self, tenant_id: str, learner_key: str, *, opted_out: bool, recorded_by: str, at: datetime
    ) -> None:
        """Record an opt-out of product-analytics tracking, or an opt-in, as an event that happens at `at`; the
        last to happen stands. Opting in brings nothing back.

        Raises:
            NotFound: there is no such tenant or person.
        """
        ...

    def record_basis(self, basis: RecordedBasis, *, actor: str) -> None:
        """Keep a recorded basis; the same id with other content is a Conflict."""
        ...

    def grant_under_basis(self, basis: RecordedBasis, learner_keys: Sequence[str], *, actor: str) -> frozenset[str]:
        """Grant the basis's purposes to people who have not decided themselves; a person's own withdrawal
        stands. Returns the keys that now consent to at least one of its purposes."""
        ...

    def state(self, tenant_id: str, learner_key: str) -> list[ConsentStanding]:
        """Present state of the person behind a key, one entry a purpose ever decided about; of a person with several
        keys the strictest."""
        ...

    def history(self, tenant_id: str, learner_key: str) -> list[ConsentEntry]:
        """All decisions under the person's keys, oldest first."""
        ...

    def purposes(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, frozenset[Purpose]]:
        """For what the data under each key may be used at this moment: granted under it, and neither withdrawn,
        paused, restricted nor objected to under any key of the person; a key with nothing of that is absent."""
        ...

    def granted(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, frozenset[Purpose]]:
        """For what the data under each key may be kept: what is granted under this very key, also while it is paused,
        whatever was decided under others of the person (merging two people deletes nothing); who has granted nothing
        is absent."""
        ...

    def people(self, tenant_id: str, learner_keys: Sequence[str], purpose: Purpose) -> dict[str, tuple[str, ...]]:
        """The people behind keys for whom a purpose is live at this moment: key of the person -> the keys that it was
        granted under, whose events count."""
        ...

    def linked(self, tenant_id: str) -> dict[str, str]:
        """Every absorbed key of the tenant, with the key of its person."""
        ...

    def version(self, tenant_id: str) -> int:
        """Counts every consent change of the tenant."""
        ...

    def clear_landing(self, tenant_id: str, learner_key: str) -> int:
        """Delete what waits in landing and the person's remaining consent does not cover; return how many."""
        ...

    def clear_records(self, tenant_id: str, learner_key: str, granted: frozenset[Purpose]) -> int:
        """Delete the learning records that rest on consent and that no granted purpose covers; return how many."""
        ...

    def pending_withdrawals(self) -> list[PendingWithdrawal]:
        """Oldest first."""
        ...

    def withdrawal_done(self, withdrawal: PendingWithdrawal, rows_deleted: int) -> None:
        """Note that the core is rid of what the withdrawal covers (and count it in the movements)."""
        ...
