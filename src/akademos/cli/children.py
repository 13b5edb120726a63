"""Processes beside the server: started, watched, restarted with growing pauses, ended together.

They are forked from one process, the keeper, which is itself forked from this one before it opened anything, so that
what the imports hold (`prefork`) is in memory once for all of them. Threads and engines do not survive a fork: the
keeper has none, whatever this process starts later.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
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
_ENDING = (signal.SIGINT, signal.SIGTERM)
_FORK = multiprocessing.get_context("fork")


@dataclass(slots=True)
class _Child:
    name: str
    work: Callable[..., object]
    arguments: tuple[Any, ...]
    process: BaseProcess | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    restart_at: float = field(default=0.0)

    @property
    def pid(self) -> int | None:
        """Its process, while that lives."""
        return None if self.process is None or self.process.exitcode is not None else self.process.pid


class Children:
    """Keeps its processes alive until `stop`; `ended` hears of each that ended by itself.

    Should the keeper end by itself, so do all its processes; this one is then sent SIGTERM, and `lost` is true.
    """

    def __init__(self, *, ended: Callable[[int], None] = lambda pid: None, log_level: str = "info") -> None:
        self.lost = False
        self._ended = ended
        self._log_level = log_level
        self._children: list[_Child] = []
        self._pids: dict[str, int] = {}
        self._stopping = threading.Event()
        self._keeper: BaseProcess | None = None
        self._line, self._far_end = _FORK.Pipe()
        self._thread = threading.Thread(target=self._listen, name="children", daemon=True)

    def add(self, name: str, work: Callable[..., object], *arguments: Any) -> None:
        """Name what a process has to do; before `prepare`."""
        self._children.append(_Child(name, work, arguments))

    def prepare(self) -> None:
        """Fork the keeper; before this process starts threads or opens what must not be shared."""
        with _held_back():
            self._keeper = _FORK.Process(
                target=_keep, args=(self._line, self._far_end, self._children, self._log_level), name="keeper"
            )
            self._keeper.start()
        self._far_end.close()

    def start(self) -> None:
        """Start all of them."""
        if self._keeper is None:
            self.prepare()
        self._line.send("start")
        self._thread.start()

    def stop(self) -> None:
        """End all of them, and wait until they have ended."""
        self._stopping.set()
        if self._keeper is None:
            self._line.close()
            self._far_end.close()
            return
        with suppress(OSError):  # it has ended already
            self._line.send("stop")
        self._keeper.join(2 * STOP_TIMEOUT_S)
        if self._keeper.exitcode is None:
            self._keeper.kill()
            self._keeper.join()
        if self._thread.is_alive():
            self._thread.join()
        self._line.close()
        self._pids = {}

    def pids(self) -> dict[str, int]:
        """Process ids by name, of those that live."""
        return dict(self._pids)

    def _listen(self) -> None:
        try:
            while True:
                told = self._line.recv()
                if isinstance(told, dict):
                    self._pids = told
                else:
                    self._ended(told)
        except (EOFError, OSError):
            self._pids = {}
            if not self._stopping.is_set():
                self.lost = True
                os.kill(os.getpid(), signal.SIGTERM)


def _keep(near_end: Connection, line: Connection, children: list[_Child], log_level: str) -> None:
    """The keeper's work: its processes live until it hears "stop", or nothing more."""
    from akademos.telemetry import configure_logging  # metrics come with it, see `shared_metrics`

    near_end.close()
    os.setsid()  # Ctrl-C in the terminal reaches the first process only, which ends the others in order
    _be_called("ak keeper")
    asked = threading.Event()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: asked.set())
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    configure_logging(log_level)
    life = os.pipe()  # its end is the keeper's, however that came
    with suppress(EOFError, OSError):
        if line.recv() == "start":
            _look_after_all(line, children, asked, life)
    for child in children:
        if child.process is not None and child.process.exitcode is None:
            child.process.terminate()
    deadline = time.monotonic() + STOP_TIMEOUT_S
    for child in children:
        if child.process is not None:
            child.process.join(max(0.1, deadline - time.monotonic()))
            if child.process.exitcode is None:
                child.process.kill()
                child.process.join()


def _look_after_all(line: Connection, children: list[_Child], asked: threading.Event, life: tuple[int, int]) -> None:
    told: dict[str, int] = {}
    while not asked.is_set():
        for child in children:
            ended = _look_after(child, life)
            if ended is not None:
                line.send(ended)
        living = {child.name: child.pid for child in children if child.pid is not None}
        if living != told:
            line.send(living)
            told = living
        if line.poll(_LOOK_EVERY_S):
            return  # asked to stop, or nobody is there any more


def _look_after(child: _Child, life: tuple[int, int]) -> int | None:
    """Start it if it is due; the process that has ended since the last look."""
    now = time.monotonic()
    if child.process is None:
        if now >= child.restart_at:
            try:
                child.process, child.started_at = _fork(child, life), now
            except OSError as failure:  # no memory or descriptors at the moment
                _pause(child, now, "child could not be forked, trying again", reason=str(failure))
        return None
    code, pid = child.process.exitcode, child.process.pid
    if code is None:
        return None
    child.process = None
    child.pause_s = FIRST_PAUSE_S if now - child.started_at > HEALTHY_AFTER_S else child.pause_s
    _pause(child, now, "child ended, starting it again", exit_code=code)
    return pid


def _pause(child: _Child, now: float, said: str, **why: object) -> None:
    child.restart_at = now + child.pause_s
    structlog.get_logger("akademos.serve").warning(said, child=child.name, **why, pause_s=child.pause_s)
    child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)


def _fork(child: _Child, life: tuple[int, int]) -> BaseProcess:
    with _held_back():
        process = _FORK.Process(target=_live, args=(life, child.name, child.work, *child.arguments), name=child.name)
        process.start()
    return process


@contextmanager
def _held_back() -> Iterator[None]:
    """No request to end is taken by a process that is just being forked and would handle it as its parent does."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)


def _live(life: tuple[int, int], name: str, work: Callable[..., object], *arguments: Any) -> None:
    os.setsid()
    os.close(life[1])
    _be_called(f"ak {name}")
    for one in _ENDING:
        signal.signal(one, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _ENDING)
    threading.Thread(target=_end_with, args=(life[0],), name="end with keeper", daemon=True).start()
    work(*arguments)


def _be_called(name: str) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_NAME, name.encode()[:15], 0, 0, 0)


def _end_with(life: int) -> None:
    wait([life])
    os.kill(os.getpid(), signal.SIGTERM)
