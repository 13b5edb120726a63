"""The records' store: concurrent writers, content that is loaded, erasure, withdrawal, behaviours and subscribers."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.serving.institution import Institution

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.records import BY_NAME, RECORDS
from akademos.catalogue.records.declaration import Record
from akademos.errors import Conflict
from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.record_changes import Change, RecordWork
from akademos.stores.postgres.record_rows import Row
from akademos.stores.postgres.records import PostgresRecords

COURSES, MODULES = BY_NAME["learning_courses"], BY_NAME["learning_modules"]


def test_of_many_writers_at_once_one_wins(host: TestClient, institution: Institution) -> None:
    at = host.post("/v1/records/courses", json={"course_id": "race", "title": "0"}).json()["self"]
    start, statuses = threading.Barrier(6), []

    def write(number: int) -> None:
        client = institution.client()
        client.headers.update(host.headers)
        start.wait()
        answer = client.patch(at, json={"title": str(number)}, headers={"If-Match": '"1"'})
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(1, 7)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(statuses) == [200, 412, 412, 412, 412, 412]
    assert host.get(at).json()["version"] == 2


def test_the_same_request_at_once_makes_one_row(host: TestClient, institution: Institution) -> None:
    start, answers = threading.Barrier(4), []

    def send() -> None:
        client = institution.client()
        client.headers.update(host.headers)
        start.wait()
        answers.append(client.post("/v1/records/paths", json={"title": "P"}, headers={"Idempotency-Key": "once"}))

    threads = [threading.Thread(target=send) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.status_code for one in answers) == [200, 200, 200, 201]
    assert len({one.json()["id"] for one in answers}) == 1


def published(database: Database, tenant: str) -> list[tuple[int, str, int]]:
    """Revisions of the course: number, title, how many modules."""
    with database.pipeline() as transaction:
        found = transaction.execute(
            "SELECT revision, content->>'title', jsonb_array_length(content->'learning_modules') "
            "FROM content_versions WHERE tenant_id = %s AND key = 'c' ORDER BY revision",
            (tenant,),
        )
        return [(revision, title, modules) for revision, title, modules in found]


def test_what_is_loaded_over_published_content_is_its_next_revision(
    database: Database, keys: Keys, tenant: str
) -> None:
    records = PostgresRecords(database, keys)
    course = {"course_id": "c", "title": "One"}
    modules = [{"module_id": name, "course_id": "c", "title": name} for name in "ab"]
    records.load_all(tenant, {"learning_courses": [course], "learning_modules": modules[:1]}, actor="test")
    assert published(database, tenant) == [(1, "One", 1)]
    again = records.load_all(tenant, {"learning_courses": [course], "learning_modules": modules[:1]}, actor="test")
    assert not any(one.new or one.changed for one in again)
    assert published(database, tenant) == [(1, "One", 1)]
    records.load(tenant, "learning_courses", [{**course, "title": "Two"}], actor="test")
    records.load(tenant, "learning_modules", modules, actor="test")
    assert published(database, tenant) == [(1, "One", 1), (2, "Two", 1), (3, "Two", 2)]


def test_a_load_leaves_what_it_does_not_give(database: Database, keys: Keys, tenant: str) -> None:
    records = PostgresRecords(database, keys)
    records.load(tenant, "learning_courses", [{"course_id": "c", "title": "C", "audience": "All"}], actor="test")
    with database.pipeline() as transaction:
        transaction.execute("UPDATE learning_courses SET status = 'archived'")
    report = records.load(tenant, "learning_courses", [{"course_id": "c", "title": "C"}], actor="test")
    assert (report.new, report.changed) == (0, 0)
    with database.pipeline() as transaction:
        assert transaction.execute("SELECT status, audience FROM learning_courses").fetchall() == [("archived", "All")]


def test_archived_rows_leave_the_curriculum(database: Database, keys: Keys, tenant: str) -> None:
    records = PostgresRecords(database, keys)
    records.load(tenant, "topics", [{"topic_id": name, "name": name} for name in "ab"], actor="test")
    before = records.curriculum(tenant)
    with database.pipeline() as transaction:
        work = RecordWork(transaction, tenant, keys, "job:test")
        work.change(BY_NAME["topics"], ["b"], action="archive")
        work.finish()
    assert records.curriculum(tenant).version == before.version + 1
    assert records.curriculum(tenant).tables["topics"]["topic_id"].to_list() == ["a"]


def test_behaviours_decide_and_subscribers_are_told_in_the_transaction(
    database: Database, keys: Keys, tenant: str
) -> None:
    told: list[tuple[str, str]] = []

    def not_empty(work: RecordWork, record: Record, row: Row, sent: Mapping[str, object]) -> Mapping[str, object]:
        found = work.transaction.execute("SELECT 1 FROM learning_modules WHERE course_id = %s", (row["course_id"],))
        if found.fetchone() is None:
            raise Conflict("The course has no module.", hint="Add one.", code="empty_course")
        return {"metadata": {"checked": True}}

    def tell(work: RecordWork, change: Change) -> None:
        told.append((change.record.name, change.action))

    def work_in(transaction: Any) -> RecordWork:
        behaviours = {("learning_courses", "publish"): not_empty}
        return RecordWork(transaction, tenant, keys, "job:test", behaviours=behaviours, subscribers=(tell,))

    with database.pipeline() as transaction:
        work = work_in(transaction)
        work.create(COURSES, {"course_id": "c", "title": "C"})
        work.change(COURSES, ["c"], action="submit")
        with pytest.raises(Conflict, match="no module"):
            work.change(COURSES, ["c"], action="publish")
        work.create(MODULES, {"module_id": "m", "course_id": "c", "title": "M"})
        assert work.change(COURSES, ["c"], action="publish")["metadata"] == {"checked": True}
        work.finish()
    assert told == [
        ("learning_courses", "create"), ("learning_courses", "submit"), ("learning_modules", "create"),
        ("learning_courses", "publish"),
    ]  # fmt: skip
    with database.pipeline() as transaction:
        noted = transaction.execute("SELECT record, action FROM record_changes ORDER BY position").fetchall()
        assert noted == told
        audited = transaction.execute("SELECT action, detail FROM audit_log WHERE action LIKE 'course.%'").fetchall()
    assert [(action, json.loads(detail)["revision"]) for action, detail in audited] == [("course.published", 1)]


def furnished(host: TestClient, institution: Institution) -> None:
    """A submission of Ada's that prof reviewed, and help that rests on consent."""
    for purpose in (Purpose.LEARNING_SUPPORT, Purpose.ADVISING):
        institution.decide("ada", "granted", purpose=purpose)
    levels = [{"level": "l", "points": 1}, {"level": "m", "points": 0}]
    exercise = {"exercise_id": "e", "course_id": "algebra", "title": "E", "prompt": "Do it."}
    rows: list[tuple[str, dict[str, object]]] = [
        ("exercises", {**exercise, "rubric": {"criteria": [{"criterion": "c", "levels": levels}]}}),
        ("knowledge-gaps", {"gap_id": "g", "user_id": "ada", "gap": "signs", "severity": "minor"}),
        ("alerts", {"alert_id": "a", "user_id": "ada", "kind": "k", "severity": "low", "reason": "r"}),
        ("study-plans", {"plan_id": "p", "user_id": "ada", "title": "Plan"}),
    ]
    for collection, body in rows:
        assert host.post(f"/v1/records/{collection}", json=body).status_code == 201
    for action in ("submit", "publish"):
        assert host.post(f"/v1/records/exercises/e/actions/{action}").status_code == 200
    ada = institution.as_("ada")
    sent = {"submission_id": "s", "exercise_id": "e", "evidence_reference": "file"}
    assert ada.post("/v1/records/exercise-submissions", json=sent).status_code == 201
    assert ada.post("/v1/records/exercise-submissions/s/actions/submit").status_code == 200
    review = {"rubric_scores": [{"criterion": "c", "level": "l"}], "feedback": "Good"}
    prof = institution.as_("prof", "instructor")
    answer = prof.post("/v1/records/exercise-submissions/s/actions/review", json=review)
    assert answer.status_code == 200, answer.text
    assert answer.json()["reviewer_id"] == "prof"


def count(institution: Institution, statement: str, *values: object) -> int:
    with institution.database.pipeline() as transaction:
        row = transaction.execute(statement.encode(), (institution.tenant, *values)).fetchone()
    assert row is not None
    return int(row[0])


def test_a_withdrawal_takes_what_rested_on_it(host: TestClient, institution: Institution) -> None:
    furnished(host, institution)
    key = institution.people["ada"]
    consent = institution.services.consent
    consent.clear_records(institution.tenant, key, frozenset({Purpose.ADVISING}))
    assert count(institution, "SELECT count(*) FROM learning_knowledge_gaps WHERE tenant_id = %s") == 0
    assert count(institution, "SELECT count(*) FROM learner_alerts WHERE tenant_id = %s") == 1
    assert count(institution, "SELECT count(*) FROM study_plans WHERE tenant_id = %s") == 1  # not by consent
    noted = "SELECT count(*) FROM record_changes WHERE tenant_id = %s AND record = %s"
    assert count(institution, noted, "learning_knowledge_gaps") == 0
    assert count(institution, noted, "learner_alerts") == 1


def test_who_is_held_in_records_gets_them_and_nobody_else(host: TestClient, institution: Institution) -> None:
    furnished(host, institution)
    text = institution.as_("ada").get("/v1/me/data").text
    tables = {one["name"]: one["rows"] for one in json.loads(text)["tables"]}
    assert tables["learning_exercise_submissions"][0]["feedback"] == "Good"
    assert tables["learning_exercise_submissions"][0]["reviewer_key"] == "somebody else"
    assert [row["action"] for row in tables["record_changes"] if row["record"] == "learning_knowledge_gaps"] == [
        "create"
    ]
    for name, key in institution.people.items():
        assert (key in text) == (name == "ada"), name
    held = institution.services.held
    of_prof = {one.name: list(one.rows) for one in held.tables(institution.tenant, institution.people["prof"])}
    assert set(of_prof["learning_exercise_submissions"][0]) == {
        "reviewer_key", "second_reviewer_key", "created_at", "updated_at",
    }  # fmt: skip
    assert "Good" not in json.dumps(of_prof, default=str)


def test_names_of_staff_go_and_rows_stay(host: TestClient, institution: Institution) -> None:
    furnished(host, institution)
    prof = institution.people["prof"]
    name = institution.audit_name("prof")
    with institution.database.pipeline() as transaction:
        transaction.execute(
            "UPDATE learning_exercise_submissions SET reviewer_key = NULL WHERE tenant_id = %s AND reviewer_key = %s",
            (institution.tenant, prof),
        )
        transaction.execute(
            "SELECT erase_record_changes(%s, ARRAY[%s]::uuid[], ARRAY[%s]::uuid[], NULL)",
            (institution.tenant, prof, name),
        )
        noted = transaction.execute(
            "SELECT before::text || after::text FROM record_changes WHERE tenant_id = %s AND record LIKE %s "
            "AND before IS NOT NULL",
            (institution.tenant, "%submissions"),
        ).fetchall()
    assert noted
    assert not any(prof in text for (text,) in noted)


def test_confidential_words_are_in_no_log_of_changes(host: TestClient, institution: Institution) -> None:
    furnished(host, institution)
    with institution.database.pipeline() as transaction:
        noted = transaction.execute(
            "SELECT record, after FROM record_changes WHERE tenant_id = %s", (institution.tenant,)
        ).fetchall()
    assert len(noted) > 5
    for name, after in noted:
        hidden = {one.name for one in BY_NAME[name].fields if one.confidential}
        assert not hidden & set(after), name
    assert any(one.confidential for record in RECORDS for one in record.fields)
