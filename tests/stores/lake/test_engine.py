"""The query engine under its memory cap."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from akademos.errors import Unavailable
from akademos.stores.lake import engine as engine_module
from akademos.stores.lake.engine import Engine
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
