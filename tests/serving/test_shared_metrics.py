"""The folder of metrics, and logs that cannot be written."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import structlog

from akademos.cli import shared_metrics
from akademos.cli.shared_metrics import FOLDER, PREFIX, metrics_shared
from akademos.owned_folder import LOCK
from akademos.telemetry import LOG_LINES_LOST, configure_logging


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(shared_metrics, "MEMORY", tmp_path)
    monkeypatch.setenv(FOLDER, "")
    return tmp_path


def test_the_folder_is_there_while_it_is_used_and_gone_afterwards(memory: Path) -> None:
    with metrics_shared():
        assert Path(os.environ[FOLDER]).parent == memory
        assert Path(os.environ[FOLDER]).is_dir()
    assert list(memory.iterdir()) == []


def test_what_a_killed_server_left_is_removed_and_what_another_uses_stays(memory: Path) -> None:
    left = memory / f"{PREFIX}left"
    left.mkdir()
    (left / LOCK).touch()
    (left / "counter_1.db").touch()
    elsewhere = memory / "another-1"
    elsewhere.mkdir()
    with metrics_shared():
        first = os.environ[FOLDER]
        with metrics_shared():
            assert Path(first).is_dir()
    assert list(memory.iterdir()) == [elsewhere]


def test_a_line_that_cannot_be_written_is_counted_and_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    before = LOG_LINES_LOST._value.get()
    with Path("/dev/full").open("w") as full:
        monkeypatch.setattr(sys, "stderr", full)
        try:
            configure_logging("info")
            structlog.get_logger("test").warning("nobody reads this " * 1000)
            assert LOG_LINES_LOST._value.get() > before
        finally:
            structlog.reset_defaults()
            monkeypatch.undo()
            with pytest.raises(OSError, match="No space left"):
                full.flush()
            os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
