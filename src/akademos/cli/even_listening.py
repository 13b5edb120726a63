"""Connections shared evenly among the processes of a server.

All of them listen on one socket, and the kernel wakes whoever it likes: of sixteen connections that stay open, one
process may get eleven, and what it then has too much of the other idles. So a process that has more connections than
another leaves a new one to it, for a moment; one that nobody took meanwhile it takes itself, so that a process that is
busy, or gone, keeps nobody waiting for longer.
"""

from __future__ import annotations

import asyncio
import errno
import mmap
import socket
from collections.abc import Callable

import structlog

MOMENT_S = 0.003
"""How long a connection is left to another process."""

PAUSE_S = 1.0
"""Before connections are taken again when there is no room for one more."""

NO_ROOM = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})

_BYTES = 8

_log = structlog.get_logger("akademos.serve")


class Shares:
    """How many connections each process has open, in memory that they share; made before they are forked."""

    def __init__(self, processes: int) -> None:
        self._memory = mmap.mmap(-1, processes * _BYTES)

    def note(self, process: int, connections: int) -> None:
        """Say how many this one has."""
        self._memory[process * _BYTES : (process + 1) * _BYTES] = connections.to_bytes(_BYTES, "big")

    def fewest(self) -> int:
        """Of any process."""
        counts = self._memory[:]
        return min(int.from_bytes(counts[at : at + _BYTES], "big") for at in range(0, len(counts), _BYTES))


class EvenListener:
    """What takes the connections of one process; it closes as an `asyncio.Server` does.

    Args:
        listening: non-blocking or not; the processes share it, and whoever made it closes it.
        protocol: makes what answers on a connection.
        open_here: how many connections this process has.
        shares: of all processes.
        process: which of them this is, from 0.
    """

    def __init__(
        self,
        listening: socket.socket,
        protocol: Callable[[], asyncio.Protocol],
        open_here: Callable[[], int],
        shares: Shares,
        process: int,
    ) -> None:
        self._listening = listening
        self._protocol = protocol
        self._open_here = open_here
        self._shares = shares
        self._process = process
        self._loop = asyncio.get_running_loop()
        self._later: asyncio.TimerHandle | None = None
        self._beginning: set[asyncio.Task[object]] = set()
        listening.setblocking(False)
        self.note()
        self._loop.add_reader(listening, self._take_share)

    def note(self) -> None:
        """Tell the others how many connections there are here; connections end unseen."""
        self._shares.note(self._process, self._open_here() + len(self._beginning))

    def close(self) -> None:
        """Take no more connections."""
        self._loop.remove_reader(self._listening)
        if self._later is not None:
            self._later.cancel()

    async def wait_closed(self) -> None:
        """Until those that were taken have begun."""
        if self._beginning:
            await asyncio.wait(self._beginning)

    def _take_share(self) -> None:
        while self._shares.fewest() >= self._open_here() + len(self._beginning):
            if not self._take():
                return
        self._rest(MOMENT_S)

    def _take_left(self) -> None:
        """The moment is over: one connection is this process's if it still waits; then shares count again."""
        self._later = None
        self._loop.add_reader(self._listening, self._take_share)
        self._take()

    def _rest(self, seconds: float) -> None:
        self._loop.remove_reader(self._listening)
        self._later = self._loop.call_later(seconds, self._take_left)

    def _take(self) -> bool:
        """Whether a connection waited."""
        try:
            connection, _ = self._listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return False
        except OSError as failure:
            if failure.errno not in NO_ROOM:
                raise
            _log.warning("no room for another connection", reason=failure.strerror, pause_s=PAUSE_S)
            self._rest(PAUSE_S)
            return False
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        task: asyncio.Task[object] = self._loop.create_task(self._begin(connection))
        self._beginning.add(task)
        task.add_done_callback(self._beginning.discard)
        self.note()
        return True

    async def _begin(self, connection: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, connection)
        except OSError:  # it hung up already
            connection.close()
