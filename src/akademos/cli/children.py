"""Processes beside the server: started, watched, restarted with growing pauses, ended together."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
HEALTHY_AFTER_S = 60.0
"""A process that lived this long is restarted without a pause to speak of."""
STOP_TIMEOUT_S = 15.0
_LOOK_EVERY_S = 0.2

# On Linux the kernel ends the child when the thread that started it ends, even by kill -9.
_END_WITH_PARENT = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGTERM); "
    "parent = int(sys.argv[1]); os.getppid() == parent or sys.exit(0); os.execv(sys.argv[2], sys.argv[2:])"
)


@dataclass(slots=True)
class _Child:
    name: str
    command: Sequence[str]
    keep_open: tuple[int, ...]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = FIRST_PAUSE_S
    restart_at: float = field(default=0.0)


class Children:
    """Keeps its processes alive until `stop`; `ended` hears of each that ended by itself."""

    def __init__(self, environment: Mapping[str, str], *, ended: Callable[[int], None] = lambda pid: None) -> None:
        self._environment = dict(environment)
        self._ended = ended
        self._children: list[_Child] = []
        self._stopping = threading.Event()
        # One thread for all starts: the kernel ties a child's life to the thread that started it.
        self._thread = threading.Thread(target=self._watch, name="children", daemon=True)

    def add(self, name: str, command: Sequence[str], *, keep_open: Sequence[int] = ()) -> None:
        """Name a process to keep alive, and the file descriptors it inherits; before `start`."""
        self._children.append(_Child(name, command, tuple(keep_open)))

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
            if child.process is not None and child.process.poll() is None
        }

    def _watch(self) -> None:
        while not self._stopping.is_set():
            for child in self._children:
                self._look_after(child)
            self._stopping.wait(_LOOK_EVERY_S)
        for child in self._children:
            if child.process is not None and child.process.poll() is None:
                child.process.terminate()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self._children:
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    child.process.kill()
                    child.process.wait()

    def _look_after(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is None:
            if now >= child.restart_at:
                child.process, child.started_at = self._spawn(child), now
            return
        code = child.process.poll()
        if code is None:
            return
        self._ended(child.process.pid)
        child.process = None
        child.pause_s = FIRST_PAUSE_S if now - child.started_at > HEALTHY_AFTER_S else child.pause_s
        child.restart_at = now + child.pause_s
        structlog.get_logger("akademos.serve").warning(
            "child ended, starting it again", child=child.name, exit_code=code, pause_s=child.pause_s
        )
        child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)

    def _spawn(self, child: _Child) -> subprocess.Popen[bytes]:
        command = child.command
        if sys.platform == "linux":
            command = [sys.executable, "-c", _END_WITH_PARENT, str(os.getpid()), *command]
        # A session of its own: Ctrl-C in the terminal reaches the parent only, which ends its children in order.
        return subprocess.Popen(
            command,
            env=self._environment,
            pass_fds=child.keep_open,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
