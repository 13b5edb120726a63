"""Port of API keys: secret, scoped, rate-limited, of one tenant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

SCOPES = ("ingest", "consent")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the doors know it. `rate_per_s` and `burst` count events."""

    tenant_id: str
    key_id: str
    name: str
    scopes: frozenset[str]
    rate_per_s: int
    burst: int
    strict: bool


class ApiKeys(Protocol):
    """Secrets are shown once and kept as hashes."""

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
        """Make a key and return it in full, for the only time; `actor` answers for it in the audit log."""
        ...

    def find(self, secret: str) -> ApiKey | None:
        """The key, or None when it does not exist or was revoked."""
        ...

    def revoke(self, tenant_id: str, key_id: str, *, actor: str) -> bool:
        """Revoke a key; false when there is none."""
        ...
