"""API keys on PostgreSQL."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import timedelta

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import InputError, NotFound
from akademos.privacy.origins import is_origin
from akademos.stores.ports.api_keys import BROWSER_SCOPE, ApiKey, KeyRecord
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database, Transaction

PREFIX, PUBLISHABLE_PREFIX = "ak", "pk"

_FIND = """
    SELECT tenant_id, key_id, name, scopes, rate_per_s, burst, strict, origins, secret_sha256,
        last_used_at IS NULL OR last_used_at < now() - interval '1 minute'
    FROM api_keys WHERE key_id = %s AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
_USED = """
    UPDATE api_keys SET last_used_at = now()
    WHERE key_id = %s AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
"""
_CREATE = """
    INSERT INTO api_keys (tenant_id, key_id, name, secret_sha256, scopes, rate_per_s, burst, strict, origins)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_COPY = """
    INSERT INTO api_keys (tenant_id, key_id, name, secret_sha256, scopes, rate_per_s, burst, strict, origins)
    SELECT tenant_id, %(new)s, name, %(digest)s, scopes, rate_per_s, burst, strict, origins FROM api_keys
    WHERE tenant_id = %(tenant)s AND key_id = %(old)s AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > now())
    RETURNING cardinality(origins) > 0
"""
_EXPIRE = """
    UPDATE api_keys SET expires_at = least(expires_at, now() + %s) WHERE tenant_id = %s AND key_id = %s
"""
_ORIGIN = """
    SELECT EXISTS (SELECT FROM api_keys WHERE %s = ANY(origins) AND revoked_at IS NULL
        AND (expires_at IS NULL OR expires_at > now()))
"""
_KEYS = """
    SELECT key_id, name, scopes, origins, created_at, revoked_at, expires_at, last_used_at FROM api_keys
    WHERE tenant_id = %s ORDER BY created_at DESC, key_id
"""


class PostgresApiKeys:
    """Adapter of the port `ApiKeys`. A key reads `ak_<key id>_<secret>`, a publishable one `pk_...`; only the SHA-256
    of the secret is kept."""

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
        """Make a secret key and return it in full, for the only time."""
        return self._make(tenant_id, name, scopes, (), rate_per_s, burst, actor, strict=strict)

    def publish(
        self,
        tenant_id: str,
        name: str,
        origins: Sequence[str],
        *,
        rate_per_s: int = 1_000,
        burst: int = 5_000,
        actor: str,
    ) -> str:
        """Make a publishable key; see the port."""
        bound = tuple(dict.fromkeys(origins))
        wrong = [origin for origin in bound if not is_origin(origin)]
        if wrong or not bound:
            raise InputError(
                f"`{wrong[0][:100]}` is no origin that a browser sends." if wrong else "The key is bound to no origin.",
                hint="Name each origin in full, like https://learn.example.org; there are no wildcards.",
                code="origin_invalid",
            )
        return self._make(tenant_id, name, (BROWSER_SCOPE,), bound, rate_per_s, burst, actor, strict=False)

    def _make(
        self,
        tenant_id: str,
        name: str,
        scopes: tuple[str, ...],
        origins: tuple[str, ...],
        rate_per_s: int,
        burst: int,
        actor: str,
        *,
        strict: bool,
    ) -> str:
        key_id, secret = _new()
        with self._database.pipeline() as transaction:
            if not transaction.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone():
                raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
            transaction.execute(
                _CREATE,
                (tenant_id, key_id, name, _digest(secret), list(scopes), rate_per_s, burst, strict, list(origins)),
            )
            _note(
                transaction,
                tenant_id,
                actor,
                AuditAction.KEY_CREATED,
                key_id,
                scopes=[*scopes],
                rate_per_s=rate_per_s,
                burst=burst,
            )
        return _whole(key_id, secret, publishable=bool(origins))

    def find(self, secret: str) -> ApiKey | None:
        """The key, or None when it does not exist, was revoked, or has expired."""
        prefix, _, rest = secret.partition("_")
        key_id, _, proof = rest.partition("_")
        if prefix not in (PREFIX, PUBLISHABLE_PREFIX) or not proof:
            return None
        with self._database.pipeline() as transaction:
            row = transaction.execute(_FIND, (key_id,)).fetchone()
            if row is None or not hmac.compare_digest(row[8], _digest(proof)):
                return None
            if (prefix == PUBLISHABLE_PREFIX) is not bool(row[7]):
                return None
            if row[9]:
                transaction.execute(_USED, (key_id,))
        return ApiKey(row[0], row[1], row[2], frozenset(row[3]), row[4], row[5], row[6], frozenset(row[7]))

    def origin_known(self, origin: str) -> bool:
        """Whether a publishable key that works is bound to an origin."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_ORIGIN, (origin,)).fetchone()
        return bool(row and row[0])

    def keys(self, tenant_id: str) -> list[KeyRecord]:
        """All keys of a tenant, the newest first."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(_KEYS, (tenant_id,)).fetchall()
        return [KeyRecord(row[0], row[1], tuple(row[2]), tuple(row[3]), *row[4:]) for row in rows]

    def rotate(self, tenant_id: str, key_id: str, *, grace: timedelta, actor: str) -> str:
        """Make a key like another one; see the port."""
        new_id, secret = _new()
        values = {"new": new_id, "digest": _digest(secret), "tenant": tenant_id, "old": key_id}
        with self._database.pipeline() as transaction:
            row = transaction.execute(_COPY, values).fetchone()
            if row is None:
                raise NotFound(
                    f"Tenant {tenant_id} has no working key {key_id}.",
                    hint="The key id is the part between the underscores; `akademos tenant key list` shows them.",
                )
            transaction.execute(_EXPIRE, (grace, tenant_id, key_id))
            grace_s = int(grace.total_seconds())
            _note(transaction, tenant_id, actor, AuditAction.KEY_ROTATED, key_id, new_key=new_id, grace_s=grace_s)
        return _whole(new_id, secret, publishable=row[0])

    def revoke(self, tenant_id: str, key_id: str, *, actor: str) -> bool:
        """Revoke a key; false when there is none."""
        with self._database.pipeline() as transaction:
            done = transaction.execute(
                "UPDATE api_keys SET revoked_at = now() WHERE tenant_id = %s AND key_id = %s AND revoked_at IS NULL",
                (tenant_id, key_id),
            ).rowcount
            if done:
                _note(transaction, tenant_id, actor, AuditAction.KEY_REVOKED, key_id)
        return done == 1


def _note(
    transaction: Transaction,
    tenant_id: str,
    actor: str,
    action: AuditAction,
    key_id: str,
    **detail: Json,
) -> None:
    audit.append(transaction, tenant_id, AuditEntry(actor, action, None, {"key": key_id, **detail}))


def _new() -> tuple[str, str]:
    return secrets.token_hex(8), secrets.token_hex(24)


def _whole(key_id: str, secret: str, *, publishable: bool) -> str:
    return f"{PUBLISHABLE_PREFIX if publishable else PREFIX}_{key_id}_{secret}"


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
