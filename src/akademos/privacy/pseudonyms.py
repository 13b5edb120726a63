"""Keyed names for people: what stands in the stores instead of an identifier, and what opens it again.

Everything is derived from one master key per installation. A tenant's keys are HKDF-SHA256 of it (RFC 5869), so
no tenant's hash can be compared with another's. Each person has a random data key, kept wrapped by the tenant's
wrapping key; values are sealed with it (AES-256-GCM), so destroying that one key makes them unreadable.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
NONCE_BYTES = 12
HASH_BYTES = 16
TRAINING_BYTES = 8


class Keys:
    """The keys of an installation. Stateless but for derived keys; safe to share between threads."""

    def __init__(self, master: bytes) -> None:
        if len(master) != KEY_BYTES:
            raise ValueError(f"the master key has {len(master)} bytes, not {KEY_BYTES}")
        self._master = master
        self._derived = lru_cache(maxsize=4096)(self._derive)

    def __repr__(self) -> str:
        return "Keys(...)"

    def derived(self, tenant_id: str, use: str) -> bytes:
        """The tenant's key for one use (`identifiers`, `wrapping`, `payloads`, `tokens`, `suppression`, `models`,
        `holds`, `askers`), 32 bytes."""
        return self._derived(tenant_id, use)

    def _derive(self, tenant_id: str, use: str) -> bytes:
        info = f"akademos/1/{use}/{tenant_id}".encode()
        return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=info).derive(self._master)

    def identifier_hash(self, tenant_id: str, kind: str, value: str) -> bytes:
        """Keyed hash of a sender's identifier, 16 bytes (BLAKE2b, keyed)."""
        keyed = hashlib.blake2b(key=self.derived(tenant_id, "identifiers"), digest_size=HASH_BYTES)
        keyed.update(f"{kind}\0{value}".encode())
        return keyed.digest()

    def payload_hash(self, tenant_id: str, content: bytes) -> bytes:
        """Keyed hash of what was sent, for its envelope, 16 bytes (BLAKE2b, keyed)."""
        return hashlib.blake2b(content, key=self.derived(tenant_id, "payloads"), digest_size=HASH_BYTES).digest()

    def suppression_hash(self, tenant_id: str, identifier_hash: bytes) -> bytes:
        """Under which name the suppression list knows an identifier, from its keyed hash, 16 bytes: another one, so
        that no byte of the vault remains there."""
        key = self.derived(tenant_id, "suppression")
        return hashlib.blake2b(identifier_hash, key=key, digest_size=HASH_BYTES).digest()

    def asker_hash(self, tenant_id: str, user_id: str) -> bytes:
        """Under which name logs know somebody who asks and is in no vault, 16 bytes: not the vault's own hash, so that
        whoever was erased leaves none of it by asking again."""
        return hashlib.blake2b(user_id.encode(), key=self.derived(tenant_id, "askers"), digest_size=HASH_BYTES).digest()

    def training_digest(self, tenant_id: str, learner_key: str) -> bytes:
        """Under which name the registry of models knows a person, 8 bytes; a collision marks a model too many."""
        key = self.derived(tenant_id, "models")
        return hashlib.blake2b(learner_key.encode(), key=key, digest_size=TRAINING_BYTES).digest()

    def wrap(self, tenant_id: str, learner_key: str, data_key: bytes, nonce: bytes) -> bytes:
        """A person's data key as it may be stored; bound to the person."""
        sealed = AESGCM(self.derived(tenant_id, "wrapping")).encrypt(nonce, data_key, learner_key.encode())
        return nonce + sealed

    def unwrap(self, tenant_id: str, learner_key: str, wrapped: bytes) -> bytes:
        """The data key again; raises cryptography.exceptions.InvalidTag when it is another person's."""
        nonce, sealed = wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:]
        return AESGCM(self.derived(tenant_id, "wrapping")).decrypt(nonce, sealed, learner_key.encode())


def audit_name(data_key: bytes) -> bytes:
    """Under which name logs that are never rewritten know a person, 16 bytes (HMAC-SHA256 under the data key,
    truncated): with the key destroyed nobody can tell any more whose name it was."""
    return hmac.digest(data_key, b"akademos/1/audit", "sha256")[:HASH_BYTES]


def seal(data_key: bytes, value: str, nonce: bytes) -> bytes:
    """Encrypt a value under a person's data key."""
    return nonce + AESGCM(data_key).encrypt(nonce, value.encode(), None)


def unseal(data_key: bytes, sealed: bytes) -> str:
    """The value again; raises cryptography.exceptions.InvalidTag under another key."""
    return AESGCM(data_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()
