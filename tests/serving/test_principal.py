"""Tokens, sessions, keys of service accounts; and everything forged about them."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.serving.institution import ANSWER_PATHS, NOW, Institution

from akademos.errors import InputError, Unauthenticated
from akademos.privacy.pseudonyms import Keys
from akademos.serving.principal import Tokens

DASHBOARD = ANSWER_PATHS[0]


def claims(**changed: Any) -> dict[str, Any]:
    now = int(NOW.timestamp())
    made = {
        "iss": "akademos",
        "tenant": "college",
        "role": "learner",
        "sub": "ada",
        "iat": now,
        "exp": now + 60,
        **changed,
    }
    return {name: value for name, value in made.items() if value is not None}


def signed(keys: Keys, tenant: str | None = "college", *, key_of: str | None = None, **changed: Any) -> str:
    return jwt.encode(
        claims(tenant=tenant, **changed), keys.derived(key_of or tenant or "", "tokens"), algorithm="HS256"
    )


def unsigned(**changed: Any) -> str:
    def part(content: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(content).encode()).decode().rstrip("=")

    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{part(claims(**changed))}."


def status(institution: Institution, authorization: str | None) -> tuple[int, str]:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = institution.client().get(DASHBOARD, headers=headers)
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json().get("code", "")


def test_a_token_that_a_host_signs_with_the_tenants_key_is_good(institution: Institution) -> None:
    tenant = institution.tenant
    key = base64.urlsafe_b64decode(institution.services.doorkeeper.tokens.signing_key(tenant))
    token = jwt.encode(claims(tenant=tenant), key, algorithm="HS256")
    assert status(institution, f"Bearer {token}")[0] == 200
    assert status(institution, f"bearer {token}")[0] == 200


def test_forged_and_worn_out_tokens_are_refused(institution: Institution, keys: Keys) -> None:
    now, home = int(NOW.timestamp()), institution.tenant
    forged = {
        "nobody": (None, "sign_in_needed"),
        "basic": ("Basic YTpi", "unauthenticated"),
        "empty": ("Bearer ", "unauthenticated"),
        "no token": ("Bearer nonsense", "unauthenticated"),
        "key that is none": ("Bearer ak_00_00", "unauthenticated"),
        "key with a name": ("Bearer ak_%00_x", "unauthenticated"),
    }
    tokens = {
        "unsigned": unsigned(tenant=home),
        "another tenant's key": signed(keys, home, key_of=institution.elsewhere),
        "another installation": signed(Keys(bytes(32)), home),
        "never expires": signed(keys, home, exp=None),
        "no issue time": signed(keys, home, iat=None),
        "issued in the future": signed(keys, home, iat=now + 600, exp=now + 700),
        "lives a year": signed(keys, home, exp=now + 365 * 86_400),
        "expires at infinity": signed(keys, home, exp=float("inf")),
        "expires as text": signed(keys, home, exp="tomorrow"),
        "expires truly": signed(keys, home, exp=True),
        "another issuer": signed(keys, home, iss="someone"),
        "nobody's": signed(keys, home, sub=""),
        "with NUL": signed(keys, home, sub="a" + chr(0)),
        "made-up role": signed(keys, home, role="king"),
        "no role": signed(keys, home, role=None),
        "roles": signed(keys, home, role=["admin"]),
        "no tenant": signed(keys, None),
        "tenant with a path": signed(keys, "../x"),
    }
    forged |= {name: (f"Bearer {token}", "unauthenticated") for name, token in tokens.items()}
    forged["expired"] = (f"Bearer {signed(keys, home, exp=now - 60, iat=now - 120)}", "token_expired")
    refused = {name: status(institution, header) for name, (header, _) in forged.items()}
    assert refused == {name: (401, code) for name, (_, code) in forged.items()}


def test_a_tenant_that_is_not_there_knows_nobody(institution: Institution, keys: Keys) -> None:
    assert status(institution, f"Bearer {signed(keys, 'gone')}") == (403, "consent_missing")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(max_size=60), st.binary(max_size=60).map(lambda raw: raw.decode("latin-1"))))
def test_no_text_is_a_token(keys: Keys, text: str) -> None:
    with pytest.raises(Unauthenticated):
        Tokens(keys, secure=True, clock=lambda: NOW).read(text, way="token")


def test_a_changed_character_breaks_a_token(keys: Keys) -> None:
    tokens = Tokens(keys, secure=True, clock=lambda: NOW)
    token = signed(keys)
    assert tokens.read(token, way="token").user_id == "ada"
    for position in range(0, len(token) - 1, 7):  # not the last: its spare bits mean nothing
        other = "A" if token[position] != "A" else "B"
        with pytest.raises(Unauthenticated):
            tokens.read(token[:position] + other + token[position + 1 :], way="token")


def test_no_token_is_issued_for_ever(keys: Keys) -> None:
    tokens = Tokens(keys, secure=True, clock=lambda: NOW)
    for lifetime in (timedelta(0), timedelta(days=32)):
        with pytest.raises(InputError):
            tokens.issue("college", "learner", "ada", lifetime=lifetime)


def test_cookies_are_for_tls_only_outside_development(keys: Keys) -> None:
    secure, development = Tokens(keys, secure=True, clock=lambda: NOW), Tokens(keys, secure=False, clock=lambda: NOW)
    assert secure.session_cookie.startswith("__Host-")
    assert not development.session_cookie.startswith("__Host-")
