"""Landing, core and mover behind a sender's door, and the equation of events.md read from the stores themselves."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from deltalake import DeltaTable
from tests.intake.conftest import Door

from akademos.jobs.mover import Move, Mover
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.ports.landing_queue import LandingBatch
from akademos.stores.postgres.landing_queue import PostgresLandingQueue


class Killed(Exception):
    """Stands for kill -9: nothing after it runs."""


class PatientQueue(PostgresLandingQueue):
    """Takes what landed before now even while other tests write: a server has one xmin for all its databases."""

    PATIENCE_S = 60.0

    @contextmanager
    def take(self, rows: int, size: int, *, committed: int | None) -> Iterator[LandingBatch | None]:
        """As the queue itself, once every transaction that runs now has ended."""
        before, deadline = self.next_transaction, time.monotonic() + self.PATIENCE_S
        while self._oldest_running() < before and time.monotonic() < deadline:
            time.sleep(0.005)
        with super().take(rows, size, committed=committed) as batch:
            yield batch

    def _oldest_running(self) -> int:
        with self._database.pipeline() as transaction:
            ((oldest,),) = transaction.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return int(oldest)


def core_rows(folder: Path) -> list[dict[str, Any]]:
    """What the files of the newest version hold, read without the event log's own code."""
    rows: list[dict[str, Any]] = []
    for uri in DeltaTable(folder / "events").file_uris():
        partition = dict(part.split("=", 1) for part in Path(uri).parts if "=" in part)
        rows += [{**partition, **row} for row in pq.ParquetFile(uri).read().to_pylist()]
    return rows


@dataclass
class Pipeline:
    """What a test asks for."""

    door: Door
    folder: Path
    core: LakeEventLog
    queue: PatientQueue = field(init=False)

    def __post_init__(self) -> None:
        self.queue = PatientQueue(self.door.database)

    def mover(self, *, killed: bool = False, exactly_once: bool = True) -> Mover:
        def kill() -> None:
            if killed:
                raise Killed

        return Mover(self.queue, self.core, lambda _: self.door.registry, fault_point=kill, exactly_once=exactly_once)

    def drain(self) -> list[Move]:
        moves = list(self.mover().drain())
        self.equation()
        return moves

    def ids(self) -> list[str]:
        return [row["event_id"] for row in core_rows(self.folder)]

    def rows(self) -> list[dict[str, Any]]:
        return core_rows(self.folder)

    def moved(self) -> Counter[str]:
        return Counter(dict(self.door.rows("SELECT kind, sum(events)::int FROM movements GROUP BY kind")))

    def equation(self) -> None:
        """Both equations of events.md, and the one between held and what became of it, at this instant."""
        door, moved = self.door, self.moved()
        received, accepted, held, *others = door.rows(
            "SELECT coalesce(sum(received), 0)::int, coalesce(sum(accepted), 0)::int, coalesce(sum(held), 0)::int, "
            "coalesce(sum(duplicate), 0)::int, coalesce(sum(conflict), 0)::int, coalesce(sum(suppressed), 0)::int, "
            "coalesce(sum(rejected), 0)::int FROM receipts"
        )[0]
        assert received == accepted + held + sum(others)
        gone_held = moved["withdrawn_held"] + moved["expired_held"] + moved["erased_held"]
        assert held == door.count("held") + moved["released"] + gone_held
        table = DeltaTable(self.folder / "events")
        committed = table.transaction_version(self.queue.application) or 0
        waiting = door.rows(f"SELECT count(*) FROM landing WHERE transaction_id > '{committed}'::xid8")[0][0]
        logs = door.count("preference_log") + door.count("security_log")
        # What a rewrite of the core has noted, and the crash of its job left uncounted.
        uncounted = -moved["expired_retention"]
        for (tenant,) in door.rows("SELECT tenant_id FROM tenants"):
            uncounted += table.transaction_version(f"expired_retention/{tenant}") or 0
        for tenant, version in door.rows("SELECT tenant_id, version FROM withdrawals WHERE done_at IS NULL"):
            uncounted += table.transaction_version(f"withdrawal/{tenant}/{version}") or 0
        gone = moved["late_duplicate"] + moved["withdrawn"] + moved["expired_retention"] + moved["erased"]
        gone += moved["expired_log"]
        assert accepted + moved["released"] == waiting + len(self.ids()) + logs + gone + uncounted


def only(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """The one row there is."""
    assert len(rows) == 1
    return rows[0]
