"""Signing in with a tenant's identity provider, against a provider process; and everything forged about it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx
import pytest
from starlette.testclient import TestClient
from tests.serving.institution import ANSWER_PATHS, SECRET, CountingAnswers, Institution, services_on

from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import create_app
from akademos.serving.services import Services
from akademos.stores.postgres.tenant_settings import PostgresTenantSettings

ROOT = Path(__file__).parents[2]
DASHBOARD = ANSWER_PATHS[0]
CLIENT = "akademos-at-college"


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a provider in a process of its own."""
    folder = tmp_path_factory.mktemp("provider")
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.serving.openid_process", str(folder)], cwd=ROOT, stdout=log, stderr=log
        )
        try:
            deadline = time.monotonic() + 60
            while not (folder / "port").exists() or not (folder / "port").read_text():
                assert process.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield f"http://127.0.0.1:{(folder / 'port').read_text()}"
        finally:
            process.kill()
            process.wait()


@dataclass
class College:
    """The institution with its provider, on a clock that goes with the provider's and can be moved."""

    institution: Institution
    issuer: str
    services: Services
    ahead: list[timedelta] = field(default_factory=lambda: [timedelta()])

    @property
    def tenant(self) -> str:
        return self.institution.tenant

    @property
    def audience(self) -> str:
        """Of the API; tests share a database, so no two institutions have the same."""
        return f"api-{self.tenant}"

    def set(self, tenant: str | None = None, **values: str) -> None:
        settings = PostgresTenantSettings(self.institution.database)
        for name, value in values.items():
            settings.put(tenant or self.tenant, name, value, by="test")

    def client(self) -> TestClient:
        return TestClient(create_app(self.services), follow_redirects=False)

    def control(self, what: str, **asked: Any) -> Any:
        return httpx.post(f"{self.issuer}/test/{what}", json=asked).json()

    def person(self, sub: str, **claims: Any) -> None:
        assert httpx.put(f"{self.issuer}/users/{sub}", json=claims).status_code < 300

    def way_back(self, client: TestClient, sub: str = "ada", query: str = "") -> str:
        """The address that the provider sends the browser back to."""
        begun = client.get(f"/sign-in/{self.tenant}?next=/my-progress{query}")
        assert begun.status_code == 303, begun.text
        answered = httpx.post(begun.headers["location"], data={"sub": sub})
        assert answered.status_code == 302, answered.text
        back = urlsplit(answered.headers["location"])
        assert f"{back.scheme}://{back.netloc}" == "http://127.0.0.1"
        return f"{back.path}?{back.query}"

    def sign_in(self, sub: str = "ada", query: str = "") -> tuple[TestClient, httpx.Response]:
        client = self.client()
        return client, client.get(self.way_back(client, sub, query))


@pytest.fixture
def college(institution: Institution, issuer: str, keys: Keys) -> College:
    ahead = [timedelta()]
    services = services_on(
        institution.database, keys, CountingAnswers(), lambda: datetime.now(UTC) + ahead[0], back_off_s=0.0
    )
    college = College(institution, issuer, replace(services, development=False), ahead)
    college.set(oidc_issuer=issuer, oidc_client_id=CLIENT)
    httpx.post(f"{issuer}/test/override", json={"jwks": None})
    return college


def problem(answer: httpx.Response) -> str:
    """What the page says went wrong."""
    assert "alert" in answer.text, answer.text
    return str(answer.text.split('role="alert">', 1)[1].split("<", 1)[0])


def test_a_learner_signs_in_and_gets_the_own_answer(college: College) -> None:
    client, answer = college.sign_in()
    assert answer.status_code == 200, problem(answer)
    assert answer.headers["refresh"] == "0; url=/my-progress"
    session, flow = answer.headers.get_list("set-cookie")
    assert "akademos=" in session
    assert all(word in session.lower() for word in ("httponly", "samesite=strict", "path=/"))
    assert flow.startswith('akademos-sign-in=""')
    assert SECRET in client.get(DASHBOARD).text
    assert client.get(DASHBOARD, params={"learner": "cy"}).status_code == 403


def test_what_is_asked_of_the_provider(college: College) -> None:
    client = college.client()
    begun = client.get(f"/sign-in/{college.tenant}")
    asked = parse_qs(urlsplit(begun.headers["location"]).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == [f"http://127.0.0.1/sign-in/{college.tenant}/callback"]
    assert all(len(asked[name][0]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert "samesite=lax" in begun.headers["set-cookie"].lower()
    other = parse_qs(urlsplit(client.get(f"/sign-in/{college.tenant}").headers["location"]).query)
    assert all(asked[name] != other[name] for name in ("state", "nonce", "code_challenge"))


def test_the_page_offers_the_provider(college: College) -> None:
    college.set(oidc_label="College account")
    page = college.client().get("/sign-in?next=/learners").text
    assert "College account" in page
    assert f"/sign-in/{college.tenant}?next=%2Flearners" in page


def test_rosters_grants_and_mapped_claims_give_roles(college: College) -> None:
    client, _ = college.sign_in("prof")
    assert client.get("/v1/learners").json()["learners"][0]["user_id"] == "ada"
    client, _ = college.sign_in("root")
    assert client.get("/v1/learners").json()["code"] == "role"
    client, _ = college.sign_in("prof", "&role=learner")
    assert client.get("/v1/learners").json()["code"] == "role"
    _, refused = college.sign_in("prof", "&role=steward")
    assert refused.status_code == 403
    assert "steward" in problem(refused)


def test_a_mapped_claim_gives_a_role_until_it_is_barred_or_no_longer_mapped(college: College) -> None:
    college.set(oidc_role_claim="groups", oidc_roles="staff-of-stats=analyst,deans=admin")
    college.person("mia", groups=["staff-of-stats", "choir"])
    client, answer = college.sign_in("mia")
    assert answer.status_code == 200
    assert "Analysts see aggregates" in client.get(DASHBOARD, params={"learner": "ada"}).json()["detail"]
    college.set(oidc_roles="deans=admin")
    assert client.get(DASHBOARD).json()["code"] == "role_not_granted"
    college.set(oidc_roles="staff-of-stats=analyst")
    assert client.get(DASHBOARD).json()["code"] == "role"
    college.institution.grants.grant(college.tenant, "mia", "analyst", by="test")
    college.institution.grants.revoke(college.tenant, "mia", "analyst", by="test")
    assert client.get(DASHBOARD).json()["code"] == "role_not_granted"
    client, _ = college.sign_in("mia")
    assert client.get(DASHBOARD).json()["code"] == "consent_missing"  # as a learner, who has no data here


def test_an_answer_is_used_once_and_by_its_own_browser(college: College) -> None:
    client = college.client()
    back = college.way_back(client)
    cookie = client.cookies["akademos-sign-in"]
    stranger = college.client()
    refused = stranger.get(back)
    assert (refused.status_code, "akademos=" in refused.headers.get("set-cookie", "")) == (401, False)
    stranger.get(f"/sign-in/{college.tenant}")
    assert stranger.get(back).status_code == 401
    assert client.get(back.replace(college.tenant, college.institution.elsewhere)).status_code == 401
    client.cookies.set("akademos-sign-in", cookie)
    assert client.get(back).status_code == 200
    for _ in range(2):
        client.cookies.set("akademos-sign-in", cookie)
        again = client.get(back)
        assert again.status_code == 401
        assert "akademos=ey" not in str(again.headers)


def test_a_state_starts_one_session_even_where_the_provider_takes_a_code_twice(college: College) -> None:
    standing, tokens = college.services.standing, college.services.doorkeeper.tokens
    principal = standing.role_for(college.tenant, "ada", None, ())
    standing.start_session(tokens, principal, "number")
    with pytest.raises(Exception, match="used before"):
        standing.start_session(tokens, principal, "number")


def test_a_sign_in_that_takes_too_long_is_refused(college: College) -> None:
    client = college.client()
    back = college.way_back(client)
    college.ahead[0] = timedelta(minutes=11)
    assert "too long" in problem(client.get(back))


def test_a_stolen_code_is_worth_nothing_without_its_verifier(college: College) -> None:
    victim, thief = college.client(), college.client()
    code = parse_qs(urlsplit(college.way_back(victim)).query)["code"][0]
    theirs = college.way_back(thief, "ben")
    own = parse_qs(urlsplit(theirs).query)["code"][0]
    assert "invalid_grant" in problem(thief.get(theirs.replace(own, code)))


@pytest.mark.parametrize(
    "next_path", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "evil", "javascript:alert(1)"]
)
def test_the_way_on_stays_on_this_site(college: College, next_path: str) -> None:
    client = college.client()
    begun = client.get(f"/sign-in/{college.tenant}", params={"next": next_path})
    back = urlsplit(httpx.post(begun.headers["location"], data={"sub": "ada"}).headers["location"])
    answer = client.get(f"{back.path}?{back.query}")
    assert answer.headers["refresh"] == "0; url=/"
    assert "evil" not in answer.text


FORGED: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "another audience": {"claims": {"aud": "another application"}},
    "no audience": {"claims": {"aud": None}},
    "several audiences, no party": {"claims": {"aud": [CLIENT, "another"]}},
    "another party": {"claims": {"aud": [CLIENT, "another"], "azp": "another"}},
    "expired": {"claims": {"iat": 1_700_000_000, "exp": 1_700_000_300}},
    "never expires": {"claims": {"exp": None}},
    "expires as text": {"claims": {"exp": "tomorrow"}},
    "not yet": {"claims": {"nbf": 4_000_000_000}},
    "not yet, as text": {"claims": {"nbf": "soon"}},
    "of the future": {"claims": {"iat": 4_000_000_000, "exp": 4_000_000_300}},
    "lives a year": {"claims": {"exp": 4_000_000_000}},
    "another nonce": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "nobody's": {"claims": {"sub": ""}},
    "of somebody with NUL": {"claims": {"sub": "a\x00"}},
    "of a number": {"claims": {"sub": 7}},
    "unsigned": {"how": "none"},
    "HMAC under the public key": {"how": "public"},
    "a stranger's key, named as ours": {"how": "stranger"},
    "a stranger's key": {"how": "stranger", "header": {"kid": "stranger"}},
    "critical extension": {"header": {"crit": ["exp"]}},
    "another kind of token": {"header": {"typ": "secevent+jwt"}},
}


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_id_token_signs_nobody_in(college: College, name: str) -> None:
    college.control("override", sign=FORGED[name])
    client, answer = college.sign_in()
    assert (answer.status_code, "akademos=ey" in str(answer.headers)) == (401, False)
    assert client.get(DASHBOARD).status_code == 401


@pytest.mark.parametrize(
    "asked",
    [
        {"claims": {"aud": [CLIENT, "another"], "azp": CLIENT}},
        {"header": {"kid": None}},
        {"how": "elliptic"},
        {"claims": {"nbf": int(time.time()) + 15}},
    ],
)
def test_what_a_provider_may_also_send(college: College, asked: dict[str, Any]) -> None:
    college.control("override", sign=asked)
    assert college.sign_in()[1].status_code == 200


def test_keys_rotate(college: College) -> None:
    assert college.sign_in()[1].status_code == 200
    old = college.control("sign", claims={"sub": "ada", "aud": college.audience})
    college.set(oidc_audience=college.audience)
    bearer = {"Authorization": f"Bearer {old}"}
    assert college.client().get(DASHBOARD, headers=bearer).status_code == 200
    college.control("rotate")
    assert college.sign_in()[1].status_code == 200
    answer = college.client().get(DASHBOARD, headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_key_unknown")
    unnamed = {"claims": {"sub": "ada", "aud": college.audience}, "header": {"kid": None}}
    for _ in range(2):
        bearer = {"Authorization": f"Bearer {college.control('sign', **unnamed)}"}
        assert college.client().get(DASHBOARD, headers=bearer).status_code == 200
        college.control("rotate")


def test_unknown_keys_do_not_make_us_ask_the_provider_over_and_over(college: College, keys: Keys) -> None:
    services = services_on(college.institution.database, keys, CountingAnswers(), lambda: datetime.now(UTC))
    college.set(oidc_audience=college.audience)
    client = TestClient(create_app(services))
    before = college.control("counts")["/jwks"]
    for number in range(20):
        forged = college.control("sign", how="stranger", header={"kid": f"k{number}"}, claims={"aud": college.audience})
        answer = client.get(DASHBOARD, headers={"Authorization": f"Bearer {forged}"})
        assert answer.json()["code"] == "token_key_unknown"
    assert college.control("counts")["/jwks"] - before == 1


ACCESS: dict[str, dict[str, Any]] = {
    "of the sign-in": {"claims": {"aud": CLIENT}},
    "of nobody": {"claims": {"sub": None}},
    **{name: asked for name, asked in FORGED.items() if "nonce" not in name and "party" not in name},
}


@pytest.mark.parametrize("name", ACCESS)
def test_a_forged_access_token_is_refused(college: College, name: str) -> None:
    college.set(oidc_audience=college.audience)
    asked = ACCESS[name]
    token = college.control(
        "sign", **{**asked, "claims": {"sub": "ada", "aud": college.audience, **asked.get("claims", {})}}
    )
    answer = college.client().get(DASHBOARD, headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_access_tokens_carry_mapped_roles_and_only_in_their_tenant(college: College) -> None:
    college.set(
        oidc_audience=college.audience, oidc_role_claim="groups", oidc_roles="teachers=instructor", oidc_require="org=c"
    )

    def get(path: str, learner: str | None = None, **claims: Any) -> httpx.Response:
        token = college.control(
            "sign", claims={"aud": [college.audience, "other"], "azp": "portal", "org": "c", **claims}
        )
        parameters = {} if learner is None else {"learner": learner}
        headers = {"Authorization": f"Bearer {token}"}
        answer: httpx.Response = college.client().get(path, params=parameters, headers=headers)
        return answer

    assert SECRET in get(DASHBOARD, sub="ada").text
    assert SECRET in get(DASHBOARD, "ada", sub="prof", groups="teachers").text
    assert get(DASHBOARD, "ada", sub="prof", groups="pupils").json()["code"] == "scope"
    assert get(DASHBOARD, "eve", sub="prof", groups=["teachers"]).json()["code"] == "scope"
    assert get(DASHBOARD, sub="ada", org="d").json()["code"] == "claim_required"
    assert get(DASHBOARD, sub="ada", org=None).json()["code"] == "claim_required"
    college.set(oidc_audience="")
    assert get(DASHBOARD, sub="ada").status_code == 401
    for tenant in (college.tenant, college.institution.elsewhere):
        college.set(tenant, oidc_issuer=college.issuer, oidc_client_id="c", oidc_audience=college.audience)
    assert get(DASHBOARD, sub="ada").json()["code"] == "tenant_ambiguous"


def test_an_e_mail_address_names_somebody_only_when_verified(college: College) -> None:
    college.set(oidc_user_claim="email", oidc_scopes="openid email")
    college.person("x1", email="ada", email_verified=False)
    assert "not verified" in problem(college.sign_in("x1")[1])
    college.person("x1", email="ada", email_verified=True)
    client, _ = college.sign_in("x1")
    assert SECRET in client.get(DASHBOARD).text


def test_a_refusal_at_the_provider_is_told(college: College) -> None:
    client = college.client()
    begun = client.get(f"/sign-in/{college.tenant}")
    denied = httpx.post(begun.headers["location"], data={"action": "deny"})
    back = urlsplit(denied.headers["location"])
    state = parse_qs(urlsplit(begun.headers["location"]).query)["state"][0]
    answer = client.get(f"{back.path}?error=access_denied&state={state}")
    assert (answer.status_code, "access_denied" in problem(answer)) == (401, True)
    client.get(f"/sign-in/{college.tenant}")
    answer = client.get(f"{back.path}?error=<script>&state={state}")
    assert "<script>" not in answer.text


def test_a_provider_that_is_away_is_an_announced_outage(college: College) -> None:
    college.set(oidc_issuer="http://127.0.0.1:9")
    answer = college.client().get(f"/sign-in/{college.tenant}")
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.headers["retry-after"]
    college.set(oidc_issuer=college.issuer + "/")
    assert college.client().get(f"/sign-in/{college.tenant}").json()["code"] == "identity_provider"


def test_there_is_no_sign_in_for_a_tenant_without_provider_or_that_is_not_there(college: College) -> None:
    for tenant in (college.institution.elsewhere, "gone", "%00", "../x", "a" * 300):
        answer = college.client().get(f"/sign-in/{tenant}")
        assert answer.status_code == 404, tenant
    assert college.client().get(f"/sign-in/{college.tenant}?role=service").status_code == 400


def test_the_secret_comes_from_the_environment_or_a_file(
    college: College, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    college.set(oidc_secret_env="COLLEGE_SECRET")
    assert "secret" in problem(college.sign_in()[1])
    monkeypatch.setenv("COLLEGE_SECRET", "s3cret")
    assert college.sign_in()[1].status_code == 200
    (tmp_path / "secret").write_text("s3cret\n")
    college.set(oidc_secret_env="", oidc_secret_file=str(tmp_path / "secret"))
    assert college.sign_in()[1].status_code == 200


def test_the_installation_must_know_its_address_unless_it_is_this_machine(college: College) -> None:
    college.services = replace(college.services, public_url="")
    answer = college.client().get(f"/sign-in/{college.tenant}", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.json()["code"]) == (503, "public_url_missing")
    here = college.client().get(f"/sign-in/{college.tenant}", headers={"Host": "127.0.0.1:8000"})
    assert "127.0.0.1%3A8000" in here.headers["location"]
