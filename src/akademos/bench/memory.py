"""The private memory of a process and its children while something runs."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Self

import psutil

PAUSE_S = 0.2
DATABASE = "postgres"


class PrivateMemory:
    """Samples the tree of a process, without PostgreSQL, until the block is left.

    Attributes:
        most: megabytes held at the most, of the process itself (`server`), its children (`children`), and of all at one
            moment (`together`). Private: what would be free if they ended (USS).
    """

    def __init__(self, pid: int) -> None:
        self.most = {"server": 0.0, "children": 0.0, "together": 0.0}
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._ended.wait(PAUSE_S):
            children = [one for one in self._root.children(recursive=True) if _name(one) != DATABASE]
            server, others = _private_mb(self._root), sum(_private_mb(one) for one in children)
            for name, held in (("server", server), ("children", others), ("together", server + others)):
                self.most[name] = max(self.most[name], held)


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.NoSuchProcess:
        return DATABASE  # gone since it was listed: nothing to count


def _private_mb(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().uss) / 2**20
    except psutil.NoSuchProcess:
        return 0.0
