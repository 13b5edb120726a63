"""The short way of HTTP to a door, over real sockets: same answers, in order, and uvicorn's own way for all else."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import uvicorn

from akademos.serving.door_protocol import MOST_BYTES, Reply, with_doors

KEY = b"Authorization: Bearer k\r\n"


class Bell:
    """A door that says what it was sent; `/slow` waits for a signal first."""

    def __init__(self) -> None:
        self.calls = 0
        self.go = threading.Event()
        self.under_way = threading.Event()

    async def reply(self, headers: Mapping[bytes, bytes], content: bytes) -> Reply:
        self.calls += 1
        if b"x-slow" in headers:
            self.under_way.set()
            await asyncio.to_thread(self.go.wait, 10)
        said = b"door %d" % len(content)
        return Reply(200, [(b"content-length", b"%d" % len(said))], said)


async def app(scope: Mapping[str, Any], receive: Any, send: Any) -> None:
    """Uvicorn's own way: tells the path and the length."""
    size, more = 0, True
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    said = b"long way %s %d" % (scope["path"].encode(), size)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(said))]})
    await send({"type": "http.response.body", "body": said})


class Running:
    def __init__(self) -> None:
        self.bell = Bell()
        self.listening = socket.create_server(("127.0.0.1", 0))
        http = with_doors({b"/door": self.bell})
        config = uvicorn.Config(app, http=http, lifespan="off", log_config=None, timeout_graceful_shutdown=10)
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self.listening]})
        self.thread.start()
        while not self.server.started:
            time.sleep(0.01)

    def connect(self) -> socket.socket:
        return socket.create_connection(self.listening.getsockname(), timeout=10)

    def end(self) -> None:
        self.bell.go.set()
        self.server.should_exit = True
        self.thread.join()
        self.listening.close()


@pytest.fixture
def running() -> Iterator[Running]:
    one = Running()
    yield one
    one.end()


def post(body: bytes = b"12345", *more: bytes, path: bytes = b"/door", key: bytes = KEY) -> bytes:
    return b"POST %s HTTP/1.1\r\nHost: h\r\n%sContent-Length: %d\r\n%s\r\n%s" % (
        path, key, len(body), b"".join(line + b"\r\n" for line in more), body,
    )  # fmt: skip


def replies(connection: socket.socket, count: int) -> list[bytes]:
    """The contents of so many replies, each read by its length."""
    found: list[bytes] = []
    waiting = b""
    while len(found) < count:
        head, end, rest = waiting.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
        )
        if end and len(rest) >= length:
            found.append(rest[:length])
            waiting = rest[length:]
            continue
        more = connection.recv(65_536)
        if not more:
            break
        waiting += more
    return found


def test_requests_follow_each_other_on_a_connection(running: Running) -> None:
    with running.connect() as connection:
        for size in (0, 1, 70_000):
            connection.sendall(post(b"x" * size))
            assert replies(connection, 1) == [b"door %d" % size]
        connection.sendall(b"GET /door HTTP/1.1\r\nHost: h\r\n\r\n")
        assert replies(connection, 1) == [b"long way /door 0"]
        connection.sendall(post())
        assert replies(connection, 1) == [b"door 5"]


def test_who_says_that_the_connection_stays_open_takes_the_short_way(running: Running) -> None:
    with running.connect() as connection:
        for _ in range(2):
            connection.sendall(post(b"12345", b"Connection: keep-alive"))
            assert replies(connection, 1) == [b"door 5"]


def test_a_request_may_come_in_pieces(running: Running) -> None:
    with running.connect() as connection:
        whole = post(b"y" * 50)
        for at in range(0, len(whole), 7):
            connection.sendall(whole[at : at + 7])
            time.sleep(0.001)
        assert replies(connection, 1) == [b"door 50"]


def test_pipelined_requests_are_answered_in_order(running: Running) -> None:
    with running.connect() as connection:
        get = b"GET /page HTTP/1.1\r\nHost: h\r\n\r\n"
        connection.sendall(post(b"1", b"X-Slow: 1") + get + post(b"22") + get + post(b"333", path=b"/elsewhere"))
        assert running.bell.under_way.wait(10)
        running.bell.go.set()
        assert replies(connection, 5) == [
            b"door 1", b"long way /page 0", b"long way /door 2", b"long way /page 0", b"long way /elsewhere 3",
        ]  # fmt: skip
        connection.sendall(post(b"4444"))
        assert replies(connection, 1) == [b"door 4"]


@pytest.mark.parametrize(
    "request_",
    [
        post(b"abc", key=b""),
        post(b"abc", b"Origin: https://example.org"),
        post(b"abc", path=b"/door?x=1"),
        post(b"abc", path=b"/door/"),
        post(b"abc", b"Connection: close"),
        b"POST /door HTTP/1.1\r\nHost: h\r\n" + KEY + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"POST /door HTTP/1.0\r\nHost: h\r\n" + KEY + b"Content-Length: 3\r\n\r\nabc",
        b"PUT /door HTTP/1.1\r\nHost: h\r\n" + KEY + b"Content-Length: 3\r\n\r\nabc",
    ],
)
def test_what_is_not_plain_takes_the_long_way(running: Running, request_: bytes) -> None:
    with running.connect() as connection:
        connection.sendall(request_)
        (content,) = replies(connection, 1)
    assert content.startswith(b"long way /door")
    assert content.endswith(b" 3")
    assert running.bell.calls == 0


def test_a_large_body_takes_the_long_way(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(post(b"z" * (MOST_BYTES + 1)))
        assert replies(connection, 1) == [b"long way /door %d" % (MOST_BYTES + 1)]


def test_a_sender_that_waits_to_be_told_to_go_on_is_told(running: Running) -> None:
    with running.connect() as connection:
        head, _, body = post(b"abc", b"Expect: 100-continue").partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(body)
        assert replies(connection, 1) == [b"long way /door 3"]


def test_bytes_that_are_no_request_are_refused(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(b"NONSENSE\r\n\r\n")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")


def test_who_hangs_up_disturbs_nobody(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(post(b"1", b"X-Slow: 1"))
        assert running.bell.under_way.wait(10)
    running.bell.go.set()
    with running.connect() as another:
        another.sendall(post())
        assert replies(another, 1) == [b"door 5"]


def test_a_server_that_ends_answers_what_is_under_way(running: Running) -> None:
    with running.connect() as connection:
        connection.sendall(post(b"1", b"X-Slow: 1"))
        assert running.bell.under_way.wait(10)
        running.server.should_exit = True
        time.sleep(0.3)
        running.bell.go.set()
        reply = b""
        while more := connection.recv(65_536):
            reply += more
    assert b"connection: close" in reply
    assert reply.endswith(b"door 1")
