"""Group commit and back-pressure: durable before the answer, an announced 503 when it cannot be."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Sequence
from datetime import timedelta

import psycopg
import pytest
from msgspec import Raw

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.registry import builtin
from akademos.errors import Unavailable
from akademos.intake.check import EventCheck
from akademos.intake.group_commit import GOOD_GROUP_EVENTS, GroupCommit
from akademos.intake.typed_events import TypedEvents
from akademos.stores.ports.landing import Receipt
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres

from .conftest import START, Door, answered


class Store:
    """A landing that waits for its signal, and remembers its groups."""

    def __init__(self) -> None:
        self.go = asyncio.Event()
        self.closed = False
        self.groups: list[int] = []

    async def land(self, receipts: Sequence[Receipt]) -> list[list[str]]:
        self.groups.append(len(receipts))
        await asyncio.wait_for(self.go.wait(), 10)
        return [["accepted"] * len(receipt.arrivals) for receipt in receipts]

    async def close(self) -> None:
        self.closed = True


def receipt(events: int = 0) -> Receipt:
    check, raw = EventCheck(TypedEvents(builtin()), b"k" * 32), Raw(json.dumps(answered()).encode())
    arrivals = check.accept_all([raw] * events, None, START)
    return Receipt("college", "k", "http", START, [one for one in arrivals if one is not None], [])


def test_what_waits_is_committed_together_and_nothing_is_answered_before() -> None:
    store = Store()
    writer = GroupCommit([store], queue_depth=100)

    async def send() -> None:
        waiting = [writer.submit(receipt()) for _ in range(10)]
        await asyncio.sleep(0.1)
        assert not any(one.done() for one in waiting)
        store.go.set()
        await asyncio.gather(*waiting)
        await writer.close()

    asyncio.run(send())
    assert sum(store.groups) == 10
    assert len(store.groups) <= 3


def test_another_writer_sets_in_when_there_is_enough_for_it() -> None:
    busy, other = Store(), Store()
    writer = GroupCommit([busy, other], queue_depth=10 * GOOD_GROUP_EVENTS)

    async def send() -> None:
        waiting = [writer.submit(receipt(1))]
        await asyncio.sleep(0.1)
        waiting.append(writer.submit(receipt(GOOD_GROUP_EVENTS - 1)))
        await asyncio.sleep(0.1)
        assert len(busy.groups) + len(other.groups) == 1  # it waits for the writer that is busy
        waiting.append(writer.submit(receipt(1)))
        await asyncio.sleep(0.1)
        assert sorted(busy.groups + other.groups) == [1, 2]
        for store in (busy, other):
            store.go.set()
        await asyncio.gather(*waiting)
        await writer.close()

    asyncio.run(send())


def test_a_full_queue_is_an_announced_refusal() -> None:
    store = Store()
    writer = GroupCommit([store], queue_depth=5)

    async def send() -> None:
        waiting = writer.submit(receipt(5))
        with pytest.raises(Unavailable) as refusal:
            writer.submit(receipt(1))
        assert refusal.value.retry_after_s
        store.go.set()
        await writer.close()
        assert waiting.result() == ["accepted"] * 5
        assert store.closed
        with pytest.raises(Unavailable):
            writer.submit(receipt(1))

    asyncio.run(send())


def test_a_sender_that_hangs_up_disturbs_nobody(door: Door) -> None:
    door.grant("u-1")

    async def send() -> list[str]:
        body = b'{"events": []}'
        gone = asyncio.create_task(door.intake.batch(door.key, body, "", "application/json", None))
        gone.cancel()
        kept = await door.intake.batch(door.key, _one(), "", "application/json", None)
        return [one["verdict"] for one in kept.verdicts]

    assert door.run(send()) == ["accepted"]


def _one() -> bytes:
    return json.dumps({"events": [answered("u-1")]}).encode()


def test_a_lagging_mover_stops_intake(door: Door) -> None:
    door.grant("u-1")
    door.batch(answered("u-1"))
    with door.database.pipeline() as transaction:
        late = door.now - timedelta(hours=LIMITS.backpressure_hours + 1)
        transaction.execute("UPDATE landing SET received_at = %s", (late,))
    door.landing._lag_checked = -1e9
    with pytest.raises(Unavailable) as refusal:
        door.batch(answered("u-1"))
    assert refusal.value.code == "mover_lags"
    assert door.count("landing") == 1


def test_a_store_that_is_down_takes_nothing_and_says_so(door: Door, postgres: EmbeddedPostgres) -> None:
    door.grant("u-1")
    event = answered("u-1")
    with psycopg.connect(postgres.superuser_dsn, autocommit=True) as connection:
        name = psycopg.conninfo.conninfo_to_dict(door.database.dsn)["dbname"]
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        with pytest.raises(Unavailable) as refusal:
            door.batch(event)
        assert refusal.value.retry_after_s
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
    assert door.verdicts(event) == ["accepted"]
    assert door.count("landing") == 1


def test_consent_given_while_events_land_loses_none(door: Door, database: Database) -> None:
    """A grant either sees the held event and releases it, or the event sees the grant: never neither."""
    keys = {f"p-{index}": door.person(f"p-{index}") for index in range(40)}

    def grant() -> None:
        for key in keys.values():
            door.consent.decide(
                door.tenant, key, [Purpose.LEARNING_SUPPORT], "granted", text_version="v1", recorded_by="test"
            )

    granting = threading.Thread(target=grant)
    granting.start()
    sent = 0
    while granting.is_alive():
        door.batch(*(answered(user) for user in keys))
        sent += len(keys)
    granting.join()
    door.batch(*(answered(user) for user in keys))
    assert door.count("held") == 0
    assert door.count("landing") == sent + len(keys)
