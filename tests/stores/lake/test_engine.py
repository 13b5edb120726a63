"""The query engine under its memory cap."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from akademos.errors import Unavailable
from akademos.stores.lake import engine as engine_module
from akademos.stores.lake.engine import Engine, with_memory
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.lake.table import EventTable

#: Sorting wide rows pins more than a few megabytes, whatever goes to disk.
WIDE = (
    "COPY (SELECT i, repeat(hash(i)::VARCHAR, 20) AS wide FROM range({rows}) AS _ (i) ORDER BY hash(i), wide) "
    "TO '{path}' (FORMAT parquet)"
)
USUAL_MB = 16


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    one = Engine(EventTable(str(tmp_path), ThreadLocks()), memory_limit_mb=USUAL_MB, threads=1)
    yield one
    one.close()


def limit(engine: Engine) -> str:
    ((found,),) = engine.run("SELECT current_setting('memory_limit')")
    return str(found)


def test_what_needs_more_memory_gets_it_for_once(engine: Engine, tmp_path: Path) -> None:
    usual = limit(engine)
    assert engine.run(WIDE.format(rows=200_000, path=tmp_path / "sorted.parquet")) == [(200_000,)]
    assert limit(engine) == usual


def test_what_needs_too_much_is_told(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "MOST_TIMES", 1)
    with pytest.raises(Unavailable, match="16 MB were not enough") as refusal:
        engine.run(WIDE.format(rows=200_000, path=tmp_path / "sorted.parquet"))
    assert refusal.value.code == "memory_short"


def test_an_attempt_gets_twice_as_much_again_and_again() -> None:
    asked: list[int] = []

    def attempt(limit_mb: int) -> int:
        asked.append(limit_mb)
        if limit_mb < 100:
            raise duckdb.OutOfMemoryException("it is short")
        return limit_mb

    assert with_memory(16, attempt) == 128
    assert asked == [16, 32, 64, 128]


ENGINE_OF_ANOTHER = """
import sys
from akademos.stores.lake.engine import Engine
from akademos.stores.lake.locks import ThreadLocks
from akademos.stores.lake.table import EventTable

engine = Engine(EventTable(sys.argv[1], ThreadLocks()), memory_limit_mb=16, threads=1)
engine.run("SELECT 1")
print("opened", flush=True)
sys.stdin.read()
"""


def test_what_goes_to_disk_lies_in_the_data_folder_and_goes_with_its_process(tmp_path: Path) -> None:
    """Rows of people are in it: an erasure must find them, and nobody else may."""
    spilled = tmp_path / "spill"
    with subprocess.Popen(
        [sys.executable, "-c", ENGINE_OF_ANOTHER, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as other:  # fmt: skip
        assert other.stdout is not None
        assert other.stdout.readline() == "opened\n"
        (theirs,) = spilled.iterdir()
        (theirs / "rows").write_text("of a person")
        own = Engine(EventTable(str(tmp_path), ThreadLocks()), memory_limit_mb=USUAL_MB, threads=1)
        ((setting,),) = own.run("SELECT current_setting('temp_directory')")
        assert Path(setting).parent == spilled
        assert set(spilled.iterdir()) == {theirs, Path(setting)}
        own.close()
        assert set(spilled.iterdir()) == {theirs}
        other.kill()
    own.run("SELECT 1")
    assert len(list(spilled.iterdir())) == 1
    assert not theirs.exists()
    own.close()
    assert list(spilled.iterdir()) == []
