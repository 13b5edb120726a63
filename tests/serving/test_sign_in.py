"""The development sign-in, sessions, and forms that another site cannot send."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient
from tests.privacy.classified import registered
from tests.serving.institution import ANSWER_PATHS, NOW, CountingAnswers, Institution, services_on

from akademos.catalogue.roles import ROLES
from akademos.errors import SettingsError
from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import create_app
from akademos.serving.principal import Principal
from akademos.settings import Settings, check_development
from akademos.stores.postgres.sign_in import PostgresSessions

HTML = {"Accept": "text/html"}


def csrf_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def sign_in(institution: Institution, user_id: str, role: str = "learner", next_path: str = "/") -> TestClient:
    client = institution.client()
    form = client.get("/sign-in").text
    person = json.dumps([institution.tenant, role, user_id])
    answer = client.post("/sign-in", data={"person": person, "csrf": csrf_of(form), "next": next_path})
    assert answer.status_code == 303, answer.text
    assert answer.headers["location"] == next_path
    return client


def test_the_page_says_what_it_is_and_lists_people(institution: Institution) -> None:
    page = institution.client().get("/sign-in").text
    assert "development sign-in" in page
    for name in ("Ada L.", "Prof. P.", "Administrator"):
        assert name in page


def test_a_session_is_a_strict_cookie_and_answers_like_a_token(institution: Institution) -> None:
    client = institution.client()
    person = json.dumps([institution.tenant, "learner", "ada"])
    answer = client.post("/sign-in", data={"person": person, "csrf": csrf_of(client.get("/sign-in").text)})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert client.get(ANSWER_PATHS[0]).status_code == 200


def test_nobody_can_be_anybody_outside_development(institution: Institution, keys: Keys) -> None:
    services = services_on(institution.database, keys, CountingAnswers(), lambda: NOW, development=False, secure=True)
    app = create_app(services)
    client = TestClient(app, base_url="https://testserver", follow_redirects=False)
    paths = {path for _, path in registered(app)}
    assert ("POST", "/sign-in") not in set(registered(app))
    assert "/sign-out" in paths
    page = client.get("/sign-in", headers=HTML)
    assert (page.status_code, 'name="person"' in page.text) == (200, False)
    assert client.post("/sign-in", data={"person": "[]"}).json()["code"] == "method_not_allowed"
    assert client.get("/my-progress", headers=HTML).headers["location"] == "/sign-in?next=%2Fmy-progress"
    development = services_on(institution.database, keys, CountingAnswers(), lambda: NOW, secure=True)
    chosen = Principal(institution.tenant, "admin", "root", "session", given_by="development")
    session = development.standing.start_session(development.doorkeeper.tokens, chosen)
    client.cookies.set(services.doorkeeper.tokens.session_cookie, session)
    assert client.get("/v1/learners").json()["code"] == "role_not_granted"


@pytest.mark.parametrize("csrf", ["", "0" * 64, "ä"])
def test_a_sign_in_without_the_forms_token_is_refused(institution: Institution, csrf: str) -> None:
    client = institution.client()
    client.get("/sign-in")
    person = json.dumps([institution.tenant, "learner", "ada"])
    answer = client.post("/sign-in", data={"person": person, "csrf": csrf})
    assert answer.status_code == 403
    assert "akademos=" not in answer.headers.get("set-cookie", "")


def test_the_forms_token_of_another_browser_is_refused(institution: Institution) -> None:
    theirs = csrf_of(institution.client().get("/sign-in").text)
    client = institution.client()
    client.get("/sign-in")
    person = json.dumps([institution.tenant, "learner", "ada"])
    assert client.post("/sign-in", data={"person": person, "csrf": theirs}).status_code == 403
    without_cookie = institution.client()
    assert without_cookie.post("/sign-in", data={"person": person, "csrf": theirs}).status_code == 403


@pytest.mark.parametrize(
    "person",
    ["", "[]", "ada", '["nowhere", "learner", "ada"]', '["TENANT", "king", "ada"]', '["TENANT", "learner", 7]'],
)
def test_nobody_can_be_signed_in_as_nobody(institution: Institution, person: str) -> None:
    client = institution.client()
    form = {"person": person.replace("TENANT", institution.tenant), "csrf": csrf_of(client.get("/sign-in").text)}
    answer = client.post("/sign-in", data=form)
    assert answer.status_code == 400
    assert "akademos=" not in answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", ""])
def test_the_way_back_stays_on_this_site(institution: Institution, elsewhere: str) -> None:
    client = institution.client()
    person = json.dumps([institution.tenant, "learner", "ada"])
    form = csrf_of(client.get("/sign-in", params={"next": elsewhere}).text)
    answer = client.post("/sign-in", data={"person": person, "csrf": form, "next": elsewhere})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_sign_out_ends_the_session_and_needs_its_token(institution: Institution) -> None:
    client = sign_in(institution, "ada")
    assert client.post("/sign-out", data={"csrf": "0" * 64}).status_code == 403
    assert client.get(ANSWER_PATHS[0]).status_code == 200
    token = institution.services.doorkeeper.tokens._bind(_session(institution, client))
    assert client.post("/sign-out", data={"csrf": token}).status_code == 303
    assert client.get(ANSWER_PATHS[0]).status_code == 401


def test_a_change_in_a_session_needs_its_token(institution: Institution) -> None:
    client = sign_in(institution, "ada")
    decision = {"purposes": ["learning_support"], "decision": "withdrawn", "text_version": "1"}
    refused = client.post("/v1/consent", json=decision)
    assert (refused.status_code, refused.json()["code"]) == (403, "form_token")
    token = institution.services.doorkeeper.tokens._bind(_session(institution, client))
    taken = client.post("/v1/consent", json=decision, headers={"X-CSRF-Token": token})
    assert taken.status_code == 200
    assert client.get(ANSWER_PATHS[0]).status_code == 403


def _session(institution: Institution, client: TestClient) -> str:
    tokens = institution.services.doorkeeper.tokens
    return tokens.read(client.cookies[tokens.session_cookie], way="session").session


@pytest.mark.parametrize(
    ("user_id", "role", "home"), [("ada", "learner", "/my-progress"), ("prof", "instructor", "/learners")]
)
def test_the_start_page_leads_home(institution: Institution, user_id: str, role: str, home: str) -> None:
    assert sign_in(institution, user_id, role).get("/").headers["location"] == home


def test_a_browser_that_is_not_signed_in_is_led_to_the_sign_in(institution: Institution) -> None:
    answer = institution.client().get("/my-progress?learner=x", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fmy-progress%3Flearner%3Dx")


def test_signing_out_ends_the_session_in_every_process(institution: Institution, keys: Keys) -> None:
    client = sign_in(institution, "ada")
    tokens = institution.services.doorkeeper.tokens
    cookie = client.cookies[tokens.session_cookie]
    other = TestClient(create_app(services_on(institution.database, keys, CountingAnswers(), lambda: NOW)))
    other.cookies.set(tokens.session_cookie, cookie)
    assert other.get(ANSWER_PATHS[0]).status_code == 200
    form = tokens._bind(_session(institution, client))
    assert client.post("/sign-out", data={"csrf": form}).status_code == 303
    stolen = other.get(ANSWER_PATHS[0])
    assert (stolen.status_code, stolen.json()["code"]) == (401, "session_ended")
    assert other.post("/sign-out", follow_redirects=False).status_code == 303  # the cookie goes all the same


def test_a_session_ends_when_idle_and_in_any_case(institution: Institution) -> None:
    idle, busy = sign_in(institution, "ada"), sign_in(institution, "ada")
    for minutes in range(40, 8 * 60, 40):
        institution.clock[0] = NOW + timedelta(minutes=minutes)
        assert busy.get(ANSWER_PATHS[0]).status_code == 200, minutes
    assert idle.get(ANSWER_PATHS[0]).json()["code"] == "session_ended"
    institution.clock[0] = NOW + timedelta(hours=8, seconds=1)
    assert busy.get(ANSWER_PATHS[0]).status_code == 401


def test_all_sessions_of_a_person_can_be_ended(institution: Institution) -> None:
    ada, again, ben = sign_in(institution, "ada"), sign_in(institution, "ada"), sign_in(institution, "ben")
    sessions = PostgresSessions(institution.database, institution.keys)
    assert sessions.end_all(institution.tenant, "ada", NOW) == 2
    assert sessions.end_all(institution.tenant, "ada", NOW) == 0
    assert [one.get(ANSWER_PATHS[0]).status_code for one in (ada, again, ben)] == [401, 401, 403]


def test_who_is_erased_is_signed_out(institution: Institution) -> None:
    client = sign_in(institution, "ada")
    with institution.database.pipeline() as transaction:
        key = (institution.tenant, institution.people["ada"])
        transaction.execute("DELETE FROM people WHERE tenant_id = %s AND learner_key = %s", key)
    assert client.get(ANSWER_PATHS[0]).json()["code"] == "session_ended"


def test_a_session_is_no_token_and_a_token_no_session(institution: Institution) -> None:
    client = sign_in(institution, "ada")
    cookie = institution.services.doorkeeper.tokens.session_cookie
    bearer = {"Authorization": f"Bearer {client.cookies[cookie]}"}
    assert institution.client().get(ANSWER_PATHS[0], headers=bearer).status_code == 401
    forged = institution.client()
    forged.cookies.set(cookie, institution.token("ada"))
    assert forged.get(ANSWER_PATHS[0]).status_code == 401


def test_a_revoked_role_ends_its_sessions(institution: Institution) -> None:
    client = sign_in(institution, "prof", "instructor")
    assert client.get("/v1/learners").status_code == 200
    institution.grants.revoke(institution.tenant, "prof", "instructor", by="test")
    answer = client.get("/v1/learners")
    assert (answer.status_code, answer.json()["code"]) == (401, "role_not_granted")
    assert client.get("/learners", headers=HTML).headers["location"].startswith("/sign-in")


@pytest.mark.parametrize("role", [role for role in ROLES if role not in {"learner", "instructor", "advisor"}])
def test_every_role_can_be_tried_in_development(institution: Institution, role: str) -> None:
    client = sign_in(institution, role, role)
    assert client.get(ANSWER_PATHS[0]).json()["code"] == "role"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org"])
def test_development_refuses_to_start_where_others_can_reach_it(settings: Settings, host: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        check_development(replace(settings, host=host))
    assert refusal.value.code == "development_exposed"
    check_development(replace(settings, host=host, environment="production"))
    for here in ("127.0.0.1", "::1", "localhost", "127.3.2.1"):
        check_development(replace(settings, host=here))
