"""What every test may ask for: the one embedded PostgreSQL of the run, a fresh database, a tenant, real data."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings as hypothesis_settings
from psycopg import sql
from psycopg.conninfo import make_conninfo

from akademos.privacy.pseudonyms import Keys
from akademos.settings import Settings
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.migrate import migrate

TEMPLATE = "akademos_template"
DISPOSABLE = ("fsync = off", "full_page_writes = off", "file_copy_method = clone")
"""Nothing in the shared server outlives the run, so it waits for no disk: that took most of a test's time (beside other
work 1.6 s to make a database and 2.1 s to drop it; so, and in memory, 0.04 s and 0.01 s). Durability is tested on
servers of their own."""
MEMORY_NEEDED = 6 * 2**30

# No test asserts a time: what hypothesis calls slow is a busy machine.
hypothesis_settings.register_profile("akademos", deadline=None)
hypothesis_settings.load_profile("akademos")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real data, or a skip that says what is missing."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("AKADEMOS_SHARED_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"real data not found in {folder} (set AKADEMOS_SHARED_DATA)")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One embedded server for the whole run, shared by its worker processes."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))
    server = EmbeddedPostgres(_in_memory() / f"akademos-tests-{run[:12]}")
    server.start()
    with psycopg.connect(server.superuser_dsn, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(1)")
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (TEMPLATE,)).fetchone()
        if not exists:
            for setting in DISPOSABLE:
                connection.execute(f"ALTER SYSTEM SET {setting}")
            connection.execute("SELECT pg_reload_conf()")
            _create_database(connection, "akademos_making", "template1")
            migrate(make_conninfo(server.dsn, dbname="akademos_making"))
            connection.execute(f"ALTER DATABASE akademos_making RENAME TO {TEMPLATE}")
    yield server
    server.stop()
    if not (server.data / "postmaster.pid").exists():  # the last to leave
        shutil.rmtree(server.folder, ignore_errors=True)


def _in_memory() -> Path:
    """Where files are made and removed in no time: a database is 1,500 of them. The disk, where memory is short."""
    memory = Path("/dev/shm")  # as good a place as the folder for temporary files
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > MEMORY_NEEDED
    return memory if roomy else Path(tempfile.gettempdir())


def _create_database(connection: psycopg.Connection[tuple[object, ...]], name: str, template: str) -> None:
    statement = "CREATE DATABASE {} TEMPLATE {} OWNER akademos STRATEGY FILE_COPY"
    connection.execute(sql.SQL(statement).format(sql.Identifier(name), sql.Identifier(template)))


@pytest.fixture
def dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    """DSN of a fresh, migrated, empty database."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        _create_database(connection, name, TEMPLATE)
    yield make_conninfo(postgres.dsn, dbname=name)
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def database(dsn: str) -> Iterator[Database]:
    """The fresh database, opened."""
    opened = Database(dsn)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def keys() -> Keys:
    """Keys of an installation that exists for one test."""
    return Keys(bytes(range(32)))


@pytest.fixture
def tenant(database: Database) -> str:
    """A tenant in the fresh database."""
    with database.pipeline() as transaction:
        transaction.execute("INSERT INTO tenants (tenant_id, name) VALUES ('college', 'A college')")
    return "college"


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    """Settings of an installation in a temporary folder on the fresh database."""
    return Settings(data=tmp_path, database_url=dsn, environment="development", port=0)
