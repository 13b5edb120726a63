"""API keys on PostgreSQL."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import NotFound
from akademos.stores.ports.api_keys import ApiKey
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database

PREFIX = "ak"


class PostgresApiKeys:
    """Adapter of the port `ApiKeys`. A key reads `ak_<key id>_<secret>`; only the secret's SHA-256 is kept."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(
        self,
        tenant_id: str,
        name: str,
        *,
        scopes: tuple[str, ...] = ("ingest",),
        rate_per_s: int = 50_000,
        burst: int = 200_000,
        strict: bool = False,
        actor: str,
    ) -> str:
        """Make a key and return it in full, for the only time."""
        key_id, secret = secrets.token_hex(8), secrets.token_hex(24)
        with self._database.pipeline() as transaction:
            if not transaction.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone():
                raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
            transaction.execute(
                "INSERT INTO api_keys (tenant_id, key_id, name, secret_sha256, scopes, rate_per_s, burst, strict) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
                (tenant_id, key_id, name, _digest(secret), list(scopes), rate_per_s, burst, strict),
            )
            detail: dict[str, Json] = {"key": key_id, "scopes": list(scopes), "rate_per_s": rate_per_s, "burst": burst}
            append(transaction, tenant_id, AuditEntry(actor, AuditAction.KEY_CREATED, None, detail))
        return f"{PREFIX}_{key_id}_{secret}"

    def find(self, secret: str) -> ApiKey | None:
        """The key, or None when it does not exist or was revoked."""
        prefix, _, rest = secret.partition("_")
        key_id, _, proof = rest.partition("_")
        if prefix != PREFIX or not proof:
            return None
        with self._database.pipeline() as transaction:
            row = transaction.execute(
                "SELECT tenant_id, key_id, name, scopes, rate_per_s, burst, strict, secret_sha256 FROM api_keys "
                "WHERE key_id = %s AND revoked_at IS NULL",
                (key_id,),
            ).fetchone()
        if row is None or not hmac.compare_digest(row[7], _digest(proof)):
            return None
        return ApiKey(row[0], row[1], row[2], frozenset(row[3]), row[4], row[5], row[6])

    def revoke(self, tenant_id: str, key_id: str, *, actor: str) -> bool:
        """Revoke a key; false when there is none."""
        with self._database.pipeline() as transaction:
            revoked = transaction.execute(
                "UPDATE api_keys SET revoked_at = now() WHERE tenant_id = %s AND key_id = %s AND revoked_at IS NULL",
                (tenant_id, key_id),
            ).rowcount
            if revoked:
                append(transaction, tenant_id, AuditEntry(actor, AuditAction.KEY_REVOKED, None, {"key": key_id}))
        return revoked == 1


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
