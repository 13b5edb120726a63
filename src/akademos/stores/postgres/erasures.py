"""The ledger of erasures on PostgreSQL. Whom a request is about lies sealed in its row, under a key outside."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from psycopg.types.json import Jsonb

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Conflict, NotFound
from akademos.privacy.erasure import ErasedPerson, without_names
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, audit_name, seal, unseal
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.erasure import Erasure, ErasureKeys
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.suppression import suppressed

_COLUMNS = "tenant_id, erasure_id, requested_at, requested_by, reason, subject, step, progress, completed_at, receipt"
_PERSON = """
    SELECT learner_key::text, p.data_key FROM identifiers i JOIN people p USING (tenant_id, learner_key)
    WHERE i.tenant_id = %s AND i.identifier_hash = %s FOR SHARE OF p
"""
_REQUEST = f"""
    INSERT INTO erasures (tenant_id, erasure_id, requested_at, requested_by, reason, subject, sealed)
    VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
"""
_OF_SUBJECT = f"SELECT {_COLUMNS} FROM erasures WHERE tenant_id = %s AND subject = %s AND completed_at IS NULL"
_HALF_WAY = f"""
    SELECT {_COLUMNS} FROM erasures JOIN (SELECT tenant_id, erasure_id FROM suppressions
        WHERE tenant_id = %s AND suppression_hash = %s) AS _ USING (tenant_id, erasure_id)
    WHERE completed_at IS NULL
"""
_GET = f"SELECT {_COLUMNS} FROM erasures WHERE tenant_id = %s AND erasure_id = %s"
_OWN = """
    SELECT EXISTS (SELECT FROM suppressions WHERE tenant_id = %s AND erasure_id = %s AND suppression_hash = %s)
"""
_ADVANCE = f"""
    UPDATE erasures SET step = %s, progress = progress || %s WHERE tenant_id = %s AND erasure_id = %s AND step = %s
    RETURNING {_COLUMNS}
"""
_COMPLETE = """
    UPDATE erasures SET step = 'completed', completed_at = %s, receipt = %s, sealed = NULL
    WHERE tenant_id = %s AND erasure_id = %s AND completed_at IS NULL
"""
_TAKE_OVER = """
    INSERT INTO suppressions (tenant_id, suppression_hash) SELECT %s, unnest(%s::bytea[]) ON CONFLICT DO NOTHING
"""
_EVERYBODY = """
    SELECT learner_key::text, p.data_key, i.identifier_hash
    FROM identifiers i JOIN people p USING (tenant_id, learner_key)
    WHERE i.tenant_id = %s
"""
_COUNT = "INSERT INTO movements (tenant_id, kind, events, reference) VALUES (%s, %s, %s, %s)"


class PostgresErasures:
    """Adapter of the port `ErasureLedger`."""

    def __init__(
        self, database: Database, keys: Keys, erasure_keys: ErasureKeys, *, clock: Callable[[], datetime]
    ) -> None:
        self._database = database
        self._keys = keys
        self._erasure_keys = erasure_keys
        self._clock = clock

    def request(self, tenant_id: str, who: Identifier, *, by: str | None, reason: str) -> Erasure:
        """Take a request, or the one that is open for the person already; see the port."""
        hashed = self._keys.identifier_hash(tenant_id, who.kind, who.value)
        with self._database.pipeline() as transaction:
            found = transaction.execute(_PERSON, (tenant_id, hashed)).fetchone()
            if found is None:
                return self._half_way(transaction, tenant_id, hashed)
            clear = without_names(reason, [who.value, found[0]])
            return self._take(transaction, tenant_id, *found, by=by, reason=clear)

    def _take(
        self, transaction: Transaction, tenant_id: str, learner_key: str, wrapped: bytes, *, by: str | None, reason: str
    ) -> Erasure:
        erasure_id = uuid4()
        subject = audit_name(self._keys.unwrap(tenant_id, learner_key, wrapped))
        transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"erasure/{subject.hex()}",))
        under_way = transaction.execute(_OF_SUBJECT, (tenant_id, subject)).fetchone()
        if under_way is not None:
            return _erasure(under_way)
        actor = by or f"person:{subject.hex()}"
        secret = self._erasure_keys.make(erasure_id)  # before the commit: a request without its key is lost
        values = (
            tenant_id, erasure_id, self._clock(), actor, reason, subject,
            seal(secret, learner_key, os.urandom(NONCE_BYTES)),
        )  # fmt: skip
        row = transaction.execute(_REQUEST, values).fetchone()
        entry = AuditEntry(actor, AuditAction.ERASURE_REQUESTED, subject, {"erasure": str(erasure_id)})
        append(transaction, tenant_id, entry)
        return _erasure(row)

    def _half_way(self, transaction: Transaction, tenant_id: str, hashed: bytes) -> Erasure:
        """The open request of a person whom the vault does not know any more."""
        row = transaction.execute(_HALF_WAY, (tenant_id, self._keys.suppression_hash(tenant_id, hashed))).fetchone()
        if row is not None:
            return _erasure(row)
        if suppressed(transaction, self._keys, tenant_id, [hashed]):
            raise Conflict("The person is erased already.", hint="`akademos erasures list` shows it.", code="erased")
        raise NotFound("Nobody is known by that id.", hint="Check the id and the tenant.")

    def suppressions(self, tenant_id: str) -> list[bytes]:
        """The suppression list."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT suppression_hash FROM suppressions WHERE tenant_id = %s ORDER BY 1", (tenant_id,)
            )
            return [bytes(one) for (one,) in rows]

    def apply_suppressions(self, tenant_id: str, listed: Sequence[bytes]) -> list[Erasure]:
        """Take over a suppression list, and request the erasure of whoever on it is here again."""
        wanted = set(listed)
        with self._database.pipeline() as transaction:
            transaction.execute(_TAKE_OVER, (tenant_id, list(listed)))
            transaction.execute(
                "UPDATE tenants SET consent_version = consent_version + 1 WHERE tenant_id = %s", (tenant_id,)
            )
            found = {
                key: wrapped
                for key, wrapped, hashed in transaction.execute(_EVERYBODY, (tenant_id,))
                if self._keys.suppression_hash(tenant_id, hashed) in wanted
            }
            return [
                self._take(transaction, tenant_id, key, wrapped, by="job:erasure", reason="restored after its erasure")
                for key, wrapped in found.items()
            ]

    def get(self, tenant_id: str, erasure_id: UUID, *, own: Identifier | None = None) -> Erasure | None:
        """One request; with `own` only if it is about that person."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_GET, (tenant_id, erasure_id)).fetchone()
            if row is None:
                return None
            erasure = _erasure(row)
            if own is not None and not self._is_own(transaction, erasure, own):
                return None
        return erasure

    def _is_own(self, transaction: Transaction, erasure: Erasure, own: Identifier) -> bool:
        hashed = self._keys.identifier_hash(erasure.tenant_id, own.kind, own.value)
        found = transaction.execute(_PERSON, (erasure.tenant_id, hashed)).fetchone()
        if found is not None:
            return audit_name(self._keys.unwrap(erasure.tenant_id, *found)) == erasure.subject
        listed = self._keys.suppression_hash(erasure.tenant_id, hashed)
        row = transaction.execute(_OWN, (erasure.tenant_id, erasure.erasure_id, listed)).fetchone()
        return bool(row and row[0])

    def all(self, tenant_id: str) -> list[Erasure]:
        """Newest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                f"SELECT {_COLUMNS} FROM erasures WHERE tenant_id = %s ORDER BY requested_at DESC", (tenant_id,)
            )
            return [_erasure(row) for row in rows]

    def open(self) -> list[Erasure]:
        """Those of all tenants that are not completed, oldest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                f"SELECT {_COLUMNS} FROM erasures WHERE completed_at IS NULL ORDER BY requested_at"
            )
            return [_erasure(row) for row in rows]

    def person(self, erasure: Erasure) -> ErasedPerson:
        """Whom a request is about."""
        with self._database.pipeline() as transaction:
            return ErasedPerson.loaded(opened(transaction, erasure, self._erasure_keys.read(erasure.erasure_id)))

    def advance(self, erasure: Erasure, step: str, progress: Mapping[str, Any], *, erased: int = 0) -> Erasure:
        """Remember a step and what it did, with its count."""
        with self._database.pipeline() as transaction:
            return advance_in(transaction, erasure, step, progress, erased=erased)

    def complete(self, erasure: Erasure, receipt: Mapping[str, Any]) -> bool:
        """Write the receipt and its audit entry, once."""
        with self._database.pipeline() as transaction:
            values = (self._clock(), Jsonb(receipt), erasure.tenant_id, erasure.erasure_id)
            written = transaction.execute(_COMPLETE, values).rowcount == 1
            if written:
                detail: dict[str, Json] = {"erasure": str(erasure.erasure_id), "receipt": dict(receipt)}
                entry = AuditEntry("job:erasure", AuditAction.ERASURE_COMPLETED, erasure.subject, detail)
                append(transaction, erasure.tenant_id, entry)
        self._erasure_keys.destroy(erasure.erasure_id)
        return written

    def destroy_spent_keys(self) -> None:
        """Of requests that were completed by a process that was killed right then. A key whose request is not in the
        ledger belongs to one that is being taken."""
        kept = self._erasure_keys.kept()
        with self._database.pipeline() as transaction:
            spent = transaction.execute(
                "SELECT erasure_id FROM erasures WHERE erasure_id = ANY(%s) AND completed_at IS NOT NULL", (kept,)
            ).fetchall()
        for (erasure_id,) in spent:
            self._erasure_keys.destroy(erasure_id)


def opened(transaction: Transaction, erasure: Erasure, secret: bytes) -> str:
    """What lies sealed in a request: the learner_key at first, then the whole person."""
    row = transaction.execute(
        "SELECT sealed FROM erasures WHERE tenant_id = %s AND erasure_id = %s", (erasure.tenant_id, erasure.erasure_id)
    ).fetchone()
    if row is None or row[0] is None:
        raise Conflict("The erasure is completed.", hint="Its receipt is in the ledger.", code="erased")
    return unseal(secret, row[0])


def advance_in(
    transaction: Transaction, erasure: Erasure, step: str, progress: Mapping[str, Any], *, erased: int = 0
) -> Erasure:
    """`advance` within a transaction that is already open; two runs cannot both take the step."""
    at = (step, Jsonb(progress), erasure.tenant_id, erasure.erasure_id, erasure.step)
    row = transaction.execute(_ADVANCE, at).fetchone()
    if row is None:
        raise Conflict(
            f"Erasure {erasure.erasure_id} is no longer at the step {erasure.step}.",
            hint="Another process works on it.",
            code="erasure_moved_on",
        )
    if erased:
        transaction.execute(_COUNT, (erasure.tenant_id, "erased", erased, f"erasure/{erasure.erasure_id}"))
    return _erasure(row)


def _erasure(row: Any) -> Erasure:
    tenant_id, erasure_id, requested_at, requested_by, reason, subject, *rest = row
    return Erasure(tenant_id, erasure_id, requested_at, requested_by, reason, bytes(subject), *rest)
