"""The HTTP door's pipeline on a real database, with a clock that a test moves."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any, TypeVar

import pytest

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.registry import Registry, builtin
from akademos.intake.group_commit import GroupCommit
from akademos.intake.receive import Answer, Intake
from akademos.privacy.consent import mask
from akademos.privacy.pseudonyms import Keys
from akademos.stores.ports.api_keys import ApiKey
from akademos.stores.ports.identity import Identifier
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.vault import PostgresVault

Result = TypeVar("Result")
START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def answered(user: str = "u-1", at: datetime | None = START, **changes: Any) -> dict[str, Any]:
    """A valid answer to a question, as a sender writes it."""
    event: dict[str, Any] = {
        "event_id": str(uuid.uuid4()),
        "event_name": "question_submitted",
        "user_id": user,
        "question_id": "q-1",
        "topic_id": "fractions",
        "properties": {"correct": True, "time_to_answer_seconds": 45},
    }
    if at is not None:
        event["client_timestamp"] = at.isoformat()
    return {**event, **changes}


@dataclass
class Door:
    """One sender's view of the platform, and the stores behind it for the oracle."""

    database: Database
    vault: PostgresVault
    consent: PostgresConsent
    landing: PostgresLanding
    intake: Intake
    key: ApiKey
    tenant: str
    registry: Registry
    vault_keys: Keys
    now: datetime = START
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    """Runs in a thread of its own: another fixture may have one running in this thread already."""

    def pass_time(self, **spans: float) -> None:
        self.now += timedelta(**spans)

    def batch(self, *events: object, sent_at: datetime | None = None) -> Answer:
        envelope: dict[str, Any] = {"events": list(events)}
        if sent_at is not None:
            envelope["sent_at"] = sent_at.isoformat()
        return self.raw(json.dumps(envelope).encode())

    def raw(self, body: bytes, encoding: str = "", media_type: str = "application/json") -> Answer:
        return self.run(self.intake.batch(self.key, body, encoding, media_type, None))

    def run(self, doing: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(doing, self.loop).result()

    def verdicts(self, *events: object, sent_at: datetime | None = None) -> list[str]:
        return [one["verdict"] for one in self.batch(*events, sent_at=sent_at).verdicts]

    def person(self, user: str, kind: str = "user") -> str:
        one = Identifier(kind, user)  # type: ignore[arg-type]
        return self.vault.ensure(self.tenant, [one])[one].learner_key

    def grant(self, user: str, *purposes: Purpose, kind: str = "user") -> str:
        key = self.person(user, kind)
        self.consent.decide(
            self.tenant, key, purposes or tuple(Purpose), "granted", text_version="v1", recorded_by="test"
        )
        return key

    def withdraw(self, user: str, *purposes: Purpose, kind: str = "user") -> int:
        key = self.person(user, kind)
        return self.consent.decide(
            self.tenant, key, purposes or tuple(Purpose), "withdrawn", text_version="v1", recorded_by="test"
        ).deleted

    def count(self, table: str) -> int:
        with self.database.pipeline() as transaction:
            row = transaction.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert row is not None
            return int(row[0])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.pipeline() as transaction:
            return transaction.execute(query).fetchall()


@pytest.fixture
def door(database: Database, tenant: str, keys: Keys) -> Iterator[Door]:
    registry = builtin()

    def purposes(_: str, wire_name: str) -> int:
        known = registry.lookup(wire_name)
        return mask(known.event.purposes) if known else 0

    vault = PostgresVault(database, keys)
    landing = PostgresLanding(database, vault, keys)
    writer = GroupCommit([landing], queue_depth=20_000)
    key = ApiKey(tenant, "key-1", "app", frozenset({"ingest"}), 1_000_000, 1_000_000, strict=False)
    intake = Intake(lambda _: registry, keys, writer, clock=lambda: one.now)
    consent = PostgresConsent(database, purposes, keys)
    one = Door(database, vault, consent, landing, intake, key, tenant, registry, keys)
    thread = Thread(target=one.loop.run_forever)
    thread.start()
    yield one
    one.run(writer.close())
    one.loop.call_soon_threadsafe(one.loop.stop)
    thread.join()
    one.loop.close()
