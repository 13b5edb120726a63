"""The web application: routes, refusals, security headers, the OpenAPI document."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from prometheus_client import Histogram
from starlette.datastructures import MutableHeaders
from starlette.routing import BaseRoute, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from akademos import __version__
from akademos.errors import AkademosError
from akademos.serving import answer_forms, problems
from akademos.serving.pages import CONTENT_SECURITY_POLICY, STATIC_FOLDER
from akademos.serving.routes import analytics, consent, learners, operations, pages, sign_in
from akademos.serving.services import Services
from akademos.telemetry import REQUEST_SECONDS

OPENAPI_PATH = "/v1/openapi.json"
HSTS = "max-age=31536000"

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]

_SECURITY = (
    (b"content-security-policy", CONTENT_SECURITY_POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
)


def create_app(
    services: Services,
    *,
    intake_routes: Sequence[BaseRoute] = (),
    openapi_paths: Mapping[str, Any] | None = None,
    lifespans: Sequence[Lifespan] = (),
) -> FastAPI:
    """The application over its services.

    Args:
        services: ports and policies.
        intake_routes: the routes of the intake door, matched before all others.
        openapi_paths: their part of the OpenAPI document, by path.
        lifespans: what is entered when the application starts and left when it ends.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for enter in lifespans:
                await stack.enter_async_context(enter(app))
            yield

    app = FastAPI(
        title="Akademos",
        summary="Learning analytics: consented events in; mastery, forgetting, gaps and more out.",
        version=__version__,
        openapi_url=OPENAPI_PATH,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.services = services
    app.router.routes.extend(intake_routes)
    for one in (analytics, consent, learners, operations, pages, sign_in):
        app.include_router(one.router)
    if services.development:
        app.include_router(sign_in.development)
    app.mount("/static", CachedFiles(directory=STATIC_FOLDER, check_dir=False), name="static")
    problems.install(app, pages.page_of_error)
    # The hot path goes straight to its door: the framework's layers would cost more than the door itself.
    doors = {route.path: route.app for route in intake_routes if isinstance(route, Route)}
    app.add_middleware(Surroundings, doors=doors)
    document = OpenApiDocument(app, openapi_paths or {})
    app.openapi = document  # type: ignore[method-assign]  # the documented way to replace it
    return app


class CachedFiles(StaticFiles):
    """Static files; an address that holds the content's digest may be kept for good."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a file, and say how long it may be kept."""
        kept = "public, max-age=31536000, immutable" if b"v=" in scope.get("query_string", b"") else "no-cache"

        async def send_kept(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] in (200, 304):
                MutableHeaders(scope=message)["cache-control"] = kept
            await send(message)

        await super().__call__(scope, receive, send_kept)


class Surroundings:
    """Puts the security headers on every answer and measures how long it took, by route."""

    def __init__(self, app: ASGIApp, doors: Mapping[str, ASGIApp]) -> None:
        self._app = app
        self._doors = doors
        self._durations: dict[tuple[str, int], Histogram] = {}

    def _duration(self, route: str, status: int) -> Histogram:
        known = self._durations.get((route, status))
        if known is None:
            known = self._durations[route, status] = REQUEST_SECONDS.labels(route, str(status))
        return known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        path = scope["path"]
        door = self._doors.get(path) if scope["method"] == "POST" else None

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message.setdefault("headers", [])
                headers.extend(_SECURITY)
                if scope["scheme"] == "https":
                    headers.append((b"strict-transport-security", HSTS.encode()))
                route = path if door is not None else getattr(scope.get("route"), "path", "unmatched")
                self._duration(route, message["status"]).observe(time.perf_counter() - started)
            await send(message)

        if door is None:
            await self._app(scope, receive, send_with_headers)
            return
        try:
            await door(scope, receive, send_with_headers)
        except AkademosError as refusal:
            await problems.problem_response(refusal, path)(scope, receive, send_with_headers)


class OpenApiDocument:
    """Makes the OpenAPI document once: what FastAPI derives, the intake door, our problems instead of its 422."""

    def __init__(self, app: FastAPI, extra: Mapping[str, Any]) -> None:
        self._app = app
        self._extra = extra
        self._made: dict[str, Any] | None = None

    def __call__(self) -> dict[str, Any]:
        """The document."""
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> dict[str, Any]:
        app = self._app
        document = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            openapi_version="3.1.0",
            routes=app.routes,
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for framework in ("HTTPValidationError", "ValidationError"):
            schemas.pop(framework, None)
        schemas["Problem"] = problems.SCHEMA
        schemas.update(answer_forms.schemas())
        document["paths"].update(self._extra)
        for operations_of in document["paths"].values():
            for operation in operations_of.values():
                responses = operation["responses"]
                if "HTTPValidationError" in str(responses.get("422")):
                    del responses["422"]
        document["components"]["securitySchemes"] = {
            "bearer": {
                "type": "http",
                "scheme": "bearer",
                "description": "A signed token (JWT) of a person, or the key of a service account.",
            },
            "session": {"type": "apiKey", "in": "cookie", "name": app.state.services.doorkeeper.tokens.session_cookie},
        }
        document["security"] = [{"bearer": []}, {"session": []}]
        return document
