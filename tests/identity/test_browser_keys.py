"""Publishable keys: bound to origins, good for nothing but events, and a user counts only on the host's word."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import orjson
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.identity.conftest import PHONE
from tests.intake.conftest import answered

from akademos.catalogue.declarations import Purpose
from akademos.errors import InputError
from akademos.privacy.identity import address_name
from akademos.privacy.origins import is_origin
from akademos.settings import Settings
from akademos.stores.ports.identity import Identifier
from akademos.system import System

ORIGIN = "https://learn.example.org"
TENANT, OTHER = "college", "elsewhere"


class Pages:
    """A running application, a publishable key, and the host that signs tokens."""

    def __init__(self, system: System, client: TestClient) -> None:
        self.system = system
        self.client = client
        self.key = system.api_keys.publish(TENANT, "site", [ORIGIN], actor="test")
        self.kid, self.secret = system.host_keys.share(TENANT, actor="test")

    def token(self, user: str = "ada", *, signed: str | None = None, algorithm: str = "HS256", **claims: Any) -> str:
        now = int(datetime.now(UTC).timestamp())
        said = {"sub": user, "aud": f"akademos:{TENANT}", "iat": now, "exp": now + 300, **claims}
        said = {name: value for name, value in said.items() if value is not None}
        if algorithm == "none":
            return jwt.encode(said, None, algorithm=algorithm)  # type: ignore[arg-type]  # which is what to refuse
        return jwt.encode(said, signed or self.secret, algorithm=algorithm)

    def send(self, *events: dict[str, Any], key: str | None = None, origin: str | None = ORIGIN, **headers: str) -> Any:
        return self.client.post(
            "/v1/events/batch",
            content=orjson.dumps({"events": events}),
            headers={
                "Authorization": f"Bearer {key or self.key}",
                **({"Origin": origin} if origin is not None else {}),
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )

    def verdict(self, event: dict[str, Any], **headers: str) -> dict[str, Any]:
        answer = self.send(event, **headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["verdicts"][0]
        return found

    def grant(self, kind: str, value: str) -> str:
        one = Identifier(kind, value)  # type: ignore[arg-type]  # tests name the two kinds
        key = self.system.vault.ensure(TENANT, [one])[one].learner_key
        self.system.consent.decide(TENANT, key, list(Purpose), "granted", text_version="1", recorded_by="test")
        return key

    def landed(self) -> list[str]:
        with self.system.database.pipeline() as transaction:
            return [key for (key,) in transaction.execute("SELECT actor_key::text FROM landing ORDER BY seq")]


def event(user: str | None = "ada", **more: Any) -> dict[str, Any]:
    found = answered(user or "", at=datetime.now(UTC), anonymous_id=PHONE, **more)
    if user is None:
        del found["user_id"]
    return found


@pytest.fixture
def pages(settings: Settings) -> Iterator[Pages]:
    with System(settings) as system:
        for tenant in (TENANT, OTHER):
            system.tenants.create(tenant, tenant, actor="test")
        with TestClient(system.application()) as client:
            yield Pages(system, client)


def test_a_user_counts_with_the_hosts_token_only(pages: Pages) -> None:
    anonymous, ada = pages.grant("anonymous", PHONE), pages.grant("user", "ada")
    verdict = pages.verdict(event())
    assert (verdict["verdict"], verdict["dropped"]) == ("accepted", ["/user_id"])
    assert pages.landed() == [anonymous]
    assert not pages.system.identity.log(TENANT)
    named = pages.verdict(event(), Akademos_User_Token=pages.token())
    assert "dropped" not in named
    assert pages.landed() == [anonymous, ada]
    (link,) = pages.system.identity.log(TENANT)
    assert link.evidence == "login"
    other = pages.verdict(event("ben"), Akademos_User_Token=pages.token())
    assert other["dropped"] == ["/user_id"]


def _shifted(pages: Pages, seconds: int) -> str:
    now = int(datetime.now(UTC).timestamp()) + seconds
    return pages.token(iat=now, exp=now + 300)


def _of_another(pages: Pages) -> str:
    return pages.system.host_keys.share(OTHER, actor="test")[1]


def _revoked(pages: Pages) -> str:
    kid, secret = pages.system.host_keys.share(TENANT, actor="test")
    assert pages.system.host_keys.revoke(TENANT, kid, actor="test")
    return pages.token(signed=secret)


FORGED: dict[str, tuple[Callable[[Pages], str], str]] = {
    "nonsense": (lambda pages: "abc", "token_forged"),
    "another secret": (lambda pages: pages.token(signed="x" * 43), "token_forged"),
    "no signature": (lambda pages: pages.token(algorithm="none"), "token_forged"),
    "another algorithm": (lambda pages: pages.token(algorithm="HS512"), "token_forged"),
    "expired": (lambda pages: _shifted(pages, -600), "token_expired"),
    "from the future": (lambda pages: _shifted(pages, 600), "token_expired"),
    "long-lived": (lambda pages: pages.token(exp=int(datetime.now(UTC).timestamp()) + 3600), "token_lifetime"),
    "for another tenant": (lambda pages: pages.token(aud=f"akademos:{OTHER}"), "token_audience"),
    "for nobody": (lambda pages: pages.token(aud=None), "token_forged"),
    "without end": (lambda pages: pages.token(exp=None), "token_forged"),
    "by another tenant's host": (lambda pages: pages.token(signed=_of_another(pages)), "token_forged"),
    "by a revoked key": (_revoked, "token_forged"),
    "too long": (lambda pages: "a" * 9_000, "token_forged"),
}


def test_whatever_else_is_shown_the_event_is_anonymous(pages: Pages) -> None:
    anonymous = pages.grant("anonymous", PHONE)
    pages.grant("user", "ada")
    for name, (make, code) in FORGED.items():
        answer = pages.send(event(), Akademos_User_Token=make(pages))
        assert answer.status_code == 200, name
        assert answer.json()["user_token"] == code, name
        assert answer.json()["verdicts"][0]["dropped"] == ["/user_id"], name
    assert set(pages.landed()) == {anonymous}


def test_a_token_just_over_its_time_is_within_the_leeway(pages: Pages) -> None:
    now = int(datetime.now(UTC).timestamp())
    answer = pages.send(event(), Akademos_User_Token=pages.token(iat=now - 310, exp=now - 10))
    assert "user_token" not in answer.json()


@pytest.mark.parametrize("kind", ["rsa", "ec"])
def test_a_host_may_sign_with_a_key_of_its_own(pages: Pages, kind: str) -> None:
    private = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048)
        if kind == "rsa"
        else ec.generate_private_key(ec.SECP256R1())
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    registered = pages.system.host_keys.register(TENANT, public, actor="test")
    signed = jwt.encode(
        jwt.decode(pages.token(), options={"verify_signature": False}), private, algorithm=registered.algorithm
    )
    assert "user_token" not in pages.send(event(), Akademos_User_Token=signed).json()
    with pytest.raises(InputError):
        pages.system.host_keys.register(TENANT, b"nonsense", actor="test")
    if kind == "rsa":
        weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()
        pem = weak.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        with pytest.raises(InputError):
            pages.system.host_keys.register(TENANT, pem, actor="test")


@pytest.mark.parametrize(
    "origin",
    [
        "https://learn.example.org.evil.com", "https://evil.com", "http://learn.example.org", "null", "", None,
        "https://learn.example.org:8443", "https://LEARN.example.org", "https://learn.example.org/", "https://x.org",
    ],
)  # fmt: skip
def test_another_origin_is_refused(pages: Pages, origin: str | None) -> None:
    answer = pages.send(event(), origin=origin)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
    preflight = pages.client.options("/v1/events/batch", headers={"Origin": origin} if origin is not None else {})
    assert preflight.status_code == 403
    assert "access-control-allow-origin" not in preflight.headers


def test_a_page_of_the_origin_may_ask_and_read(pages: Pages) -> None:
    for path in ("/v1/events", "/v1/events/batch", "/v1/events/beacon", "/v1/identity/salt"):
        preflight = pages.client.options(path, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
        assert preflight.status_code == 204
        assert preflight.headers["access-control-allow-origin"] == ORIGIN
        assert "*" not in preflight.headers["access-control-allow-headers"]
    answer = pages.send(event(None))
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["vary"] == "Origin"
    single = pages.client.post(
        "/v1/events", content=b"{", headers={"Origin": ORIGIN, "Authorization": f"Bearer {pages.key}"}
    )
    assert single.status_code == 400
    assert single.headers["access-control-allow-origin"] == ORIGIN


def test_a_beacon_carries_its_key_in_the_body(pages: Pages) -> None:
    body = {"key": pages.key, "user_token": pages.token(), "events": [event()]}
    answer = pages.client.post(
        "/v1/events/beacon", content=orjson.dumps(body), headers={"Origin": ORIGIN, "Content-Type": "text/plain"}
    )
    assert answer.status_code == 200
    assert "dropped" not in answer.json()["verdicts"][0]
    for content, headers, status in (
        (body, {}, 403),
        (body, {"Origin": "https://evil.com"}, 403),
        ({**body, "key": "pk_00_00"}, {"Origin": ORIGIN}, 401),
        ({"events": []}, {"Origin": ORIGIN}, 400),
        ([], {"Origin": ORIGIN}, 400),
    ):
        assert (
            pages.client.post("/v1/events/beacon", content=orjson.dumps(content), headers=headers).status_code == status
        )
    secret = pages.system.api_keys.create(TENANT, "server", actor="test")
    stolen = pages.client.post(
        "/v1/events/beacon", content=orjson.dumps({**body, "key": secret}), headers={"Origin": ORIGIN}
    )
    assert stolen.status_code == 401


def test_a_publishable_key_opens_nothing_else(pages: Pages) -> None:
    headers = {"Authorization": f"Bearer {pages.key}", "Origin": ORIGIN}
    for method, path in (
        ("GET", "/v1/consent"), ("POST", "/v1/consent"), ("POST", "/v1/identify"), ("GET", "/v1/identity/merges"),
        ("GET", "/v1/analytics/dashboard"), ("GET", "/v1/learners"),
    ):  # fmt: skip
        answer = pages.client.request(method, path, headers=headers, json={"user_id": "ada"})
        assert answer.status_code in (400, 401), (path, answer.text)
        assert "access-control-allow-origin" not in answer.headers


def test_a_browser_speaks_of_nobody_else(pages: Pages) -> None:
    pages.grant("anonymous", PHONE)
    about = pages.verdict(event(None, subject_id="ben"))
    assert about["dropped"] == ["/subject_id"]
    hashed = pages.verdict(event(pii_hash="a" * 64, pii_salt_version=1))
    assert hashed["dropped"] == ["/user_id", "/pii_hash", "/pii_salt_version"]
    note = pages.verdict(
        {"event_id": str(uuid.uuid4()), "event_name": "report_export_generated", "anonymous_id": PHONE,
         "user_id": "ada", "properties": {}},
        Akademos_User_Token=pages.token(),
    )  # fmt: skip
    assert (note["verdict"], note["code"]) == ("rejected", "staff_event")


def test_rates_are_per_key_and_per_network(pages: Pages) -> None:
    slow = pages.system.api_keys.publish(TENANT, "slow", [ORIGIN], rate_per_s=1, burst=2, actor="test")
    assert pages.send(event(None), event(None), event(None), key=slow).status_code == 200
    refused = pages.send(event(None), key=slow)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["access-control-allow-origin"] == ORIGIN
    assert pages.send(event(None)).status_code == 200


def test_an_address_has_another_name_every_day_and_none_alone() -> None:
    day = datetime(2026, 3, 2, tzinfo=UTC).date()
    here = address_name(b"k", day, "192.0.2.7")
    assert here == address_name(b"k", day, "192.0.2.200")
    assert here != address_name(b"k", day, "192.0.3.7")
    assert here != address_name(b"k", day + timedelta(days=1), "192.0.2.7")
    assert here != address_name(b"other", day, "192.0.2.7")
    assert address_name(b"k", day, "2001:db8:1::1") == address_name(b"k", day, "2001:db8:1:ffff::2")
    assert address_name(b"k", day, "testclient") == address_name(b"k", day, "")


@given(st.text())
def test_an_origin_is_what_it_is(text: str) -> None:
    assert not is_origin(text + "/")
    assert not is_origin("https://*." + text)
    assert not is_origin(text.upper()) or text.upper() == text


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("https://learn.example.org", True), ("http://localhost:5173", True), ("http://127.0.0.1:8080", True),
        ("https://learn.example.org:8443", True), ("https://learn.example.org:443", False), ("http://a.org", False),
        ("https://*", False), ("*", False), ("null", False), ("https://a.org:0", False), ("https://a.org:99999", False),
        ("https://a..org", False), ("https://user@a.org", False), ("https://a.org\n", False),
    ],
)  # fmt: skip
def test_origins_by_example(text: str, good: bool) -> None:
    assert is_origin(text) is good


def test_a_rotated_key_works_for_its_grace(pages: Pages) -> None:
    keys = pages.system.api_keys
    old = keys.create(TENANT, "app", scopes=("ingest", "consent"), rate_per_s=7, burst=9, strict=True, actor="test")
    new = keys.rotate(TENANT, old.split("_")[1], grace=timedelta(hours=1), actor="test")
    before, after = keys.find(old), keys.find(new)
    assert before is not None
    assert after is not None
    assert (before.scopes, before.rate_per_s, before.burst, before.strict) == (
        after.scopes, after.rate_per_s, after.burst, after.strict,
    )  # fmt: skip
    newest = keys.rotate(TENANT, new.split("_")[1], grace=timedelta(0), actor="test")
    assert keys.find(new) is None
    assert keys.find(newest) is not None
    page = keys.rotate(TENANT, pages.key.split("_")[1], grace=timedelta(hours=1), actor="test")
    assert page.startswith("pk_")
    assert pages.send(event(None), key=page).status_code == 200
    used = {one.key_id: one.last_used_at for one in keys.keys(TENANT)}
    assert used[page.split("_")[1]] is not None
    actions = _actions(pages)
    assert actions.count("key.rotated") == 3


def _actions(pages: Pages) -> list[str]:
    with pages.system.database.pipeline() as transaction:
        return [action for (action,) in transaction.execute("SELECT action FROM audit_log")]


def test_the_salt_is_told_to_servers_and_pages(pages: Pages) -> None:
    first = pages.client.get("/v1/identity/salt", headers={"Authorization": f"Bearer {pages.key}", "Origin": ORIGIN})
    assert first.json()["version"] == 1
    assert first.json()["previous"] is None
    assert first.headers["access-control-allow-origin"] == ORIGIN
    pages.system.salts.rotate(TENANT, actor="test")
    server = pages.system.api_keys.create(TENANT, "server", actor="test")
    second = pages.client.get("/v1/identity/salt", headers={"Authorization": f"Bearer {server}"}).json()
    assert (second["version"], second["previous"]["salt"]) == (2, first.json()["salt"])
    for headers in ({}, {"Authorization": f"Bearer {pages.key}"}, {"Authorization": "Bearer nonsense"},
                    {"Authorization": f"Bearer {pages.key}", "Origin": "https://evil.com"}):  # fmt: skip
        assert pages.client.get("/v1/identity/salt", headers=headers).status_code in (401, 403)
