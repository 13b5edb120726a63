"""Signing in with a tenant's identity provider: authorisation code flow with PKCE, state and nonce (OpenID Connect).

What the flow must remember is in a signed cookie of the browser that began it, so nobody else's answer fits; the
session's number follows from the state, so the same answer starts one session and no second one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import jwt

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.roles import Role, known_role
from akademos.errors import NotFound, Unauthenticated, Unavailable
from akademos.privacy.pseudonyms import Keys
from akademos.serving.openid_provider import LARGEST, Providers, ProviderSettings, provider_of
from akademos.serving.openid_tokens import ProviderTokens, check_id_token, person_in, roles_in, verified
from akademos.serving.principal import TENANT, Tokens
from akademos.serving.standing import Standing
from akademos.stores.ports.tenant_settings import TenantSettings

_ALGORITHM = "HS256"
_REASON = re.compile(r"[a-z_]{1,40}")
_CODE_LENGTH = 4_096


@dataclass(frozen=True, slots=True)
class Begun:
    """Where to send the browser, and what its cookie must hold until it comes back."""

    address: str
    cookie: str


def again(reason: str, code: str = "sign_in_state") -> Unauthenticated:
    """A sign-in that cannot go on."""
    return Unauthenticated(reason, hint="Start again from the sign-in page.", code=code)


class OpenIdSignIn:
    """The sign-in of all tenants that have a provider. `secret_of` finds the client secret that a tenant's settings
    name, None for a public client."""

    def __init__(
        self,
        settings: TenantSettings,
        providers: Providers,
        standing: Standing,
        tokens: Tokens,
        keys: Keys,
        secret_of: Callable[[Mapping[str, str]], str | None],
        clock: Callable[[], datetime],
    ) -> None:
        self._settings = settings
        self._providers = providers
        self._standing = standing
        self._tokens = tokens
        self._flow_key = keys.derived("", "sign-in")
        self._secret_of = secret_of
        self._clock = clock
        self.access_tokens = ProviderTokens(settings, providers, clock)

    def provider(self, tenant_id: str) -> ProviderSettings | None:
        """The tenant's provider, if it has one."""
        return provider_of(tenant_id, self._settings.of(tenant_id))

    def _provider(self, tenant_id: str) -> ProviderSettings:
        provider = self.provider(tenant_id) if TENANT.fullmatch(tenant_id) else None
        if provider is None:
            raise NotFound(
                "There is no sign-in for such a tenant.",
                hint="The sign-in page lists the tenants that have one.",
                code="no_sign_in",
            )
        return provider

    def begin(self, tenant_id: str, redirect_uri: str, next_path: str, role: Role | None) -> Begun:
        """Begin a sign-in.

        Raises:
            NotFound: the tenant has no provider, or there is no such tenant.
            Unavailable: the provider cannot be reached.
        """
        provider = self._provider(tenant_id)
        metadata = self._providers.metadata(provider.issuer)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": redirect_uri,
            "scope": provider.scopes,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        flow = {
            "tenant": tenant_id,
            "issuer": provider.issuer,
            "state": state,
            "nonce": nonce,
            "verifier": verifier,
            "next": next_path,
            "role": role,
            "until": int((self._clock() + LIMITS.sign_in).timestamp()),
        }
        separator = "&" if "?" in metadata.authorization_endpoint else "?"
        address = metadata.authorization_endpoint + separator + urlencode(asked)
        return Begun(address, jwt.encode(flow, self._flow_key, algorithm=_ALGORITHM))

    def finish(
        self, tenant_id: str, cookie: str | None, answer: Mapping[str, str], redirect_uri: str
    ) -> tuple[str, str]:
        """The session's token and the path to go to, from what the provider sent the browser back with.

        Raises:
            Unauthenticated: another browser, an answer that was used, too late, refused, or a token that does not hold.
            Forbidden: the role that was asked for does not stand.
            Unavailable: the provider cannot be reached.
        """
        flow = self._flow(tenant_id, cookie, answer.get("state", ""))
        provider = self._provider(tenant_id)
        if provider.issuer != flow["issuer"]:
            raise again("The tenant's identity provider was changed meanwhile.")
        metadata = self._providers.metadata(provider.issuer)
        named = answer.get("iss")
        if named != provider.issuer and (named is not None or metadata.names_itself):
            raise again("Another identity provider has answered.")
        code = answer.get("code", "")
        if "error" in answer or not code or len(code) > _CODE_LENGTH:
            reason = answer.get("error", "")
            said = f" ({reason})" if _REASON.fullmatch(reason) else ""
            raise again(f"The identity provider did not sign anybody in{said}.", "sign_in_refused")
        token = self._exchange(provider, code, redirect_uri, str(flow["verifier"]))
        now = self._clock()
        claims = verified(token, provider, self._providers, audience=provider.client_id, now=now)
        check_id_token(claims, provider.client_id, str(flow["nonce"]))
        principal = self._standing.role_for(
            tenant_id, person_in(claims, provider), known_role(flow["role"]), roles_in(claims, provider)
        )
        number = hmac.new(self._flow_key, b"session " + str(flow["state"]).encode(), hashlib.sha256).hexdigest()
        return self._standing.start_session(self._tokens, principal, number), str(flow["next"])

    def _flow(self, tenant_id: str, cookie: str | None, state: str) -> dict[str, Any]:
        try:
            flow: dict[str, Any] = jwt.decode(cookie or "", self._flow_key, algorithms=[_ALGORITHM])
        except (jwt.PyJWTError, ValueError, UnicodeError):
            raise again("This browser has not begun a sign-in, or not lately.") from None
        if flow["tenant"] != tenant_id or not hmac.compare_digest(str(flow["state"]).encode(), state.encode()):
            raise again("The answer does not belong to the sign-in that this browser has begun.")
        if flow["until"] < self._clock().timestamp():
            raise again("The sign-in took too long.")
        return flow

    def _exchange(self, provider: ProviderSettings, code: str, redirect_uri: str, verifier: str) -> str:
        metadata = self._providers.metadata(provider.issuer)
        secret = self._secret_of(self._settings.of(provider.tenant_id))
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": provider.client_id,
        }
        login: httpx.Auth = httpx.Auth()
        if secret is not None and metadata.basic_authentication:
            login = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(secret, safe=""))
        elif secret is not None:
            form["client_secret"] = secret
        try:
            answer = self._providers.http.post(metadata.token_endpoint, data=form, auth=login)
            said = answer.json() if len(answer.content) <= LARGEST else None
        except httpx.HTTPError as failed:
            raise Unavailable(
                "The identity provider does not answer.", hint="Sign in again in a moment.", retry_after_s=5
            ) from failed
        except ValueError:
            said = None
        token = said.get("id_token") if isinstance(said, dict) else None
        if answer.status_code != httpx.codes.OK or not isinstance(token, str):
            reason = said.get("error") if isinstance(said, dict) else None
            why = f" ({reason})" if isinstance(reason, str) and _REASON.fullmatch(reason) else ""
            raise again(f"The identity provider gave no token for this sign-in{why}.", "sign_in_refused")
        return token
