"""Rectification and contesting: asked, shown beside the answer, answered, audited; nobody else's."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from tests.serving.institution import ANSWER_PATHS, Institution

from akademos.errors import InputError, NotFound
from akademos.stores.ports.rights import Correction

CONTEST = {"kind": "contest", "concerns": "mastery", "said": "I took that test with a broken keyboard."}


def actions(institution: Institution) -> list[str]:
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT action FROM audit_log WHERE tenant_id = %s ORDER BY seq", (institution.tenant,)
        ).fetchall()
    return [action for (action,) in rows if action.startswith(("statement.", "rights."))]


def test_a_contested_statement_is_marked_beside_the_answer_until_it_is_answered(institution: Institution) -> None:
    ada, prof = institution.as_("ada"), institution.as_("prof", "instructor")
    asked = {"learner": institution.people["ada"]}
    assert prof.get(ANSWER_PATHS[0], params=asked).json()["contested"] == []
    made = ada.post("/v1/me/requests", json=CONTEST)
    assert made.status_code == 200, made.text
    for path in ANSWER_PATHS:
        (marked,) = prof.get(path, params=asked).json()["contested"]
        assert (marked["concerns"], marked["said"]) == ("mastery", CONTEST["said"])
        assert ada.get(path).json()["contested"] == [marked]
    assert prof.get(ANSWER_PATHS[1], params={**asked, "fields": "status"}).json()["contested"] == [marked]
    assert ada.post("/v1/me/requests", json=CONTEST).status_code == 409
    request_id = made.json()["request_id"]
    institution.services.rights.close(
        institution.tenant, request_id, "fulfilled", "The answers were taken out.", closed_by="command line:t"
    )
    assert prof.get(ANSWER_PATHS[0], params=asked).json()["contested"] == []
    (line,) = ada.get("/v1/me/requests").json()
    assert (line["status"], line["outcome"]) == ("fulfilled", "The answers were taken out.")
    assert actions(institution) == ["statement.contested", "rights.closed"]


def test_a_rectification_corrects_the_vault(institution: Institution) -> None:
    ada, rights, tenant = institution.as_("ada"), institution.services.rights, institution.tenant
    body = {"kind": "rectification", "concerns": "display_name", "said": "I am called Ada Lovelace."}
    request_id = ada.post("/v1/me/requests", json=body).json()["request_id"]
    assert [one.said for one in rights.open(tenant)] == [body["said"]]
    with pytest.raises(InputError, match="time zone"):
        rights.close(tenant, request_id, "fulfilled", "ok", closed_by="key:k", correction=Correction(time_zone="Moon"))
    correction = Correction("Ada Lovelace", None, "Europe/Vienna")
    rights.close(tenant, request_id, "fulfilled", "Corrected.", closed_by="key:k", correction=correction)
    key = institution.people["ada"]
    assert institution.services.vault.display_names(tenant, [key]) == {key: "Ada Lovelace"}
    assert rights.open(tenant) == []
    with pytest.raises(NotFound):
        rights.close(tenant, request_id, "refused", "again", closed_by="key:k")


def test_what_was_said_is_sealed(institution: Institution) -> None:
    institution.as_("ada").post("/v1/me/requests", json=CONTEST)
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT said FROM rights_requests WHERE tenant_id = %s", (institution.tenant,)
        ).fetchall()
    assert rows
    assert all(b"keyboard" not in bytes(said) for (said,) in rows)


def test_only_the_own_requests_can_be_taken_back(institution: Institution) -> None:
    request_id = institution.as_("ada").post("/v1/me/requests", json=CONTEST).json()["request_id"]
    path = f"/v1/me/requests/{request_id}/take-back"
    assert institution.as_("ben").post(path).status_code == 404
    assert institution.as_("ada").post(f"/v1/me/requests/{uuid.uuid4()}/take-back").status_code == 404
    (line,) = institution.as_("ada").post(path).json()
    assert line["status"] == "taken_back"
    assert institution.as_("ben").get("/v1/me/requests").json() == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"kind": "access"}, 422),
        ({"concerns": "display_name"}, 400),
        ({"concerns": ""}, 422),
        ({"said": ""}, 422),
        ({"said": "\u0000"}, 422),
        ({"said": "x" * 2_001}, 422),
        ({"more": 1}, 422),
    ],
)
def test_what_is_no_request(institution: Institution, change: dict[str, Any], status: int) -> None:
    assert institution.as_("ada").post("/v1/me/requests", json={**CONTEST, **change}).status_code == status


def test_staff_have_none(institution: Institution) -> None:
    assert institution.as_("prof", "instructor").post("/v1/me/requests", json=CONTEST).status_code == 403
    assert institution.as_("nobody-yet").get("/v1/me/requests").status_code == 404
