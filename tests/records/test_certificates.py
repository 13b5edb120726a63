"""Certificates stand for what was completed, on the revision it was completed on, and end as they say."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from tests.records.desk import Desk, Row

from akademos.errors import AkademosError
from akademos.learning.credentials import expires_on, number_is_sound, read_code
from akademos.stores.postgres.certificates import PostgresCertificates
from akademos.stores.postgres.record_expiry import PostgresRecordExpiry


@pytest.fixture
def certificates(desk: Desk) -> PostgresCertificates:
    return PostgresCertificates(desk.database)


def complete(desk: Desk, learner: str, revision: int | None = 1, kind: str = "course", content: str = "aid") -> None:
    desk.execute(
        "INSERT INTO learning_user_progress (tenant_id, learner_key, content_type, content_id, state, percentage, "
        "content_revision, completed_at) VALUES (%s, %s, %s, %s, 'completed', 100, %s, now())",
        desk.tenant,
        learner,
        kind,
        content,
        revision,
    )


def issue(desk: Desk, learner: str, name: str = "c1", **values: Any) -> Row:
    return desk.create(
        "learning_certificates", certificate_id=name, learner_key=learner, **{"course_id": "aid", **values}
    )


def test_a_certificate_says_what_was_completed(taught: Desk, certificates: PostgresCertificates) -> None:
    ada = taught.person("ada")
    complete(taught, ada)
    row = issue(taught, ada)
    assert number_is_sound(row["number"])
    assert row["number"].endswith(f"-000001-{row['number'][-1]}")
    assert (row["title"], row["content_revision"], row["status"]) == ("Erste Hilfe", 1, "issued")
    assert read_code(row["verification_code"]) == row["verification_code"]
    action, subject, detail = taught.audit()[-1]
    assert (action, subject) == ("certificate.issued", taught.audit_name(ada))
    assert row["verification_code"] not in str(detail)
    [mine] = certificates.of_learner(taught.tenant, ada)
    assert (mine.code, mine.description, mine.issuer) == (row["verification_code"], "Leben retten.", "A college")


def test_a_revision_changes_nothing_that_was_earned(taught: Desk, certificates: PostgresCertificates) -> None:
    ada = taught.person("ada")
    complete(taught, ada)
    code = issue(taught, ada)["verification_code"]
    taught.act("learning_courses", "aid", "revise")
    taught.change("learning_courses", "aid", title="Zweite Hilfe", description="Anders.")
    taught.publish("learning_courses", "aid")
    taught.act("learning_courses", "aid", "archive")
    shown = certificates.public(code, datetime.now(UTC))
    assert shown is not None
    assert (shown.title, shown.revision, shown.standing) == ("Erste Hilfe", 1, "valid")
    assert certificates.of_learner(taught.tenant, ada)[0].description == "Leben retten."
    ben = taught.person("ben")
    complete(taught, ben, revision=1)
    assert issue(taught, ben, "c2")["title"] == "Erste Hilfe"


def test_nothing_is_certified_that_was_not_completed(taught: Desk) -> None:
    ada = taught.person("ada")
    codes = []
    for values in ({}, {"course_id": None}, {"path_id": "p"}, {"expires_at": datetime.now(UTC) - timedelta(days=1)}):
        with pytest.raises(AkademosError) as refused:
            issue(taught, ada, **values)
        codes.append(refused.value.code)
    assert codes == ["not_completed", "content_missing", "content_missing", "input_invalid"]
    assert not any(action.startswith("certificate") for action, _, _ in taught.audit())


def test_one_certificate_a_revision_stands_and_serials_are_used_once(taught: Desk) -> None:
    ada = taught.person("ada")
    complete(taught, ada)
    issue(taught, ada)
    with pytest.raises(AkademosError) as refused:
        issue(taught, ada, "c2")
    assert refused.value.code == "issued_already"
    taught.act("learning_certificates", "c1", "revoke", revocation_reason="wrong name")
    assert issue(taught, ada, "c2")["number"][5:11] == "000002"


def test_revoked_is_revoked_for_good_and_outlives_its_holder(taught: Desk, certificates: PostgresCertificates) -> None:
    ada = taught.person("ada")
    complete(taught, ada)
    code = issue(taught, ada)["verification_code"]
    done = taught.act("learning_certificates", "c1", "revoke", revocation_reason="copied work")
    assert done["revoked_at"] is not None
    shown = certificates.public(code, datetime.now(UTC))
    assert shown is not None
    assert shown.standing == "revoked"
    assert [action for action, _, _ in taught.audit()][-1] == "certificate.revoked"
    assert "copied work" not in str(taught.audit())
    with pytest.raises(AkademosError):
        taught.act("learning_certificates", "c1", "revoke", revocation_reason="again")
    taught.execute("DELETE FROM people WHERE learner_key = %s", ada)
    assert certificates.public(code, datetime.now(UTC)) is None
    assert list(certificates.revoked(taught.tenant)) == [1]
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        taught.execute("DELETE FROM certificate_revocations")


def test_the_job_notes_what_is_over_once(taught: Desk, certificates: PostgresCertificates) -> None:
    ada, ben = taught.person("ada"), taught.person("ben")
    complete(taught, ada)
    complete(taught, ben)
    soon = datetime.now(UTC) + timedelta(days=1)
    code = issue(taught, ada, expires_at=soon)["verification_code"]
    issue(taught, ben, "c2")
    later = soon + timedelta(days=1)
    shown = certificates.public(code, later)
    assert shown is not None
    assert shown.standing == "expired", "whether or not the job has run"
    expiry = PostgresRecordExpiry(taught.database, taught.keys)
    assert set(expiry.expire_due(datetime.now(UTC)).values()) == {0}
    assert expiry.expire_due(later)["learning_certificates"] == 1
    assert set(expiry.expire_due(later).values()) == {0}
    assert taught.read("learning_certificates", "c1")["status"] == "expired"
    assert taught.read("learning_certificates", "c2")["status"] == "issued"
    action, subject, _ = taught.audit()[-1]
    assert (action, subject) == ("certificate.expired", taught.audit_name(ada))


def test_what_strangers_are_told_names_nobody(taught: Desk, certificates: PostgresCertificates) -> None:
    ada = taught.person("ada-lovelace")
    complete(taught, ada)
    code = issue(taught, ada)["verification_code"]
    told = repr(certificates.public(code, datetime.now(UTC)))
    assert not re.search(f"ada|lovelace|{ada}", told, re.IGNORECASE)
    assert certificates.public("00000-00000-00000-00000", datetime.now(UTC)) is None


def republished(desk: Desk, **values: object) -> None:
    """The course's next revision."""
    desk.act("learning_courses", "aid", "revise")
    desk.change("learning_courses", "aid", **values)
    desk.publish("learning_courses", "aid")


def test_a_certificate_holds_for_the_months_of_the_revision_that_was_completed(
    taught: Desk, certificates: PostgresCertificates
) -> None:
    ada, ben, cy = (taught.person(one) for one in ("ada", "ben", "cy"))
    republished(taught, certificate_valid_months=24)
    republished(taught, certificate_valid_months=12)
    for learner, revision in ((ada, 1), (ben, 2), (cy, 3)):
        complete(taught, learner, revision)
        issue(taught, learner, f"of-{revision}")
    today = datetime.now(UTC).date()
    assert certificates.of_learner(taught.tenant, ada)[0].last_day is None
    assert certificates.of_learner(taught.tenant, ben)[0].last_day == expires_on(today, 24)
    [held] = certificates.of_learner(taught.tenant, cy)
    last = expires_on(today, 12)
    assert last is not None
    assert (held.last_day, held.standing(last), held.standing(last + timedelta(days=1))) == (last, "valid", "expired")


def test_a_path_has_its_own_validity_and_whoever_issues_may_say_otherwise(
    taught: Desk, certificates: PostgresCertificates
) -> None:
    ada, ben = taught.person("ada"), taught.person("ben")
    taught.create("learning_paths", path_id="p", title="Helper", certificate_valid_months=6)
    taught.create("learning_path_steps", path_id="p", step_id="1", content_type="course", content_id="aid")
    taught.publish("learning_paths", "p")
    until = datetime.now(UTC) + timedelta(days=3)
    for learner in (ada, ben):
        complete(taught, learner, 1, "path", "p")
    issue(taught, ada, "c1", course_id=None, path_id="p")
    assert certificates.of_learner(taught.tenant, ada)[0].last_day == expires_on(datetime.now(UTC).date(), 6)
    issue(taught, ben, "c2", course_id=None, path_id="p", expires_at=until)
    assert certificates.of_learner(taught.tenant, ben)[0].expires_at == until
    taught.act("learning_certificates", "c2", "revoke", revocation_reason="anew")
    assert issue(taught, ben, "c3", course_id=None, path_id="p", expires_at=None)["expires_at"] is None


def test_how_long_certificates_hold_is_frozen_with_the_revision_and_audited(taught: Desk) -> None:
    with pytest.raises(AkademosError) as refused:
        taught.change("learning_courses", "aid", certificate_valid_months=12)
    assert refused.value.code == "published"
    republished(taught, certificate_valid_months=12, title="Neu")
    republished(taught, certificate_valid_months=12, title="Neuer")
    said = [detail for action, subject, detail in taught.audit() if action == "certificate.validity_set"]
    assert [(one["field"], one["before"], one["after"]) for one in said] == [("certificate_valid_months", None, 12)]
    assert (said[0]["key"], said[0]["revision"]) == ({"course_id": "aid"}, 2)
    # Who goes around the acts makes the next revision of it.
    before = taught.read("learning_courses", "aid")["revision"]
    taught.execute("UPDATE learning_courses SET certificate_valid_months = 6 WHERE course_id = 'aid'")
    assert taught.read("learning_courses", "aid")["revision"] == before + 1
    for wrong in (0, 1_201):
        taught.act("learning_courses", "aid", "revise")
        with pytest.raises(AkademosError):
            taught.change("learning_courses", "aid", certificate_valid_months=wrong)
        taught.publish("learning_courses", "aid")
