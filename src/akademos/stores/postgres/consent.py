"""Consent ledger on PostgreSQL: one commit makes a decision true for every process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, NotFound
from akademos.privacy.consent import mask, may_keep
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.consent import (
    ConsentEntry,
    ConsentReceipt,
    Decision,
    EventPurposes,
    PendingWithdrawal,
    RecordedBasis,
)
from akademos.stores.postgres.audit import append, name_of
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.locks import WAITING, lock_landing

_HISTORY = """
    INSERT INTO consent_history
        (tenant_id, version, learner_key, purpose, decision, basis, text_version, recorded_by)
    SELECT %(tenant)s, %(version)s, k, p, %(decision)s, %(basis)s, %(text_version)s, %(by)s
    FROM unnest(%(keys)s::uuid[]) AS k, unnest(%(purposes)s::text[]) AS p
"""
_STATE = """
    INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version)
    SELECT %(tenant)s, k, p, %(decision)s = 'granted', %(version)s, %(basis)s, %(text_version)s
    FROM unnest(%(keys)s::uuid[]) AS k, unnest(%(purposes)s::text[]) AS p
    ON CONFLICT (tenant_id, learner_key, purpose) DO UPDATE SET granted = excluded.granted,
        version = excluded.version, basis = excluded.basis, text_version = excluded.text_version, changed_at = now()
"""
_HELD = """
    SELECT h.ctid::text, h.event, h.actor_hash, h.subject_hash FROM held h
    WHERE h.tenant_id = %(tenant)s AND (h.actor_hash = ANY(%(hashes)s) OR h.subject_hash = ANY(%(hashes)s))
    FOR UPDATE
"""
_RELEASE = """
    WITH released AS (
        DELETE FROM held WHERE ctid = ANY(%(rows)s::tid[]) AND tenant_id = %(tenant)s RETURNING *
    )
    INSERT INTO landing (tenant_id, event_id, event, actor_key, subject_key, source, received_at, occurred_at, raw)
    SELECT r.tenant_id, r.event_id, r.event, a.learner_key, s.learner_key, r.source, r.received_at, r.occurred_at, r.raw
    FROM released r
    LEFT JOIN identifiers a ON a.tenant_id = r.tenant_id AND a.identifier_hash = r.actor_hash
    LEFT JOIN identifiers s ON s.tenant_id = r.tenant_id AND s.identifier_hash = r.subject_hash
"""
_OF_PERSON = f"tenant_id = %s AND (actor_key = %s OR subject_key = %s) AND {WAITING}"
_ENTRIES = "SELECT purpose, decision, version, basis, text_version, recorded_at FROM consent_history"


class PostgresConsent:
    """Adapter of the port `ConsentLedger`.

    `event_purposes` tells the purposes of an event by its wire name, from the registry: it decides which held
    events a grant releases and which waiting ones a withdrawal deletes.
    """

    def __init__(self, database: Database, event_purposes: EventPurposes, keys: Keys) -> None:
        self._database = database
        self._keys = keys
        self._event_purposes = event_purposes

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
        """Record a decision of one person; effective everywhere with its commit."""
        released = deleted = 0
        with self._database.pipeline() as transaction:
            version = self._next_version(transaction, tenant_id)
            if not _still_known(transaction, tenant_id, [learner_key]):
                raise NotFound("The person was erased meanwhile.", hint="Send the decision again.", code="erased")
            self._record(
                transaction,
                tenant_id,
                [learner_key],
                purposes,
                decision,
                version,
                "consent",
                text_version,
                recorded_by,
            )
            if decision == "granted":
                released = self._release(transaction, tenant_id, learner_key)
            else:
                transaction.execute(
                    "INSERT INTO withdrawals (tenant_id, learner_key, version) VALUES (%s, %s, %s)",
                    (tenant_id, learner_key, version),
                )
            detail: dict[str, Json] = {
                "decision": decision,
                "purposes": [purpose.value for purpose in dict.fromkeys(purposes)],
                "version": version,
                "text_version": text_version,
            }
            subject = name_of(transaction, self._keys, tenant_id, learner_key)
            own = f"person:{subject.hex()}" if subject else "person:gone"
            actor = own if recorded_by == "self" else recorded_by
            append(transaction, tenant_id, AuditEntry(actor, AuditAction.CONSENT_DECIDED, subject, detail))
        if decision == "withdrawn":  # after the commit: it may wait for a batch that the mover has in hand
            deleted = self.clear_landing(tenant_id, learner_key)
        return ConsentReceipt(learner_key, version, released, deleted)

    def _next_version(self, transaction: Transaction, tenant_id: str) -> int:
        # The row lock orders decisions: versions become visible in their order.
        row = transaction.execute(
            "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s RETURNING consent_version",
            (tenant_id,),
        ).fetchone()
        if row is None:
            raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
        return int(row[0])

    def _record(
        self,
        transaction: Transaction,
        tenant_id: str,
        learner_keys: Sequence[str],
        purposes: Iterable[Purpose],
        decision: Decision,
        version: int,
        basis: str,
        text_version: str,
        recorded_by: str,
    ) -> None:
        values = {
            "tenant": tenant_id,
            "keys": list(learner_keys),
            "purposes": [purpose.value for purpose in dict.fromkeys(purposes)],
            "decision": decision,
            "version": version,
            "basis": basis,
            "text_version": text_version,
            "by": recorded_by,
        }
        transaction.execute(_HISTORY, values)
        transaction.execute(_STATE, values)

    def _release(self, transaction: Transaction, tenant_id: str, learner_key: str) -> int:
        hashes = [
            row[0]
            for row in transaction.execute(
                "SELECT identifier_hash FROM identifiers WHERE tenant_id = %s AND learner_key = %s",
                (tenant_id, learner_key),
            )
        ]
        waiting = transaction.execute(_HELD, {"tenant": tenant_id, "hashes": hashes}).fetchall()
        consented = self._consent_by_hash(
            transaction, tenant_id, {found for row in waiting for found in row[2:] if found is not None}
        )
        free = [
            row_id
            for row_id, event, *parties in waiting
            if may_keep(
                self._event_purposes(tenant_id, event),
                (consented.get(one, 0) for one in parties if one is not None),
            )
        ]
        if free:
            transaction.execute(_RELEASE, {"rows": free, "tenant": tenant_id})
            self._count(transaction, tenant_id, "released", len(free))
        return len(free)

    def _consent_by_hash(self, transaction: Transaction, tenant_id: str, hashes: set[bytes]) -> dict[bytes, int]:
        rows = transaction.execute(
            "SELECT i.identifier_hash, array_agg(c.purpose) FROM identifiers i "
            "JOIN consent_state c USING (tenant_id, learner_key) "
            "WHERE i.tenant_id = %s AND i.identifier_hash = ANY(%s) AND c.granted GROUP BY 1",
            (tenant_id, list(hashes)),
        )
        return {found: mask(purposes) for found, purposes in rows}

    def clear_landing(self, tenant_id: str, learner_key: str) -> int:
        """Delete what waits in landing and is not covered by the person's remaining consent."""
        with self._database.pipeline() as transaction:
            lock_landing(transaction)
            waiting = transaction.execute(
                f"SELECT DISTINCT event FROM landing WHERE {_OF_PERSON}",
                (tenant_id, learner_key, learner_key),
            ).fetchall()
            granted = mask(self._purposes_in(transaction, tenant_id, [learner_key]).get(learner_key, frozenset()))
            gone = [event for (event,) in waiting if not may_keep(self._event_purposes(tenant_id, event), [granted])]
            deleted = transaction.execute(
                f"DELETE FROM landing WHERE {_OF_PERSON} AND event = ANY(%s)",
                (tenant_id, learner_key, learner_key, gone),
            ).rowcount
            if deleted:
                self._count(transaction, tenant_id, "withdrawn", deleted)
        return deleted

    def _count(self, transaction: Transaction, tenant_id: str, kind: str, events: int) -> None:
        transaction.execute(
            "INSERT INTO movements (tenant_id, kind, events) VALUES (%s, %s, %s)", (tenant_id, kind, events)
        )

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
                    version = self._next_version(transaction, basis.tenant_id)
                    self._record(
                        transaction,
                        basis.tenant_id,
                        new,
                        [purpose],
                        "granted",
                        version,
                        f"basis:{basis.basis_id}",
                        basis.text_version,
                        basis.person_responsible,
                    )
            consented = self._purposes_in(transaction, basis.tenant_id, keys)
            if granted:
                detail = {"decision": "granted", "people": granted, **_of_basis(basis)}
                append(transaction, basis.tenant_id, AuditEntry(actor, AuditAction.CONSENT_DECIDED, None, detail))
        wanted = frozenset(basis.purposes)
        return frozenset(key for key, purposes in consented.items() if purposes & wanted)

    def state(self, tenant_id: str, learner_key: str) -> list[ConsentEntry]:
        """Present state of one person, one entry a purpose ever decided."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT purpose, CASE WHEN granted THEN 'granted' ELSE 'withdrawn' END, version, basis, text_version, "
                "changed_at FROM consent_state WHERE tenant_id = %s AND learner_key = %s ORDER BY purpose",
                (tenant_id, learner_key),
            ).fetchall()
        return [ConsentEntry(Purpose(row[0]), *row[1:]) for row in rows]

    def history(self, tenant_id: str, learner_key: str) -> list[ConsentEntry]:
        """All decisions of one person, oldest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                f"{_ENTRIES} WHERE tenant_id = %s AND learner_key = %s ORDER BY version, purpose",
                (tenant_id, learner_key),
            ).fetchall()
        return [ConsentEntry(Purpose(row[0]), *row[1:]) for row in rows]

    def purposes(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, frozenset[Purpose]]:
        """What each person consents to at this moment; who consents to nothing is absent."""
        with self._database.pipeline() as transaction:
            return self._purposes_in(transaction, tenant_id, learner_keys)

    def _purposes_in(
        self, transaction: Transaction, tenant_id: str, learner_keys: Sequence[str]
    ) -> dict[str, frozenset[Purpose]]:
        rows = transaction.execute(
            "SELECT learner_key::text, array_agg(purpose) FROM consent_state "
            "WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[]) AND granted GROUP BY 1",
            (tenant_id, list(learner_keys)),
        )
        return {key: frozenset(Purpose(purpose) for purpose in purposes) for key, purposes in rows}

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
                self._count(transaction, withdrawal.tenant_id, "withdrawn", rows_deleted)


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
