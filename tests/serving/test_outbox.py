"""/v1/outbox: a consumer pulls and acknowledges with its key, and nobody else does."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.roles import ROLES, Role
from akademos.stores.ports.outbox import SCOPE, Wanted
from akademos.stores.postgres.api_keys import PostgresApiKeys


def consumer(institution: Institution, name: str = "graph", *, tenant: str | None = None) -> TestClient:
    """A program with the key of a consumer of courses."""
    home = tenant or institution.tenant
    institution.services.outbox.add(home, Wanted(name, ("learning_courses",)), actor="test")
    return holder(institution, SCOPE + name, tenant=home)


def holder(institution: Institution, scope: str, *, tenant: str | None = None) -> TestClient:
    key = PostgresApiKeys(institution.database).create(
        tenant or institution.tenant, "test", scopes=(scope,), actor="test"
    )
    client = institution.client()
    client.headers["Authorization"] = f"Bearer {key}"
    return client


def change(institution: Institution, course: str, *, tenant: str | None = None) -> None:
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO learning_courses (tenant_id, course_id, title) VALUES (%s, %s, 'T')",
            (tenant or institution.tenant, course),
        )


def test_pull_acknowledge_and_nothing_twice(institution: Institution) -> None:
    client = consumer(institution)
    for course in ("one", "two", "three"):
        change(institution, course)
    first = client.get("/v1/outbox/graph", params={"limit": 2}).json()
    assert [event["subject"] for event in first["events"]] == ["learning_courses/one", "learning_courses/two"]
    assert client.get("/v1/outbox/graph", params={"limit": 2}).json() == first
    said = {"cursor": first["cursor"], "after": first["after"]}
    assert client.post("/v1/outbox/graph/acknowledgement", json=said).json()["cursor"] == first["cursor"]
    assert client.post("/v1/outbox/graph/acknowledgement", json=said).status_code == 200
    second = client.get("/v1/outbox/graph").json()
    assert [event["subject"] for event in second["events"]] == ["learning_courses/three"]
    again = client.get("/v1/outbox/graph", params={"after": first["after"], "limit": 2}).json()
    assert again["events"] == first["events"]


def test_a_replay_by_the_consumer_and_by_staff_is_audited(institution: Institution) -> None:
    client = consumer(institution)
    change(institution, "one")
    page = client.get("/v1/outbox/graph").json()
    client.post("/v1/outbox/graph/acknowledgement", json={"cursor": page["cursor"]})
    back = {"after": page["after"]}
    assert client.post("/v1/outbox/graph/replay", json=back).json()["consumer"]["cursor"] == page["after"]
    assert client.get("/v1/outbox/graph").json()["events"] == page["events"]
    steward = institution.as_("root", "steward")
    assert steward.post("/v1/outbox/graph/replay", json={"dead_letters": True}).json()["dead_letters"] == 0
    assert steward.get("/v1/outbox/graph/dead-letters").json() == {"dead_letters": []}
    (listed,) = steward.get("/v1/outbox").json()["consumers"]
    assert (listed["consumer"], listed["webhook"], listed["state"]) == ("graph", False, "active")
    with institution.database.pipeline() as transaction:
        actors = transaction.execute(
            "SELECT actor FROM audit_log WHERE tenant_id = %s AND detail LIKE '%%replayed%%'", (institution.tenant,)
        ).fetchall()
    assert [actor.split(":")[0] for (actor,) in actors] == ["key"]


@pytest.mark.parametrize("scope", ["ingest", "consent", "outbox:graph2", "outbox:", "outbox"])
def test_another_key_gets_nothing(institution: Institution, scope: str) -> None:
    consumer(institution)
    client = holder(institution, scope)
    for answer in (
        client.get("/v1/outbox/graph"),
        client.get("/v1/outbox/graph/dead-letters"),
        client.post("/v1/outbox/graph/acknowledgement", json={"cursor": 0}),
        client.post("/v1/outbox/graph/replay", json={"after": 0}),
        client.get("/v1/outbox"),
    ):
        assert answer.status_code == 403
    assert institution.client().get("/v1/outbox/graph").status_code == 401


@pytest.mark.parametrize("role", [role for role in ROLES if role != "service"])
def test_no_person_reads_what_is_for_a_consumer(institution: Institution, role: Role) -> None:
    consumer(institution)
    client = institution.as_("root" if role != "learner" else "learner-1", role)
    assert client.get("/v1/outbox/graph").status_code == 403
    governs = role in {"steward", "admin"}
    assert client.get("/v1/outbox").status_code == (200 if governs else 403)
    assert client.post("/v1/outbox/graph/replay", json={"after": 0}).status_code == (200 if governs else 403)


def test_a_key_of_another_tenant_has_another_consumer(institution: Institution) -> None:
    mine = consumer(institution)
    theirs = consumer(institution, tenant=institution.elsewhere)
    change(institution, "secret")
    assert len(mine.get("/v1/outbox/graph").json()["events"]) == 1
    assert theirs.get("/v1/outbox/graph").json()["events"] == []


@pytest.mark.parametrize(
    ("query", "status"),
    [("after=-1", 400), ("after=x", 400), (f"after={2**63}", 400), (f"after={2**62}", 400), ("limit=0", 400),
     ("limit=501", 400), ("after=0", 200)],
)  # fmt: skip
def test_cursors_that_are_none(institution: Institution, query: str, status: int) -> None:
    assert consumer(institution).get(f"/v1/outbox/graph?{query}").status_code == status


@pytest.mark.parametrize(
    "body",
    [{}, {"cursor": -1}, {"cursor": 2**64}, {"cursor": "x"}, {"cursor": 0, "more": 1}, {"cursor": None}, [], "x"],
)
def test_acknowledgements_that_are_none(institution: Institution, body: object) -> None:
    assert consumer(institution).post("/v1/outbox/graph/acknowledgement", json=body).status_code == 422


def test_an_unknown_consumer_is_no_fault_of_ours(institution: Institution) -> None:
    client = holder(institution, SCOPE + "ghost")
    assert client.get("/v1/outbox/ghost").status_code == 404
    assert client.get("/v1/outbox/Not%00A%20Name").status_code == 400
