"""What was logged, on PostgreSQL: found by a person's audit name, which only their data key gives."""

from __future__ import annotations

from collections.abc import Iterable

from akademos.catalogue.audit_actions import AuditAction
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.stores.ports.access import AccessEntry
from akademos.stores.ports.audit_trail import RecordedAccess, RecordedAct
from akademos.stores.postgres.audit import name_of
from akademos.stores.postgres.database import Database, Transaction

_ACCESSES = """
    SELECT access_id, at, actor, role, subject, what, purpose, reason, decision, consent_version FROM access_log
    WHERE tenant_id = %(tenant)s AND subject = %(subject)s AND access_id < %(before)s
        AND (%(own)s OR actor <> %(self)s)
    ORDER BY access_id DESC LIMIT %(limit)s
"""
_STAFF = """
    SELECT learner_key::text, data_key, display_name FROM people
    WHERE tenant_id = %s AND kind = 'staff' AND display_name IS NOT NULL
"""
_ACTS = """
    SELECT seq, at, actor, action, encode(subject, 'hex'), detail, hash FROM audit_log
    WHERE tenant_id = %(tenant)s AND seq < %(before)s AND (%(action)s::text IS NULL OR action = %(action)s)
    ORDER BY seq DESC LIMIT %(limit)s
"""
_NEWEST = 2**63 - 1


class PostgresAuditTrail:
    """Adapter of the port `AuditTrail`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def accesses(
        self, tenant_id: str, learner_key: str, *, own: bool = False, before: int | None = None, limit: int = 100
    ) -> list[RecordedAccess]:
        """Who looked at a person's data; see the port."""
        with self._database.serving(tenant_id) as transaction:
            subject = name_of(transaction, self._keys, tenant_id, learner_key)
            if subject is None:
                return []
            self_ = f"person:{subject.hex()}"
            values = {
                "tenant": tenant_id,
                "subject": subject,
                "before": _NEWEST if before is None else before,
                "own": own,
                "self": self_,
                "limit": limit,
            }
            rows = transaction.execute(_ACCESSES, values).fetchall()
            names = self._staff(transaction, tenant_id, {row[2] for row in rows} - {self_})
        return [
            RecordedAccess(row[0], row[1], AccessEntry(*row[2:]), row[2] == self_, names.get(row[2])) for row in rows
        ]

    def _staff(self, transaction: Transaction, tenant_id: str, actors: Iterable[str]) -> dict[str, str]:
        """Display names of members of staff by the names that the log has for them.

        Nobody can go back from an audit name, so every member of staff is tried.
        """
        wanted = {actor for actor in actors if actor.startswith("person:")}
        if not wanted:
            return {}
        names = {}
        for key, wrapped, sealed in transaction.execute(_STAFF, (tenant_id,)):
            data_key = self._keys.unwrap(tenant_id, key, wrapped)
            actor = f"person:{audit_name(data_key).hex()}"
            if actor in wanted:
                names[actor] = unseal(data_key, sealed)
        return names

    def acts(
        self, tenant_id: str, *, action: AuditAction | None = None, before: int | None = None, limit: int = 100
    ) -> list[RecordedAct]:
        """Who changed what in the tenant; see the port."""
        values = {
            "tenant": tenant_id,
            "before": _NEWEST if before is None else before,
            "action": None if action is None else action.value,
            "limit": limit,
        }
        with self._database.serving(tenant_id) as transaction:
            return [RecordedAct(*row) for row in transaction.execute(_ACTS, values)]
