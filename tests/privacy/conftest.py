"""The small institution: one database for all tests of this folder, two tenants of its own for each test."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from tests.serving.institution import NOW, CountingAnswers, Institution, furnish, services_on

from akademos.catalogue.registry import builtin
from akademos.intake.group_commit import GroupCommit
from akademos.intake.receive import Intake
from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import Application, create_app
from akademos.serving.routes.browser_events import BrowserDoor
from akademos.serving.routes.event_openapi import openapi_paths
from akademos.serving.routes.events import EventDoor
from akademos.serving.user_tokens import UserTokens
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.host_keys import PostgresHostKeys
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.migrate import migrate
from akademos.stores.postgres.salts import PostgresSalts
from akademos.stores.postgres.vault import PostgresVault


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


@pytest.fixture
def application(institution: Institution, keys: Keys) -> Application:
    """All doors, as in production."""
    database = institution.database
    services = services_on(database, keys, CountingAnswers(), lambda: NOW, development=False)
    writer = GroupCommit([PostgresLanding(database, PostgresVault(database, keys), keys)], queue_depth=1_000)
    intake = Intake(lambda tenant: builtin(), keys, writer, clock=lambda: NOW)

    @asynccontextmanager
    async def writing(_: object) -> AsyncIterator[None]:
        yield
        await writer.close()

    api_keys, salts = PostgresApiKeys(database), PostgresSalts(database)
    tokens = UserTokens(PostgresHostKeys(database, keys), clock=lambda: NOW)
    pages = BrowserDoor(intake, api_keys, tokens, salts, keys, clock=lambda: NOW)
    door = EventDoor(intake, api_keys, pages)
    return create_app(
        services,
        intake=intake,
        doors=door.addresses(),
        routes=pages.routes(door),
        openapi_paths=openapi_paths(builtin()),
        lifespans=[writing],
    )
