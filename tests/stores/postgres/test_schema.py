"""The schema: equal to the sum of the migrations, walled by tenant, and deaf to changes of what is append-only."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from akademos.catalogue.datasets import DATASETS
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.migrate import MIGRATIONS, SCHEMA, migrate, newest
from akademos.stores.postgres.person_columns import personal_tables

PIPELINE_ONLY = {"landing", "held", "event_index"}


def rows(dsn: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query).fetchall()


def dump(server: EmbeddedPostgres, dsn: str) -> str:
    options = conninfo_to_dict(dsn)
    done = subprocess.run(
        [server.binaries / "pg_dump", "--schema-only", "--schema=akademos", "-h", str(options["host"]),
         "-U", "akademos", str(options["dbname"])],
        env={"PGPASSWORD": str(options["password"])}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return re.sub(r"\\(un)?restrict .*", "", done.stdout)


def test_schema_is_the_sum_of_the_migrations(postgres: EmbeddedPostgres, dsn: str) -> None:
    name = f"declared_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER akademos").format(sql.Identifier(name)))
    declared = make_conninfo(postgres.dsn, dbname=name)
    with psycopg.connect(declared) as connection:
        connection.execute(SCHEMA.read_bytes())
    assert dump(postgres, declared) == dump(postgres, dsn)


def test_migrating_again_changes_nothing(postgres: EmbeddedPostgres, dsn: str) -> None:
    before = dump(postgres, dsn)
    migrate(dsn)
    assert dump(postgres, dsn) == before


def test_the_newest_migration_is_the_one_that_alembic_goes_to() -> None:
    assert newest() == ScriptDirectory(str(MIGRATIONS)).get_current_head()


def test_every_tenant_table_has_its_wall(dsn: str) -> None:
    tables = rows(
        dsn,
        "SELECT c.relname, c.relrowsecurity AND c.relforcerowsecurity, "
        "has_table_privilege('akademos_serving', c.oid, 'SELECT') FROM pg_class c "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id' "
        "WHERE c.relnamespace = 'akademos'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition",
    )
    assert len(tables) > 30
    for name, walled, served in tables:
        if name in PIPELINE_ONLY:
            assert not served, f"{name} has no row-level security and may not be granted to the serving role"
        else:
            assert walled, f"{name} lacks row-level security"


def test_partitions_of_pipeline_tables_are_not_served(dsn: str) -> None:
    served = rows(
        dsn,
        "SELECT relname FROM pg_class WHERE relnamespace = 'akademos'::regnamespace AND relispartition "
        "AND has_table_privilege('akademos_serving', oid, 'SELECT')",
    )
    assert served == []


def test_serving_role_sees_its_tenant_only(database: Database) -> None:
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('a', 'A'), ('b', 'B')")
        transaction.execute("INSERT INTO topics (tenant_id, topic_id, name) VALUES ('a', 't', 'A'), ('b', 't', 'B')")
    with database.serving("a") as transaction:
        assert transaction.execute("SELECT tenant_id FROM topics").fetchall() == [("a",)]
        assert transaction.execute("SELECT tenant_id FROM tenants").fetchall() == [("a",)]
    with database.serving("") as transaction:
        assert transaction.execute("SELECT tenant_id FROM topics").fetchall() == []


@pytest.mark.parametrize("table", ["landing", "held", "event_index", "withdrawals", "demographics", "dead_letters"])
def test_serving_role_may_not_read_the_pipeline(database: Database, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), database.serving("a") as transaction:
        transaction.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


@pytest.mark.parametrize("table", ["consent_history", "access_log", "audit_log"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "UPDATE {} SET tenant_id = 'x'", "TRUNCATE {}"])
def test_histories_are_append_only_even_for_their_owner(dsn: str, table: str, statement: str) -> None:
    with psycopg.connect(dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(sql.SQL(statement).format(sql.Identifier("akademos", table)))


@pytest.fixture(scope="module")
def foreign_server() -> Iterator[str]:
    """Debian's own PostgreSQL, as an institution may run it: superuser DSN."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        pytest.skip("Debian's PostgreSQL is not installed")
    binaries = found[0].parent
    with tempfile.TemporaryDirectory(prefix="akademos-foreign-") as name:
        server = _Foreign(Path(name), binaries)
        yield server.start()
        server.stop()


class _Foreign(EmbeddedPostgres):
    """The same launcher over another build's programs; their initdb knows no built-in locale provider."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        super().__init__(folder)
        self._programs = binaries

    @property
    def binaries(self) -> Path:
        return self._programs

    def start(self) -> str:
        self._prepare_folders()
        self.credentials_file.write_text('{"postgres": "secret", "akademos": "secret"}')
        shutil.rmtree(self.data)
        self._prepare_folders()
        secret = self.socket_folder / "secret"
        secret.write_text("secret")
        secret.chmod(0o644)
        assert self._run(
            "initdb", "-D", str(self.data), "-U", "postgres", "--auth=scram-sha-256", f"--pwfile={secret}",
            "--encoding=UTF8", "--locale=C.UTF-8",
        ).returncode == 0  # fmt: skip
        self._start_server()
        return self.superuser_dsn

    def stop(self) -> None:
        self._control("stop", "-m", "fast")


def test_foreign_postgres_15_takes_the_schema(foreign_server: str) -> None:
    with psycopg.connect(foreign_server, autocommit=True) as connection:
        version = connection.info.server_version // 10000
        connection.execute("CREATE ROLE host LOGIN CREATEROLE PASSWORD 'host'")
        connection.execute("CREATE DATABASE institution OWNER host")
    assert version >= 15
    dsn = make_conninfo(foreign_server, dbname="institution", user="host", password="host")
    migrate(dsn)
    database = Database(dsn)
    database.open()
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('a', 'A'), ('b', 'B')")
    with database.serving("b") as transaction:
        assert transaction.execute("SELECT tenant_id FROM tenants").fetchall() == [("b",)]
    database.close()


def test_an_erasure_rewrites_what_held_the_person_and_leaves_the_chained_logs_alone(database: Database) -> None:
    with database.pipeline() as transaction:
        tables = set(personal_tables(transaction, DATASETS))
    assert {"learner_state", "consent_history", "sessions", "suppressions"} <= tables
    assert not {"audit_log", "access_log", "access_seals", "transactions", "ops_incidents"} & tables
