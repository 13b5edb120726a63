"""One folder for the metrics of all processes of a server, so that /metrics shows them all."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "akademos-metrics-"
LOCK = "in-use.lock"
MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it


@contextmanager
def metrics_shared() -> Iterator[None]:
    """Have this process and its children keep their metrics in one folder until the block is left.

    Must be entered before anything imports the metrics, which read the variable when they are imported. The folder is
    in memory: metrics are mapped files, and whoever writes to one on a full disk is killed.
    """
    base = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    _remove_left_behind(base)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=base) as folder, (Path(folder) / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        os.environ[FOLDER] = folder
        yield


def _remove_left_behind(base: Path) -> None:
    """Folders of servers that were killed: nobody holds their lock any more."""
    for folder in base.glob(f"{PREFIX}*"):
        with suppress(OSError), (folder / LOCK).open("r+") as lock:  # another user's, one being made, or one in use
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
