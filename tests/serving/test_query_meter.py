"""Seconds of questions: whose they are, that none is lost while the store is away, and none is charged twice."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from tests.serving.institution import Institution

from akademos.errors import Unavailable
from akademos.serving.api import create_app
from akademos.serving.query_meter import QueryMeter
from akademos.stores.ports.query_usage import QuerySeconds, Taken
from akademos.stores.postgres.query_usage import PostgresQueryUsage

NOW = datetime(2026, 3, 10, 12, 1, tzinfo=UTC)
GOALS, LIST = "GET /v1/goals", "GET /v1/learners"


class Away:
    """A store that is down until it is told otherwise."""

    def __init__(self) -> None:
        self.down = True
        self.kept: list[Mapping[tuple[str, str], Taken]] = []

    def append(self, taken: QuerySeconds, noted_at: datetime) -> None:
        if self.down:
            raise Unavailable("The store is down.", hint="Wait.")
        self.kept.append(dict(taken))


def test_what_the_store_did_not_take_goes_with_the_next() -> None:
    store = Away()
    meter = QueryMeter(store, clock=lambda: NOW)
    meter.note("college", GOALS, 0.5)
    with pytest.raises(Unavailable):
        asyncio.run(meter.hand_over())
    meter.note("college", GOALS, 0.25)
    meter.note("school", LIST, 1.0)
    store.down = False
    asyncio.run(meter.hand_over())
    asyncio.run(meter.hand_over())
    assert store.kept == [{("college", GOALS): Taken(2, 0.75), ("school", LIST): Taken(1, 1.0)}]


def test_what_waits_is_handed_over_at_the_end_and_an_outage_ends_nothing() -> None:
    store = Away()
    meter = QueryMeter(store, clock=lambda: NOW, pause_s=0.01)

    async def served() -> None:
        async with meter.running(None):
            meter.note("college", GOALS, 0.5)
            await asyncio.sleep(0.05)
            store.down = False
            await asyncio.sleep(0.05)
            meter.note("college", LIST, 0.125)

    asyncio.run(served())
    assert store.kept == [{("college", GOALS): Taken(1, 0.5)}, {("college", LIST): Taken(1, 0.125)}]


def test_each_tenant_has_the_seconds_of_its_own_questions_and_strangers_none(institution: Institution) -> None:
    app = create_app(institution.services, usage=PostgresQueryUsage(institution.database))
    with TestClient(app) as client:
        for asker in (institution.as_("ada"), institution.as_("boss", "admin", tenant=institution.elsewhere)):
            token = asker.headers["authorization"]
            assert client.get("/v1/learners", headers={"authorization": token}).status_code in (200, 403)
        assert client.get("/v1/learners/ada").status_code in (401, 404)
        assert client.get("/v1/learners").status_code == 401
    with institution.database.pipeline() as transaction:
        found = transaction.execute("SELECT tenant_id, query, answers, seconds > 0 FROM query_usage").fetchall()
    assert sorted(found) == sorted((home, LIST, 1, True) for home in (institution.tenant, institution.elsewhere))
