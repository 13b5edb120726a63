"""A tenant's identity provider (OpenID Connect): what the tenant has set, what the provider publishes, its keys.

Metadata and keys are fetched over HTTP, without following redirects, and held for a while. A key that is not known
is looked for once more, at most every `BACK_OFF_S`, so that nobody can make us ask the provider over and over.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import structlog
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from akademos.catalogue.roles import Role
from akademos.catalogue.tenant_settings import checked, mapped_roles, pairs
from akademos.errors import InputError, Unauthenticated, Unavailable

METADATA_S = 3_600.0
KEYS_S = 900.0
KEYS_LAST_S = 86_400.0
"""So long keys are used that could not be fetched anew."""

BACK_OFF_S = 10.0
LARGEST = 512 * 1024
ALGORITHMS: Mapping[str, str] = {"RS256": "RSA", "ES256": "EC"}
"""Signatures we take, and the type of key that each needs."""

_RSA_BITS = 2048


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """What a tenant has set about its provider. `roles` maps values of `role_claim`; `require` are claims that every
    token must carry; `audience` is that of access tokens, None when the API takes none."""

    tenant_id: str
    issuer: str
    client_id: str
    label: str
    scopes: str
    user_claim: str
    role_claim: str
    roles: Mapping[str, Role]
    require: Mapping[str, str]
    audience: str | None


def provider_of(tenant_id: str, settings: Mapping[str, str]) -> ProviderSettings | None:
    """The tenant's provider; None when it has set none."""
    if not settings["oidc_issuer"] or not settings["oidc_client_id"]:
        return None
    return ProviderSettings(
        tenant_id,
        issuer=settings["oidc_issuer"],
        client_id=settings["oidc_client_id"],
        label=settings["oidc_label"],
        scopes=settings["oidc_scopes"],
        user_claim=settings["oidc_user_claim"],
        role_claim=settings["oidc_role_claim"],
        roles=mapped_roles(settings["oidc_roles"]),
        require=pairs(settings["oidc_require"]) if settings["oidc_require"] else {},
        audience=settings["oidc_audience"] or None,
    )


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """The part of a provider's discovery document that we need."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    basic_authentication: bool
    names_itself: bool


@dataclass(slots=True)
class _Held:
    """Something fetched: the value, when, and when it was last tried (monotonic seconds)."""

    value: Any = None
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")


class Providers:
    """What providers publish, shared by all tenants of a process; `clock` gives monotonic seconds."""

    def __init__(self, http: httpx.Client, clock: Callable[[], float], *, back_off_s: float = BACK_OFF_S) -> None:
        self.http = http
        self._clock = clock
        self._back_off_s = back_off_s
        self._held: dict[str, _Held] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._making = threading.Lock()

    def metadata(self, issuer: str) -> ProviderMetadata:
        """The provider's discovery document.

        Raises:
            Unavailable: it cannot be fetched, or is not that of this issuer.
        """
        address = issuer.rstrip("/") + "/.well-known/openid-configuration"
        document = self._get(address, METADATA_S, lambda _: True)
        try:
            if document["issuer"] != issuer:
                raise ValueError("it names another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                checked("oidc_issuer", str(document[name]).partition("?")[0])
            methods = document.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
            return ProviderMetadata(
                issuer,
                document["authorization_endpoint"],
                document["token_endpoint"],
                document["jwks_uri"],
                "client_secret_basic" in methods,
                document.get("authorization_response_iss_parameter_supported") is True,
            )
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as wrong:
            raise _unusable("discovery document", issuer) from wrong

    def key(self, issuer: str, kid: str | None, algorithm: str, *, afresh: bool = False) -> Any:
        """The provider's public key for one token; without a `kid` the only one that fits. `afresh` looks again.

        Raises:
            Unauthenticated: the provider has no such key.
            Unavailable: its keys cannot be fetched.
        """

        def fitting(document: Any) -> list[Any]:
            published = document.get("keys", ()) if isinstance(document, dict) else ()
            return [one for one in published if _fits(one, kid, algorithm)]

        document = self._get(self.metadata(issuer).jwks_uri, KEYS_S, lambda held: not afresh and bool(fitting(held)))
        candidates = fitting(document)
        if len(candidates) != 1:
            raise Unauthenticated(
                "The token is signed with a key that the identity provider does not publish.",
                hint="Sign in again; a new key is known after some seconds.",
                code="token_key_unknown",
            )
        try:
            key = jwt.PyJWK.from_dict(candidates[0], algorithm=algorithm).key
        except (jwt.PyJWTError, ValueError, TypeError) as broken:
            raise _unusable("key", issuer) from broken
        if isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS:
            raise _unusable("key", issuer)
        return key

    def _get(self, address: str, lasts_s: float, satisfies: Callable[[Any], bool]) -> Any:
        """The JSON at an address: as held while that is young and satisfies, else fetched, unless just tried."""
        with self._making:
            lock = self._locks.setdefault(address, threading.Lock())
            held = self._held.setdefault(address, _Held())
        with lock:
            now = self._clock()
            young = now - held.fetched_at < lasts_s
            if (not young or not satisfies(held.value)) and now - held.tried_at >= self._back_off_s:
                held.tried_at = now
                fetched = self._fetch(address)
                if fetched is not None:
                    held.value, held.fetched_at = fetched, now
            if now - held.fetched_at >= max(lasts_s, KEYS_LAST_S):
                raise Unavailable(
                    "The identity provider does not answer.", hint="Try again.", retry_after_s=int(self._back_off_s) + 1
                )
            return held.value

    def _fetch(self, address: str) -> Any:
        """The JSON at an address; None when there is none to be had, which the log explains."""
        try:
            answer = self.http.get(address, headers={"Accept": "application/json"})
            if answer.status_code == httpx.codes.OK and len(answer.content) <= LARGEST:
                return answer.json()
            reason = f"status {answer.status_code}, {len(answer.content)} bytes"
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as failed:
            reason = type(failed).__name__
        structlog.get_logger("akademos.serving").warning("identity_provider", address=address, reason=reason)
        return None


def _fits(one: Any, kid: str | None, algorithm: str) -> bool:
    return (
        isinstance(one, dict)
        and one.get("kty") == ALGORITHMS[algorithm]
        and one.get("use", "sig") == "sig"
        and one.get("alg", algorithm) == algorithm
        and (algorithm != "ES256" or one.get("crv") == "P-256")
        and (kid is None or one.get("kid") == kid)
    )


def _unusable(what: str, issuer: str) -> Unavailable:
    return Unavailable(
        f"The {what} of the identity provider {issuer} cannot be used.",
        hint="Check the tenant's setting oidc_issuer, and that the provider is set up right.",
        code="identity_provider",
        retry_after_s=30,
    )
