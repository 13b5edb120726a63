"""A tenant never sees another: every route across tenants, every table as the serving role."""

from __future__ import annotations

import psycopg
import pytest
from tests.privacy.classified import GOVERNANCE, LEARNER, OPEN, OWN_DECISIONS, OWN_RECORD, ROSTER, addresses
from tests.serving.institution import SECRET, Institution

from akademos.catalogue.roles import Role
from akademos.stores.postgres.database import Database


@pytest.mark.parametrize(("user_id", "role"), [("dean", "instructor"), ("eve", "learner"), ("boss", "admin")])
def test_no_route_answers_about_another_tenants_learner(institution: Institution, user_id: str, role: Role) -> None:
    client = institution.as_(user_id, role, tenant=institution.elsewhere)
    for path in addresses(institution.app, LEARNER):
        for learner in ("ada", institution.people["ada"]):
            answer = client.get(path, params={"learner": learner})
            assert answer.status_code == 403, (path, learner)
            assert SECRET not in answer.text
            assert institution.people["ada"] not in answer.text
    for kind in (ROSTER, OWN_DECISIONS, OWN_RECORD, GOVERNANCE, OPEN):
        for path in addresses(institution.app, kind):
            if path != "/sign-in":  # of a development installation: lists the people of all its tenants
                text = client.get(path).text
                assert institution.people["ada"] not in text, path
                assert "Ada L." not in text, path


def test_a_token_for_the_same_name_elsewhere_is_somebody_else(institution: Institution) -> None:
    answer = institution.as_("ada", tenant=institution.elsewhere).get("/v1/analytics/dashboard")
    assert (answer.status_code, answer.json()["code"]) == (403, "consent_missing")
    answer = institution.as_("prof", "instructor", tenant=institution.elsewhere).get("/v1/learners")
    assert (answer.status_code, answer.json()["code"]) == (403, "role_not_granted")


def test_a_key_of_another_tenant_decides_for_its_own_people_only(institution: Institution) -> None:
    from akademos.stores.postgres.api_keys import PostgresApiKeys

    secret = PostgresApiKeys(institution.database).create(
        institution.elsewhere, "host", scopes=("consent",), actor="test"
    )
    body = {"purposes": ["learning_support"], "decision": "withdrawn", "text_version": "1", "user_id": "ada"}
    answer = institution.client().post("/v1/consent", json=body, headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert institution.as_("ada").get("/v1/analytics/dashboard").status_code == 200


def readable(database: Database) -> list[str]:
    """Tables that the serving role may select from."""
    with database.serving("") as transaction:
        rows = transaction.execute(
            "SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'akademos'::regnamespace "
            "AND c.relkind IN ('r', 'p', 'v', 'm') AND has_table_privilege(c.oid, 'SELECT') ORDER BY 1"
        ).fetchall()
    return [row[0] for row in rows]


def test_the_serving_role_sees_one_tenant_in_every_table(institution: Institution) -> None:
    institution.as_("ada").get("/v1/analytics/dashboard")
    tables = readable(institution.database)
    assert {"people", "identifiers", "consent_state", "learner_state", "access_log", "enrolments"} <= set(tables)
    for table in tables:
        for tenant in (institution.tenant, institution.elsewhere):
            with institution.database.serving(tenant) as transaction:
                seen = transaction.execute(f"SELECT DISTINCT tenant_id FROM {table}").fetchall()
            assert {row[0] for row in seen} <= {tenant}, table
        with institution.database.serving("") as transaction:
            assert transaction.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,), table


def test_the_serving_role_writes_nothing_but_its_own_tenants_access_log(institution: Institution) -> None:
    database, tenant = institution.database, institution.tenant
    insert = (
        "INSERT INTO access_log (tenant_id, actor, role, what, purpose, decision) VALUES (%s, 'x', 'x', 'x', 'x', 'x')"
    )
    with database.serving(tenant) as transaction:
        transaction.execute(insert, (tenant,))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving(tenant) as transaction:
        transaction.execute(insert, (institution.elsewhere,))
    for table in readable(database):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET tenant_id = tenant_id"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving(tenant) as transaction:
                transaction.execute(statement)


def test_raw_input_is_out_of_the_serving_roles_reach(institution: Institution) -> None:
    forbidden = {"landing", "held", "event_index", "dead_letters", "envelopes", "demographics", "preference_log"}
    assert not forbidden & set(readable(institution.database))
