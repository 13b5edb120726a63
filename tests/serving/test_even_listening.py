"""Connections are shared evenly among processes, and wait for none that cannot take them."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from akademos.cli import even_listening
from akademos.cli.even_listening import EvenListener, Shares

CONNECTIONS = 16


class Process:
    """Stands for a process: a listener of its own and the connections that it has."""

    def __init__(self, listening: socket.socket, shares: Shares, number: int) -> None:
        self.open: set[asyncio.Transport] = set()
        self.listener = EvenListener(listening, self.protocol, lambda: len(self.open), shares, number)

    def protocol(self) -> asyncio.Protocol:
        process = self

        class Greeting(asyncio.Protocol):
            def connection_made(self, transport: Any) -> None:
                process.open.add(transport)
                transport.write(b"!")

            def connection_lost(self, _: Exception | None) -> None:
                pass

        return Greeting()

    async def end(self) -> None:
        self.listener.close()
        await self.listener.wait_closed()
        for transport in self.open:
            transport.close()


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS) as made:
        yield made


@asynccontextmanager
async def processes(listening: socket.socket, numbers: list[int], shares: Shares) -> AsyncIterator[list[Process]]:
    copies = [listening.dup() for _ in numbers]
    made = [Process(copy, shares, number) for copy, number in zip(copies, numbers, strict=True)]
    try:
        yield made
    finally:
        for process, copy in zip(made, copies, strict=True):
            await process.end()
            copy.close()


async def greeted(listening: socket.socket) -> asyncio.StreamWriter:
    reader, writer = await asyncio.open_connection(*listening.getsockname())
    assert await asyncio.wait_for(reader.readexactly(1), 10) == b"!"
    return writer


async def all_greeted(listening: socket.socket) -> list[asyncio.StreamWriter]:
    return await asyncio.gather(*(greeted(listening) for _ in range(CONNECTIONS)))


@pytest.mark.parametrize("count", [1, 2, 4])
def test_every_process_gets_its_share(listening: socket.socket, count: int) -> None:
    async def spread() -> list[int]:
        async with processes(listening, list(range(count)), Shares(count)) as made:
            clients = await all_greeted(listening)
            shares = [len(process.open) for process in made]
            for client in clients:
                client.close()
            return shares

    shares = asyncio.run(spread())
    assert sum(shares) == CONNECTIONS
    assert max(shares) - min(shares) <= 2, shares


def test_what_another_does_not_take_is_taken_after_a_moment(listening: socket.socket) -> None:
    """The other says it has no connection, and never takes one: it hangs, or was killed."""

    async def alone() -> tuple[int, float]:
        async with processes(listening, [0], Shares(2)) as (only,):
            began = time.monotonic()
            clients = await all_greeted(listening)
            waited = time.monotonic() - began
            for client in clients:
                client.close()
            return len(only.open), waited

    taken, waited = asyncio.run(alone())
    assert taken == CONNECTIONS
    assert waited < CONNECTIONS * 1.0  # some 3 ms each


def test_connections_that_ended_are_no_longer_counted(listening: socket.socket) -> None:
    shares = Shares(2)
    shares.note(1, 5)

    async def noted() -> list[int]:
        async with processes(listening, [0], shares) as (only,):
            writer = await greeted(listening)
            while_open = shares.fewest()
            only.open.clear()
            only.listener.note()
            writer.close()
            return [while_open, shares.fewest()]

    assert asyncio.run(noted()) == [1, 0]


def test_no_room_for_another_connection_is_said_and_passes(
    listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(even_listening, "PAUSE_S", 0.05)
    full = iter([OSError(errno.EMFILE, "Too many open files")])

    class Crowded(socket.socket):
        def accept(self) -> tuple[socket.socket, Any]:
            for failure in full:
                raise failure
            return super().accept()

    async def served() -> None:
        async with processes(listening, [0], Shares(1)) as (only,):
            (await greeted(listening)).close()
            assert len(only.open) == 1

    original = socket.socket.dup
    monkeypatch.setattr(socket.socket, "dup", lambda self: Crowded(fileno=original(self).detach()))
    asyncio.run(served())
    assert next(full, None) is None


def test_a_closed_listener_takes_nothing_more(listening: socket.socket) -> None:
    async def closed() -> int:
        async with processes(listening, [0], Shares(1)) as (only,):
            only.listener.close()
            with socket.create_connection(listening.getsockname()):
                await asyncio.sleep(0.05)
            return len(only.open)

    assert asyncio.run(closed()) == 0
