"""Ports of signing in: what decides whether a role still stands, sessions of browsers, grants of roles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from akademos.catalogue.roles import Role
from akademos.privacy.role_standing import RoleFacts


@dataclass(frozen=True, slots=True)
class SessionState:
    """A session as it stands; `seen_at` is right to the minute."""

    seen_at: datetime
    expires_at: datetime
    ended: bool


@dataclass(frozen=True, slots=True)
class SignInFacts:
    """What decides about one request: the role's facts, and the session's state (None: there is no such session, or
    none was asked for)."""

    role: RoleFacts
    session: SessionState | None


class Sessions(Protocol):
    """Sessions by the hash of their number; what one process ends is ended for all."""

    def facts(
        self, tenant_id: str, user_id: str, role: Role, now: datetime, *, session: bytes | None = None
    ) -> SignInFacts:
        """Everything that decides about a request, in one statement."""
        ...

    def start(self, tenant_id: str, session: bytes, user_id: str, *, now: datetime, expires_at: datetime) -> bool:
        """Start a session; false when one was started under this number before. Forgets those that have expired."""
        ...

    def seen(self, tenant_id: str, session: bytes, now: datetime) -> None:
        """Note that the session is in use."""
        ...

    def end(self, tenant_id: str, session: bytes, now: datetime) -> None:
        """End a session."""
        ...

    def end_all(self, tenant_id: str, user_id: str, now: datetime) -> int:
        """End every session of a person; how many were still open."""
        ...


@dataclass(frozen=True, slots=True)
class RoleGrant:
    """The tenant's last word about one role of one person, as the command line lists it."""

    user_id: str | None
    display_name: str | None
    role: Role
    granted: bool
    decided_by: str
    decided_at: datetime
    valid_until: datetime | None


class RoleGrants(Protocol):
    """Roles that a tenant gives to people and takes from them; each change is audited in its transaction."""

    def grant(self, tenant_id: str, user_id: str, role: Role, *, by: str, until: datetime | None = None) -> bool:
        """Give a role, until an instant or until it is revoked; false when that is so already. Somebody unknown is
        entered as staff.

        Raises:
            NotFound: there is no such tenant.
            InputError: the role is not one that can be granted.
        """
        ...

    def revoke(self, tenant_id: str, user_id: str, role: Role, *, by: str) -> bool:
        """Take a role away from the next request on, also where the identity provider claims it; false when that is
        so already.

        Raises:
            NotFound: there is no such tenant, or nobody by that user_id.
            InputError: the role is not one that can be granted.
        """
        ...

    def all(self, tenant_id: str) -> list[RoleGrant]:
        """Every role that was ever granted or revoked, as it stands."""
        ...
