"""Refusals on the wire: problem details (RFC 9457), the same shape for every error of every route."""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from akademos.catalogue.validation import escape
from akademos.errors import AkademosError, Unavailable, Unpublishable

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:akademos:problem:"
RETRY_AFTER_S = 2

SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "detail", "code", "hint", "pointer", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri", "description": "urn:akademos:problem: and the code"},
        "title": {"type": "string", "description": "the status in words"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string", "description": "what happened and why"},
        "code": {"type": "string", "description": "stable identifier of the rule that refused"},
        "hint": {"type": "string", "description": "what to do about it"},
        "pointer": {
            "type": ["string", "null"],
            "description": "JSON pointer into the body; /query, /header or /path and the name for a parameter",
        },
        "instance": {"type": "string", "format": "uri-reference", "description": "the path that was asked"},
        "problems": {
            "type": "array",
            "description": "of content that cannot be published: every problem",
            "items": {
                "type": "object",
                "properties": {"code": {"type": "string"}, "pointer": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}

_STATUS_CODES = {
    404: ("unknown_route", "There is nothing at this address.", "The addresses are listed in /v1/openapi.json."),
    405: ("method_not_allowed", "This address does not take that method.", "See the header Allow."),
    413: ("too_large", "The body is larger than this address takes.", "Send less."),
    415: ("media_type", "This address does not take that media type.", "Send application/json."),
}

PageOfError = Callable[[Request, AkademosError], Awaitable[Response | None]]
"""Makes the HTML page of a refusal, or None when the request is none for a page."""


def problem_of(error: AkademosError, instance: str) -> dict[str, Any]:
    """The problem document of a refusal."""
    more: dict[str, Any] = {}
    if isinstance(error, Unpublishable):
        more["problems"] = [{"code": code, "pointer": at, "detail": why} for code, at, why in error.problems]
    return more | {
        "type": TYPE + error.code,
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.reason,
        "code": error.code,
        "hint": error.hint,
        "pointer": error.pointer,
        "instance": instance,
    }


def headers_of(error: AkademosError) -> dict[str, str]:
    """Headers that a refusal carries: Retry-After when it is transient, WWW-Authenticate on 401."""
    headers = {"Cache-Control": "no-store"}
    if error.transient:
        headers["Retry-After"] = str(error.retry_after_s or RETRY_AFTER_S)
    if error.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return headers


def problem_response(error: AkademosError, instance: str) -> Response:
    """A refusal as an HTTP answer."""
    body = orjson.dumps(problem_of(error, instance))
    return Response(body, error.status, headers_of(error), MEDIA_TYPE)


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries of the refusals that an operation can answer."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": HTTPStatus(status).phrase, "content": content} for status in statuses}


def from_validation(invalid: RequestValidationError) -> AkademosError:
    """The first fault of a request that does not fit its declaration; parameters are 400, bodies 422."""
    fault = invalid.errors()[0]
    where: Sequence[object] = fault["loc"]
    place = str(where[0]) if where else "body"
    path = "".join(f"/{escape(str(part))}" for part in where[1:])
    if fault["type"] == "json_invalid":
        position = f" at position {where[1]}" if len(where) > 1 else ""
        return AkademosError(
            f"The body is not JSON{position}.", hint="Send one JSON document.", code="malformed_json", status=400
        )
    return AkademosError(
        f"{fault['msg']}.",
        hint="The declaration of this address is in /v1/openapi.json.",
        code="missing" if fault["type"] == "missing" else "input_invalid",
        status=422 if place == "body" else 400,
        pointer=path or None if place == "body" else f"/{place}{path}",
    )


def from_http(refusal: HTTPException) -> AkademosError:
    """A refusal of the web framework itself (no such route, wrong method, body too large)."""
    code, reason, hint = _STATUS_CODES.get(
        refusal.status_code, ("http_error", HTTPStatus(refusal.status_code).phrase + ".", "")
    )
    return AkademosError(reason, hint=hint, code=code, status=refusal.status_code)


def unexpected(raised: Exception) -> AkademosError:
    """What a caller is told of a fault of ours; the log knows it under the same number."""
    incident = uuid.uuid4().hex[:12]
    structlog.get_logger("akademos.serving").error("unexpected", incident=incident, exc_info=raised)
    return Unavailable(
        "Something failed that should not; it was logged.",
        hint=f"Try again; if it fails again tell the operator the number {incident}.",
        code="internal",
        retry_after_s=30,
    )


def install(app: FastAPI, page_of: PageOfError) -> None:
    """Answer every error of the application with problem details, or with a page where a page was asked for."""

    def handler(translate: Callable[[Any], AkademosError]) -> Callable[[Request, Any], Awaitable[Response]]:
        async def answer(request: Request, raised: Any) -> Response:
            error = translate(raised)
            response = await page_of(request, error) or problem_response(error, request.url.path)
            for name, value in (getattr(raised, "headers", None) or {}).items():
                response.headers[name] = value
            return response

        return answer

    app.add_exception_handler(AkademosError, handler(lambda raised: raised))
    app.add_exception_handler(RequestValidationError, handler(from_validation))
    app.add_exception_handler(HTTPException, handler(from_http))
    app.add_exception_handler(Exception, handler(unexpected))
