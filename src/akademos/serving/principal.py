"""Who is asking: signed tokens, sessions in a cookie, keys of service accounts, and the token against forged forms.

A token is a JWT (RFC 7519, HS256) under a key that is derived for each tenant from the installation's master key,
so a token of one tenant proves nothing to another. A session is the same token in a cookie.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import jwt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from akademos.errors import Forbidden, InputError, Unauthenticated
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.access import ROLES, Role
from akademos.stores.ports.api_keys import ApiKeys

ISSUER = "akademos"
ALGORITHM = "HS256"
LEEWAY_S = 30
LONGEST = timedelta(days=31)
"""No token is accepted that was made to live longer."""

SESSION = timedelta(hours=8)
NAME_LENGTH = 256

_CHECKS: Any = {  # times are checked against our own clock
    "require": ["exp", "iat", "sub", "iss"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
_TENANT = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_API_KEY = re.compile(r"ak_[0-9a-f]{1,64}_[0-9a-f]{1,128}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

Way = Literal["token", "session", "key", "command_line"]


@dataclass(frozen=True, slots=True)
class Principal:
    """Somebody we know. `user_id` is the host's id of a person, or a service account's key id; `session` names the
    token, so that a form can be bound to it."""

    tenant_id: str
    role: Role
    user_id: str
    way: Way
    session: str = ""
    scopes: frozenset[str] = frozenset()


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

    def issue(self, tenant_id: str, role: Role, user_id: str, *, lifetime: timedelta) -> str:
        """A signed token.

        Raises:
            InputError: the lifetime is none, or longer than 31 days.
        """
        if not timedelta(0) < lifetime <= LONGEST:
            raise InputError(f"A token lives up to {LONGEST.days} days.", hint="Ask for a shorter life.")
        now = self._clock()
        claims = {
            "iss": ISSUER,
            "tenant": tenant_id,
            "role": role,
            "sub": user_id,
            "iat": int(now.timestamp()),
            "exp": int((now + lifetime).timestamp()),
            "jti": secrets.token_hex(12),
        }
        return jwt.encode(claims, self._signing_key(tenant_id), algorithm=ALGORITHM)

    def signing_key(self, tenant_id: str) -> str:
        """The tenant's signing key (base64url), for a host application that signs tokens itself."""
        return base64.urlsafe_b64encode(self._signing_key(tenant_id)).decode()

    def _signing_key(self, tenant_id: str) -> bytes:
        return self._keys.derived(tenant_id, "tokens")

    def read(self, token: str, *, way: Way) -> Principal:
        """The principal behind a token.

        Raises:
            Unauthenticated: not signed by us for its tenant, expired, or with claims missing or made up.
        """
        try:
            claimed = jwt.decode(token, options={"verify_signature": False})
            tenant_id = claimed.get("tenant")
            if not isinstance(tenant_id, str) or not _TENANT.fullmatch(tenant_id):
                raise _refused("The token names no tenant.")
            claims: dict[str, Any] = jwt.decode(
                token, self._signing_key(tenant_id), algorithms=[ALGORITHM], issuer=ISSUER, options=_CHECKS
            )
        except (jwt.PyJWTError, ValueError, OverflowError, UnicodeError):
            raise _refused("The token is not one of ours.") from None
        user_id, issued, expires = claims["sub"], claims["iat"], claims["exp"]
        role = next((known for known in ROLES if known == claims.get("role")), None)
        if role is None or not user_id or len(user_id) > NAME_LENGTH or _CONTROL.search(user_id):
            raise _refused("The token names no role, or nobody.")
        if type(issued) is not int or type(expires) is not int or expires - issued > LONGEST.total_seconds():
            raise _refused(f"The token was made to live longer than {LONGEST.days} days.")
        now = self._clock().timestamp()
        if issued > now + LEEWAY_S:
            raise _refused("The token comes from the future.", "Set the clock of whoever signs tokens.")
        if expires <= now - LEEWAY_S:
            raise _refused("The token has expired.", "Sign in again.", "token_expired")
        return Principal(tenant_id, role, user_id, way, hashlib.sha256(token.encode()).hexdigest())

    def start_session(self, response: Response, token: str) -> None:
        """Put the token into the session's cookie."""
        self._set(response, self.session_cookie, token, max_age=int(SESSION.total_seconds()))

    def end_session(self, response: Response) -> None:
        """Take the session's cookie away."""
        response.delete_cookie(self.session_cookie, path="/", secure=self.secure, httponly=True, samesite="strict")

    def _set(self, response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
        response.set_cookie(
            name, value, max_age=max_age, path="/", secure=self.secure, httponly=True, samesite="strict"
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
    """Says who sends a request: by bearer token, service key or session, in that order."""

    def __init__(self, tokens: Tokens, api_keys: ApiKeys) -> None:
        self.tokens = tokens
        self._api_keys = api_keys

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
            return self.tokens.read(credential, way="token")
        key = await run_in_threadpool(self._api_keys.find, credential) if _API_KEY.fullmatch(credential) else None
        if key is None:
            raise _refused("The key does not exist or was revoked.", "Ask the operator for a key.")
        return Principal(key.tenant_id, "service", key.key_id, "key", scopes=key.scopes)
