"""A closed-loop load over HTTP/1.1 keep-alive, as light as Python allows: one thread, raw sockets, prepared bytes.

It shares the machine with what it measures, so it must cost little: requests are made beforehand, and a reply is read
only as far as its length.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What a run did: requests answered 200, others, seconds, latencies in seconds."""

    answered: int
    refused: int
    seconds: float
    latencies: list[float]


def post(path: str, body: bytes, *, key: str, host: str = "127.0.0.1") -> bytes:
    """The bytes of one request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def run(port: int, requests: Iterator[bytes], *, clients: int, seconds: float) -> Load:
    """Keep `clients` requests under way for `seconds` (or until `requests` ends)."""
    selector = selectors.DefaultSelector()
    latencies: list[float] = []
    answered = refused = 0
    started = time.perf_counter()
    open_clients = 0
    for _ in range(clients):
        first = next(requests, None)
        if first is None:
            break
        connection = socket.create_connection(("127.0.0.1", port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(first)
        selector.register(connection, selectors.EVENT_READ, [time.perf_counter(), b""])
        open_clients += 1
    while open_clients:
        for ready, _ in selector.select():
            connection = ready.fileobj  # type: ignore[assignment]  # only sockets are registered
            state = ready.data
            state[1] += connection.recv(262_144)
            reply = _complete(state[1])
            if reply is None:
                continue
            now = time.perf_counter()
            latencies.append(now - state[0])
            answered += reply
            refused += not reply
            following = next(requests, None) if now - started < seconds else None
            if following is None:
                selector.unregister(connection)
                connection.close()
                open_clients -= 1
                continue
            state[0], state[1] = now, b""
            connection.sendall(following)
    return Load(answered, refused, time.perf_counter() - started, latencies)


def _complete(reply: bytes) -> bool | None:
    """None while the reply is incomplete, else whether its status is 200."""
    head, found, body = reply.partition(b"\r\n\r\n")
    if not found:
        if not reply:
            raise ConnectionError("the server closed the connection")
        return None
    lower = head.lower()
    at = lower.index(b"content-length:") + 15
    if len(body) < int(lower[at : lower.find(b"\r\n", at) if b"\r\n" in lower[at:] else None]):
        return None
    return reply[9:12] == b"200"
