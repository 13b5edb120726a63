"""Tokens of a tenant's identity provider: signature by its published keys, claims by our clock, who and which roles."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import jwt

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.roles import SIGN_IN_ORDER, Role
from akademos.errors import Forbidden, InputError, Unauthenticated
from akademos.serving.openid_provider import ALGORITHMS, Providers, ProviderSettings, provider_of
from akademos.serving.principal import Principal, issued_by, name_of
from akademos.stores.ports.tenant_settings import TenantSettings

_TYPES = frozenset({"jwt", "at+jwt", "application/at+jwt"})
_CHECKS: Any = {  # times are checked against our own clock
    "require": ["exp", "iat", "iss", "aud"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
_VALUES = 1_000
_LONGEST_ISSUER = 2_000


def refused(reason: str, code: str = "unauthenticated") -> Unauthenticated:
    """A token that proves nothing."""
    return Unauthenticated(reason, hint="Sign in again with the identity provider.", code=code)


def verified(
    token: str, provider: ProviderSettings, providers: Providers, *, audience: str, now: datetime
) -> dict[str, Any]:
    """The claims of a token that the provider has signed for `audience`.

    Raises:
        Unauthenticated: another algorithm, key, issuer or audience; out of its time; a claim missing.
        Unavailable: the provider's keys cannot be fetched.
    """
    try:
        header = jwt.get_unverified_header(token)
        algorithm, kid = header.get("alg"), header.get("kid")
        if (
            not isinstance(algorithm, str)
            or algorithm not in ALGORITHMS
            or "crit" in header
            or str(header.get("typ", "JWT")).lower() not in _TYPES
        ):
            raise refused("The token is not signed in a way that is taken here: " + ", ".join(ALGORITHMS) + ".")
        if kid is not None and not isinstance(kid, str):
            raise refused("The token names no key.")

        def decoded(*, afresh: bool) -> dict[str, Any]:
            key = providers.key(provider.issuer, kid, algorithm, afresh=afresh)
            return jwt.decode(
                token, key, algorithms=[algorithm], audience=audience, issuer=provider.issuer, options=_CHECKS
            )

        try:
            claims = decoded(afresh=False)
        except jwt.InvalidSignatureError:
            if kid is not None:
                raise
            claims = decoded(afresh=True)  # a provider that names no keys may have changed its only one
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError, RecursionError):
        raise refused("The token is not one that the identity provider made for this installation.") from None
    _check_times(claims, now.timestamp())
    for claim, value in provider.require.items():
        if value not in _texts(claims.get(claim)):
            raise refused(f"The token does not carry the claim {claim} that the tenant requires.", "claim_required")
    return claims


def _check_times(claims: Mapping[str, Any], now: float) -> None:
    skew = LIMITS.clock_skew_seconds
    issued, expires, begins = (_instant(claims.get(name)) for name in ("iat", "exp", "nbf"))
    if issued is None or expires is None or (begins is None and "nbf" in claims):
        raise refused("The token does not say when it holds.")
    if issued > now + skew or (begins is not None and begins > now + skew):
        raise refused("The token comes from the future.")
    if expires <= now - skew:
        raise refused("The token has expired.", "token_expired")
    if expires - issued > LIMITS.token_longest.total_seconds():
        raise refused(f"The token was made to live longer than {LIMITS.token_longest.days} days.")


def _instant(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def check_id_token(claims: Mapping[str, Any], client_id: str, nonce: str) -> None:
    """What an ID token must say besides: made for this client, in answer to this very request.

    Raises:
        Unauthenticated: it does not.
    """
    audience, party = claims.get("aud"), claims.get("azp")
    if (isinstance(audience, list) and len(audience) > 1 and party is None) or party not in (None, client_id):
        raise refused("The token was made for another application.")
    if claims.get("nonce") != nonce:
        raise refused("The token does not belong to this sign-in.", "sign_in_state")


def person_in(claims: Mapping[str, Any], provider: ProviderSettings) -> str:
    """The user_id that a token is about.

    Raises:
        Unauthenticated: it names nobody, or by an e-mail address that the provider has not verified.
    """
    user_id = claims.get(provider.user_claim)
    if provider.user_claim == "email" and claims.get("email_verified") is not True:
        raise refused("The identity provider has not verified the e-mail address.", "email_unverified")
    try:
        return name_of(user_id if isinstance(user_id, str) else "", provider.user_claim, "")
    except InputError:
        raise refused(f"The token names nobody in its claim {provider.user_claim}.") from None


def roles_in(claims: Mapping[str, Any], provider: ProviderSettings) -> frozenset[Role]:
    """The roles that a token's claim leads to by the tenant's mapping."""
    if not provider.role_claim:
        return frozenset()
    return frozenset(
        provider.roles[value] for value in _texts(claims.get(provider.role_claim)) if value in provider.roles
    )


def _texts(claim: object) -> list[str]:
    values: list[object] = claim if isinstance(claim, list) else [claim]
    return [
        value
        for value in (str(one).lower() if isinstance(one, bool) else one for one in values[:_VALUES])
        if isinstance(value, str)
    ]


class ProviderTokens:
    """Access tokens at the API: whoever issued one must be the provider of exactly one tenant with its audience."""

    def __init__(self, settings: TenantSettings, providers: Providers, clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._providers = providers
        self._clock = clock

    def read(self, token: str) -> Principal:
        """The principal behind an access token, in the first mapped role, else as a learner.

        Raises:
            Unauthenticated: no tenant's provider has issued it for this API.
            Forbidden: it fits several tenants.
            Unavailable: the provider's keys cannot be fetched.
        """
        provider = self._provider(token)
        if provider.audience is None:
            raise refused("The tenant takes no tokens of its identity provider at the API.")
        claims = verified(token, provider, self._providers, audience=provider.audience, now=self._clock())
        user_id, roles = person_in(claims, provider), roles_in(claims, provider)
        role = next((one for one in SIGN_IN_ORDER if one in roles), SIGN_IN_ORDER[-1])
        name = hashlib.sha256(token.encode()).hexdigest()
        return Principal(provider.tenant_id, role, user_id, "token", name, given_by="provider")

    def _provider(self, token: str) -> ProviderSettings:
        issuer = issued_by(token)
        if issuer is None or len(issuer) > _LONGEST_ISSUER or "\0" in issuer:
            raise refused("The token is not one of ours.")
        audiences = _texts(jwt.decode(token, options={"verify_signature": False}).get("aud"))
        found = [
            provider
            for tenant_id in self._settings.with_value("oidc_issuer", issuer)
            if (provider := provider_of(tenant_id, self._settings.of(tenant_id))) is not None
            and provider.audience in audiences
        ]
        if len(found) > 1:
            raise Forbidden(
                "The token fits several tenants.",
                hint="Give each tenant an oidc_audience of its own.",
                code="tenant_ambiguous",
            )
        if not found:
            raise refused("The token is not one of ours.")
        return found[0]
