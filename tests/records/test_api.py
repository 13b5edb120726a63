"""The learning records over HTTP: one row at a time, versions, life cycles, lists, roles and reach."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.records.published import filled
from tests.serving.institution import Institution

from akademos.catalogue.declarations import Purpose

COURSE = {"course_id": "logic", "title": "Logic"}
CERTIFICATE = {
    "certificate_id": "c-1",
    "user_id": "ada",
    "course_id": "algebra",
}
NOTE = {"note_id": "n-1", "user_id": "ada", "text": "Called today."}


def made(answer: Any, status: int = 201) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(answer: Any, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert problem["code"] == code, problem
    return problem


def test_a_row_is_created_read_changed_and_found(host: TestClient) -> None:
    answer = host.post("/v1/records/courses", json=COURSE)
    course = made(answer)
    assert (course["status"], course["version"], course["revision"]) == ("draft", 1, 1)
    assert answer.headers["location"] == course["self"] == "/v1/records/courses/logic"
    assert answer.headers["etag"] == '"1"'
    read = host.get(course["self"])
    assert read.json() == course
    assert host.get(course["self"], headers={"If-None-Match": '"1"'}).status_code == 304
    changed = host.patch(course["self"], json={"description": "Proofs"}, headers={"If-Match": '"1"'})
    assert made(changed, 200)["version"] == 2
    assert changed.headers["etag"] == '"2"'
    assert host.get(course["self"], headers={"If-None-Match": '"1"'}).status_code == 200
    found = host.get("/v1/records/courses", params={"q": "PROOF"}).json()["records"]
    assert [one["course_id"] for one in found] == ["logic"]


def test_of_two_writers_one_wins(host: TestClient) -> None:
    at = made(host.post("/v1/records/courses", json=COURSE))["self"]
    assert host.patch(at, json={"title": "First"}, headers={"If-Match": '"1"'}).status_code == 200
    refused(host.patch(at, json={"title": "Second"}, headers={"If-Match": '"1"'}), 412, "version_moved")
    refused(host.patch(at, json={"title": "Third"}), 428, "version_needed")
    assert host.get(at).json()["title"] == "First"


def test_a_change_that_changes_nothing_is_none(host: TestClient) -> None:
    at = made(host.post("/v1/records/courses", json=COURSE))["self"]
    assert made(host.patch(at, json={"title": "Logic"}, headers={"If-Match": '"1"'}), 200)["version"] == 1


def test_the_same_request_makes_one_row(host: TestClient) -> None:
    body = {"title": "A path"}
    first = host.post("/v1/records/paths", json=body, headers={"Idempotency-Key": "k-1"})
    again = host.post("/v1/records/paths", json=body, headers={"Idempotency-Key": "k-1"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    other = host.post("/v1/records/paths", json={"title": "Another"}, headers={"Idempotency-Key": "k-1"})
    refused(other, 409, "idempotency_key_reused")
    assert len(host.get("/v1/records/paths").json()["records"]) == 1
    refused(host.post("/v1/records/courses", json={**COURSE, "course_id": "algebra"}), 409, "exists")


def test_illegal_transitions_name_the_allowed_ones(host: TestClient) -> None:
    at = made(host.post("/v1/records/courses", json=COURSE))["self"]
    filled(host, "logic")
    problem = refused(host.post(f"{at}/actions/publish"), 409, "illegal_transition")
    assert "submit, archive" in problem["hint"]
    assert made(host.post(f"{at}/actions/submit"), 200)["actions"] == ["publish", "return"]
    assert made(host.post(f"{at}/actions/publish"), 200)["status"] == "published"
    refused(host.post(f"{at}/actions/fly"), 404, "unknown_action")
    refused(host.post(f"{at}/actions/revise", headers={"If-Match": '"1"'}), 412, "version_moved")


def test_published_content_never_changes_and_a_revision_is_the_next(host: TestClient) -> None:
    at = made(host.post("/v1/records/courses", json=COURSE))["self"]
    module = {"module_id": "m", "course_id": "logic", "title": "One"}
    part = made(host.post("/v1/records/modules", json=module))["self"]
    lesson = {"lesson_id": "l", "module_id": "m", "course_id": "logic", "title": "Page", "content_type": "page"}
    made(host.post("/v1/records/lessons", json=lesson))
    for action in ("submit", "publish"):
        made(host.post(f"{at}/actions/{action}"), 200)
    refused(host.patch(at, json={"title": "New"}, headers={"If-Match": "*"}), 409, "published")
    refused(host.patch(part, json={"title": "New"}, headers={"If-Match": "*"}), 409, "published")
    refused(host.post("/v1/records/modules", json={**module, "module_id": "n"}), 409, "published")
    assert made(host.post(f"{at}/actions/revise"), 200)["revision"] == 2
    made(host.patch(part, json={"title": "Two"}, headers={"If-Match": "*"}), 200)
    for action in ("submit", "publish"):
        made(host.post(f"{at}/actions/{action}"), 200)
    kept = host.get(f"{at}/revisions").json()["revisions"]
    assert [(one["revision"], one["content"]["learning_modules"][0]["title"]) for one in kept] == [
        (2, "Two"),
        (1, "One"),
    ]


def test_rubbish_is_refused_with_its_place(host: TestClient) -> None:
    def post(body: Any, collection: str = "courses") -> Any:
        return host.post(f"/v1/records/{collection}", json=body)

    assert refused(post({**COURSE, "colour": "red"}), 422, "unknown_field")["pointer"] == "/colour"
    assert refused(post({**COURSE, "status": "published"}), 422, "unknown_field")["pointer"] == "/status"
    assert refused(post({"course_id": "x"}), 422, "missing")["pointer"] == "/title"
    assert refused(post({**COURSE, "starts_on": "soon"}), 422, "value_invalid")["pointer"] == "/starts_on"
    assert refused(post({**COURSE, "title": "a\x00b"}), 422, "value_invalid")["pointer"] == "/title"
    assert refused(post({**COURSE, "objectives": ["a", 7]}), 422, "value_invalid")["pointer"] == "/objectives/1"
    assert (
        refused(post({**COURSE, "organisation_id": "none"}), 422, "unknown_reference")["pointer"] == "/organisation_id"
    )
    assert refused(post([1]), 422, "input_invalid")
    weight = {"exam_id": "x", "topic_id": "y", "weight": 11}
    assert refused(post(weight, "exam-weights"), 422, "value_invalid")["pointer"] == "/weight"
    assert refused(post({**CERTIFICATE, "user_id": "prof"}, "certificates"), 422, "wrong_party")
    refused(host.post("/v1/records/courses", content=b"{"), 400, "malformed_json")
    refused(host.get("/v1/records/unicorns"), 404, "unknown_collection")
    refused(host.get("/v1/records/courses/none"), 404, "no_such_record")
    refused(host.get("/v1/records/courses", params={"colour": "red"}), 400, "parameter_invalid")
    refused(host.get("/v1/records/courses", params={"cursor": "??"}), 400, "cursor_invalid")
    refused(host.get("/v1/records/enrolments", params={"cursor": "WyJhIiwiYiJd"}), 400, "cursor_invalid")
    refused(host.get("/v1/records/exam-weights/only-one"), 400, "key_invalid")


def test_circles_are_named(host: TestClient) -> None:
    for name in "abc":
        made(host.post("/v1/records/topics", json={"topic_id": name, "name": name}))
    for before, after in ("ab", "bc"):
        edge = {"from_topic": before, "to_topic": after, "kind": "prerequisite"}
        made(host.post("/v1/records/topic-relationships", json=edge))
    edge = {"from_topic": "c", "to_topic": "a", "kind": "prerequisite"}
    assert "circle" in refused(host.post("/v1/records/topic-relationships", json=edge), 422, "cycle")["detail"]
    made(host.patch("/v1/records/topics/b", json={"parent_id": "a"}, headers={"If-Match": "*"}), 200)
    problem = refused(
        host.patch("/v1/records/topics/a", json={"parent_id": "b"}, headers={"If-Match": "*"}), 422, "cycle"
    )
    assert "a > b > a" in problem["detail"]


def test_keys_of_several_parts_and_odd_letters(host: TestClient) -> None:
    made(host.post("/v1/records/exams", json={"exam_id": "fin,al/1%", "name": "Final"}))
    made(host.post("/v1/records/topics", json={"topic_id": "t", "name": "T"}))
    weight = made(host.post("/v1/records/exam-weights", json={"exam_id": "fin,al/1%", "topic_id": "t", "weight": 3}))
    assert weight["section"] == ""
    assert host.get(weight["self"]).json()["weight"] == 3


def test_pages_stay_in_place_while_rows_come_in(host: TestClient) -> None:
    for number in range(5):
        made(host.post("/v1/records/organisations", json={"organisation_id": f"o{number}", "name": "O"}))
    first = host.get("/v1/records/organisations", params={"limit": 2}).json()
    made(host.post("/v1/records/organisations", json={"organisation_id": "o00", "name": "O"}))
    second = host.get("/v1/records/organisations", params={"limit": 2, "cursor": first["next"]}).json()
    third = host.get("/v1/records/organisations", params={"limit": 2, "cursor": second["next"]}).json()
    pages = [[one["id"] for one in page["records"]] for page in (first, second, third)]
    assert pages == [["o0", "o1"], ["o2", "o3"], ["o4"]]
    assert third["next"] is None


def test_lists_of_what_changed_since(host: TestClient) -> None:
    host.post("/v1/records/topics", json={"topic_id": "since", "name": "Since"})
    row = host.get("/v1/records/topics/since").json()
    for name, at in (("updated_since", row["updated_at"]), ("created_since", row["created_at"])):
        found = host.get("/v1/records/topics", params={name: at}).json()["records"]
        assert [one["topic_id"] for one in found] == ["since"]
        assert host.get("/v1/records/topics", params={name: "2999-01-01T00:00:00Z"}).json()["records"] == []
        for wrong in ("yesterday", "2026-01-01", "2026-01-01T00:00:00", "0001-01-01T00:00:00+14:00", ""):
            refused = host.get("/v1/records/topics", params={name: wrong})
            assert (refused.status_code, refused.json()["pointer"]) == (400, f"/query/{name}"), wrong


def test_people_are_user_ids_outside(host: TestClient, institution: Institution) -> None:
    row = made(host.post("/v1/records/certificates", json=CERTIFICATE))
    assert row["user_id"] == "ada"
    assert institution.people["ada"] not in json.dumps(row)
    mine = institution.as_("ada").get("/v1/records/certificates").json()["records"]
    assert [one["id"] for one in mine] == ["c-1"]
    assert institution.as_("ben").get("/v1/records/certificates").json()["records"] == []
    refused(institution.as_("ben").get(row["self"]), 404, "no_such_record")
    new = made(host.post("/v1/records/enrolments", json={"user_id": "new-one", "course_id": "algebra"}))
    assert new["self"] == "/v1/records/enrolments/new-one,algebra"
    assert host.get("/v1/records/enrolments", params={"user_id": "new-one"}).json()["records"][0]["id"] == new["id"]


def test_reach_of_instructors_and_advisors(host: TestClient, institution: Institution) -> None:
    progress = {"user_id": "cy", "content_type": "course", "content_id": "geometry", "course_id": "geometry"}
    made(host.post("/v1/records/progress", json=progress))
    seen = institution.as_("prof", "instructor").get("/v1/records/progress").json()["records"]
    assert [one["user_id"] for one in seen] == ["ada"]
    prof = institution.as_("prof", "instructor")
    made(
        prof.post(
            "/v1/records/quizzes", json={"quiz_id": "q", "course_id": "algebra", "title": "Q", "question_ids": []}
        )
    )
    elsewhere = {"quiz_id": "r", "course_id": "geometry", "title": "R", "question_ids": []}
    refused(prof.post("/v1/records/quizzes", json=elsewhere), 403, "scope")
    refused(prof.post("/v1/records/certificates", json=CERTIFICATE), 403, "role")
    ann = institution.as_("ann", "advisor")
    assert ann.get("/v1/records/progress").json()["records"] == []  # Ada has not consented to advising
    refused(ann.post("/v1/records/notes", json=NOTE), 403, "consent_missing")
    institution.decide("ada", "granted", purpose=Purpose.ADVISING)
    assert len(ann.get("/v1/records/progress").json()["records"]) == 1
    note = made(ann.post("/v1/records/notes", json=NOTE))
    refused(ann.post("/v1/records/notes", json={**NOTE, "note_id": "n-2", "user_id": "cy"}), 403, "scope")
    assert len(institution.as_("ada").get("/v1/records/notes").json()["records"]) == 1
    institution.decide("ada", "withdrawn", purpose=Purpose.ADVISING)
    refused(ann.get(note["self"]), 403, "consent_missing")
    assert ann.get("/v1/records/notes").json()["records"] == []


@pytest.mark.parametrize("role", ["analyst", "researcher", "operator", "steward", "product"])
def test_roles_without_individuals_get_none(host: TestClient, institution: Institution, role: Any) -> None:
    made(host.post("/v1/records/certificates", json=CERTIFICATE))
    refused(institution.as_("root", role).get("/v1/records/certificates"), 403, "role")


def test_a_key_for_something_else_writes_nothing(institution: Institution) -> None:
    from akademos.stores.postgres.api_keys import PostgresApiKeys

    key = PostgresApiKeys(institution.database).create(institution.tenant, "app", scopes=("ingest",), actor="x:y")
    client = institution.client()
    client.headers["Authorization"] = f"Bearer {key}"
    refused(client.post("/v1/records/courses", json=COURSE), 403, "scope")


def test_learners_see_published_content_only(host: TestClient, institution: Institution) -> None:
    at = made(host.post("/v1/records/courses", json=COURSE))["self"]
    ada = institution.as_("ada")
    refused(ada.get(at), 404, "no_such_record")
    filled(host, "logic")
    assert [one["id"] for one in ada.get("/v1/records/courses").json()["records"]] == ["algebra", "geometry"]
    for action in ("submit", "publish"):
        made(host.post(f"{at}/actions/{action}"), 200)
    assert ada.get(at).json()["actions"] == []
    refused(ada.patch(at, json={"title": "Mine"}, headers={"If-Match": "*"}), 403, "role")
    refused(ada.post(f"{at}/actions/archive"), 403, "role")


def test_looks_and_refusals_are_logged_without_names(host: TestClient, institution: Institution) -> None:
    made(host.post("/v1/records/certificates", json=CERTIFICATE))
    institution.as_("prof", "instructor").get("/v1/records/certificates/c-1", headers={"X-Access-Reason": "a question"})
    institution.as_("root", "analyst").get("/v1/records/certificates")
    log = institution.log()[-2:]
    assert log[0] == (
        f"person:{institution.audit_name('prof')}", "instructor", institution.audit_name("ada"),
        "GET /v1/records/certificates/{key}", "contract", "a question", "allowed",
    )  # fmt: skip
    assert (log[1][1], log[1][6]) == ("analyst", "role")


def test_what_the_specification_names_is_audited_in_the_same_transaction(
    host: TestClient, institution: Institution
) -> None:
    made(host.post("/v1/records/certificates", json=CERTIFICATE))
    refused(host.post("/v1/records/certificates/c-1/actions/revoke"), 422, "missing")
    made(host.post("/v1/records/certificates/c-1/actions/revoke", json={"revocation_reason": "Error"}), 200)
    with institution.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT action, encode(subject, 'hex'), detail FROM audit_log WHERE tenant_id = %s AND action LIKE %s "
            "ORDER BY seq",
            (institution.tenant, "certificate.%"),
        ).fetchall()
        changes = transaction.execute(
            "SELECT action, version, before->>'status', after->>'status', after ? 'revocation_reason' "
            "FROM record_changes WHERE tenant_id = %s AND record = 'learning_certificates' ORDER BY position",
            (institution.tenant,),
        ).fetchall()
    assert [(action, subject) for action, subject, _ in rows] == [
        ("certificate.issued", institution.audit_name("ada")),
        ("certificate.revoked", institution.audit_name("ada")),
    ]
    assert changes == [("create", 1, None, "issued", False), ("revoke", 2, "issued", "revoked", False)]
    assert "Error" not in rows[1][2]
