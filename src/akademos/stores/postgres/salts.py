"""Salts of clients' hashes on PostgreSQL."""

from __future__ import annotations

import secrets

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import NotFound
from akademos.privacy.identity import counts_for
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.identity import Salt
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction

SALT_BYTES = 16

_LOCK = "SELECT FROM tenants WHERE tenant_id = %s FOR NO KEY UPDATE"
_ALL = "SELECT version, salt, made_at FROM tenant_salts WHERE tenant_id = %s ORDER BY version DESC"
_NEXT = """
    INSERT INTO tenant_salts (tenant_id, version, salt)
    SELECT %(tenant)s, coalesce(max(version), 0) + 1, %(salt)s FROM tenant_salts WHERE tenant_id = %(tenant)s
"""


class PostgresSalts:
    """Adapter of the port `Salts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def salts(self, tenant_id: str) -> list[Salt]:
        """All versions, the newest first; the first is made when there is none."""
        with self._database.pipeline() as transaction:
            return _all(transaction, tenant_id) or [self._next(transaction, tenant_id, actor="job:salts", first=True)]

    def rotate(self, tenant_id: str, *, actor: str) -> Salt:
        """Make a new version; hashes with the one before count on, older ones no more."""
        with self._database.pipeline() as transaction:
            if not _all(transaction, tenant_id):
                self._next(transaction, tenant_id, actor=actor, first=True)
            return self._next(transaction, tenant_id, actor=actor, first=False)

    def _next(self, transaction: Transaction, tenant_id: str, *, actor: str, first: bool) -> Salt:
        if not transaction.execute(_LOCK, (tenant_id,)).rowcount:
            raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
        found = _all(transaction, tenant_id)
        if first and found:  # by somebody else meanwhile
            return found[0]
        transaction.execute(_NEXT, {"tenant": tenant_id, "salt": secrets.token_hex(SALT_BYTES)})
        made = _all(transaction, tenant_id)[0]
        entry = AuditEntry(actor, AuditAction.TENANT_CHANGED, None, {"salt": made.version})
        audit.append(transaction, tenant_id, entry)
        return made


def _all(transaction: Transaction, tenant_id: str) -> list[Salt]:
    rows = transaction.execute(_ALL, (tenant_id,)).fetchall()
    versions = [version for version, _, _ in rows]
    return [Salt(version, salt, made_at, counts_for(versions, version)) for version, salt, made_at in rows]
