"""Consent over HTTP: who may decide for whom, and what a decision does to the next answer."""

from __future__ import annotations

from typing import Any

import pytest
from tests.serving.institution import ANSWER_PATHS, Institution

from akademos.catalogue.roles import Role

ANONYMOUS = "7d5f7c9e-6f34-4a1c-9a52-0a6f3b3f9b11"


def decision(made: str = "withdrawn", **more: Any) -> dict[str, Any]:
    return {"purposes": ["learning_support"], "decision": made, "text_version": "2026-01", **more}


def key(institution: Institution, *scopes: str) -> dict[str, str]:
    from akademos.stores.postgres.api_keys import PostgresApiKeys

    secret = PostgresApiKeys(institution.database).create(institution.tenant, "host", scopes=scopes, actor="test")
    return {"Authorization": f"Bearer {secret}"}


def test_a_learner_withdraws_and_grants_for_themself(institution: Institution) -> None:
    client = institution.as_("ada")
    withdrawn = client.post("/v1/consent", json=decision())
    assert withdrawn.json()["state"][0]["decision"] == "withdrawn"
    assert client.get(ANSWER_PATHS[0]).status_code == 403
    assert client.post("/v1/consent", json=decision("granted")).status_code == 200
    assert client.get(ANSWER_PATHS[0]).status_code == 200
    history = client.get("/v1/consent").json()["history"]
    assert [line["decision"] for line in history] == ["granted", "withdrawn", "granted"]
    assert [line["version"] for line in history] == sorted(line["version"] for line in history)


def test_a_host_records_for_its_learners(institution: Institution) -> None:
    headers = key(institution, "consent")
    client = institution.client()
    for person in ({"user_id": "ada"}, {"user_id": "someone-new"}, {"anonymous_id": ANONYMOUS}):
        answer = client.post("/v1/consent", json=decision("granted", **person), headers=headers)
        assert answer.status_code == 200, answer.text
        seen = client.get("/v1/consent", params=person, headers=headers).json()
        assert seen["state"][0]["decision"] == "granted"
        assert institution.people["ada"] not in str(seen)
    assert client.get("/v1/consent", params={"user_id": "unheard-of"}, headers=headers).json() == {
        "state": [],
        "history": [],
    }


@pytest.mark.parametrize(
    ("user_id", "role", "body", "status", "code"),
    [
        ("ada", "learner", decision(user_id="ben"), 403, "scope"),
        ("ada", "learner", decision(anonymous_id=ANONYMOUS), 403, "scope"),
        ("prof", "instructor", decision(user_id="ada"), 403, "role"),
        ("root", "admin", decision(user_id="ada"), 403, "role"),
        ("ada", "service", decision(user_id="ada"), 403, "role_not_granted"),
        ("prof", "learner", decision(), 409, "staff_decide_nothing"),
        ("ada", "learner", {}, 422, "missing"),
        ("ada", "learner", decision(purposes=[]), 422, "input_invalid"),
        ("ada", "learner", decision(purposes=["spying"]), 422, "input_invalid"),
        ("ada", "learner", decision("maybe"), 422, "input_invalid"),
        ("ada", "learner", decision(text_version="\u0000"), 422, "input_invalid"),
        ("ada", "learner", decision(extra=1), 422, "input_invalid"),
        ("ada", "learner", [], 422, "input_invalid"),
    ],
)
def test_who_may_not_decide_and_what_is_no_decision(
    institution: Institution, user_id: str, role: Role, body: Any, status: int, code: str
) -> None:
    answer = institution.as_(user_id, role).post("/v1/consent", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert institution.as_("ada").get(ANSWER_PATHS[0]).status_code == 200


@pytest.mark.parametrize("person", [{}, {"user_id": "ada", "anonymous_id": ANONYMOUS}])
def test_a_host_names_exactly_one_person(institution: Institution, person: dict[str, str]) -> None:
    answer = institution.client().post("/v1/consent", json=decision(**person), headers=key(institution, "consent"))
    assert (answer.status_code, answer.json()["code"]) == (400, "person_missing")


def test_a_key_without_the_scope_decides_nothing(institution: Institution) -> None:
    answer = institution.client().post("/v1/consent", json=decision(user_id="ada"), headers=key(institution, "ingest"))
    assert (answer.status_code, answer.json()["code"]) == (403, "role")


def test_a_key_reads_no_answers(institution: Institution) -> None:
    headers = key(institution, "ingest", "consent")
    for path in ANSWER_PATHS:
        answer = institution.client().get(path, params={"learner": "ada"}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "role")


def test_a_malformed_body_is_told_where(institution: Institution) -> None:
    headers = {"Content-Type": "application/json"}
    answer = institution.as_("ada").post("/v1/consent", content=b'{"purposes": ', headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_json")


def test_a_body_that_is_too_large_is_refused(institution: Institution) -> None:
    body = decision(text_version="x" * 20_000)
    answer = institution.as_("ada").post("/v1/consent", json=body)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    ("stop", "lift", "code"),
    [
        ("paused", "resumed", "consent_paused"),
        ("restricted", "restriction_lifted", "processing_restricted"),
        ("objected", "objection_withdrawn", "processing_objected"),
    ],
)
def test_a_stop_says_what_it_is_and_deletes_nothing(institution: Institution, stop: str, lift: str, code: str) -> None:
    client = institution.as_("ada")
    body = {"purposes": ["learning_support"], "decision": stop}
    (line,) = client.post("/v1/consent", json=body).json()["state"]
    assert (line["decision"], line["live"], line["granted"]) == (stop, False, True)
    refused = client.get(ANSWER_PATHS[0])
    assert (refused.status_code, refused.json()["code"]) == (403, code)
    (line,) = client.post("/v1/consent", json={**body, "decision": lift}).json()["state"]
    assert (line["decision"], line["live"], line["text_version"]) == ("granted", True, "1")
    assert client.get(ANSWER_PATHS[0]).status_code == 200


def test_what_is_not_granted_cannot_be_paused_and_a_grant_names_a_text(institution: Institution) -> None:
    client = institution.as_("ben")
    pause = client.post("/v1/consent", json={"purposes": ["advising"], "decision": "paused"})
    assert (pause.status_code, pause.json()["code"]) == (409, "nothing_to_pause")
    grant = client.post("/v1/consent", json={"purposes": ["advising"], "decision": "granted"})
    assert (grant.status_code, grant.json()["code"]) == (400, "text_missing")
    assert {text["purpose"] for text in client.get("/v1/consent/texts", params={"language": "de"}).json()} == {
        "learning_support",
        "advising",
        "product_analytics",
        "research",
        "peer_comparison",
    }


def test_a_host_brings_a_guardians_evidence_and_a_learner_does_not(institution: Institution) -> None:
    headers, client = key(institution, "consent"), institution.client()
    minor = {**decision("granted", user_id="kid"), "born_on": "2015-01-01"}
    refused = client.post("/v1/consent", json=minor, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (409, "guardian_missing")
    assert institution.as_("kid").post("/v1/consent", json=decision("granted")).status_code == 409
    evidence = {"evidence": "form 3", "guardian_evidence": "signed by a parent"}
    assert client.post("/v1/consent", json={**minor, **evidence}, headers=headers).status_code == 200
    own = institution.as_("kid").post("/v1/consent", json={**decision("granted"), **evidence})
    assert (own.status_code, own.json()["code"]) == (403, "role")


def test_tracking_is_switched_over_the_api(institution: Institution) -> None:
    client = institution.as_("ada")
    for wanted in (True, False):
        answer = client.post("/v1/consent/tracking", json={"tracking_opt_out": wanted})
        assert answer.json() == {"tracking_opt_out": wanted}
    headers = key(institution, "consent")
    body = {"tracking_opt_out": True, "anonymous_id": ANONYMOUS}
    assert institution.client().post("/v1/consent/tracking", json=body, headers=headers).status_code == 200
    assert institution.as_("prof", "instructor").post("/v1/consent/tracking", json=body).status_code == 403
