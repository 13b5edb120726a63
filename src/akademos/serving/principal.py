"""Who is asking: signed tokens, sessions in a cookie, keys of service accounts, and the token against forged forms.

A token is a JWT (RFC 7519, HS256) under a key that is derived for each tenant from the installation's master key,
so a token of one tenant proves nothing to another. A session is such a token in a cookie, under a key of its own that
no host application holds, and it stands only while the store says so (serving.standing).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import jwt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.roles import Role, known_role
from akademos.errors import Forbidden, InputError, Unauthenticated
from akademos.intake.rate import Rate, TokenBuckets
from akademos.privacy.pseudonyms import Keys
from akademos.privacy.role_standing import GivenBy
from akademos.stores.ports.api_keys import ApiKeys

ISSUER = "akademos"
ALGORITHM = "HS256"
LEEWAY_S = LIMITS.clock_skew_seconds
LONGEST = LIMITS.token_longest
"""No token is accepted that was made to live longer."""

NAME_LENGTH = 256

_CHECKS: Any = {  # times are checked against our own clock
    "require": ["exp", "iat", "sub", "iss"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
TENANT = re.compile(r"[a-z][a-z0-9_-]{0,62}")
"""What the id of a tenant looks like."""

ASKED_BY = "akademos.tenant"
"""Under which the scope of a request says which tenant asks, once that is known."""

_API_KEY = re.compile(r"ak_[0-9a-f]{1,64}_[0-9a-f]{1,128}")
_REQUESTS = Rate(LIMITS.key_requests_per_second, LIMITS.key_requests_burst, of="requests")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Way = Literal["token", "session", "key", "command_line"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody we know. `user_id` is the host's id of a person, or a service account's key id; `session` names the
    token or session (hex), so that a form can be bound to it; `given_by` says who vouches for the role."""

    tenant_id: str
    role: Role
    user_id: str
    way: Way
    session: str = ""
    scopes: frozenset[str] = frozenset()
    given_by: GivenBy = "tenant"


def name_of(text: str, what: str, pointer: str) -> str:
    """A name that somebody typed or sent (user id, topic, reason), refused when no store could hold it.

    Raises:
        InputError: empty, longer than 256 characters, or with control characters.
    """
    if not text or len(text) > NAME_LENGTH or _CONTROL.search(text):
        raise InputError(
            f"The {what} is empty, longer than {NAME_LENGTH} characters, or holds control characters.",
            hint=f"Send the {what} as the host application knows it.",
            pointer=pointer,
        )
    return text


class Tokens:
    """Makes and checks tokens by `clock`. `secure` marks cookies for TLS only, with the prefix `__Host-`."""

    def __init__(self, keys: Keys, *, secure: bool, clock: Callable[[], datetime]) -> None:
        self._keys = keys
        self._clock = clock
        self.secure = secure
        self.session_cookie = "__Host-akademos" if secure else "akademos"
        self.form_cookie = "__Host-akademos-form" if secure else "akademos-form"
        self.sign_in_cookie = "__Host-akademos-sign-in" if secure else "akademos-sign-in"

    def issue(self, tenant_id: str, role: Role, user_id: str, *, lifetime: timedelta) -> str:
        """A signed token.

        Raises:
            InputError: the lifetime is none, or longer than 31 days.
        """
        if not timedelta(0) < lifetime <= LONGEST:
            raise InputError(f"A token lives up to {LONGEST.days} days.", hint="Ask for a shorter life.")
        return self._signed("tokens", tenant_id, role, user_id, lifetime, {"jti": secrets.token_hex(12)})

    def issue_session(self, tenant_id: str, role: Role, user_id: str, given_by: GivenBy, number: str) -> str:
        """The token of a session; `number` is the secret that tells it from all others."""
        more = {"jti": number, "by": given_by}
        return self._signed("sessions", tenant_id, role, user_id, LIMITS.session_longest, more)

    def _signed(
        self, use: str, tenant_id: str, role: Role, user_id: str, lifetime: timedelta, more: dict[str, str]
    ) -> str:
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "tenant": tenant_id,
            "role": role,
            "sub": user_id,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            **more,
        }
        return jwt.encode(claims, self._keys.derived(tenant_id, use), algorithm=ALGORITHM)

    def signing_key(self, tenant_id: str) -> str:
        """The tenant's signing key (base64url), for a host application that signs tokens itself."""
        return base64.urlsafe_b64encode(self._keys.derived(tenant_id, "tokens")).decode()

    def read(self, token: str, *, way: Way) -> Principal:
        """The principal behind a token.

        Raises:
            Unauthenticated: not signed by us for its tenant, expired, or with claims missing or made up.
        """
        try:
            claimed = jwt.decode(token, options={"verify_signature": False})
            tenant_id = claimed.get("tenant")
            if not isinstance(tenant_id, str) or not TENANT.fullmatch(tenant_id):
                raise _refused("The token names no tenant.")
            key = self._keys.derived(tenant_id, "sessions" if way == "session" else "tokens")
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=[ALGORITHM], issuer=ISSUER, options=_CHECKS)
        except (jwt.PyJWTError, ValueError, OverflowError, UnicodeError):
            raise _refused("The token is not one of ours.") from None
        user_id, issued, expires = claims["sub"], claims["iat"], claims["exp"]
        role = known_role(claims.get("role"))
        if role is None or not user_id or len(user_id) > NAME_LENGTH or _CONTROL.search(user_id):
            raise _refused("The token names no role, or nobody.")
        if type(issued) is not int or type(expires) is not int or expires - issued > LONGEST.total_seconds():
            raise _refused(f"The token was made to live longer than {LONGEST.days} days.")
        now = self._clock().timestamp()
        if issued > now + LEEWAY_S:
            raise _refused("The token comes from the future.", "Set the clock of whoever signs tokens.")
        if expires <= now - LEEWAY_S:
            raise _refused("The token has expired.", "Sign in again.", "token_expired")
        if way != "session":
            return Principal(tenant_id, role, user_id, way, hashlib.sha256(token.encode()).hexdigest())
        name = hashlib.sha256(str(claims["jti"]).encode()).hexdigest()
        return Principal(tenant_id, role, user_id, way, name, given_by=claims["by"])

    def start_session(self, response: Response, token: str) -> None:
        """Put the token into the session's cookie."""
        self._set(response, self.session_cookie, token, max_age=int(LIMITS.session_longest.total_seconds()))

    def end_session(self, response: Response) -> None:
        """Take the session's cookie away."""
        response.delete_cookie(self.session_cookie, path="/", secure=self.secure, httponly=True, samesite="strict")

    def begin_sign_in(self, response: Response, value: str) -> None:
        """Give the browser what it must bring back from the identity provider; lax, since it comes from there."""
        self._set(response, self.sign_in_cookie, value, max_age=int(LIMITS.sign_in.total_seconds()), same_site="lax")

    def end_sign_in(self, response: Response) -> None:
        """Take it away again."""
        response.delete_cookie(self.sign_in_cookie, path="/", secure=self.secure, httponly=True, samesite="lax")

    def _set(
        self,
        response: Response,
        name: str,
        value: str,
        *,
        max_age: int | None = None,
        same_site: Literal["strict", "lax"] = "strict",
    ) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self.secure, httponly=True, samesite=same_site
        )

    def form_token(self, request: Request, principal: Principal | None) -> tuple[str, str | None]:
        """The token that a form must send back, and the value of a cookie that `bind_form` must set, if any: the
        token is bound to the session, or before there is one to this browser."""
        if principal is not None:
            return self._bind(principal.session), None
        present = request.cookies.get(self.form_cookie)
        value = present or secrets.token_urlsafe(24)
        return self._bind(value), None if present else value

    def bind_form(self, response: Response, value: str | None) -> None:
        """Set the cookie that `form_token` asked for."""
        if value is not None:
            self._set(response, self.form_cookie, value)

    def _bind(self, value: str) -> str:
        return hmac.new(self._keys.derived("", "forms"), value.encode(), hashlib.sha256).hexdigest()

    def check_form(self, request: Request, principal: Principal | None, sent: str | None) -> None:
        """Refuse a change that another site's page may have triggered.

        Raises:
            Forbidden: the token is missing or belongs to another session or browser.
        """
        bound = principal.session if principal is not None else request.cookies.get(self.form_cookie) or ""
        if not bound or not hmac.compare_digest(self._bind(bound).encode(), (sent or "").encode()):
            raise Forbidden(
                "The form does not belong to this session.",
                hint="Load the page again and send the form from there.",
                code="form_token",
            )


def _refused(reason: str, hint: str = "", code: str = "unauthenticated") -> Unauthenticated:
    return Unauthenticated(
        reason,
        hint=hint or "Send `Authorization: Bearer` and a token that was issued for this installation.",
        code=code,
    )


class Doorkeeper:
    """Says who sends a request: by bearer token, service key or session, in that order.

    `require_standing` refuses a principal whose session has ended or whose role no longer stands; `of_provider` reads
    a bearer token that a tenant's identity provider has signed.
    """

    def __init__(
        self,
        tokens: Tokens,
        api_keys: ApiKeys,
        require_standing: Callable[[Principal], None],
        of_provider: Callable[[str], Principal],
        buckets: TokenBuckets | None = None,
    ) -> None:
        self.tokens = tokens
        self._api_keys = api_keys
        self._require_standing = require_standing
        self._of_provider = of_provider
        self._buckets = buckets or TokenBuckets()

    async def principal(self, request: Request) -> Principal:
        """Who is asking; a request that changes something in a session must carry X-CSRF-Token.

        Raises:
            Unauthenticated: nobody, or nobody we know.
            Forbidden: the session is right but the form token is not.
        """
        principal = await self.known(request)
        if principal is None:
            raise _refused("Nobody is signed in.", code="sign_in_needed")
        if principal.way == "session" and request.method not in _SAFE_METHODS:
            self.tokens.check_form(request, principal, request.headers.get("x-csrf-token"))
        return principal

    async def known(self, request: Request) -> Principal | None:
        """Who is asking, or None when the request names nobody; without the check of forms."""
        principal = await self._named(request)
        if principal is not None and not (principal.way == "token" and principal.role == "learner"):
            await run_in_threadpool(self._require_standing, principal)
        if principal is not None:
            request.scope[ASKED_BY] = principal.tenant_id
        return principal

    async def _named(self, request: Request) -> Principal | None:
        header = request.headers.get("authorization")
        if header is not None:
            scheme, _, credential = header.partition(" ")
            if scheme.lower() != "bearer" or not credential:
                raise _refused("The header Authorization holds no bearer token.")
            return await self._bearer(credential.strip())
        cookie = request.cookies.get(self.tokens.session_cookie)
        return self.tokens.read(cookie, way="session") if cookie else None

    async def _bearer(self, credential: str) -> Principal:
        if not credential.startswith("ak_"):
            if issued_by(credential) in {None, ISSUER}:
                return self.tokens.read(credential, way="token")
            return await run_in_threadpool(self._of_provider, credential)
        key = await run_in_threadpool(self._api_keys.find, credential) if _API_KEY.fullmatch(credential) else None
        if key is None:
            raise _refused("The key does not exist or was revoked.", "Ask the operator for a key.")
        self._buckets.take(b"requests of " + key.key_id.encode(), _REQUESTS, 1, time.monotonic())
        return Principal(key.tenant_id, "service", key.key_id, "key", scopes=key.scopes)


def issued_by(token: str) -> str | None:
    """Who a token says has issued it, unproven; None when it says nothing readable."""
    try:
        issuer = jwt.decode(token, options={"verify_signature": False}).get("iss")
    except (jwt.PyJWTError, ValueError, OverflowError, UnicodeError, RecursionError):
        return None
    return issuer if isinstance(issuer, str) else None
