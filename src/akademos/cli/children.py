"""Processes beside the server: started, watched, restarted with growing pauses, ended together.

They are forked from one process that has imported the platform and done nothing else (`prefork`), so that what the
imports hold is in memory once.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from typing import Any

import structlog

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 60.0
"""A process that lived this long is restarted without a pause to speak of."""
STOP_TIMEOUT_S = 15.0
_LOOK_EVERY_S = 0.2
_PR_SET_NAME = 15
_IMPORTED = "akademos.cli.prefork"


@dataclass(slots=True)
class _Child:
    name: str
    work: Callable[..., object]
    arguments: tuple[Any, ...]
    process: BaseProcess | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    restart_at: float = field(default=0.0)


class Children:
    """Keeps its processes alive until `stop`; `ended` hears of each that ended by itself."""

    def __init__(self, *, ended: Callable[[int], None] = lambda pid: None) -> None:
        self._ended = ended
        self._children: list[_Child] = []
        self._stopping = threading.Event()
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([_IMPORTED])
        self._thread = threading.Thread(target=self._watch, name="children", daemon=True)

    def add(self, name: str, work: Callable[..., object], *arguments: Any) -> None:
        """Name what a process has to do, a function of a module with arguments that can be pickled; before `start`."""
        self._children.append(_Child(name, work, arguments))

    def start(self) -> None:
        """Start all of them."""
        self._thread.start()

    def stop(self) -> None:
        """End all of them, and wait until they have ended."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def pids(self) -> dict[str, int]:
        """Process ids by name, of those that live."""
        return {
            child.name: child.process.pid
            for child in self._children
            if child.process is not None and child.process.pid is not None and child.process.exitcode is None
        }

    def _watch(self) -> None:
        while not self._stopping.is_set():
            for child in self._children:
                self._look_after(child)
            self._stopping.wait(_LOOK_EVERY_S)
        for child in self._children:
            if child.process is not None and child.process.exitcode is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self._children:
            if child.process is not None:
                child.process.join(max(0.1, deadline - time.monotonic()))
                if child.process.exitcode is None:
                    child.process.kill()
                    child.process.join()

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                try:
                    child.process, child.started_at = self._fork(child), now
                except OSError as failure:  # no memory or descriptors at the moment
                    self._pause(child, now, "child could not be forked, trying again", reason=str(failure))
            return
        code, pid = child.process.exitcode, child.process.pid
        if code is None or pid is None:
            return
        self._ended(pid)
        child.process = None
        child.pause_s = FIRST_PAUSE_S if now - child.started_at > HEALTHY_AFTER_S else child.pause_s
        self._pause(child, now, "child ended, starting it again", exit_code=code)

    def _pause(self, child: _Child, now: float, said: str, **why: object) -> None:
        child.restart_at = now + child.pause_s
        structlog.get_logger("akademos.serve").warning(said, child=child.name, **why, pause_s=child.pause_s)
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)

    def _fork(self, child: _Child) -> BaseProcess:
        process = self._context.Process(target=_live, args=(child.name, child.work, *child.arguments), name=child.name)
        process.start()
        return process


def _live(name: str, work: Callable[..., object], *arguments: Any) -> None:
    _be_called(f"ak {name}")
    # A session of its own: Ctrl-C in the terminal reaches the parent only, which ends its children in order.
    os.setsid()
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), name="end with parent", daemon=True).start()
    work(*arguments)


def _be_called(name: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def _end_with(parent: int) -> None:
    wait([parent])
    os.kill(os.getpid(), signal.SIGTERM)
