"""The small institution: one database for all tests of this folder, two tenants of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.serving.institution import Institution, furnish

from akademos.privacy.pseudonyms import Keys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.migrate import migrate


@pytest.fixture(scope="session")
def shared_dsn(postgres: EmbeddedPostgres) -> Iterator[str]:
    """A migrated database that tests share; each keeps to its own tenants."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER akademos")
    dsn = make_conninfo(postgres.dsn, dbname=name)
    migrate(dsn)
    yield dsn
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def shared_database(shared_dsn: str) -> Iterator[Database]:
    """The shared database, opened."""
    opened = Database(shared_dsn)
    opened.open()
    yield opened
    opened.close()


@pytest.fixture
def institution(shared_database: Database, keys: Keys) -> Institution:
    """Behind the real gate and real stores."""
    return furnish(shared_database, keys)
