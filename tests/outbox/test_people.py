"""People in what is published: names of their own, live decisions, erasure."""

from __future__ import annotations

import uuid
from typing import Any

import orjson
import pytest
from tests.outbox.conftest import ACTOR, Desk

from akademos.stores.postgres.outbox_recipients import PostgresRecipients

CERTIFICATES = "learning_certificates"


def decide(desk: Desk, learner_key: str, purpose: str, **stopped: bool) -> None:
    with desk.database.pipeline() as transaction:
        transaction.execute(
            "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version, "
            "restricted, objected) VALUES (%s, %s, %s, true, 1, 'consent', 'v1', %s, %s)",
            (desk.tenant, learner_key, purpose, stopped.get("restricted", False), stopped.get("objected", False)),
        )


def data(desk: Desk, name: str) -> list[dict[str, Any]]:
    return [event["data"] for event in desk.read(name).events]


def test_each_consumer_knows_a_person_by_another_name_and_nobody_by_key(desk: Desk) -> None:
    for name in ("graph", "memory"):
        desk.add(name, CERTIFICATES, people="pseudonym")
    desk.add("counts", CERTIFICATES)
    key = desk.learner("ada@host")
    desk.certificate("c-1", key)
    found = {name: data(desk, name) for name in ("graph", "memory", "counts")}
    assert found["graph"][0]["person"] != found["memory"][0]["person"]
    assert "person" not in found["counts"][0]
    assert found["counts"][0]["key"] == {}
    raw = orjson.dumps([desk.read(name).events for name in found]).decode()
    for secret in (key, "ada@host", "Lovelace", "code-c-1"):
        assert secret not in raw


def test_user_ids_leave_where_a_basis_is_recorded(desk: Desk) -> None:
    desk.add("sis", CERTIFICATES, people="user_id", basis="contract of 3 May")
    desk.certificate("c-1", desk.learner("ada@host"))
    assert data(desk, "sis")[0]["user_id"] == "ada@host"


@pytest.mark.parametrize("stop", ["restricted", "objected"])
def test_what_is_stopped_does_not_leave_from_that_moment_on(desk: Desk, stop: str) -> None:
    desk.add("graph", CERTIFICATES, people="pseudonym")
    ada, bob = desk.learner("ada"), desk.learner("bob")
    desk.certificate("c-1", ada)
    desk.certificate("c-2", bob)
    assert len(data(desk, "graph")) == 2
    decide(desk, ada, "learning_support", **{stop: True})
    assert [one["key"] for one in data(desk, "graph")] == [{"certificate_id": "c-2"}]


def test_everybody_in_a_page_is_told_who_looked(desk: Desk) -> None:
    desk.add("graph", CERTIFICATES, people="pseudonym")
    for number, user in enumerate(("ada", "bob", "ada")):
        desk.certificate(f"c-{number}", desk.learner(user))
    desk.read()
    logged = desk.rows("SELECT actor, subject, what, purpose, decision FROM access_log")
    assert len(logged) == len({bytes(row[1]) for row in logged}) == 2
    assert {(row[0], *row[2:]) for row in logged} == {("key:test", "/v1/outbox/graph", "learning_support", "allowed")}


def test_whoever_was_erased_is_gone_and_the_recipients_are_told(desk: Desk) -> None:
    desk.add("graph", CERTIFICATES, people="pseudonym")
    desk.add("counts", CERTIFICATES)
    key = desk.learner("ada")
    desk.certificate("c-1", key)
    (told,) = data(desk, "graph")
    erasure, recipients = uuid.uuid4(), PostgresRecipients(desk.database, desk.keys)
    desk.rows("SELECT erase_record_changes(%s, %s::uuid[], %s::uuid[], NULL)", desk.tenant, [key], [str(uuid.uuid4())])
    desk.rows("DELETE FROM people WHERE learner_key = %s RETURNING 1", key)
    for _ in range(2):  # a run that was killed tells again
        assert recipients.tell(desk.tenant, erasure, [key]) == {"told": ["graph"], "confirmed": []}
    assert desk.read("counts").events == []
    page = desk.read()
    assert [event["type"] for event in page.events] == ["akademos.person.erased"]
    assert page.events[0]["data"] == {"people": [told["person"]]}
    assert [one[0] for one in recipients.unconfirmed(desk.tenant)] == ["graph"]
    desk.outbox.acknowledge(desk.tenant, "graph", page.cursor, after=page.after)
    assert recipients.unconfirmed(desk.tenant) == []
    assert recipients.tell(desk.tenant, erasure, [key]) == {"told": ["graph"], "confirmed": ["graph"]}
    assert desk.rows("SELECT people FROM outbox_notices") == [(None,)]


def test_a_notice_survives_a_restart(desk: Desk) -> None:
    desk.add("graph", CERTIFICATES, people="pseudonym")
    recipients = PostgresRecipients(desk.database, desk.keys)
    recipients.tell(desk.tenant, uuid.uuid4(), [str(uuid.uuid4())])
    desk.course("noise")
    desk.read()
    desk.outbox.restart(desk.tenant, "graph", actor=ACTOR)
    assert [event["type"] for event in desk.read().events] == ["akademos.person.erased"]
