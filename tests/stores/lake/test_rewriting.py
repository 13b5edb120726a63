"""What rewrites leave on disk: sorted files that readers can prune, and no byte of what was deleted."""

from __future__ import annotations

import itertools
import os
import time
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.contracts.event_tables import event, key, table

from akademos.errors import SettingsError, Unavailable
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks


@pytest.fixture
def log(tmp_path: Path) -> LakeEventLog:
    return LakeEventLog(str(tmp_path), ThreadLocks(), memory_limit_mb=64, rows_per_file=50)


def fill(log: LakeEventLog) -> None:
    for part in range(6):
        log.append(table(event(learner_key=key(n), day=part + n / 100) for n in range(1, 41)))


def on_disk(log: LakeEventLog) -> list[Path]:
    return sorted(log._table.folder.glob("tenant_id=*/month=*/*.parquet"))


def test_compacted_files_are_sorted_hold_whole_learners_and_do_not_overlap(log: LakeEventLog) -> None:
    fill(log)
    done = log.compact(minimum_files=2)
    assert (done.partitions, done.files_before, done.rows) == (1, 6, 240)
    files = sorted(log._table.snapshot().files, key=lambda file: file.low)
    assert done.files_after == len(files) > 3
    for file, following in itertools.pairwise(files):
        assert file.high < following.low
    for file in files:
        rows = pq.read_table(log._table.folder / file.path, columns=["learner_key", "occurred_at", "event_id"])
        order = [tuple(row.values()) for row in rows.to_pylist()]
        assert order == sorted(order)
        assert (order[0][0], order[-1][0], len(order)) == (file.low, file.high, file.rows)


def test_one_learner_is_read_from_one_file_of_a_month(log: LakeEventLog) -> None:
    fill(log)
    log.compact(minimum_files=2)
    holding = [file for file in log._table.snapshot().files if file.may_hold(key(7), key(7))]
    assert len(holding) == 1


def test_vacuum_keeps_what_a_young_version_uses(log: LakeEventLog) -> None:
    fill(log)
    old = on_disk(log)
    for path in old:
        os.utime(path, (1, 1))  # written long ago, taken out just now
    log.compact(minimum_files=2)
    assert log.vacuum(keep_s=60) == 0
    assert set(old) < set(on_disk(log))
    assert log.vacuum(keep_s=0) == 6
    assert len(on_disk(log)) == len(log._table.snapshot().files)


def test_no_byte_of_a_deleted_learner_stays(log: LakeEventLog) -> None:
    fill(log)
    log.append(table([event(learner_key=key(2), subject_key=key(7))]))
    log.compact(minimum_files=2)
    log.delete("college", key(7), application="withdrawal/college/1")
    hits = [path for path in log._table.folder.rglob("*") if path.is_file() and key(7).encode() in path.read_bytes()]
    assert hits == []
    for path in on_disk(log):
        rows = pq.read_table(path, columns=["learner_key", "actor_key", "subject_key"])
        assert key(7) not in {value for column in rows.columns for value in column.to_pylist()}
    assert log.count() == 234


def test_the_table_log_stays_short_and_the_counts_survive(log: LakeEventLog) -> None:
    fill(log)
    log.delete("college", key(7), application="withdrawal/college/1")
    entries = list((log._table.folder / "_delta_log").glob("*.json"))
    assert len(entries) == 1
    fresh = LakeEventLog(str(log._table.folder.parent), ThreadLocks(), memory_limit_mb=64)
    assert fresh.committed_version("withdrawal/college/1") == 6
    assert fresh.count() == 234


def test_a_reader_goes_on_when_files_vanish_under_it(log: LakeEventLog, tmp_path: Path) -> None:
    fill(log)
    reader = LakeEventLog(str(tmp_path), ThreadLocks(), memory_limit_mb=64)
    buckets = reader.by_learner("college", columns=["learner_key"], rows_per_bucket=30)
    rows = next(buckets).num_rows
    log.compact(minimum_files=2)
    log.vacuum(keep_s=0)
    assert rows + sum(bucket.num_rows for bucket in buckets) == 240


def test_a_lost_file_is_said_and_not_read_around(log: LakeEventLog) -> None:
    fill(log)
    on_disk(log)[0].unlink()
    with pytest.raises(Unavailable) as refused:
        log.learner_events("college", [key(7)])
    assert refused.value.code == "core_damaged"
    assert isinstance(refused.value.__cause__, duckdb.IOException)


def test_files_of_crashed_appends_are_swept_once_old(log: LakeEventLog) -> None:
    fill(log)
    orphan = on_disk(log)[0].with_name("half-written.parquet")
    orphan.write_bytes(b"PAR1")
    assert log.vacuum(keep_s=3600) == 0
    os.utime(orphan, (time.time() - 7200,) * 2)
    assert log.vacuum(keep_s=3600) == 1
    assert log.count() == 240


def test_other_places_than_a_folder_are_refused() -> None:
    with pytest.raises(SettingsError) as refused:
        LakeEventLog("s3://bucket/lake", ThreadLocks())
    assert refused.value.code == "lake_not_local"
