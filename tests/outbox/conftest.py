"""An outbox on a fresh database, records that change, and a recipient of webhooks that can be made to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from akademos.catalogue.records import RECORDS
from akademos.jobs.outbox import OutboxJob
from akademos.outbox.selection import published_records
from akademos.privacy.pseudonyms import Keys
from akademos.stores.http.webhooks import HttpWebhooks
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.outbox import Page, Wanted
from akademos.stores.postgres.database import Database, Transaction
from akademos.stores.postgres.outbox import PostgresOutbox
from akademos.stores.postgres.outbox_deliveries import PostgresDeliveries
from akademos.stores.postgres.vault import PostgresVault

ACTOR = "command line:test"


def change_course(transaction: Transaction, tenant: str, course: str, title: str) -> None:
    """Make a course or rename it: one record change."""
    transaction.execute(
        "INSERT INTO learning_courses (tenant_id, course_id, title, status) VALUES (%s, %s, %s, 'published') "
        "ON CONFLICT (tenant_id, course_id) DO UPDATE SET title = excluded.title",
        (tenant, course, title),
    )


@dataclass
class Desk:
    """Everything a test asks for."""

    database: Database
    keys: Keys
    tenant: str
    outbox: PostgresOutbox
    vault: PostgresVault

    def course(self, course: str, title: str = "A course") -> None:
        with self.database.pipeline() as transaction:
            change_course(transaction, self.tenant, course, title)

    def learner(self, user_id: str) -> str:
        who = Identifier("user", user_id)
        return self.vault.ensure(self.tenant, [who])[who].learner_key

    def certificate(self, certificate: str, learner_key: str) -> None:
        with self.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO learning_certificates (tenant_id, certificate_id, number, learner_key, title, "
                "verification_code) VALUES (%s, %s, %s, %s, 'for Ada Lovelace', %s)",
                (self.tenant, certificate, f"no-{certificate}", learner_key, f"code-{certificate}"),
            )

    def add(self, name: str = "graph", *records: str, **more: Any) -> str | None:
        wanted = Wanted(name, records or ("learning_courses",), **more)
        return self.outbox.add(self.tenant, wanted, actor=ACTOR)

    def read(self, name: str = "graph", *, after: int | None = None, limit: int = 100) -> Page:
        return self.outbox.read(self.tenant, name, after=after, limit=limit, actor="key:test")

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self.database.pipeline() as transaction:
            return transaction.execute(statement, values).fetchall()


@pytest.fixture
def desk(database: Database, keys: Keys, tenant: str) -> Desk:
    """An outbox that nobody follows yet."""
    webhooks = HttpWebhooks("127.0.0.1, localhost", development=True)
    outbox = PostgresOutbox(database, keys, published_records(RECORDS), check_url=webhooks.check)
    return Desk(database, keys, tenant, outbox, PostgresVault(database, keys))


@dataclass
class Recipient:
    """Notes what it is sent; `answers` are given first, then 204."""

    url: str
    answers: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    asked: int = 0


@pytest.fixture
def recipient() -> Iterator[Recipient]:
    """A real server on this machine."""
    found = Recipient("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            found.asked += 1
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = found.answers.pop(0) if found.answers else 204
            if status == 204:
                found.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- named by the standard library
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_address[1]}/in"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


@dataclass
class Clock:
    """Moved by hand; a little ahead of the store's, which says since when a new consumer is due."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(minutes=1))

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Sender:
    """The job under a clock that is moved by hand."""

    job: OutboxJob
    deliveries: PostgresDeliveries
    clock: Clock


@pytest.fixture
def sender(desk: Desk) -> Sender:
    """Delivers to this machine, always after the longest pause."""
    clock = Clock()
    deliveries = PostgresDeliveries(desk.database, desk.keys, desk.outbox)
    webhooks = HttpWebhooks("127.0.0.1", development=True)
    return Sender(OutboxJob(desk.outbox, deliveries, webhooks, clock=clock, chance=lambda: 1.0), deliveries, clock)
