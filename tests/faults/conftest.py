"""The worker as a process of its own, on the test's database and folder."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.intake.conftest import door

__all__ = ["door"]


class Workers:
    """Starts worker processes; whatever still runs at the end is killed."""

    def __init__(self, dsn: str, data: Path) -> None:
        self.data = data
        self._environment = {
            **os.environ,
            "AKADEMOS_DATABASE_URL": dsn,
            "AKADEMOS_DATA": str(data),
            "AKADEMOS_MOVER_INTERVAL_MS": "20",
        }
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "akademos.cli.app", "worker", *arguments]
        process = subprocess.Popen(command, env=self._environment)
        self._started.append(process)
        return process

    def end(self) -> None:
        for process in self._started:
            if process.poll() is None:
                process.kill()
            process.wait()


@pytest.fixture
def workers(dsn: str, tmp_path: Path) -> Iterator[Workers]:
    """Worker processes of one test."""
    one = Workers(dsn, tmp_path)
    yield one
    one.end()
