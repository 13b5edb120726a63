"""/v1/identify and /v1/identity: who may, what it does, and what the gate answers the moment after."""

from __future__ import annotations

import threading
import uuid

from starlette.testclient import TestClient
from tests.identity.conftest import PHONE
from tests.serving.institution import SECRET, Institution

from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.api_keys import PostgresApiKeys

CHANGES = (
    ("GET", "/v1/identity/preview?first=ada&second=cy&reason=x"), ("GET", "/v1/identity/merges"),
    ("GET", "/v1/identity/suggestions"), ("POST", "/v1/identity/merges"),
    ("POST", "/v1/identity/merges/x/undo"),
)  # fmt: skip


def server(institution: Institution, *scopes: str) -> TestClient:
    """A host's server with a secret key."""
    client = institution.client()
    key = PostgresApiKeys(institution.database).create(
        institution.tenant, "host", scopes=scopes or ("ingest",), actor="test"
    )
    client.headers["Authorization"] = f"Bearer {key}"
    return client


def device(institution: Institution) -> str:
    """Key of an anonymous phone that has consented."""
    one = Identifier("anonymous", PHONE)
    key = institution.services.vault.ensure(institution.tenant, [one])[one].learner_key
    institution.people["phone"] = key
    institution.decide("phone", "granted")
    return key


def test_only_administrators_see_and_merge(institution: Institution) -> None:
    body = {"first": "ada", "second": "cy", "reason": "one person", "confirm": True}
    for client in (
        institution.as_("ada"), institution.as_("prof", "instructor"), server(institution), institution.client(),
    ):  # fmt: skip
        for method, path in CHANGES:
            answer = client.request(method, path, json=body if method == "POST" else None)
            assert answer.status_code in (401, 403, 422), (path, answer.text)
    for role in ("learner", "instructor", "admin"):
        refused = institution.as_("ada", role).post("/v1/identify", json={"user_id": "ada"})
        assert refused.status_code == 403
    assert server(institution, "consent").post("/v1/identify", json={"user_id": "ada"}).status_code == 403


def test_a_server_identifies_a_device(institution: Institution) -> None:
    key = device(institution)
    host = server(institution)
    said = {"user_id": "ada", "anonymous_id": PHONE}
    assert host.post("/v1/identify", json=said).json() == {"outcome": "linked", "merged": 0}
    assert host.post("/v1/identify", json=said).json()["outcome"] == "same_person"
    assert host.post("/v1/identify", json={**said, "user_id": "cy"}).json()["outcome"] == "two_users"
    assert host.post("/v1/identify", json={**said, "anonymous_id": str(uuid.uuid4())}).json()["outcome"] == "unknown"
    keys = institution.services.identity.keys_of(institution.tenant, key)
    assert keys == (institution.people["ada"], key)
    for wrong in ({}, {"user_id": ""}, {"user_id": "ada", "anonymous_id": "x"}, {"user_id": "ada", "pii_hash": "zz"},
                  {"user_id": "ada", "pii_hash": "a" * 64}, {"user_id": "ada", "pii_salt_version": 1},
                  {"user_id": "a\x00"}):  # fmt: skip
        assert host.post("/v1/identify", json=wrong).status_code in (400, 422), wrong


def test_an_administrator_merges_and_takes_it_back(institution: Institution) -> None:
    admin, ada, cy = institution.as_("root", "admin"), institution.as_("ada"), institution.as_("cy")
    asked = {"first": "ada", "second": institution.people["cy"]}
    assert admin.get("/v1/identity/preview", params=asked).status_code in (400, 422)  # nobody looks without a reason
    preview = admin.get("/v1/identity/preview", params={**asked, "reason": "ada wrote to us"})
    assert preview.json()["refusal"] == "two_users"
    assert preview.json()["first"]["keys"] == [institution.people["ada"]]
    assert isinstance(preview.json()["first"]["events"], int)  # how many, not which
    looked = [one for one in institution.log() if one[3] == "GET /v1/identity/preview"]
    assert [(one[1], one[4], one[5], one[6]) for one in looked] == [
        ("admin", "identity", "[person] wrote to us", "allowed")
    ] * 2
    assert {one[2] for one in looked} == {institution.audit_name("ada"), institution.audit_name("cy")}
    wanted = {"first": "ada", "second": "cy", "reason": "a second account"}
    assert admin.post("/v1/identity/merges", json=wanted).json()["code"] == "two_users"
    before = ada.get("/v1/analytics/mastery").json(), cy.get("/v1/analytics/mastery").json()
    done = admin.post("/v1/identity/merges", json={**wanted, "confirm": True})
    assert done.status_code == 200, done.text
    merged = ada.get("/v1/analytics/mastery").json(), cy.get("/v1/analytics/mastery").json()
    assert merged[0]["learner"]["key"] == merged[1]["learner"]["key"]
    institution.decide("cy", "withdrawn")
    assert ada.get("/v1/analytics/mastery").status_code == 403
    institution.decide("ada", "granted")
    assert cy.get("/v1/analytics/mastery").status_code == 200
    undone = admin.post(f"/v1/identity/merges/{done.json()['merge_id']}/undo", json={"reason": "two people"})
    assert undone.json()["undone_at"] is not None
    assert ada.get("/v1/analytics/mastery").json()["learner"] == before[0]["learner"]
    assert cy.get("/v1/analytics/mastery").status_code == 403  # withdrawn by herself, lifted by somebody else
    again = admin.post(f"/v1/identity/merges/{done.json()['merge_id']}/undo", json={"reason": "again"})
    assert again.status_code == 409
    log = admin.get("/v1/identity/merges").json()["merges"]
    assert [one["merge_id"] for one in log] == [done.json()["merge_id"]]
    assert log[0]["merged_by"].startswith("person:")
    assert not {"ada", "cy", "root"} & set(map(str, log[0].values()))


def test_an_instructor_sees_a_merged_learner_once(institution: Institution) -> None:
    admin, prof = institution.as_("root", "admin"), institution.as_("prof", "instructor")
    merge = {"first": "ada", "second": "cy", "reason": "a second account", "confirm": True}
    assert admin.post("/v1/identity/merges", json=merge).status_code == 200
    listed = [one["learner"]["key"] for one in prof.get("/v1/learners").json()["learners"]]
    assert len(listed) == len(set(listed))
    assert set(listed) <= set(institution.services.identity.keys_of(institution.tenant, institution.people["ada"]))
    assert prof.get("/v1/analytics/mastery", params={"learner": "cy"}).status_code == 200


def test_an_answer_under_way_never_leaves_past_a_merge_that_blocks_it(institution: Institution) -> None:
    device(institution)
    institution.decide("phone", "withdrawn")
    institution.answers.go_on = threading.Event()
    got: list[int] = []

    def ask() -> None:
        answer = institution.as_("ada").get("/v1/analytics/mastery")
        got.append(answer.status_code)
        assert SECRET not in answer.text

    asking = threading.Thread(target=ask)
    asking.start()
    assert institution.answers.entered.wait(20)
    said = {"user_id": "ada", "anonymous_id": PHONE}
    assert server(institution).post("/v1/identify", json=said).json()["outcome"] == "linked"
    institution.answers.go_on.set()
    asking.join()
    assert got == [403]


def test_other_tenants_people_are_out_of_reach(institution: Institution) -> None:
    admin = institution.as_("root", "admin")
    for second in ("eve", institution.people["eve"]):
        wanted = {"first": "ada", "second": second, "reason": "x", "confirm": True}
        assert admin.post("/v1/identity/merges", json=wanted).status_code == 404
    elsewhere = institution.as_("boss", "admin", tenant=institution.elsewhere)
    done = admin.post(
        "/v1/identity/merges", json={"first": "ada", "second": "cy", "reason": "x", "confirm": True}
    ).json()
    assert elsewhere.post(f"/v1/identity/merges/{done['merge_id']}/undo", json={"reason": "x"}).status_code == 404
    assert elsewhere.get("/v1/identity/merges").json() == {"merges": []}


def test_a_stranger_has_one_name_in_all_logs_and_never_the_vaults_own_hash(institution: Institution) -> None:
    services, tenant = institution.services, institution.tenant
    named = services.identity.actor(tenant, "nobody-here")
    assert named == services.readings.actor_name(tenant, "nobody-here")
    assert institution.keys.identifier_hash(tenant, "user", "nobody-here").hex() not in named
    assert named != services.identity.actor(tenant, "somebody-else")
    assert services.identity.actor(tenant, "ada") == f"person:{institution.audit_name('ada')}"
