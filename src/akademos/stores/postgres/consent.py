"""Consent ledger on PostgreSQL: one commit makes a decision true for every process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.errors import AkademosError, Conflict, NotFound
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.privacy.standing import FREEING, Decision, PurposeStanding
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.consent import (
    NO_PROOF,
    ConsentEntry,
    ConsentReceipt,
    ConsentStanding,
    EventPurposes,
    PastDecision,
    PendingWithdrawal,
    Proof,
    RecordedBasis,
    Taken,
)
from akademos.stores.postgres import linked_consent
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.consent_rows import (
    Change,
    audit_entry,
    data_key_of,
    mark_stale,
    next_version,
    record_basis_grant,
    record_decision,
    taken_before,
)
from akademos.stores.postgres.consent_terms import note_birth, require_age, require_text
from akademos.stores.postgres.consent_waiting import clear, count, release
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.landing_side import log_preference
from akademos.stores.postgres.person_sql import keys_of
from akademos.stores.postgres.record_withdrawal import clear_records

_WITHDRAWAL = "INSERT INTO withdrawals (tenant_id, learner_key, version) VALUES (%s, %s, %s)"
_KEYS = keys_of("%(tenant)s", "%(key)s::uuid")
# Of a person with several keys the strictest line of each purpose first.
_STATE = f"""
    SELECT DISTINCT ON (purpose) purpose, granted, bool_or(paused) OVER mine, bool_or(restricted) OVER mine,
        bool_or(objected) OVER mine, version, basis, text_version, changed_at
    FROM consent_state WHERE tenant_id = %(tenant)s AND learner_key IN ({_KEYS})
    WINDOW mine AS (PARTITION BY purpose)
    ORDER BY purpose, basis = 'none', granted, version DESC
"""
_ENTRIES = f"""
    SELECT learner_key::text, purpose, decision, version, basis, text_version, recorded_at, recorded_by, decided_at,
        evidence, guardian_evidence
    FROM consent_history WHERE tenant_id = %(tenant)s AND learner_key IN ({_KEYS}) ORDER BY version, purpose
"""
_PURPOSES = """
    SELECT learner_key::text, array_agg(purpose) FROM {}
    WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) GROUP BY 1
"""
_GRANTED = "(SELECT tenant_id, learner_key, purpose FROM consent_state WHERE granted) AS kept"
_LIVE = "standing_consent"
_LINKED = "SELECT learner_key::text, person_key::text FROM identity_links WHERE tenant_id = %s"


@dataclass(frozen=True, slots=True)
class Decided:
    """What somebody has decided about some purposes."""

    learner_key: str
    purposes: tuple[Purpose, ...]
    decision: Decision
    text_version: str | None
    proof: Proof


@dataclass(frozen=True, slots=True)
class _Done:
    """What recording a decision did: the keys that it reached, and what the audit log keeps of it."""

    version: int
    released: int
    reached: tuple[str, ...]
    withdrawn: bool
    entry: AuditEntry


class PostgresConsent:
    """Adapter of the port `ConsentLedger`.

    `event_purposes` tells the purposes of an event by its wire name, from the registry: it decides which held
    events a grant releases and which waiting ones a withdrawal deletes.
    """

    def __init__(self, database: Database, event_purposes: EventPurposes, keys: Keys) -> None:
        self._database = database
        self._event_purposes = event_purposes
        self._keys = keys

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
        """Record a decision of one person; effective everywhere with its commit. See the port."""
        deleted = 0
        with self._database.pipeline() as transaction:
            past = Decided(learner_key, tuple(purposes), decision, text_version, proof)
            done = self._decided(transaction, tenant_id, past, recorded_by)
            append(transaction, tenant_id, done.entry)
        if decision == "withdrawn":  # after the commit: it may wait for a batch that the mover has in hand
            deleted = sum(self.clear_landing(tenant_id, key) for key in done.reached)
        return ConsentReceipt(learner_key, done.version, done.released, deleted)

    def take(
        self, tenant_id: str, decisions: Sequence[PastDecision], *, recorded_by: str
    ) -> list[Taken | AkademosError]:
        """Record past decisions in one transaction; see the port."""
        outcomes: list[Taken | AkademosError] = []
        done: list[_Done] = []
        with self._database.pipeline() as transaction:
            for one in decisions:
                try:
                    with transaction.transaction():
                        taken = taken_before(transaction, tenant_id, one)
                        if taken is None:
                            done.append(self._recorded(transaction, tenant_id, one, recorded_by))
                        outcomes.append(taken or "recorded")
                except AkademosError as refused:
                    if refused.transient:
                        raise
                    outcomes.append(refused)
            for each in done:
                append(transaction, tenant_id, each.entry)
        for key in dict.fromkeys(key for each in done if each.withdrawn for key in each.reached):
            self.clear_landing(tenant_id, key)
        return outcomes

    def _recorded(self, transaction: Transaction, tenant_id: str, one: PastDecision, recorded_by: str) -> _Done:
        if one.born_on is not None:
            note_birth(transaction, self._keys, tenant_id, one.learner_key, one.born_on)
        said = Decided(one.learner_key, (one.purpose,), one.decision, one.text_version, one.proof)
        return self._decided(transaction, tenant_id, said, recorded_by)

    def _decided(self, transaction: Transaction, tenant_id: str, said: Decided, recorded_by: str) -> _Done:
        """Record a decision; its audit entry and the clearing of landing are the caller's."""
        released, learner_key = 0, said.learner_key
        version = next_version(transaction, tenant_id)
        if not _still_known(transaction, tenant_id, [learner_key]):
            raise NotFound("The person was erased meanwhile.", hint="Send the decision again.", code="erased")
        data_key = data_key_of(transaction, self._keys, tenant_id, learner_key)
        if said.decision == "granted":
            require_text(transaction, tenant_id, said.purposes, said.text_version)
            require_age(transaction, tenant_id, learner_key, data_key, guardian=said.proof.guardian)
        change = Change(tenant_id, version, said.decision, "consent", said.text_version, recorded_by, said.proof)
        resumed = record_decision(transaction, change, learner_key, said.purposes, data_key)
        reached = linked_consent.reach(transaction, self._keys, change, learner_key, said.purposes)
        if said.decision in FREEING:
            freed = (learner_key, *reached)
            released = sum(release(transaction, tenant_id, key, self._event_purposes) for key in freed)
            if resumed or reached:
                mark_stale(transaction, tenant_id, learner_key)
        elif said.decision == "withdrawn":
            transaction.execute(_WITHDRAWAL, (tenant_id, learner_key, version))
        entry = audit_entry(change, said.purposes, audit_name(data_key))
        return _Done(version, released, (learner_key, *reached), said.decision == "withdrawn", entry)

    def switch_tracking(
        self, tenant_id: str, learner_key: str, *, opted_out: bool, recorded_by: str, at: datetime
    ) -> None:
        """Record an opt-out of tracking, or an opt-in; see the port."""
        with self._database.pipeline() as transaction:
            next_version(transaction, tenant_id)
            data_key = data_key_of(transaction, self._keys, tenant_id, learner_key)
            key = UUID(learner_key)
            log_preference(transaction, self._keys, tenant_id, key, opted_out=opted_out, source=recorded_by, at=at)
            name = audit_name(data_key)
            actor = f"person:{name.hex()}" if recorded_by == "self" else recorded_by
            said: dict[str, Json] = {"tracking_opt_out": opted_out}
            append(transaction, tenant_id, AuditEntry(actor, AuditAction.CONSENT_DECIDED, name, said))

    def clear_landing(self, tenant_id: str, learner_key: str) -> int:
        """Delete what waits in landing and is not covered by the person's remaining consent."""
        with self._database.pipeline() as transaction:
            return clear(transaction, tenant_id, learner_key, self._event_purposes)

    def clear_records(self, tenant_id: str, learner_key: str, granted: frozenset[Purpose]) -> int:
        """Delete the learning records that rest on consent and that no granted purpose covers."""
        with self._database.pipeline() as transaction:
            return clear_records(transaction, tenant_id, learner_key, granted)

    def record_basis(self, basis: RecordedBasis, *, actor: str) -> None:
        """Keep a recorded basis; the same id with other content is a Conflict."""
        content = (
            [purpose.value for purpose in basis.purposes],
            basis.text_version,
            basis.evidence,
            basis.person_responsible,
            basis.historical,
        )
        with self._database.pipeline() as transaction:
            self._require_tenant(transaction, basis.tenant_id)
            new = transaction.execute(
                "INSERT INTO bases (tenant_id, basis_id, purposes, text_version, evidence, person_responsible, "
                "historical) VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (basis.tenant_id, basis.basis_id, *content),
            ).rowcount
            kept = transaction.execute(
                "SELECT purposes, text_version, evidence, person_responsible, historical FROM bases "
                "WHERE tenant_id = %s AND basis_id = %s",
                (basis.tenant_id, basis.basis_id),
            ).fetchone()
            if new:
                entry = AuditEntry(actor, AuditAction.BASIS_RECORDED, None, _of_basis(basis))
                append(transaction, basis.tenant_id, entry)
        if kept != content:
            raise Conflict(
                f"The basis `{basis.basis_id}` is already recorded with other content.",
                hint="A basis never changes once recorded: give the changed one a new id.",
                code="basis_changed",
            )

    def _require_tenant(self, transaction: Transaction, tenant_id: str) -> None:
        if not transaction.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone():
            raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")

    def grant_under_basis(self, basis: RecordedBasis, learner_keys: Sequence[str], *, actor: str) -> frozenset[str]:
        """Grant the basis's purposes where a person has not decided; see the port."""
        granted: dict[str, Json] = {}
        with self._database.pipeline() as transaction:
            keys = _still_known(transaction, basis.tenant_id, list(dict.fromkeys(learner_keys)))
            for purpose in basis.purposes:
                decided = transaction.execute(
                    "SELECT learner_key::text FROM consent_state WHERE tenant_id = %s AND purpose = %s "
                    "AND learner_key = ANY(%s::uuid[])",
                    (basis.tenant_id, purpose.value, keys),
                )
                settled = {row[0] for row in decided}
                new = [key for key in keys if key not in settled]
                if new:
                    granted[purpose.value] = len(new)
                    version = next_version(transaction, basis.tenant_id)
                    record_basis_grant(transaction, basis, version, new, purpose)
            consented = self._purposes_in(transaction, basis.tenant_id, keys, _LIVE)
            if granted:
                detail = {"decision": "granted", "people": granted, **_of_basis(basis)}
                append(transaction, basis.tenant_id, AuditEntry(actor, AuditAction.CONSENT_DECIDED, None, detail))
        wanted = frozenset(basis.purposes)
        return frozenset(key for key, purposes in consented.items() if purposes & wanted)

    def state(self, tenant_id: str, learner_key: str) -> list[ConsentStanding]:
        """Present state of one person, one entry a purpose ever decided about."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_STATE, {"tenant": tenant_id, "key": learner_key}).fetchall()
        return [ConsentStanding(Purpose(row[0]), PurposeStanding(*row[1:5]), *row[5:]) for row in rows]

    def history(self, tenant_id: str, learner_key: str) -> list[ConsentEntry]:
        """All decisions of one person, oldest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_ENTRIES, {"tenant": tenant_id, "key": learner_key}).fetchall()
            sealed = {row[0] for row in rows if any(value is not None for value in row[9:])}
            data_keys = {key: data_key_of(transaction, self._keys, tenant_id, key) for key in sealed}

        def opened(key: str, value: bytes | None) -> str | None:
            return None if value is None else unseal(data_keys[key], value)

        entries = []
        for key, purpose, decision, version, basis, text, at, by, decided_at, evidence, guardian in rows:
            proof = Proof(decided_at, opened(key, evidence), opened(key, guardian))
            entries.append(ConsentEntry(Purpose(purpose), decision, version, basis, text, at, by, proof))
        return entries

    def purposes(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, frozenset[Purpose]]:
        """For what each person's data may be used at this moment; see the port."""
        with self._database.pipeline() as transaction:
            return self._purposes_in(transaction, tenant_id, learner_keys, _LIVE)

    def granted(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, frozenset[Purpose]]:
        """For what each person's data may be kept; see the port."""
        with self._database.pipeline() as transaction:
            return self._purposes_in(transaction, tenant_id, learner_keys, _GRANTED)

    def _purposes_in(
        self,
        transaction: Transaction,
        tenant_id: str,
        learner_keys: Sequence[str],
        where: str,
    ) -> dict[str, frozenset[Purpose]]:
        rows = transaction.execute(_PURPOSES.format(where), (tenant_id, list(learner_keys)))
        return {key: frozenset(Purpose(purpose) for purpose in purposes) for key, purposes in rows}

    def people(self, tenant_id: str, learner_keys: Sequence[str], purpose: Purpose) -> dict[str, tuple[str, ...]]:
        """The people behind keys for whom a purpose is live; see the port."""
        with self._database.pipeline() as transaction:
            return linked_consent.people(transaction, tenant_id, learner_keys, purpose)

    def linked(self, tenant_id: str) -> dict[str, str]:
        """Every absorbed key of the tenant, with the key of its person."""
        with self._database.pipeline() as transaction:
            return dict(transaction.execute(_LINKED, (tenant_id,)).fetchall())

    def version(self, tenant_id: str) -> int:
        """Counts every consent change of the tenant."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(
                "SELECT consent_version FROM tenants WHERE tenant_id = %s", (tenant_id,)
            ).fetchone()
        return int(row[0]) if row else 0

    def pending_withdrawals(self) -> list[PendingWithdrawal]:
        """Oldest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT tenant_id, learner_key::text, version, requested_at FROM withdrawals "
                "WHERE done_at IS NULL ORDER BY requested_at, version"
            ).fetchall()
        return [PendingWithdrawal(*row) for row in rows]

    def withdrawal_done(self, withdrawal: PendingWithdrawal, rows_deleted: int) -> None:
        """Note that the core is rid of what the withdrawal covers (and count it in the movements)."""
        with self._database.pipeline() as transaction:
            done = transaction.execute(
                "UPDATE withdrawals SET done_at = now(), rows_deleted = %s "
                "WHERE tenant_id = %s AND learner_key = %s AND version = %s AND done_at IS NULL",
                (rows_deleted, withdrawal.tenant_id, withdrawal.learner_key, withdrawal.version),
            ).rowcount
            if done and rows_deleted:
                count(transaction, withdrawal.tenant_id, "withdrawn", rows_deleted)


def _of_basis(basis: RecordedBasis) -> dict[str, Json]:
    return {
        "basis": basis.basis_id,
        "purposes": [purpose.value for purpose in basis.purposes],
        "text_version": basis.text_version,
        "historical": basis.historical,
    }


def _still_known(transaction: Transaction, tenant_id: str, learner_keys: Sequence[str]) -> list[str]:
    """Those whom no erasure has taken out of the vault; an erasure waits for this transaction."""
    rows = transaction.execute(
        "SELECT learner_key::text FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) "
        "ORDER BY learner_key FOR KEY SHARE",
        (tenant_id, list(learner_keys)),
    )
    known = {key for (key,) in rows}
    return [key for key in learner_keys if key in known]
