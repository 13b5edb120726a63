"""The right of access: everything held about the learner and nothing about anybody else, registered."""

from __future__ import annotations

from typing import Any

from tests.serving.institution import ANSWER_PATHS, Institution

from akademos.catalogue.registry import builtin
from akademos.serving.routes.my_data import export
from akademos.stores.postgres.held_data import KEY_COLUMNS, LEFT_OUT, THIRD_PARTIES, ZONES, is_about_people

#: Datasets with a personal column that holds no rows of learners.
OF_OTHERS = {
    "bases": "names who answers for an import",
    "dataset_certifications": "names the steward who decided",
    "dead_letters": "personal data was removed from them: nobody can tell whose they are",
    "erasures": "of people who are not known any more",
    "held_records": "of people who are not known any more",
    "kpi_notes": "names the member of staff who wrote it",
    "models": "keyed digests, which say nothing",
    "money_loads": "names the member of staff who loaded it",
    "ops_incidents": "names the operators who acknowledged and resolved it",
    "ops_maintenance": "names the operator who declared it",
    "outbox_notices": "of people who are erased, until every recipient has confirmed",
    "record_requests": "keyed hashes of requests, which say nothing",
    "releases": "names the members of staff who made and withdrew it",
    "suppressions": "keyed hashes of people who are erased",
    "tenant_settings": "names the member of staff who changed it",
    "topic_changes": "names the members of staff who made and undid it, and their reasons",
}


def taken(institution: Institution, user_id: str = "ada") -> dict[str, list[dict[str, Any]]]:
    answer = institution.as_(user_id).get("/v1/me/data")
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["complete"] is True
    return {table["name"]: table["rows"] for table in document["tables"]}


def test_everything_and_nothing_of_others(institution: Institution) -> None:
    institution.as_("ada").get(ANSWER_PATHS[0])
    institution.as_("prof", "instructor").get(ANSWER_PATHS[0], params={"learner": "ada"})
    tables = taken(institution)
    assert tables["people"][0]["display_name"] == "Ada L."
    assert [row["sealed"] for row in tables["identifiers"]] == ["ada"]
    assert tables["event_log"] == [{"event_name": f"event of {institution.people['ada']}"}]
    assert tables["enrolments"][0]["course_id"] == "algebra"
    assert tables["consent_history"][0]["decision"] == "granted"
    assert {row["role"] for row in tables["access_log"]} == {"learner", "instructor"}
    assert {row["actor"] for row in tables["access_log"]} == {"you", "somebody else"}
    assert tables["audit_log"]
    text = institution.as_("ada").get("/v1/me/data").text
    for name, key in institution.people.items():
        assert (key in text) == (name == "ada"), name
    assert "Prof. P." not in text


def test_a_pause_or_a_withdrawal_takes_nothing_from_the_right(institution: Institution) -> None:
    for decision in ("paused", "objected", "withdrawn"):
        institution.decide("ada", decision)
        assert institution.as_("ada").get(ANSWER_PATHS[0]).status_code == 403
        assert taken(institution)["people"]


def test_each_request_is_registered_and_audited(institution: Institution) -> None:
    taken(institution)
    page = institution.as_("ada").get("/my-data", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "Ada L." in page.text
    with institution.database.pipeline() as transaction:
        requests = transaction.execute(
            "SELECT kind, status, requested_by, due_on > current_date FROM rights_requests WHERE tenant_id = %s",
            (institution.tenant,),
        ).fetchall()
        exports = transaction.execute(
            "SELECT count(*) FROM audit_log WHERE tenant_id = %s AND action = 'data.exported'", (institution.tenant,)
        ).fetchone()
    assert requests == [("access", "fulfilled", "self", True)] * 2
    assert exports == (2,)


def test_whoever_is_erased_meanwhile_gets_no_more(institution: Institution) -> None:
    held, key = institution.services.held, institution.people["ada"]
    request_id = held.begin(institution.tenant, key, requested_by="self")
    pieces = export(held, institution.tenant, key, request_id)
    first = [next(pieces) for _ in range(3)]
    with institution.database.pipeline() as transaction:
        transaction.execute("DELETE FROM people WHERE tenant_id = %s AND learner_key = %s", (institution.tenant, key))
    rest = b"".join(pieces)
    assert b'"complete":false' in rest
    assert b"Ada L." not in b"".join(first[:1]) + rest


def test_who_gets_none(institution: Institution) -> None:
    assert institution.as_("prof", "instructor").get("/v1/me/data").status_code == 403
    assert institution.as_("nobody-yet").get("/v1/me/data").status_code == 404
    assert institution.client().get("/v1/me/data").status_code == 401


def test_every_dataset_about_people_is_in_it() -> None:
    datasets = builtin().datasets
    personal = {
        one.name
        for one in datasets
        if one.zone in ZONES and any(column.personal and column.name not in LEFT_OUT for column in one.columns)
    }
    covered = {one.name for one in datasets if is_about_people(one)}
    assert personal - covered == set(OF_OTHERS)
    assert "event_log" in {one.name for one in datasets}


def test_every_key_of_a_person_is_known_as_one() -> None:
    keys = {
        column.name
        for one in builtin().datasets
        for column in one.columns
        if one.zone in ZONES and column.personal and column.name.endswith("_key") and column.name != "data_key"
    }
    assert keys <= set(KEY_COLUMNS)
    assert set(KEY_COLUMNS) - {"learner_key"} <= THIRD_PARTIES
