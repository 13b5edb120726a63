"""HTTP/1.1 as uvicorn speaks it, with a short way to the doors.

Of what a small event costs, half was the framework's generality: a scope, a cycle, an event object and two callables a
request. A plain POST to a door, whole and of known length, needs none of them: its headers and body go to the door,
and the reply is written in one piece. Anything else (pages, browsers, chunked or very large bodies, pipelined
requests) takes uvicorn's own way, on the same connection and in order.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple, Protocol

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

MOST_BYTES = 1024 * 1024
"""A larger body takes the long way, which asks who sends it before it is read."""

NOT_PLAIN = frozenset({b"origin", b"expect", b"upgrade", b"transfer-encoding"})


class Reply(NamedTuple):
    """Status, headers (content-length among them) and content."""

    status: int
    headers: list[tuple[bytes, bytes]]
    content: bytes


class Door(Protocol):
    """What answers at one address; never raises but when cancelled."""

    async def reply(self, headers: Mapping[bytes, bytes], content: bytes) -> Reply:
        """The answer to a whole request."""
        ...


class DoorProtocol(HttpToolsProtocol):
    """One connection of a server without doors; `with_doors` gives it some.

    Attributes:
        doors: by path, exact and as it stands on the wire; only requests that name `authorization` go there.
    """

    doors: ClassVar[Mapping[bytes, Door]] = MappingProxyType({})

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._door: Door | None = None
        self._named: dict[bytes, bytes] = {}
        self._content: list[bytes] = []
        self._answering = False
        self._last = False

    def on_message_begin(self) -> None:
        """Begin a request; uvicorn's own beginning is made up for once it is known to be its."""
        self.url = b""
        self.expect_100_continue = False
        self.headers = []

    def on_headers_complete(self) -> None:
        """Choose the way."""
        door = self.doors.get(self.url)
        if door is not None:
            named = dict(self.headers)
            if self._is_plain(named):
                self._door, self._named, self._content = door, named, []
                return
        url, headers, expected = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.expect_100_continue = url, expected
        self.headers += headers  # the scope holds this very list
        super().on_headers_complete()

    def _is_plain(self, named: Mapping[bytes, bytes]) -> bool:
        length = named.get(b"content-length", b"")
        return (
            not self._answering
            and (self.cycle is None or self.cycle.response_complete)
            and not self.pipeline
            and self.parser.get_method() == b"POST"
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and length.isdigit()
            and int(length) <= MOST_BYTES
            and b"authorization" in named
            and named.keys().isdisjoint(NOT_PLAIN)
        )

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._door is None:
            super().on_body(body)
        else:
            self._content.append(body)

    def on_message_complete(self) -> None:
        """The request is whole."""
        if self._door is None:
            super().on_message_complete()
            return
        door, self._door = self._door, None
        content = self._content[0] if len(self._content) == 1 else b"".join(self._content)
        self._answering = True
        task = self.loop.create_task(self._answer(door, self._named, content))
        task.add_done_callback(self.tasks.discard)
        self.tasks.add(task)

    async def _answer(self, door: Door, named: Mapping[bytes, bytes], content: bytes) -> None:
        try:
            reply = await door.reply(named, content)
        finally:
            self._answering = False
        if self.transport.is_closing():
            return
        pieces = [STATUS_LINE[reply.status]]
        for name, value in (*self.server_state.default_headers, *reply.headers):
            pieces += (name, b": ", value, b"\r\n")
        pieces += (b"connection: close\r\n\r\n" if self._last else b"\r\n", reply.content)
        self.transport.write(b"".join(pieces))
        if self._last:
            self.transport.close()
        self.on_response_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._answering:  # pipelined behind a request that is still under way
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, app))
        else:
            super()._start_asgi_task(cycle, app)

    def shutdown(self) -> None:
        """End the connection, after the reply that is under way."""
        if self._answering:
            self._last = True
        else:
            super().shutdown()


def with_doors(doors: Mapping[bytes, Door]) -> type[DoorProtocol]:
    """The protocol of a server with these doors, by path."""
    return type("DoorProtocol", (DoorProtocol,), {"doors": doors})
