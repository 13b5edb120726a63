"""Two walls between tenants: every route, asked with the other tenant's ids in every parameter; every table, in either
role of the database. Routes and tables are found, not listed: a new one is tried without anybody remembering it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from starlette.testclient import TestClient
from tests.privacy.classified import CLASSIFIED, registered
from tests.serving.institution import NOW, Institution

from akademos.catalogue.roles import GRANTABLE, ROLES
from akademos.serving.api import Application
from akademos.stores.ports.api_keys import SCOPES
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres

ONLY_IN_DEVELOPMENT = {("POST", "/sign-in")}


def parameters_of(application: Application) -> Iterator[tuple[str, str, list[str], list[str]]]:
    """(method, path, query and header parameters, body fields) of every route."""
    for context in iter_route_contexts(application.routes):
        route, path = context.original_route, str(context.path)
        queries: list[str] = []
        fields: list[str] = []
        if isinstance(route, APIRoute):
            for part in with_dependencies(route.dependant):
                queries += [one.alias for one in (*part.query_params, *part.header_params)]
                for one in part.body_params:
                    fields += list(getattr(one.field_info.annotation, "model_fields", {one.alias: None}))
        for method in sorted((context.methods or {"GET"}) - {"HEAD"}):
            yield method, path, queries, fields


def with_dependencies(dependant: Dependant) -> Iterator[Dependant]:
    """A route's declaration of parameters, and those of whatever it depends on."""
    yield dependant
    for one in dependant.dependencies:
        yield from with_dependencies(one)


def callers(institution: Institution) -> Iterator[tuple[str, dict[str, str]]]:
    """Credentials of the other tenant: somebody in every role, a key that may do all that keys may, and none."""
    tenant = institution.elsewhere
    for role in GRANTABLE:
        institution.grants.grant(tenant, "boss", role, by="test")
    secret = PostgresApiKeys(institution.database).create(tenant, "host", scopes=tuple(SCOPES), actor="test")
    for role in ROLES:
        user_id = "eve" if role == "learner" else "boss"
        token = secret if role == "service" else institution.token(user_id, role, tenant=tenant)
        yield role, {"Authorization": f"Bearer {token}"}
    yield "nobody", {}


THEIR_OWN_WORDS = {"/trust/access-log", "/v1/access-log"}
"""Show what the asker's own tenant gave as a reason; here that was what it asked for in earlier requests."""


def tables_of(database: Database) -> list[str]:
    """Every table that has rows of tenants."""
    with database.pipeline() as transaction:
        rows = transaction.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
            "WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind IN ('r', 'p') "
            "AND NOT c.relispartition ORDER BY 1"
        ).fetchall()
    return [row[0] for row in rows]


def contents(database: Database, tenant: str) -> dict[str, str]:
    """A digest of a tenant's rows in every table."""
    digests = {}
    with database.pipeline() as transaction:
        for table in tables_of(database):
            query = sql.SQL("SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM {} t WHERE tenant_id = %s")
            row = transaction.execute(query.format(sql.Identifier(table)), (tenant,)).fetchone()
            digests[table] = str(row and row[0])
    return digests


def test_no_route_reads_or_changes_another_tenant(institution: Institution, application: Application) -> None:
    routes = list(parameters_of(application))
    assert {(method, path) for method, path, _, _ in routes} == set(registered(application))
    assert set(registered(application)) == set(CLASSIFIED) - ONLY_IN_DEVELOPMENT
    before = contents(institution.database, institution.tenant)
    with TestClient(application, follow_redirects=False) as client:
        tried = try_all(client, institution, routes)
    assert tried > len(routes) * 2 * len(ROLES)
    assert contents(institution.database, institution.tenant) == before


def try_all(client: TestClient, institution: Institution, routes: list[tuple[str, str, list[str], list[str]]]) -> int:
    """Ask everything as everybody of the other tenant; how many requests that were."""
    theirs = ["ada", institution.people["ada"]]
    secrets = [*institution.people.values(), "Ada L.", "Prof. P."]
    own = {institution.people["eve"], institution.people["dean"]}
    tried = 0
    for role, headers in callers(institution):
        for method, path, queries, fields in routes:
            for value in theirs:
                place = re.sub(r"\{[^}]*\}", value, path.replace("{tenant}", institution.tenant))
                asked = [{"learner": value}, dict.fromkeys(queries, value)]
                asked += [{"learner": value, name: value} for name in queries if name != "learner"]
                sent = bodies(value, fields) if method != "GET" else [{}]
                for query, body in ((query, body) for query in asked for body in sent):
                    answer = client.request(method, place, params=query, headers=headers, **body)
                    tried += 1
                    where = (role, method, path, query, answer.text[:300])
                    assert answer.status_code < 500, where
                    known = theirs if path in THEIR_OWN_WORDS else [value]
                    leaked = [one for one in secrets if one in answer.text and one not in own and one not in known]
                    assert not leaked, where
    return tried


def bodies(value: str, fields: list[str]) -> list[dict[str, Any]]:
    """What a caller may send: a form and JSON with the value in every field, a decision, an event."""
    decision = {"purposes": ["learning_support"], "decision": "withdrawn", "text_version": "1", "user_id": value}
    event = {
        "event": "question_answered",
        "event_id": "6f1c5a52-3c1e-4e2e-9b43-3d4f6b1f0a11",
        "timestamp": NOW.isoformat(),
        "user_id": value,
        "tenant_id": value,
        "learner_key": value,
        "properties": {"question_id": value},
    }
    return [
        {"data": dict.fromkeys(fields, value)},
        {"json": dict.fromkeys(fields, value)},
        {"json": decision},
        {"json": event},
        {"json": {"events": [event]}},
    ]


@pytest.fixture
def filled(postgres: EmbeddedPostgres, dsn: str, database: Database) -> Database:
    """A row of tenant a and one of tenant b in every table, made up from the types of its columns."""
    made = {
        "text": "'x{n}'", "uuid": "gen_random_uuid()", "bytea": "'x{n}'::bytea", "timestamp with time zone": "now()",
        "date": "current_date", "boolean": "false", "integer": "{n}", "bigint": "{n}", "double precision": "{n}",
        "jsonb": "'{{}}'", "text[]": "'{{}}'", "xid8": "'{n}'", "integer[]": "'{{}}'", "numeric": "{n}",
    }  # fmt: skip
    superuser = make_conninfo(postgres.superuser_dsn, dbname=conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(superuser, autocommit=True) as connection:
        checks = connection.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'c' "
            "AND connamespace = 'akademos'::regnamespace AND coninhcount = 0"
        ).fetchall()
        for table, name in checks:
            connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"'.encode())
        connection.execute("SET session_replication_role = replica")
        for number, table in enumerate(tables_of(database)):
            columns = connection.execute(
                "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = %s::regclass "
                "AND attnum > 0 AND NOT attisdropped AND attidentity = '' AND attgenerated = ''",
                (f"akademos.{table}",),
            ).fetchall()
            for tenant in ("a", "b"):
                n = 10 * number + (tenant == "b")
                values = [f"'{tenant}'" if name == "tenant_id" else made[kind].format(n=n) for name, kind in columns]
                names = ", ".join(f'"{name}"' for name, _ in columns)
                connection.execute(f"INSERT INTO akademos.{table} ({names}) VALUES ({', '.join(values)})".encode())
    return database


def test_the_serving_role_sees_and_changes_its_own_tenant_only(filled: Database) -> None:
    tables = tables_of(filled)
    assert len(tables) > 35
    served = 0
    for table in tables:
        with filled.serving("a") as transaction:
            # What may be read may be some columns only.
            query = f"SELECT has_table_privilege('akademos.{table}', %(what)s)"
            reads = f"SELECT has_any_column_privilege('akademos.{table}', %(what)s)"
            may = {
                what: transaction.execute((reads if what == "SELECT" else query).encode(), {"what": what}).fetchone()
                == (True,)
                for what in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")
            }
        assert not may["UPDATE"], table
        assert not may["DELETE"], table
        assert not may["TRUNCATE"], table
        if may["SELECT"]:
            served += 1
            for tenant, expected in (("a", [("a",)]), ("b", [("b",)]), ("", []), ("c", [])):
                with filled.serving(tenant) as transaction:
                    assert transaction.execute(f"SELECT tenant_id FROM {table}".encode()).fetchall() == expected, table
        else:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), filled.serving("a") as transaction:
                transaction.execute(f"SELECT FROM {table}".encode())
        if may["INSERT"]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):  # noqa: SIM117
                with filled.serving("a") as transaction:
                    transaction.execute(
                        f"INSERT INTO {table} OVERRIDING SYSTEM VALUE "
                        f"SELECT (jsonb_populate_record(t, jsonb_build_object('tenant_id', 'b'))).* "
                        f"FROM {table} t".encode()
                    )
    assert served > 25


def test_a_view_looks_through_the_wall_of_whoever_asks(database: Database) -> None:
    with database.pipeline() as transaction:
        views = transaction.execute(
            "SELECT relname, relkind, coalesce('security_invoker=true' = ANY(reloptions), false) FROM pg_class "
            "WHERE relnamespace = 'akademos'::regnamespace AND relkind IN ('v', 'm')"
        ).fetchall()
    assert not [name for name, kind, invoker in views if kind == "m" or not invoker]


def test_neither_role_can_take_the_wall_down(filled: Database) -> None:
    with filled.pipeline() as transaction:
        roles = transaction.execute(
            "SELECT rolname, rolbypassrls, rolsuper FROM pg_roles WHERE rolname LIKE 'akademos%' ORDER BY 1"
        ).fetchall()
    assert {role[0] for role in roles} >= {"akademos_pipeline", "akademos_serving"}
    assert not [role for role in roles if role[1] or role[2]]
    for table in tables_of(filled):
        for statement in (
            f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY",
            f"CREATE POLICY hole ON {table} USING (true)",
            f"DROP TABLE {table}",
        ):
            for open_as in (filled.pipeline, filled.serving):
                with pytest.raises(psycopg.errors.InsufficientPrivilege), open_as("a") as transaction:
                    transaction.execute(statement.encode())
    with filled.serving("a") as transaction:
        transaction.execute("SET LOCAL row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            transaction.execute("SELECT FROM people")
        transaction.rollback()
