"""Tokens by which a host vouches for its user in a browser: short-lived, for one tenant, signed by the host.

A JWT (RFC 7519) with `sub` (the user_id), `aud` (`akademos:<tenant>`), `iat` and `exp`; it lives 15 minutes at most.
Each key is good for one algorithm, whatever a token's header says.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import jwt

from akademos.catalogue.policies import LIMITS
from akademos.errors import Unauthenticated
from akademos.serving.principal import LEEWAY_S, NAME_LENGTH
from akademos.stores.ports.host_keys import HostKey, HostKeys

KEY_CACHE_S = 2.0
"""A revoked host key proves nothing after this many seconds at the latest."""

LONGEST_TOKEN = 4096

_CHECKS: Any = {  # times are checked against our own clock
    "require": ["exp", "iat", "sub", "aud"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def audience(tenant_id: str) -> str:
    """What a token for a tenant names as its audience."""
    return f"akademos:{tenant_id}"


class UserTokens:
    """Checks tokens by `clock`; keys of hosts are looked up again after two seconds."""

    def __init__(self, host_keys: HostKeys, *, clock: Callable[[], datetime]) -> None:
        self._host_keys = host_keys
        self._clock = clock
        self._known: dict[str, tuple[float, Sequence[HostKey]]] = {}

    async def user_of(self, tenant_id: str, token: str) -> str:
        """The user_id that a host vouches for.

        Raises:
            Unauthenticated: `code` says why: token_forged, token_audience, token_expired, token_lifetime.
        """
        known = self._known.get(tenant_id)
        now = time.monotonic()
        if known is None or now - known[0] > KEY_CACHE_S:
            known = self._known[tenant_id] = now, await asyncio.to_thread(self._host_keys.working, tenant_id)
        return self._read(tenant_id, token, known[1])

    def _read(self, tenant_id: str, token: str, keys: Sequence[HostKey]) -> str:
        claims = _proven(tenant_id, token, keys)
        user_id, issued, expires = claims["sub"], claims["iat"], claims["exp"]
        if not isinstance(user_id, str) or not 0 < len(user_id) <= NAME_LENGTH:
            raise _refused("token_forged", "The user token names nobody.")
        if type(issued) is not int or type(expires) is not int or not 0 < expires - issued <= LIMITS.user_token_seconds:
            minutes = LIMITS.user_token_seconds // 60
            raise _refused("token_lifetime", f"The user token was made to live longer than {minutes} minutes.")
        now = self._clock().timestamp()
        if expires <= now - LEEWAY_S or issued > now + LEEWAY_S:
            raise _refused("token_expired", "The user token has expired, or comes from the future.")
        return user_id


def _proven(tenant_id: str, token: str, keys: Sequence[HostKey]) -> dict[str, Any]:
    if len(token) > LONGEST_TOKEN:
        raise _refused("token_forged", "The user token is too long.")
    try:
        named = jwt.get_unverified_header(token).get("kid")
    except (jwt.PyJWTError, ValueError, UnicodeError):
        raise _refused("token_forged", "The user token is no JWT.") from None
    for key in keys:
        if named not in (None, key.key_id):
            continue
        try:
            return jwt.decode(
                token, key.material, algorithms=[key.algorithm], audience=audience(tenant_id), options=_CHECKS
            )
        except jwt.InvalidAudienceError:
            raise _refused("token_audience", f"The user token is not for `{audience(tenant_id)}`.") from None
        except (jwt.PyJWTError, ValueError, OverflowError, UnicodeError):
            continue  # perhaps another key of the host signed it
    raise _refused("token_forged", "The user token is signed by no key of the host.")


def _refused(code: str, reason: str) -> Unauthenticated:
    return Unauthenticated(reason, hint="Have the host sign a new one; the events were taken as anonymous.", code=code)
