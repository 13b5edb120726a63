"""The web application: routes, refusals, security headers, the OpenAPI document."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.datastructures import MutableHeaders
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from akademos import __version__
from akademos.intake.receive import Intake
from akademos.serving import (
    answer_forms,
    peer_forms,
    plan_forms,
    problems,
    readiness_forms,
    recommendation_forms,
    record_openapi,
    study_forms,
)
from akademos.serving.pages import STATIC_FOLDER
from akademos.serving.query_meter import QueryMeter
from akademos.serving.routes import (
    access_log,
    accesses,
    alerts,
    analytics,
    audit,
    catalogue,
    catalogue_pages,
    consent,
    content,
    costs,
    costs_page,
    erasures,
    exam_plan,
    focus_actions,
    groups,
    identity,
    journeys,
    kpis,
    kpis_page,
    learners,
    models,
    models_page,
    my_consent,
    my_courses,
    my_data,
    my_recommendations,
    my_suggestions,
    openid,
    operations,
    operations_page,
    outbox,
    pages,
    peers,
    recommendation_uptake,
    record_transfer,
    records,
    releases,
    requests,
    retention,
    sign_in,
    students_in_focus,
    topics,
    trust,
    verify,
)
from akademos.serving.routes.events import Address
from akademos.serving.services import Services
from akademos.serving.surroundings import Surroundings
from akademos.stores.ports.query_usage import QueryUsage

OPENAPI_PATH = "/v1/openapi.json"
Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


class Application(FastAPI):
    """The web application; the hot path goes straight to its doors.

    The framework's layers would cost more than a door itself, which answers every refusal on its own.
    """

    doors: Mapping[str, Address]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and scope["method"] == "POST":
            door = self.doors.get(scope["path"])
            if door is not None:
                await door(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


def create_app(
    services: Services,
    *,
    intake: Intake | None = None,
    doors: Mapping[str, Address] | None = None,
    routes: Sequence[Route] = (),
    openapi_paths: Mapping[str, Any] | None = None,
    usage: QueryUsage | None = None,
    lifespans: Sequence[Lifespan] = (),
) -> Application:
    """The application over its services.

    Args:
        services: ports and policies.
        intake: takes the events that the pages' own forms make.
        doors: the addresses of the intake door, by path; matched before all others.
        routes: what else belongs to the door.
        openapi_paths: their part of the OpenAPI document, by path.
        usage: where is kept how long questions took, by tenant; None: nowhere.
        lifespans: what is entered when the application starts and left when it ends.
    """

    meter = QueryMeter(usage, clock=services.clock)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for enter in (*lifespans, meter.running):
                await stack.enter_async_context(enter(app))
            yield

    app = Application(
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
    app.state.intake = intake
    app.doors = doors or {}
    app.router.routes.extend(Route(path, door, methods=["POST"]) for path, door in app.doors.items())
    app.router.routes.extend(routes)
    for one in (
        access_log,
        accesses,
        alerts,
        analytics,
        exam_plan,
        focus_actions,
        audit,
        catalogue,
        catalogue_pages,
        consent,
        content,
        costs,
        costs_page,
        erasures,
        groups,
        identity,
        kpis,
        kpis_page,
        journeys,
        learners,
        models,
        models_page,
        my_consent,
        my_courses,
        my_data,
        my_recommendations,
        my_suggestions,
        openid,
        operations,
        operations_page,
        outbox,
        pages,
        peers,
        recommendation_uptake,
        record_transfer,  # before the records, whose collections would take its addresses for theirs
        records,
        releases,
        requests,
        retention,
        sign_in,
        verify,
        students_in_focus,
        topics,
        trust,
    ):
        app.include_router(one.router)
    if services.development:
        app.include_router(sign_in.development)
    app.mount("/static", CachedFiles(directory=STATIC_FOLDER, check_dir=False), name="static")
    problems.install(app, pages.page_of_error)
    app.add_middleware(Surroundings, meter=meter)
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


def forms_of_answers() -> dict[str, answer_forms.Schema]:
    """The forms of all answers about one learner, by the names they have in the document."""
    found: dict[str, answer_forms.Schema] = {}
    for module in (answer_forms, plan_forms, readiness_forms, study_forms, peer_forms, recommendation_forms):
        found |= module.schemas()
    return found


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
        schemas.update(forms_of_answers())
        schemas.update(record_openapi.schemas())
        document["paths"].update(self._extra)
        document["paths"].update(record_openapi.paths())
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
