"""What was logged, on PostgreSQL: found by a person's audit name, which only their data key gives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from akademos.catalogue.audit_actions import AuditAction
from akademos.privacy.pseudonyms import Keys, audit_name, unseal
from akademos.stores.ports.access import AccessEntry
from akademos.stores.ports.audit_trail import AccessSearch, RecordedAccess, RecordedAct
from akademos.stores.postgres.audit import stranger_name
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.person_sql import keys_of

_ACCESSES = """
    SELECT access_id, at, actor, role, subject, what, purpose, reason, decision, consent_version FROM access_log
    WHERE tenant_id = %(tenant)s AND access_id < %(before)s AND {condition}
    ORDER BY access_id DESC LIMIT %(limit)s
"""
_NAMES = f"""
    SELECT learner_key::text, data_key FROM people WHERE tenant_id = %(tenant)s AND learner_key IN (
        {keys_of("%(tenant)s", "%(key)s::uuid")})
"""
_KEY = "SELECT learner_key::text FROM identifiers WHERE tenant_id = %s AND identifier_hash = %s"
_AS_LOGGED = ("person:", "key:", "unknown:")
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
            names = self._names(transaction, tenant_id, learner_key)
            selves = [f"person:{name.hex()}" for name in names]
            condition = "subject = ANY(%(subjects)s) AND (%(own)s OR actor <> ALL(%(selves)s))"
            values = {"subjects": names, "own": own, "selves": selves}
            return self._found(transaction, tenant_id, condition, values, before, limit, selves) if names else []

    def search(
        self, tenant_id: str, wanted: AccessSearch, *, before: int | None = None, limit: int = 100
    ) -> list[RecordedAccess]:
        """Rows of the access log; see the port."""
        conditions = ["true"]
        values: dict[str, object] = {"since": wanted.since, "until": wanted.until}
        if wanted.since is not None:
            conditions.append("at >= %(since)s")
        if wanted.until is not None:
            conditions.append("at < %(until)s")
        if wanted.refused is not None:
            conditions.append("decision <> 'allowed'" if wanted.refused else "decision = 'allowed'")
        with self._database.serving(tenant_id) as transaction:
            if wanted.about is not None:
                values["subjects"] = self._names(transaction, tenant_id, wanted.about)
                conditions.append("subject = ANY(%(subjects)s::bytea[])")
            if wanted.by is not None:
                values["actors"] = self._actors(transaction, tenant_id, wanted.by)
                conditions.append("actor = ANY(%(actors)s::text[])")
            return self._found(transaction, tenant_id, " AND ".join(conditions), values, before, limit)

    def _found(
        self,
        transaction: Transaction,
        tenant_id: str,
        condition: str,
        values: dict[str, object],
        before: int | None,
        limit: int,
        selves: Sequence[str] = (),
    ) -> list[RecordedAccess]:
        asked = {**values, "tenant": tenant_id, "before": _NEWEST if before is None else before, "limit": limit}
        rows = transaction.execute(_ACCESSES.format(condition=condition), asked).fetchall()
        own = [row[2] in selves or (row[4] is not None and row[2] == f"person:{row[4].hex()}") for row in rows]
        others = {row[2] for row, self_ in zip(rows, own, strict=True) if not self_}
        names = self._staff(transaction, tenant_id, others)
        return [
            RecordedAccess(row[0], row[1], AccessEntry(*row[2:]), self_, names.get(row[2]))
            for row, self_ in zip(rows, own, strict=True)
        ]

    def _names(self, transaction: Transaction, tenant_id: str, learner_key: str) -> Sequence[bytes]:
        """The names under which the log knows a person: one of each key that was linked to theirs."""
        found = transaction.execute(_NAMES, {"tenant": tenant_id, "key": UUID(learner_key)})
        return [audit_name(self._keys.unwrap(tenant_id, key, wrapped)) for key, wrapped in found]

    def _actors(self, transaction: Transaction, tenant_id: str, by: str) -> list[str]:
        """What the log calls somebody: who asks about nobody in particular stands there as a stranger."""
        if by.startswith(_AS_LOGGED):
            return [by]
        actors = [stranger_name(self._keys, tenant_id, by)]
        row = transaction.execute(_KEY, (tenant_id, self._keys.identifier_hash(tenant_id, "user", by))).fetchone()
        if row is not None:
            actors += [f"person:{name.hex()}" for name in self._names(transaction, tenant_id, row[0])]
        return actors

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
