"""Port of API keys: secret keys of servers, scoped, and publishable keys of browsers, bound to origins; of one tenant,
rate-limited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

SCOPES = ("ingest", "consent", "records")
"""Of secret keys."""

BROWSER_SCOPE = "ingest_from_browser"
"""The one scope of publishable keys, which no secret key has."""


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as the doors know it. `rate_per_s` and `burst` count events; `origins` are those of a publishable key."""

    tenant_id: str
    key_id: str
    name: str
    scopes: frozenset[str]
    rate_per_s: int
    burst: int
    strict: bool
    origins: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """A key as its owner sees it. `expires_at` is when a key that was rotated stops working; `last_used_at` is exact to
    a minute."""

    key_id: str
    name: str
    scopes: tuple[str, ...]
    origins: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None


class ApiKeys(Protocol):
    """Secrets are shown once and kept as hashes. `actor` answers for it in the audit log."""

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
        ...

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
        """Make a publishable key, bound to origins, and return it in full.

        Raises:
            InputError: no origins, or one that no browser sends.
        """
        ...

    def find(self, secret: str) -> ApiKey | None:
        """The key, or None when it does not exist, was revoked or has expired; notes its use, once a minute."""
        ...

    def origin_known(self, origin: str) -> bool:
        """Whether a publishable key that works is bound to an origin."""
        ...

    def keys(self, tenant_id: str) -> list[KeyRecord]:
        """All keys of a tenant, the newest first."""
        ...

    def rotate(self, tenant_id: str, key_id: str, *, grace: timedelta, actor: str) -> str:
        """Make a key like another one and return it; the old one works for `grace` longer.

        Raises:
            NotFound: there is no such key that works.
        """
        ...

    def revoke(self, tenant_id: str, key_id: str, *, actor: str) -> bool:
        """Revoke a key; false when there is none."""
        ...
