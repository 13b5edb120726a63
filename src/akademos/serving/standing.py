"""Whether somebody who has proven who they are may still act so: the session goes on, and the role stands."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.roles import SIGN_IN_ORDER, Role
from akademos.errors import Forbidden, Unauthenticated
from akademos.privacy.role_standing import GivenBy, role_stands
from akademos.serving.principal import Principal, Tokens
from akademos.stores.ports.sign_in import Sessions, SessionState

SEEN_EVERY = timedelta(minutes=1)
"""A session in use is noted at most so often."""


class Standing:
    """Looks sessions and roles up anew for every request; nothing is remembered. `development` says whether what the
    development sign-in vouches for counts."""

    def __init__(self, sessions: Sessions, clock: Callable[[], datetime], *, development: bool) -> None:
        self._sessions = sessions
        self._clock = clock
        self._development = development

    def require(self, principal: Principal) -> None:
        """Return if the principal may go on.

        Raises:
            Unauthenticated: the session has ended, was idle for too long, or was for a role that no longer stands.
            Forbidden: the role in a token does not stand.
        """
        if principal.way == "key":
            return
        now = self._clock()
        session = bytes.fromhex(principal.session) if principal.way == "session" else None
        facts = self._sessions.facts(principal.tenant_id, principal.user_id, principal.role, now, session=session)
        if session is not None:
            _require_open(facts.session, now)
        vouched = principal.given_by != "development" or self._development
        if not vouched or not role_stands(principal.role, principal.given_by, facts.role):
            refusal = Forbidden if session is None else Unauthenticated
            raise refusal(
                f"The role {principal.role} does not stand for this person.",
                hint="Sign in again; the tenant grants roles with `akademos tenant role grant`, or by its rosters.",
                code="role_not_granted",
            )
        if session is not None and facts.session is not None and now - facts.session.seen_at > SEEN_EVERY:
            self._sessions.seen(principal.tenant_id, session, now)

    def role_for(self, tenant_id: str, user_id: str, wanted: Role | None, claimed: Iterable[Role]) -> Principal:
        """Whom somebody signs in as: in the role they want, else in the first of `SIGN_IN_ORDER` that stands.

        `claimed` are the roles that the tenant's identity provider gives.

        Raises:
            Forbidden: the wanted role does not stand.
        """
        mapped, now = frozenset(claimed), self._clock()
        for role in SIGN_IN_ORDER if wanted is None else (wanted,):
            given_by: GivenBy = "provider" if role in mapped else "tenant"
            facts = self._sessions.facts(tenant_id, user_id, role, now).role
            if role_stands(role, given_by, facts):
                return Principal(tenant_id, role, user_id, "session", given_by=given_by)
        raise Forbidden(
            f"The role {wanted} does not stand for this person.",
            hint="Sign in without naming a role, or ask the tenant to grant it.",
            code="role_not_granted",
        )

    def start_session(self, tokens: Tokens, principal: Principal, number: str | None = None) -> str:
        """Start a session and return its token; `number` is its secret, used once.

        Raises:
            Unauthenticated: a session was started under this number before.
        """
        chosen = number or secrets.token_hex(32)
        now = self._clock()
        started = self._sessions.start(
            principal.tenant_id,
            hashlib.sha256(chosen.encode()).digest(),
            principal.user_id,
            now=now,
            expires_at=now + LIMITS.session_longest,
        )
        if not started:
            raise Unauthenticated(
                "This sign-in was used before.", hint="Start again from the sign-in page.", code="sign_in_used"
            )
        return tokens.issue_session(principal.tenant_id, principal.role, principal.user_id, principal.given_by, chosen)

    def end_session(self, principal: Principal) -> None:
        """End the principal's session, in every process."""
        self._sessions.end(principal.tenant_id, bytes.fromhex(principal.session), self._clock())


def _require_open(session: SessionState | None, now: datetime) -> None:
    over = session is None or session.ended or session.expires_at <= now
    if over or (session is not None and now - session.seen_at > LIMITS.session_idle):
        raise Unauthenticated("The session has ended.", hint="Sign in again.", code="session_ended")
