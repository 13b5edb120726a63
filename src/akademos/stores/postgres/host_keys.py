"""Keys of hosts on PostgreSQL: secrets sealed under a key of the tenant, public keys as they are."""

from __future__ import annotations

import base64
import os
import secrets

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import InputError, NotFound
from akademos.privacy.pseudonyms import KEY_BYTES, NONCE_BYTES, Keys, seal, unseal
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.host_keys import HostKey
from akademos.stores.postgres import audit
from akademos.stores.postgres.database import Database

SHARED = "HS256"
LEAST_RSA_BITS = 2048
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_ADD = "INSERT INTO host_keys (tenant_id, key_id, algorithm, material) VALUES (%s, %s, %s, %s)"


class PostgresHostKeys:
    """Adapter of the port `HostKeys`."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self._database = database
        self._keys = keys

    def working(self, tenant_id: str) -> list[HostKey]:
        """The keys that prove anything."""
        with self._database.pipeline() as transaction:
            rows = transaction.execute(
                "SELECT key_id, algorithm, material FROM host_keys WHERE tenant_id = %s AND revoked_at IS NULL",
                (tenant_id,),
            ).fetchall()
        return [
            HostKey(key_id, algorithm, self._opened(tenant_id, material) if algorithm == SHARED else material)
            for key_id, algorithm, material in rows
        ]

    def _opened(self, tenant_id: str, material: bytes) -> bytes:
        return unseal(self._keys.derived(tenant_id, "host keys"), material).encode()

    def share(self, tenant_id: str, *, actor: str) -> tuple[str, str]:
        """Make a secret for HS256; see the port."""
        secret = base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()
        material = seal(self._keys.derived(tenant_id, "host keys"), secret, os.urandom(NONCE_BYTES))
        return self._add(tenant_id, SHARED, material, actor), secret

    def register(self, tenant_id: str, public_key: bytes, *, actor: str) -> HostKey:
        """Take a host's public key; see the port."""
        try:
            key = load_pem_public_key(public_key)
        except (ValueError, UnsupportedAlgorithm):
            raise _no_key("The file holds no public key in PEM.") from None
        if isinstance(key, RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
            algorithm = "RS256"
        elif isinstance(key, EllipticCurvePublicKey) and key.curve.name in _CURVES:
            algorithm = _CURVES[key.curve.name]
        else:
            raise _no_key("The key is of another kind, or too short.")
        material = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return HostKey(self._add(tenant_id, algorithm, material, actor), algorithm, material)

    def _add(self, tenant_id: str, algorithm: str, material: bytes, actor: str) -> str:
        key_id = secrets.token_hex(6)
        with self._database.pipeline() as transaction:
            if not transaction.execute("SELECT 1 FROM tenants WHERE tenant_id = %s", (tenant_id,)).fetchone():
                raise NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
            transaction.execute(_ADD, (tenant_id, key_id, algorithm, material))
            entry = AuditEntry(actor, AuditAction.KEY_CREATED, None, {"host_key": key_id, "algorithm": algorithm})
            audit.append(transaction, tenant_id, entry)
        return key_id

    def revoke(self, tenant_id: str, key_id: str, *, actor: str) -> bool:
        """Its tokens prove nothing any more."""
        with self._database.pipeline() as transaction:
            done = transaction.execute(
                "UPDATE host_keys SET revoked_at = now() WHERE tenant_id = %s AND key_id = %s AND revoked_at IS NULL",
                (tenant_id, key_id),
            ).rowcount
            if done:
                audit.append(
                    transaction, tenant_id, AuditEntry(actor, AuditAction.KEY_REVOKED, None, {"host_key": key_id})
                )
        return done == 1


def _no_key(reason: str) -> InputError:
    return InputError(
        reason,
        hint=f"Give an RSA key of {LEAST_RSA_BITS} bits or more, or one on P-256, P-384 or P-521.",
        code="host_key_invalid",
    )
