"""Records in and out over HTTP: all or a report with lines, and what goes out comes in again."""

from __future__ import annotations

from collections import Counter

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.records import LOADED

IMPORT, EXPORT = "/v1/records/import", "/v1/records/export"
CSV, LINES = {"Content-Type": "text/csv"}, {"Content-Type": "application/x-ndjson"}


def load(host: TestClient, collection: str, body: str, headers: dict[str, str] = CSV) -> dict[str, int]:
    answer = host.post(IMPORT, params={"collection": collection}, content=body.encode(), headers=headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, int] = answer.json()
    return found


def test_terms_and_programmes_of_a_campus_system(host: TestClient) -> None:
    organisations = "organisation_id,name,kind\nuni,A university,university\n"
    assert load(host, "organisations", organisations) == {"read": 1, "new": 1, "changed": 0, "unchanged": 0}
    terms = (
        '{"term_id": "w26", "title": "Winter", "starts_on": "2026-10-01"}\n\n{"term_id": "s27", "title": "Summer"}\n'
    )
    assert load(host, "terms", terms, LINES)["new"] == 2
    assert load(host, "terms", terms, LINES)["unchanged"] == 2
    load(host, "programmes", "programme_id,title,organisation_id,award\nbsc,Biology,uni,Bachelor\n")
    load(host, "course-offerings", "offering_id,course_id,term_id\nalgebra-w26,algebra,w26\n")
    resits = "user_id,course_id,offering_id,programme_id,resit\nada,algebra,algebra-w26,bsc,1\n"
    assert load(host, "enrolments", resits)["changed"] == 1
    shown = host.get("/v1/records/enrolments", params={"user_id": "ada"}).json()["records"]
    assert ("algebra-w26", 1) in {(one["offering_id"], one["resit"]) for one in shown}


def test_every_problem_has_its_line_and_nothing_is_kept(host: TestClient) -> None:
    body = "topic_id,name,position,parent_id\nt1,One,first,\nt2,,1,\nt3,Three,2,nowhere\n"
    answer = host.post(IMPORT, params={"collection": "topics"}, content=body, headers=CSV)
    assert answer.status_code == 422
    problems = {(one["line"], one["field"]) for one in answer.json()["problems"]}
    assert {(2, "position"), (3, "name")} <= problems
    lines = '{"topic_id": "t1", "name": "One", "position": "first"}\nno json\n{"topic_id": "t2", "nme": "Two"}\n'
    answer = host.post(IMPORT, params={"collection": "topics"}, content=lines, headers=LINES)
    assert {one["line"] for one in answer.json()["problems"]} == {1, 2, 3}
    assert host.get("/v1/records/topics/t1").status_code == 404


@pytest.mark.parametrize("form", ["text/csv", "application/x-ndjson"])
def test_what_goes_out_comes_in_again(host: TestClient, form: str) -> None:
    moved = 0
    for record in LOADED:
        answer = host.get(EXPORT, params={"collection": record.collection}, headers={"Accept": form})
        if not record.access or answer.status_code == 403:
            continue
        assert answer.headers["content-type"].startswith(form)
        again = host.post(
            IMPORT, params={"collection": record.collection}, content=answer.content, headers={"Content-Type": form}
        )
        assert again.status_code == 200, (record.name, again.text)
        counts = Counter(again.json())
        assert counts["new"] == counts["changed"] == 0, record.name
        moved += counts["read"]
    assert moved > 0


def test_who_may(host: TestClient, institution: Institution) -> None:
    learner = institution.as_("ada")
    body = "course_id,title\nx,X\n"
    assert learner.post(IMPORT, params={"collection": "courses"}, content=body, headers=CSV).status_code == 403
    exported = learner.get(EXPORT, params={"collection": "enrolments"}, headers={"Accept": "text/csv"})
    assert exported.status_code == 200
    assert {line.split(",")[0] for line in exported.text.splitlines()[1:]} == {"ada"}
    assert host.get("/v1/records/courses/x").status_code == 404


def test_refusals(host: TestClient) -> None:
    for params, headers, body, status in (
        ({"collection": "nothing"}, CSV, "a\n", 404),
        ({"collection": "courses"}, {"Content-Type": "text/plain"}, "a\n", 415),
        ({"collection": "certificates"}, CSV, "a\n", 403),
        ({"collection": "courses"}, CSV, b"course_id,title\nx,\xff\n", 400),
        ({"collection": "courses"}, CSV, b"x" * (6 * 1024 * 1024), 413),
        ({}, CSV, "a\n", 400),
    ):
        answer = host.post(IMPORT, params=params, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
    answer = host.get(EXPORT, params={"collection": "courses"}, headers={"Accept": "image/png"})
    assert answer.status_code == 406
