"""Hand-overs of the log from before their waiting lines were noted: what they leave over stands there now."""

from __future__ import annotations

import uuid

import psycopg
from psycopg.conninfo import make_conninfo

from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.migrate import migrate

BEFORE = "0052"


def test_what_a_process_left_over_has_waited(postgres: EmbeddedPostgres) -> None:
    name = f"old_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER akademos")
    dsn = make_conninfo(postgres.dsn, dbname=name)
    assert migrate(dsn, target=BEFORE) == BEFORE
    loads = [("burst", 9, 4, 2), ("burst", 1, 3, 0), ("other", 5, 5, 0), ("burst", 0, 2, 0)]
    with psycopg.connect(dsn) as transaction:
        transaction.execute("SET ROLE akademos_pipeline")
        transaction.cursor().executemany(
            "INSERT INTO akademos.ops_log_loads (load_id, service, instance, version, region, started_at, loaded_at, "
            "offered, kept, lost, meant, moved, seconds) VALUES (gen_random_uuid(), 'worker', %s, '1', 'local', now(), "
            "now() + %s * interval '1 second', %s, %s, %s, '0', '0', 0)",
            [(instance, number, *counts) for number, (instance, *counts) in enumerate(loads)],
        )
    migrate(dsn)
    with psycopg.connect(dsn) as transaction:
        transaction.execute("SET ROLE akademos_pipeline")
        found = transaction.execute(
            "SELECT instance, waiting FROM akademos.ops_log_loads ORDER BY loaded_at"
        ).fetchall()
    assert found == [("burst", 3), ("burst", 1), ("other", 0), ("burst", 0)]
