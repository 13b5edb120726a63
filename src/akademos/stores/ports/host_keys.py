"""Port of what hosts sign the tokens of their users with: a shared secret, or the host's public key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class HostKey:
    """A key that proves tokens: `key_id` is `kid` in their header, `algorithm` the only one it is good for, `material`
    the shared secret or the public key (PEM). It is not printed."""

    key_id: str
    algorithm: str
    material: bytes

    def __repr__(self) -> str:
        return f"HostKey({self.key_id!r}, {self.algorithm!r})"


class HostKeys(Protocol):
    """Keys of a tenant's host applications. `actor` answers for it in the audit log."""

    def working(self, tenant_id: str) -> list[HostKey]:
        """The keys that prove anything."""
        ...

    def share(self, tenant_id: str, *, actor: str) -> tuple[str, str]:
        """Make a secret for HS256; its key id, and the secret (base64url) for the only time."""
        ...

    def register(self, tenant_id: str, public_key: bytes, *, actor: str) -> HostKey:
        """Take a host's public key (PEM; RSA, or an elliptic curve of NIST).

        Raises:
            InputError: it is no such key, or a weak one.
        """
        ...

    def revoke(self, tenant_id: str, key_id: str, *, actor: str) -> bool:
        """Its tokens prove nothing any more; false when there is none."""
        ...
