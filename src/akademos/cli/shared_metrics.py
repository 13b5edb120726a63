"""One folder for the metrics of all processes of a server, so that /metrics shows them all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from akademos.owned_folder import OwnedFolder

FOLDER = "PROMETHEUS_MULTIPROC_DIR"
PREFIX = "akademos-metrics-"
MEMORY = Path("/dev/shm")  # noqa: S108 -- a folder of our own is made in it


@contextmanager
def metrics_shared() -> Iterator[None]:
    """Have this process and its children keep their metrics in one folder until the block is left.

    Must be entered before anything imports the metrics, which read the variable when they are imported. The folder is
    in memory: metrics are mapped files, and whoever writes to one on a full disk is killed.
    """
    base = MEMORY if os.access(MEMORY, os.W_OK) else Path(tempfile.gettempdir())
    with OwnedFolder(base, PREFIX) as folder:
        os.environ[FOLDER] = str(folder.path)
        yield
