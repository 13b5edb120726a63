"""Hands what a process logs over to be kept, from a thread of its own: whoever logs waits for nothing."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

import structlog

from akademos.errors import AkademosError
from akademos.privacy.log_lines import KeptLine, kept_line
from akademos.stores.ports.ops_logs import OpsLogs, Process
from akademos.telemetry import LOG_LINES_LOST

log = structlog.get_logger()

PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
LINES_AT_ONCE = 1_000
LINES_WAITING = 10_000
"""While the store is away or its disk full so many lines wait; of more the oldest are given up, and counted."""
LAST_WAIT_S = 3.0


class LogKeeper:
    """Keeps the lines of one process. Use as a context manager, after forking; `offer` from any thread."""

    def __init__(
        self,
        logs: OpsLogs,
        process: Process,
        *,
        pause_s: float = PAUSE_S,
        waiting: int = LINES_WAITING,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._logs = logs
        self._process = process
        self._pause_s = pause_s
        self._most = waiting
        self._clock = clock
        self._lines: deque[KeptLine] = deque()
        self._lock = threading.Lock()
        self._offered = 0
        self._lost = 0
        self._known = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="log keeper", daemon=True)

    def offer(self, said: Mapping[str, object]) -> None:
        """Take a line; never waits for a store."""
        line = kept_line(said, self._clock())
        with self._lock:
            self._offered += 1
            self._lines.append(line)
            if len(self._lines) > self._most:
                self._lines.popleft()
                self._lost += 1
                LOG_LINES_LOST.inc()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hand over what waits, and end; waits for some seconds at most."""
        self._stop.set()
        self._thread.join(LAST_WAIT_S)

    def _work(self) -> None:
        pause = self._pause_s
        while True:
            last = self._stop.wait(pause)
            try:
                while self.hand_over():
                    pass
                pause = self._pause_s
            except AkademosError as refused:
                pause = min(pause * 2, LONGEST_PAUSE_S)
                if not refused.transient:
                    log.error("log_lines_given_up", code=refused.code)
            except Exception:
                pause = LONGEST_PAUSE_S
                log.exception("log_lines_given_up")
            if last:
                return

    def hand_over(self) -> bool:
        """Hand over up to a thousand lines; whether more wait.

        Raises:
            Unavailable: the store is away; they wait for the next time.
            AkademosError: the store refused them for good; they are given up, and counted.
        """
        with self._lock:
            lines = [self._lines.popleft() for _ in range(min(len(self._lines), LINES_AT_ONCE))]
            offered, lost = self._offered, self._lost
            if not lines and not lost and self._known:
                return False
            self._offered = self._lost = 0
            waiting = len(self._lines)
        try:
            self._logs.append(self._process, lines, offered=offered, lost=lost, waiting=waiting)
        except BaseException as failure:
            again = isinstance(failure, AkademosError) and failure.transient
            with self._lock:
                self._offered += offered
                self._lost += lost if again else lost + len(lines)
                if again:
                    self._lines.extendleft(reversed(lines))
            if not again:
                LOG_LINES_LOST.inc(len(lines))
            raise
        self._known = True
        with self._lock:
            return bool(self._lines)
