"""Topics merged and split over HTTP: looked at, made as it was looked at, in the audit log, taken back; by few."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.roles import ROLES
from akademos.intake.topic_plans import plan_merge, tag_of
from akademos.serving.topic_gate import MAY_CHANGE_TOPICS
from akademos.stores.ports.topic_changes import KEYS
from akademos.stores.postgres.api_keys import PostgresApiKeys

CHANGES, PREVIEW = "/v1/topics/changes", "/v1/topics/changes/preview"
MERGE = {"kind": "merge", "sources": ["blood"], "into": "heart"}
SPLIT = {
    "kind": "split",
    "topic": "heart",
    "parts": {"chambers": "Chambers", "beat": "Beat"},
    "rest": "beat",
    "items": {"q2": "chambers"},
}


@pytest.fixture
def curriculum(institution: Institution) -> Institution:
    """Four topics, blood before heart before pulse, two items."""
    institution.services.loads.load_all(
        institution.tenant,
        {
            "topics": [{"topic_id": one, "name": one.title()} for one in ("body", "blood", "heart", "pulse")],
            "topic_relationships": [
                {"from_topic": "blood", "to_topic": "heart", "kind": "prerequisite"},
                {"from_topic": "heart", "to_topic": "pulse", "kind": "prerequisite"},
            ],
            "items": [
                {"question_id": "q1", "topic_ids": ["heart", "blood"]},
                {"question_id": "q2", "topic_ids": ["heart"]},
            ],
        },
        actor="test",
    )
    return institution


def topics_of(host: TestClient, item: str) -> list[str]:
    found: list[str] = host.get(f"/v1/records/items/{item}").json()["topic_ids"]
    return found


def make(host: TestClient, change: dict[str, Any], tag: str = "*") -> Any:
    return host.post(CHANGES, json={"change": change, "reason": "one thing"}, headers={"If-Match": tag})


def test_a_merge_is_looked_at_made_and_taken_back(curriculum: Institution, host: TestClient) -> None:
    seen = host.post(PREVIEW, json={"change": MERGE})
    assert seen.status_code == 200, seen.text
    assert seen.json()["rows"] == {"topics": 1, "topic_relationships": 1, "items": 1}
    assert {"record": "items", "key": {"question_id": "q1"}, "before": {"topic_ids": ["heart", "blood"]},
            "after": {"topic_ids": ["heart"]}} in seen.json()["changes"]  # fmt: skip
    assert topics_of(host, "q1") == ["heart", "blood"]  # nothing has happened
    assert host.get(CHANGES).json() == {"changes": [], "next": None}

    made = make(host, MERGE, seen.headers["ETag"])
    assert made.status_code == 201, made.text
    at, tag = made.headers["Location"], made.headers["ETag"]
    assert topics_of(host, "q1") == ["heart"]
    assert host.get(at).json() == made.json() == host.get(CHANGES).json()["changes"][0]
    assert made.json()["made_by"].startswith("key:")

    assert host.post(f"{at}/undo", json={"reason": "was right"}).status_code == 428
    back = host.post(f"{at}/undo", json={"reason": "was right"}, headers={"If-Match": tag})
    assert (back.status_code, back.json()["undone_reason"]) == (200, "was right")
    assert topics_of(host, "q1") == ["heart", "blood"]
    again = host.post(f"{at}/undo", json={"reason": "was right"}, headers={"If-Match": tag})
    assert (again.status_code, again.json()["code"]) == (412, "version_moved")
    again = host.post(f"{at}/undo", json={"reason": "was right"}, headers={"If-Match": back.headers["ETag"]})
    assert (again.status_code, again.json()["code"]) == (409, "undone_already")
    with curriculum.database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT action, actor, detail FROM audit_log WHERE tenant_id = %s AND action LIKE 'topics.%%' ORDER BY seq",
            (curriculum.tenant,),
        ).fetchall()
    assert [row[0] for row in rows] == ["topics.merged", "topics.restored"]
    assert {row[1] for row in rows} == {made.json()["made_by"]}
    assert json.loads(rows[0][2])["reason"] == "one thing"


def test_a_split_sends_items_to_their_part(curriculum: Institution, host: TestClient) -> None:
    seen = host.post(PREVIEW, json={"change": SPLIT})
    new = [
        one["key"]["topic_id"] for one in seen.json()["changes"] if one["before"] is None and one["record"] == "topics"
    ]
    assert new == ["chambers", "beat"]
    assert make(host, SPLIT, seen.headers["ETag"]).status_code == 201
    assert (topics_of(host, "q1"), topics_of(host, "q2")) == (["beat", "blood"], ["chambers"])


def test_what_was_changed_since_the_preview_stops_it(curriculum: Institution, host: TestClient) -> None:
    tag = host.post(PREVIEW, json={"change": MERGE}).headers["ETag"]
    curriculum.services.loads.load(
        curriculum.tenant, "items", [{"question_id": "q3", "topic_ids": ["blood"]}], actor="test"
    )
    refused = make(host, MERGE, tag)
    assert (refused.status_code, refused.json()["code"]) == (412, "version_moved")
    assert host.get(CHANGES).json()["changes"] == []
    # What does not touch the change does not stop it.
    tag = host.post(PREVIEW, json={"change": MERGE}).headers["ETag"]
    curriculum.services.loads.load(
        curriculum.tenant, "items", [{"question_id": "q4", "topic_ids": ["body"]}], actor="test"
    )
    assert make(host, MERGE, tag).status_code == 201


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({**MERGE, "into": "pulse"}, 422, "cycle"),
        ({**MERGE, "into": "blood"}, 422, "input_invalid"),
        ({**MERGE, "into": "nowhere"}, 404, "not_found"),
        ({**MERGE, "sources": []}, 422, "input_invalid"),
        ({**MERGE, "sources": ["blood\n"]}, 422, "input_invalid"),
        ({**MERGE, "more": 1}, 422, "input_invalid"),
        ({"kind": "other"}, 422, "input_invalid"),
        ({**SPLIT, "rest": "elsewhere"}, 422, "input_invalid"),
        ({**SPLIT, "items": {"nothing": "beat"}}, 422, "input_invalid"),
        ({**SPLIT, "parts": {"blood": "B", "beat": "C"}}, 422, "input_invalid"),
    ],
)
def test_the_preview_refuses_what_the_change_would(
    curriculum: Institution, host: TestClient, change: dict[str, Any], status: int, code: str
) -> None:
    seen, made = host.post(PREVIEW, json={"change": change}), make(host, change)
    assert [(one.status_code, one.json()["code"]) for one in (seen, made)] == [(status, code)] * 2
    if code == "cycle":
        assert "circle" in made.json()["detail"]
        assert "heart" in made.json()["detail"]
    assert host.get(CHANGES).json()["changes"] == []


def test_a_change_needs_a_preview_or_says_that_it_needs_none(curriculum: Institution, host: TestClient) -> None:
    body = {"change": MERGE, "reason": "one thing"}
    assert host.post(CHANGES, json=body).json()["code"] == "version_needed"
    assert host.post(CHANGES, json=body, headers={"If-Match": '"7"'}).json()["code"] == "version_invalid"
    assert host.post(CHANGES, json={"change": MERGE}, headers={"If-Match": "*"}).status_code == 422
    assert host.get(f"{CHANGES}/1").status_code == 404
    assert host.get(f"{CHANGES}/0").status_code == 400


def test_history_comes_in_pages(curriculum: Institution, host: TestClient) -> None:
    for _ in range(2):
        at = make(host, MERGE).headers["Location"]
        assert host.post(f"{at}/undo", json={"reason": "no"}, headers={"If-Match": "*"}).status_code == 200
    make(host, SPLIT)
    first = host.get(CHANGES, params={"limit": 2}).json()
    second = host.get(CHANGES, params={"limit": 2, "before": first["next"]}).json()
    assert [one["number"] for one in (*first["changes"], *second["changes"])] == [3, 2, 1]
    assert second["next"] is None


def test_roles(curriculum: Institution) -> None:
    assert MAY_CHANGE_TOPICS == ("product", "admin", "service")
    people = {"learner": "ada", "instructor": "prof", "advisor": "ann", "admin": "root"}
    for role in ROLES:
        if role == "service":
            continue
        client = curriculum.as_(people.get(role, f"one-{role}"), role)
        allowed = role in MAY_CHANGE_TOPICS
        for answer in (client.get(CHANGES), client.post(PREVIEW, json={"change": MERGE})):
            assert answer.status_code == (200 if allowed else 403), (role, answer.text)
        if not allowed:
            assert make(client, MERGE).json()["code"] == "role"
            assert client.post(f"{CHANGES}/1/undo", json={"reason": "no"}, headers={"If-Match": "*"}).status_code == 403
    key = PostgresApiKeys(curriculum.database).create(curriculum.tenant, "other", scopes=("consent",), actor="test")
    stranger = curriculum.client()
    stranger.headers["Authorization"] = f"Bearer {key}"
    assert stranger.get(CHANGES).json()["code"] == "scope"


def test_nothing_of_another_tenant(curriculum: Institution, host: TestClient) -> None:
    assert make(host, MERGE).status_code == 201
    boss = curriculum.as_("boss", "admin", tenant=curriculum.elsewhere)
    assert boss.get(CHANGES).json()["changes"] == []
    assert boss.get(f"{CHANGES}/1").status_code == 404
    assert boss.post(PREVIEW, json={"change": MERGE}).status_code == 404


TOPIC = st.sampled_from("abc")


@settings(max_examples=50)
@given(st.lists(st.tuples(st.sampled_from(["q1", "q2"]), st.lists(TOPIC, unique=True)), unique_by=lambda row: row[0]))
def test_the_tag_follows_what_would_be_done(tags: list[tuple[str, list[str]]]) -> None:
    def rows(tagged: list[tuple[str, list[str]]]) -> dict[str, list[dict[str, object]]]:
        topic = {"parent_id": None, "course_id": None, "position": 0, "status": "active"}
        found: dict[str, list[dict[str, object]]] = {table: [] for table in KEYS}
        found["topics"] = [{"topic_id": one, "name": one, **topic} for one in "abc"]
        found["items"] = [{"question_id": item, "topic_ids": topics} for item, topics in tagged]
        return found

    plan = plan_merge(rows(tags), ["a"], "b")
    touched = {item for item, topics in tags if "a" in topics}
    assert {str(one.after["question_id"]) for one in plan.edits if one.table == "items"} == touched
    without = plan_merge(rows([one for one in tags if one[0] in touched]), ["a"], "b")
    assert tag_of(without) == tag_of(plan)
    if touched:
        assert tag_of(plan_merge(rows([]), ["a"], "b")) != tag_of(plan)
