"""Writers side by side: no append is ever lost, whatever is rewritten, swept or read meanwhile."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.contracts.event_tables import event, key, table

from akademos.errors import Conflict
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import TableLocks, ThreadLocks
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.locks import LakeLocks

APPENDERS = 3
APPENDS = 25


def opened(folder: Path, locks: TableLocks) -> LakeEventLog:
    return LakeEventLog(str(folder), locks, memory_limit_mb=64, rows_per_file=40)


def hammer(folder: Path, locks: Callable[[], TableLocks]) -> None:
    """Appenders, a rewriter and a reader, each with an event log of its own, as processes would have."""
    opened(folder, locks()).close()
    done = threading.Event()
    deleted: list[int] = []
    seen: list[int] = []

    def append(appender: int) -> list[str]:
        log, sent = opened(folder, locks()), []
        for part in range(APPENDS):
            rows = [event(learner_key=key(n), day=part) for n in range(1, 9)]
            log.append(table(rows), application=f"appender-{appender}", version=part + 1, after=part or None)
            sent += [str(row["event_id"]) for row in rows if row["learner_key"] != key(1)]
        log.close()
        return sent

    def rewrite() -> None:
        log = opened(folder, locks())
        while not done.is_set():
            log.compact(minimum_files=2)
            deleted.append(log.delete("college", key(1)))
            log.vacuum(keep_s=0)
        log.close()

    def read() -> None:
        log = opened(folder, locks())
        while not done.is_set():
            events = log.learner_events("college", [key(n) for n in range(2, 9)])
            assert len(set(events["event_id"].to_pylist())) == events.num_rows
            seen.append(events.num_rows)
        log.close()

    with ThreadPoolExecutor(APPENDERS + 2) as pool:
        others = [pool.submit(rewrite), pool.submit(read)]
        try:
            sent = {one for found in pool.map(append, range(APPENDERS)) for one in found}
        finally:
            done.set()
        for other in others:
            other.result()
    log = opened(folder, locks())
    log.compact(minimum_files=2)
    held = log.learner_events("college", [key(n) for n in range(2, 9)])["event_id"].to_pylist()
    assert len(held) == len(set(held)) == APPENDERS * APPENDS * 7
    assert set(held) == sent
    left = log.learner_events("college", [key(1)]).num_rows
    assert sum(deleted) + left == APPENDERS * APPENDS
    assert seen == sorted(seen), "a reader saw rows disappear"
    assert len(deleted) > 1, "nothing was rewritten meanwhile"
    log.close()


@pytest.mark.slow
def test_concurrent_appends_survive_rewrites(tmp_path: Path) -> None:
    locks = ThreadLocks()
    hammer(tmp_path, lambda: locks)


@pytest.mark.slow
def test_concurrent_appends_survive_rewrites_under_postgres_locks(tmp_path: Path, database: Database) -> None:
    hammer(tmp_path, lambda: LakeLocks(database))


def test_of_two_movers_with_one_batch_one_is_refused(tmp_path: Path) -> None:
    locks = ThreadLocks()
    opened(tmp_path, locks).append(table([event()]), application="mover", version=1)
    start = threading.Barrier(2)

    def move(log: LakeEventLog) -> bool:
        start.wait()
        try:
            log.append(table([event()]), application="mover", version=2, after=1)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        for attempt in range(10):
            folder = tmp_path / str(attempt)
            logs = [opened(folder, locks), opened(folder, locks)]
            logs[0].append(table([event()]), application="mover", version=1)
            assert sorted(pool.map(move, logs)) == [False, True]
            assert logs[0].count() == 2


def test_a_stale_process_commits_onto_the_newest_version_after_the_log_was_dropped(tmp_path: Path) -> None:
    locks = ThreadLocks()
    stale, busy = opened(tmp_path, locks), opened(tmp_path, locks)
    stale.append(table([event()]))
    for _ in range(5):
        busy.append(table([event()]))
    busy.compact(minimum_files=2)
    busy.vacuum(keep_s=0)
    busy.append(table([event()]))
    stale.append(table([event()]))
    assert stale.count() == busy.count() == 8


def test_a_sweep_waits_for_the_append_under_way(tmp_path: Path) -> None:
    locks = ThreadLocks()
    log = opened(tmp_path, locks)
    log.append(table([event()]))
    orphan = next(log._table.folder.glob("tenant_id=*/month=*/*.parquet")).with_name("written-not-committed.parquet")
    with ThreadPoolExecutor(1) as pool:
        with locks.append():
            orphan.write_bytes(b"about to be committed")
            swept = pool.submit(log.vacuum, keep_s=0)
            assert not threading.Event().wait(0.2)
            assert orphan.exists()
            assert not swept.done()
        assert swept.result() == 1
    assert not orphan.exists()
