"""The published file: swapped whole under readers, and untouched by builds that came to nothing."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from akademos.errors import InputError, NotFound
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.lake.warehouse import FILE, DuckDbWarehouse
from akademos.stores.lake.warehouse_build import LakeBuildFolder

COUNT = "SELECT count(*) AS n FROM ingest.facts"


@pytest.fixture
def core(tmp_path: Path) -> Iterator[LakeEventLog]:
    log = LakeEventLog(str(tmp_path / "lake"), ThreadLocks(), memory_limit_mb=64)
    yield log
    log.close()


def made(core: LakeEventLog, home: Path, rows: int) -> LakeBuildFolder:
    """A build whose models have made one table."""
    folder = LakeBuildFolder(home / "a", "a", core, home / "a" / "envelopes", memory_limit_mb=64)
    with closing(duckdb.connect(str(home / "a" / "build" / FILE))) as engine:
        engine.execute("CREATE SCHEMA ingest")
        engine.execute(f"CREATE TABLE ingest.facts AS SELECT range AS n FROM range({rows})")
    return folder


def published(core: LakeEventLog, home: Path, rows: int) -> list[str]:
    folder = made(core, home, rows)
    tables = folder.tables()
    folder.publish(tables)
    return [one.name for one in tables if one.changed]


def test_nothing_is_published_at_first(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        DuckDbWarehouse(tmp_path).query("a", COUNT)
    assert refused.value.code == "no_warehouse"


def test_build_that_ends_early_leaves_what_is_published(core: LakeEventLog, tmp_path: Path) -> None:
    published(core, tmp_path, 3)
    made(core, tmp_path, 4)  # and then killed
    with closing(DuckDbWarehouse(tmp_path)) as reader:
        assert reader.query("a", COUNT) == [{"n": 3}]
        # The next one clears away what is left of it, and sees what has changed.
        assert published(core, tmp_path, 4) == ["ingest.facts"]
        assert published(core, tmp_path, 4) == []
        assert reader.query("a", COUNT) == [{"n": 4}]
        assert reader.query("a", "SELECT count(*) AS n FROM ingest.digital_learning_analytics_platform_facts") == [
            {"n": 4}
        ]


def test_readers_never_fail_while_builds_are_swapped(core: LakeEventLog, tmp_path: Path) -> None:
    published(core, tmp_path, 1)
    seen: set[int] = set()
    failures: list[BaseException] = []
    ended = threading.Event()

    def read(reader: DuckDbWarehouse) -> None:
        try:
            while not ended.is_set():
                seen.add(reader.query("a", COUNT)[0]["n"])
        except BaseException as failure:  # noqa: BLE001  # the test looks at it
            failures.append(failure)

    with closing(DuckDbWarehouse(tmp_path)) as reader:
        threads = [threading.Thread(target=read, args=(reader,)) for _ in range(2)]
        for thread in threads:
            thread.start()
        for rows in range(2, 6):
            published(core, tmp_path, rows)
        ended.set()
        for thread in threads:
            thread.join()
        assert reader.query("a", COUNT) == [{"n": 5}]
    assert not failures
    assert seen <= {1, 2, 3, 4, 5}


def test_queries_are_read_only_and_refusals_readable(core: LakeEventLog, tmp_path: Path) -> None:
    published(core, tmp_path, 1)
    with closing(DuckDbWarehouse(tmp_path)) as reader:
        with pytest.raises(InputError):
            reader.query("a", "SELECT * FROM ingest.nothing")
        with pytest.raises(InputError):
            reader.query("a", "CREATE TABLE ingest.mine AS SELECT 1")
        assert reader.query("a", "SELECT n FROM ingest.facts WHERE n = ?", [0]) == [{"n": 0}]
