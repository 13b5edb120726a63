"""Nothing of one tenant is in the records of another, whoever asks and whatever is put into the address."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records import BY_COLLECTION, RECORDS
from akademos.catalogue.records.declaration import Field, Record
from akademos.stores.postgres.api_keys import PostgresApiKeys

SIMPLE: dict[str, Any] = {"integer": 1, "number": 0.5, "texts": [], "boolean": True, "date": "2026-01-01"}
FORMS: dict[str, Any] = {
    "scenario": {"start": "a", "steps": [{"step": "a", "prompt": "p"}]},
    "rubric": {
        "levels": [{"level": "l", "from": 0}],
        "dimensions": [{"dimension": "d", "questions": [{"question": "q", "text": "t", "points": 1}]}],
    },
}
KNOWN = {"learning_courses": "algebra"}


def value(one: Field, made: dict[str, str]) -> Any:
    """Something that fits a required field."""
    if one.kind == "person":
        return "ada" if one.party == "learner" else "prof"
    if one.refers is not None and one.kind == "text":
        return KNOWN.get(one.refers, made.get(one.refers, ""))
    if one.values:
        return one.values[0]
    return FORMS.get(one.name) or SIMPLE.get(one.kind, f"{one.name}-secret")


def body(record: Record, made: dict[str, str]) -> dict[str, Any]:
    """A new row of a record, under what was made before."""
    key = record.keys[0].name if len(record.keys) == 1 and record.keys[0].refers is None else None
    needed = [one for one in record.fields if (one.required or one.name == key) and one.set_by == "client"]
    return {one.outside: value(one, made) for one in needed if one.default is None}


@pytest.fixture
def everything(host: TestClient, institution: Institution) -> dict[str, str]:
    """A row of every record that can be created at the API; addresses by record."""
    for purpose in (Purpose.LEARNING_SUPPORT, Purpose.ADVISING):
        institution.decide("ada", "granted", purpose=purpose)
    made: dict[str, str] = {}
    addresses: dict[str, str] = {}
    # What is already part of published content is added to a course of its own.
    draft = {"course_id": "draft", "title": "Draft"}
    assert host.post("/v1/records/courses", json=draft).status_code == 201
    assert host.post("/v1/records/topics", json={"topic_id": "other", "name": "Other"}).status_code == 201
    for record in RECORDS:
        if not any("create" in one.verbs and one.role == "service" for one in record.access):
            continue
        sent = body(record, made)
        if "course_id" in sent and record.name != "learning_courses" and record.subject is None:
            sent["course_id"] = "draft"
        if "to_topic" in sent:
            sent["to_topic"] = "other"
        answer = host.post(f"/v1/records/{record.collection}", json=sent)
        if answer.status_code == 409 and answer.json()["code"] == "exists":
            continue
        assert answer.status_code == 201, (record.name, sent, answer.text)
        addresses[record.name] = answer.json()["self"]
        made[record.name] = answer.json()[record.keys[-1].outside]
        if record.keys[0].refers is None and len(record.keys) == 1:
            made[record.name] = answer.json()["id"]
    return addresses


def test_no_role_of_another_tenant_sees_or_changes_a_row(
    everything: dict[str, str], host: TestClient, institution: Institution
) -> None:
    assert len(everything) > 35
    elsewhere = institution.elsewhere
    key = PostgresApiKeys(institution.database).create(elsewhere, "host", scopes=("records",), actor="a:b")
    strangers = [institution.client()]
    strangers[0].headers["Authorization"] = f"Bearer {key}"
    strangers += [institution.as_("boss", "admin", tenant=elsewhere), institution.as_("eve", tenant=elsewhere)]
    before = {address: host.get(address).text for address in everything.values()}
    for stranger in strangers:
        for collection in BY_COLLECTION:
            text = stranger.get(f"/v1/records/{collection}").text
            assert "-secret" not in text, collection
        for address in everything.values():
            assert stranger.get(address).status_code in {403, 404}, address
            refused = stranger.patch(address, json={"source_reference": "x"}, headers={"If-Match": "*"})
            assert refused.status_code in {403, 404}, address
            for action in BY_COLLECTION[address.split("/")[3]].actions:
                assert stranger.post(f"{address}/actions/{action}").status_code in {403, 404, 422}, address
    assert {address: host.get(address).text for address in everything.values()} == before


def test_no_answer_holds_a_random_key(everything: dict[str, str], host: TestClient, institution: Institution) -> None:
    texts = [host.get(address).text for address in everything.values()]
    texts += [host.get(f"/v1/records/{collection}").text for collection in BY_COLLECTION]
    assert any("ada" in text for text in texts)
    for key in institution.people.values():
        assert not any(key in text for text in texts)


def test_another_learner_sees_nothing_about_ada(everything: dict[str, str], institution: Institution) -> None:
    cy = institution.as_("cy")
    for record in RECORDS:
        if record.subject is not None:
            listed = cy.get(f"/v1/records/{record.collection}")
            assert listed.status_code == 403 or all(row["user_id"] == "cy" for row in listed.json()["records"]), (
                record.name
            )
            if record.name in everything:
                assert cy.get(everything[record.name]).status_code in {403, 404}
