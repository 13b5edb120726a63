"""The access log of an installation from before audit names: every row is kept, no key stays behind."""

from __future__ import annotations

import os
import uuid

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from akademos.errors import SettingsError
from akademos.privacy.pseudonyms import KEY_BYTES, NONCE_BYTES, Keys, audit_name
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.migrate import migrate

BEFORE = "0002"


def test_rows_are_renamed_and_none_is_lost(postgres: EmbeddedPostgres, keys: Keys) -> None:
    name = f"old_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER akademos")
    dsn = make_conninfo(postgres.dsn, dbname=name)
    assert migrate(dsn, target=BEFORE) == BEFORE
    people = {who: str(uuid.uuid4()) for who in ("ada", "prof", "gone")}
    data_keys = {who: os.urandom(KEY_BYTES) for who in people}
    database = Database(dsn)
    database.open()
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('college', 'A college')")
        for who in ("ada", "prof"):
            wrapped = keys.wrap("college", people[who], data_keys[who], os.urandom(NONCE_BYTES))
            transaction.execute(
                "INSERT INTO people (tenant_id, learner_key, kind, data_key) VALUES ('college', %s, 'learner', %s)",
                (people[who], wrapped),
            )
        rows = [
            (people["prof"], "instructor", people["ada"], "[learner] asked", "allowed", 7),
            (people["ada"], "learner", people["ada"], None, "allowed", 7),
            ("unknown:00ff", "admin", None, None, "role", None),
            ("key:abc", "service", None, None, "role", None),
            (people["gone"], "learner", people["gone"], None, "allowed", None),
        ]
        transaction.cursor().executemany(
            "INSERT INTO access_log (tenant_id, actor, role, learner_key, what, purpose, reason, decision, "
            "consent_version) VALUES ('college', %s, %s, %s, '/v1/x', 'advising', %s, %s, %s)",
            rows,
        )
        old = transaction.execute("SELECT access_id, at FROM access_log ORDER BY 1").fetchall()
    with pytest.raises(SettingsError):
        migrate(dsn)
    migrate(dsn, lambda: keys)
    names = {who: audit_name(data_keys[who]) for who in ("ada", "prof")}
    names["gone"] = keys.identifier_hash("college", "gone", people["gone"])
    with database.pipeline() as transaction:
        new = transaction.execute("SELECT access_id, at FROM access_log ORDER BY 1").fetchall()
        log = transaction.execute(
            "SELECT actor, role, subject, reason, decision, consent_version, what, purpose FROM access_log ORDER BY "
            "access_id"
        ).fetchall()
        ((next_id,),) = transaction.execute(
            "INSERT INTO access_log (tenant_id, actor, role, what, purpose, decision) "
            "VALUES ('college', 'x', 'x', 'x', 'x', 'x') RETURNING access_id"
        )
    database.close()
    assert new == old
    rest = ("/v1/x", "advising")
    assert log == [
        (f"person:{names['prof'].hex()}", "instructor", names["ada"], "[learner] asked", "allowed", 7, *rest),
        (f"person:{names['ada'].hex()}", "learner", names["ada"], None, "allowed", 7, *rest),
        ("unknown:00ff", "admin", None, None, "role", None, *rest),
        ("key:abc", "service", None, None, "role", None, *rest),
        (f"person:{names['gone'].hex()}", "learner", names["gone"], None, "allowed", None, *rest),
    ]
    assert next_id == old[-1][0] + 1
