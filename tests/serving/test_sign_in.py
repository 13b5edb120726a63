"""The development sign-in, sessions, and forms that another site cannot send."""

from __future__ import annotations

import json
import re

import pytest
from starlette.testclient import TestClient
from tests.privacy.classified import registered
from tests.serving.institution import ANSWER_PATHS, NOW, CountingAnswers, Institution, services_on

from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import create_app
from akademos.stores.postgres.database import Database

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


def test_the_sign_in_does_not_exist_outside_development(shared_database: Database, keys: Keys) -> None:
    services = services_on(shared_database, keys, CountingAnswers(), lambda: NOW, development=False, secure=True)
    app = create_app(services)
    client = TestClient(app, base_url="https://testserver", follow_redirects=False)
    paths = {path for _, path in registered(app)}
    assert "/sign-in" not in paths
    assert "/sign-out" in paths
    for answer in (client.get("/sign-in"), client.post("/sign-in", data={"person": "[]"})):
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_route")
    assert client.get("/my-progress", headers=HTML).status_code == 401


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
