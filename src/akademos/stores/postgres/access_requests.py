"""Access requests on PostgreSQL: each step with its entry in the audit log, in one transaction."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import Role
from akademos.errors import Conflict, Forbidden, NotFound
from akademos.privacy.pseudonyms import Keys, unseal
from akademos.stores.ports.access_requests import AccessRequest, Wanted
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.audit import append, name_of
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.vault import PostgresVault

_ASK = """
    INSERT INTO access_requests (tenant_id, request_id, kind, name, learner_key, role, reason, requested_at, status)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, 'open')
"""
_STANDING = """
    SELECT 1 FROM access_requests WHERE tenant_id = %s AND learner_key = %s AND kind = %s AND name = %s
        AND (status = 'open' OR status = 'approved' AND (valid_until IS NULL OR valid_until > %s))
"""
_DECIDE = """
    UPDATE access_requests SET status = %s, decided_by = %s, decided_at = %s, answer = %s, valid_until = %s
    WHERE tenant_id = %s AND request_id = %s AND status = 'open'
"""
_END = """
    UPDATE access_requests SET status = 'withdrawn', valid_until = %s WHERE tenant_id = %s AND request_id = %s
        AND (status = 'open' OR status = 'approved' AND (valid_until IS NULL OR valid_until > %s))
"""
_SELECT = """
    SELECT r.request_id::text, r.kind, r.name, r.learner_key::text, p.data_key,
        (SELECT sealed FROM identifiers i WHERE i.tenant_id = r.tenant_id AND i.learner_key = r.learner_key
            AND i.kind = 'user' ORDER BY i.created_at LIMIT 1),
        r.role, r.reason, r.requested_at, r.status, r.decided_at, r.answer, r.valid_until
    FROM access_requests r JOIN people p USING (tenant_id, learner_key) WHERE r.tenant_id = %s
"""
_OF = f"""
    {_SELECT}
        AND r.learner_key = (SELECT learner_key FROM identifiers WHERE tenant_id = %s AND identifier_hash = %s)
    ORDER BY r.requested_at DESC, r.request_id
"""
_GRANTED = """
    SELECT 1 FROM access_requests r
    JOIN identifiers i ON i.tenant_id = r.tenant_id AND i.learner_key = r.learner_key
    WHERE r.tenant_id = %s AND i.identifier_hash = %s AND r.kind = %s AND r.name = %s AND r.status = 'approved'
        AND (r.valid_until IS NULL OR r.valid_until > %s) LIMIT 1
"""


class PostgresAccessRequests:
    """Adapter of the port `AccessRequests`."""

    def __init__(self, database: Database, keys: Keys, vault: PostgresVault) -> None:
        self._database = database
        self._keys = keys
        self._vault = vault

    def ask(
        self, tenant_id: str, user_id: str, role: Role, kind: Wanted, name: str, reason: str, *, at: datetime
    ) -> AccessRequest:
        """Ask for access; refused while a request or a grant for the same stands."""
        who, request_id = Identifier("user", user_id), uuid4()
        with self._database.pipeline() as transaction:
            key = self._vault.ensure_in(transaction, tenant_id, [who], kind="staff")[who].learner_key
            transaction.execute("SELECT 1 FROM people WHERE tenant_id = %s AND learner_key = %s FOR UPDATE",
                                (tenant_id, key))  # fmt: skip
            if transaction.execute(_STANDING, (tenant_id, key, kind, name, at)).fetchone():
                raise Conflict(
                    "A request of yours for this is open, or granted.",
                    hint="/catalogue/requests shows what stands.",
                    code="already_requested",
                )
            transaction.execute(_ASK, (tenant_id, request_id, kind, name, key, role, reason, at))
            made = self._get(transaction, tenant_id, str(request_id))
            subject = name_of(transaction, self._keys, tenant_id, key)
            actor = f"person:{subject.hex()}" if subject else "person:unknown"
            self._log(transaction, tenant_id, AuditAction.ACCESS_REQUESTED, actor, subject, made)
        return made

    def decide(
        self,
        tenant_id: str,
        request_id: str,
        *,
        approve: bool,
        answer: str,
        user_id: str | None,
        actor: str,
        at: datetime,
        until: datetime | None,
    ) -> AccessRequest:
        """Approve until an instant, or deny."""
        status = "approved" if approve else "denied"
        with self._database.pipeline() as transaction:
            before, key = self._get(transaction, tenant_id, request_id), self._key(transaction, tenant_id, request_id)
            who = None if user_id is None else Identifier("user", user_id)
            decider = None if who is None else self._vault.find_in(transaction, tenant_id, [who]).get(who)
            if decider is not None and decider.learner_key == key:
                raise Forbidden("Nobody decides about their own request.", hint="Ask a colleague.", code="own_request")
            values = (status, actor, at, answer, until if approve else None, tenant_id, UUID(request_id))
            if not transaction.execute(_DECIDE, values).rowcount:
                raise Conflict(f"The request is {before.status} already.", hint="Only open requests are decided.")
            made = self._get(transaction, tenant_id, request_id)
            subject = name_of(transaction, self._keys, tenant_id, key)
            self._log(transaction, tenant_id, AuditAction.ACCESS_DECIDED, actor, subject, made)
        return made

    def end(
        self, tenant_id: str, request_id: str, *, actor: str, at: datetime, only_of: str | None = None
    ) -> AccessRequest:
        """End a grant before its time, or take an open request back."""
        with self._database.pipeline() as transaction:
            self._get(transaction, tenant_id, request_id)
            key = self._key(transaction, tenant_id, request_id)
            if only_of is not None and not self._is_of(transaction, tenant_id, only_of, key):
                raise _unknown()
            if not transaction.execute(_END, (at, tenant_id, UUID(request_id), at)).rowcount:
                raise Conflict("Nothing of this request stands any more.", hint="/catalogue/requests shows what does.")
            made = self._get(transaction, tenant_id, request_id)
            subject = name_of(transaction, self._keys, tenant_id, key)
            self._log(transaction, tenant_id, AuditAction.ACCESS_ENDED, actor, subject, made)
        return made

    def all(self, tenant_id: str) -> list[AccessRequest]:
        """Every request, newest first."""
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(f"{_SELECT} ORDER BY r.requested_at DESC, r.request_id", (tenant_id,)).fetchall()
        return [self._request(tenant_id, row) for row in rows]

    def of(self, tenant_id: str, user_id: str) -> list[AccessRequest]:
        """Those of one person, newest first; found by the index of people."""
        hashed = self._keys.identifier_hash(tenant_id, "user", user_id)
        with self._database.serving(tenant_id) as transaction:
            rows = transaction.execute(_OF, (tenant_id, tenant_id, hashed)).fetchall()
        return [self._request(tenant_id, row) for row in rows]

    def granted(self, tenant_id: str, user_id: str, kind: Wanted, name: str, at: datetime) -> bool:
        """Whether a grant stands; one look-up by key."""
        hashed = self._keys.identifier_hash(tenant_id, "user", user_id)
        with self._database.serving(tenant_id) as transaction:
            return transaction.execute(_GRANTED, (tenant_id, hashed, kind, name, at)).fetchone() is not None

    def _get(self, transaction: Transaction, tenant_id: str, request_id: str) -> AccessRequest:
        row = transaction.execute(f"{_SELECT} AND r.request_id = %s", (tenant_id, UUID(request_id))).fetchone()
        if row is None:
            raise _unknown()
        return self._request(tenant_id, row)

    def _is_of(self, transaction: Transaction, tenant_id: str, user_id: str, key: str) -> bool:
        who = Identifier("user", user_id)
        person = self._vault.find_in(transaction, tenant_id, [who]).get(who)
        return person is not None and person.learner_key == key

    def _key(self, transaction: Transaction, tenant_id: str, request_id: str) -> str:
        row = transaction.execute(
            "SELECT learner_key::text FROM access_requests WHERE tenant_id = %s AND request_id = %s FOR UPDATE",
            (tenant_id, UUID(request_id)),
        ).fetchone()
        return str(row[0]) if row else ""

    def _request(self, tenant_id: str, row: tuple[Any, ...]) -> AccessRequest:
        request_id, kind, name, key, wrapped, sealed, *rest = row
        data_key = self._keys.unwrap(tenant_id, str(key), wrapped)
        person = None if sealed is None else unseal(data_key, sealed)
        return AccessRequest(request_id, kind, name, person, *rest)

    def _log(
        self,
        transaction: Transaction,
        tenant_id: str,
        action: AuditAction,
        actor: str,
        subject: bytes | None,
        made: AccessRequest,
    ) -> None:
        detail: dict[str, Json] = {
            "request": made.request_id,
            made.kind: made.name,
            "role": made.role,
            "status": made.status,
            "until": None if made.valid_until is None else made.valid_until.isoformat(),
        }
        append(transaction, tenant_id, AuditEntry(actor, action, subject, detail))


def _unknown() -> NotFound:
    return NotFound("There is no such request.", hint="/catalogue/requests lists them.", code="unknown_request")
