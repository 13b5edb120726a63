"""Writing to the audit log on PostgreSQL; the chain is made by the table's trigger."""

from __future__ import annotations

from collections.abc import Collection

import orjson

from akademos.privacy.pseudonyms import Keys, audit_name
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.postgres.database import Database, Transaction

_APPEND = "INSERT INTO audit_log (tenant_id, actor, action, subject, detail) VALUES (%s, %s, %s, %s, %s)"
_DATA_KEYS = "SELECT learner_key::text, data_key FROM people WHERE tenant_id = %s AND learner_key = ANY(%s::uuid[])"


def append(transaction: Transaction, tenant_id: str, entry: AuditEntry) -> None:
    """Write an entry in the transaction of the change, as its last statement: until the commit nobody else of the
    tenant can write one. Not in a repeatable-read transaction, which would not see the end of the chain."""
    detail = orjson.dumps(dict(entry.detail), option=orjson.OPT_SORT_KEYS).decode()
    transaction.execute(_APPEND, (tenant_id, entry.actor, entry.action.value, entry.subject, detail))


def name_of(transaction: Transaction, keys: Keys, tenant_id: str, learner_key: str) -> bytes | None:
    """The name under which logs know a person; None when there is no such person any more."""
    return names_of(transaction, keys, tenant_id, [learner_key]).get(learner_key)


def names_of(transaction: Transaction, keys: Keys, tenant_id: str, learner_keys: Collection[str]) -> dict[str, bytes]:
    """The names under which logs know some people; who is not there any more is absent."""
    found = transaction.execute(_DATA_KEYS, (tenant_id, list(learner_keys)))
    return {key: audit_name(keys.unwrap(tenant_id, key, wrapped)) for key, wrapped in found}


def stranger_name(keys: Keys, tenant_id: str, user_id: str) -> str:
    """The actor that logs name for somebody who is in no vault: a keyed hash that tells two strangers apart and nothing
    else. Not the vault's own hash, so that whoever was erased leaves none of it by acting again."""
    return "unknown:" + keys.asker_hash(tenant_id, user_id).hex()


class PostgresAuditLog:
    """Adapter of the port `AuditLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record(self, tenant_id: str, entry: AuditEntry) -> None:
        """Write an entry in a transaction of its own."""
        with self._database.pipeline() as transaction:
            append(transaction, tenant_id, entry)
