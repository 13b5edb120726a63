"""What surrounds every answer: security headers, and how long it took: by route, and by the tenant that asked."""

from __future__ import annotations

import time
from functools import lru_cache

from prometheus_client import Histogram
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akademos.serving.pages import CONTENT_SECURITY_POLICY
from akademos.serving.principal import ASKED_BY
from akademos.serving.query_meter import QueryMeter
from akademos.telemetry import REQUEST_SECONDS

HSTS = "max-age=31536000"

SECURITY = [
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
"""The headers of every answer; over TLS, HSTS as well."""

_SECURITY_HTTPS = [*SECURITY, (b"strict-transport-security", HSTS.encode())]


def security_headers(scope: Scope) -> list[tuple[bytes, bytes]]:
    """The headers that every answer carries."""
    return _SECURITY_HTTPS if scope["scheme"] == "https" else SECURITY


@lru_cache(maxsize=1_000)
def duration(route: str, status: int) -> Histogram:
    """Where to note how long a request took, in seconds."""
    return REQUEST_SECONDS.labels(route, str(status))


class Surroundings:
    """Middleware: puts the security headers on every answer and notes how long it took, until it began to leave."""

    def __init__(self, app: ASGIApp, meter: QueryMeter) -> None:
        self._app = app
        self._meter = meter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).extend(security_headers(scope))
                route = getattr(scope.get("route"), "path", "unmatched")
                seconds = time.perf_counter() - started
                duration(route, message["status"]).observe(seconds)
                if ASKED_BY in scope:
                    self._meter.note(scope[ASKED_BY], f"{scope['method']} {route}", seconds)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def base_of(public_url: str, request: Request) -> str:
    """The public address of this installation, with no slash at its end; where none is set, the one asked."""
    return (public_url or str(request.base_url)).rstrip("/")
