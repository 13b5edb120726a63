"""What writes its entry into the audit log: each change in its own transaction, by whoever answers for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, InputError
from akademos.jobs.audit_verification import verify
from akademos.privacy.pseudonyms import Keys
from akademos.privacy.standing import Decision
from akademos.stores.ports.consent import RecordedBasis
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres import loaded_audits
from akademos.stores.postgres.access import PostgresTenants
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.audit import name_of
from akademos.stores.postgres.chains import PostgresChains
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault

BASIS = RecordedBasis("b1", "college", (Purpose.RESEARCH, Purpose.ADVISING), "v1", "contract 7", "Dr. Who", False)


class Log:
    """The audit log of the tenant, and its people."""

    def __init__(self, database: Database, keys: Keys) -> None:
        self.database, self.keys = database, keys
        self.vault = PostgresVault(database, keys)
        self.consent = PostgresConsent(database, lambda tenant, event: 0b1111, keys)

    def person(self, user_id: str, kind: Any = "learner") -> str:
        one = Identifier("user", user_id)
        return self.vault.ensure("college", [one], kind=kind)[one].learner_key

    def name(self, learner_key: str) -> str:
        with self.database.pipeline() as transaction:
            name = name_of(transaction, self.keys, "college", learner_key)
        assert name is not None
        return name.hex()

    def rows(self, tenant: str = "college") -> list[tuple[str, str, str | None, dict[str, Any]]]:
        with self.database.pipeline() as transaction:
            found = transaction.execute(
                "SELECT actor, action, encode(subject, 'hex'), detail FROM audit_log WHERE tenant_id = %s ORDER BY seq",
                (tenant,),
            ).fetchall()
        return [(actor, action, subject, json.loads(detail)) for actor, action, subject, detail in found]


@pytest.fixture
def log(database: Database, keys: Keys, tenant: str) -> Log:
    assert tenant == "college"
    return Log(database, keys)


def test_a_decision_names_who_decided_and_about_whom(log: Log) -> None:
    ada = log.person("wilma")
    decisions: tuple[tuple[Decision, str], ...] = (
        ("granted", "self"),
        ("withdrawn", "key:app"),
        ("granted", "command line:op"),
    )
    for decision, by in decisions:
        purposes = [Purpose.RESEARCH, Purpose.RESEARCH]
        log.consent.decide("college", ada, purposes, decision, text_version="v2", recorded_by=by)
    name = log.name(ada)
    assert [(actor, action, subject) for actor, action, subject, _ in log.rows()] == [
        (f"person:{name}", "consent.decided", name),
        ("key:app", "consent.decided", name),
        ("command line:op", "consent.decided", name),
    ]
    assert log.rows()[1][3] == {"decision": "withdrawn", "purposes": ["research"], "version": 2, "text_version": "v2"}
    assert not any(text in str(log.rows()) for text in (ada, "wilma"))  # no name that a digest may spell
    with PostgresChains(log.database).reading() as chains:
        assert verify(chains, "college").broken == []


def test_a_basis_and_what_was_granted_under_it_are_one_entry_each(log: Log) -> None:
    people = [log.person(f"p{number}") for number in range(3)]
    log.consent.decide("college", people[0], [Purpose.RESEARCH], "withdrawn", text_version="v1", recorded_by="self")
    for _ in range(2):
        log.consent.record_basis(BASIS, actor="command line:op")
        log.consent.grant_under_basis(BASIS, people, actor="command line:op")
    with pytest.raises(Conflict):
        log.consent.record_basis(
            RecordedBasis("b1", "college", (Purpose.RESEARCH,), "v9", "other", "Dr. Who", False), actor="x"
        )
    of_basis = {"basis": "b1", "purposes": ["research", "advising"], "text_version": "v1", "historical": False}
    assert log.rows()[1:] == [
        ("command line:op", "basis.recorded", None, of_basis),
        ("command line:op", "consent.decided", None, {
            **of_basis, "decision": "granted", "people": {"research": 2, "advising": 3},
        }),
    ]  # fmt: skip
    assert "Who" not in str(log.rows())


def test_keys_and_tenants(log: Log) -> None:
    api_keys = PostgresApiKeys(log.database)
    secret = api_keys.create("college", "host", scopes=("ingest",), actor="command line:op")
    key_id = secret.split("_")[1]
    assert api_keys.revoke("college", key_id, actor="command line:op")
    assert not api_keys.revoke("college", key_id, actor="command line:op")
    assert [(action, detail["key"]) for _, action, _, detail in log.rows()] == [
        ("key.created", key_id),
        ("key.revoked", key_id),
    ]
    assert secret.split("_")[2] not in str(log.rows())
    tenants = PostgresTenants(log.database, log.keys)
    for _ in range(2):
        tenants.create("second", "Second", time_zone="Europe/Berlin", actor="command line:op")
    assert log.rows("second") == [
        ("command line:op", "tenant.changed", None, {"change": "created", "time_zone": "Europe/Berlin"})
    ]


def test_assignments_are_changes_of_roles(log: Log) -> None:
    records = PostgresRecords(log.database, log.keys)
    prof, other = log.person("prof", "staff"), log.person("other", "staff")

    def assignment(key: str, course: str, role: str) -> dict[str, object]:
        return {"learner_key": key, "course_id": course, "role": role}

    courses = [{"course_id": course, "title": course, "status": "draft"} for course in ("a", "b")]
    records.load("college", "learning_courses", courses, actor="command line:op")
    assert log.rows() == []
    first = [assignment(prof, "a", "instructor")]
    for _ in range(2):
        records.load("college", "staff_assignments", first, actor="command line:op")
    many = [assignment(prof, "b", "instructor"), assignment(other, "a", "advisor"), assignment(other, "b", "advisor")]
    records.load("college", "staff_assignments", first + many, actor="key:k")
    with pytest.raises(InputError):  # what is refused is not noted
        records.load("college", "staff_assignments", [assignment(other, "nowhere", "advisor")], actor="key:k")
    assert log.rows() == [
        ("command line:op", "role.changed", log.name(prof), {"assigned": {"instructor": 1}, "people": 1, "courses": 1}),
        ("key:k", "role.changed", None, {"assigned": {"advisor": 2, "instructor": 1}, "people": 2, "courses": 2}),
    ]


def test_what_a_load_does_is_audited_as_if_somebody_had_done_it(log: Log) -> None:
    records = PostgresRecords(log.database, log.keys)
    ada = log.person("ada")

    def load(table: str, *rows: dict[str, object]) -> list[tuple[str, str | None, dict[str, Any]]]:
        before = len(log.rows())
        records.load("college", table, rows, actor="command line:op")
        return [(action, subject, detail) for _, action, subject, detail in log.rows()[before:]]

    course: dict[str, object] = {"course_id": "bio", "title": "Biology"}
    said = {"record": "learning_courses", "key": {"course_id": "bio"}, "version": 3, "revision": 1}
    for state in ("draft", "in_review"):
        assert load("learning_courses", course | {"status": state}) == []
    published = course | {"status": "published", "certificate_valid_months": 12}
    assert load("learning_courses", published) == [
        (
            "certificate.validity_set",
            None,
            said | {"act": "update", "field": "certificate_valid_months", "before": None, "after": 12},
        ),
        ("course.published", None, said | {"act": "publish"}),
    ]
    assert load("learning_courses", published) == []
    ((action, _, detail),) = load("learning_courses", {"course_id": "art", "title": "Art"})
    assert (action, detail["act"], detail["key"]) == ("course.published", "publish", {"course_id": "art"})
    attempt = {"attempt_id": "a-1", "learner_key": ada, "quiz_id": "q", "score": 0.7, "status": "scored"}
    load("learning_quizzes", {"quiz_id": "q", "course_id": "bio", "title": "Q", "question_ids": []})
    ((action, subject, detail),) = load("learning_quiz_attempts", attempt)
    assert (action, subject, detail["key"]) == ("quiz.scored", log.name(ada), {"attempt_id": "a-1"})


def test_more_than_one_turn_of_changes_is_audited_each(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loaded_audits, "AT_ONCE", 3)
    rows = [{"course_id": f"c{number}", "title": "C", "status": "published"} for number in range(6)]
    PostgresRecords(log.database, log.keys).load("college", "learning_courses", rows, actor="command line:op")
    published = [detail["key"]["course_id"] for _, action, _, detail in log.rows() if action == "course.published"]
    assert published == [f"c{number}" for number in range(6)]
