"""Routes that take small bodies only, and refuse a larger one as a problem before it is read."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

BODY_BYTES = 16 * 1024


class SmallBodyRoute(APIRoute):
    """A route whose requests hold at most 16 KiB, or what a subclass says."""

    most_bytes = BODY_BYTES

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler behind the limit."""
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            declared = request.headers.get("content-length", "0")
            if not declared.isdecimal() or int(declared) > self.most_bytes:
                raise HTTPException(413)
            size = 0

            async def receive() -> Message:
                nonlocal size
                message = await request.receive()
                size += len(message.get("body", b""))
                if size > self.most_bytes:
                    raise HTTPException(413)
                return message

            return await handle(Request(request.scope, receive))

        return limited
