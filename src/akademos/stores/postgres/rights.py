"""Requests by right on PostgreSQL: what people say and what they are answered is sealed with their data key."""

from __future__ import annotations

import os
import uuid
from typing import Any
from zoneinfo import available_timezones

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.policies import LIMITS
from akademos.errors import Conflict, InputError, NotFound
from akademos.privacy.pseudonyms import NONCE_BYTES, Keys, audit_name, seal, unseal
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.ports.rights import CONCERNS, Correction, Kind, RightsRequest, Status
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.consent_rows import data_key_of
from akademos.stores.postgres.database import Database, Transaction

_COLUMNS = """
    request_id::text, r.learner_key::text, r.kind, concerns, said, requested_at, due_on, status, outcome, closed_at,
    p.data_key
"""
_FROM = f"SELECT {_COLUMNS} FROM rights_requests r JOIN people p USING (tenant_id, learner_key) WHERE tenant_id = %s"
_OF = f"{_FROM} AND r.learner_key = %s ORDER BY requested_at DESC"
_OPEN = f"{_FROM} AND status = 'open' ORDER BY due_on, requested_at"
_ONE = f"{_FROM} AND request_id = %s FOR UPDATE OF r"
_ASK = """
    INSERT INTO rights_requests (tenant_id, request_id, learner_key, kind, concerns, said, requested_by, due_on)
    SELECT %(tenant)s, %(id)s, %(key)s, %(kind)s, %(concerns)s, %(said)s, %(by)s, current_date + %(days)s
    WHERE NOT EXISTS (
        SELECT FROM rights_requests WHERE tenant_id = %(tenant)s AND learner_key = %(key)s AND kind = %(kind)s
            AND concerns = %(concerns)s AND status = 'open'
    )
"""
_CLOSE = """
    UPDATE rights_requests SET status = %s, outcome = %s, closed_by = %s, closed_at = now()
    WHERE tenant_id = %s AND request_id = %s
"""
_CORRECT = """
    UPDATE people SET display_name = coalesce(%s, display_name), persona = coalesce(%s, persona),
        time_zone = coalesce(%s, time_zone)
    WHERE tenant_id = %s AND learner_key = %s
"""


class PostgresRights:
    """Adapter of the port `Rights`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def ask(
        self, tenant_id: str, learner_key: str, kind: Kind, concerns: str, said: str, *, requested_by: str
    ) -> RightsRequest:
        """Record a request; see the port."""
        if concerns not in CONCERNS[kind]:
            raise InputError(
                f"A request of kind {kind} is not about `{concerns}`.",
                hint=f"It can be about {', '.join(CONCERNS[kind])}.",
                pointer="/concerns",
            )
        request_id = str(uuid.uuid4())
        with self._database.pipeline() as transaction:
            # Locked, so that two requests at once are seen by each other.
            transaction.execute(
                "SELECT FROM people WHERE tenant_id = %s AND learner_key = %s FOR UPDATE", (tenant_id, learner_key)
            )
            data_key = data_key_of(transaction, self._keys, tenant_id, learner_key)
            values = {"tenant": tenant_id, "id": request_id, "key": learner_key, "kind": kind, "concerns": concerns}
            sealed = seal(data_key, said, os.urandom(NONCE_BYTES))
            more = {"said": sealed, "by": requested_by, "days": LIMITS.rights_answer_days}
            if not transaction.execute(_ASK, {**values, **more}).rowcount:
                raise Conflict(
                    f"A request about {concerns} is open already.", hint="Wait for the answer, or take it back."
                )
            request = self._opened(tenant_id, transaction.execute(_ONE, (tenant_id, request_id)).fetchone() or ())
            name = audit_name(data_key)
            actor = f"person:{name.hex()}" if requested_by == "self" else requested_by
            action = AuditAction.STATEMENT_CONTESTED if kind == "contest" else AuditAction.RIGHTS_REQUESTED
            detail: dict[str, Json] = {"request": request_id, "kind": kind, "concerns": concerns}
            append(transaction, tenant_id, AuditEntry(actor, action, name, detail))
        return request

    def of(self, tenant_id: str, learner_key: str) -> list[RightsRequest]:
        """A person's requests, newest first."""
        return self._listed(_OF, tenant_id, learner_key)

    def open(self, tenant_id: str) -> list[RightsRequest]:
        """What still has to be answered, the first due first."""
        return self._listed(_OPEN, tenant_id)

    def _listed(self, query: str, tenant_id: str, *values: str) -> list[RightsRequest]:
        with self._database.pipeline() as transaction:
            rows = transaction.execute(query, (tenant_id, *values)).fetchall()
        return [self._opened(tenant_id, row) for row in rows]

    def _opened(self, tenant_id: str, row: tuple[Any, ...]) -> RightsRequest:
        request_id, key, kind, concerns, said, requested_at, due_on, status, outcome, closed_at, wrapped = row
        data_key = self._keys.unwrap(tenant_id, key, wrapped)
        texts = [None if value is None else unseal(data_key, value) for value in (said, outcome)]
        return RightsRequest(
            request_id, key, kind, concerns, texts[0], requested_at, due_on, status, texts[1], closed_at
        )

    def close(
        self,
        tenant_id: str,
        request_id: str,
        status: Status,
        outcome: str,
        *,
        closed_by: str,
        learner_key: str | None = None,
        correction: Correction | None = None,
    ) -> None:
        """Answer a request; see the port."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_ONE, (tenant_id, _uuid(request_id))).fetchone()
            request = None if row is None else self._opened(tenant_id, row)
            if request is None or request.status != "open" or learner_key not in (None, request.learner_key):
                raise NotFound("There is no such open request.", hint="List the open ones first.")
            data_key = data_key_of(transaction, self._keys, tenant_id, request.learner_key)
            if correction is not None:
                self._correct(transaction, tenant_id, request, data_key, correction)
            sealed = seal(data_key, outcome, os.urandom(NONCE_BYTES))
            transaction.execute(_CLOSE, (status, sealed, closed_by, tenant_id, request_id))
            name = audit_name(data_key)
            actor = f"person:{name.hex()}" if closed_by == "self" else closed_by
            detail: dict[str, Json] = {"request": request_id, "status": status, "corrected": correction is not None}
            append(transaction, tenant_id, AuditEntry(actor, AuditAction.RIGHTS_CLOSED, name, detail))

    def _correct(
        self, transaction: Transaction, tenant_id: str, request: RightsRequest, data_key: bytes, correction: Correction
    ) -> None:
        if request.kind != "rectification":
            raise InputError("Only a rectification corrects something.", hint="Leave the correction out.")
        if correction.time_zone is not None and correction.time_zone not in available_timezones():
            raise InputError("There is no such time zone.", hint="Give an IANA name, such as Europe/Vienna.")
        name = correction.display_name
        sealed = None if name is None else seal(data_key, name, os.urandom(NONCE_BYTES))
        values = (sealed, correction.persona, correction.time_zone, tenant_id, request.learner_key)
        transaction.execute(_CORRECT, values)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
