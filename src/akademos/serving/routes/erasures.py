"""/v1/erasures: a person asks to be erased, or an administrator or steward on their behalf; then what became of it."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import orjson
from fastapi import APIRouter
from pydantic import UUID4, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.errors import Forbidden, InputError, NotFound
from akademos.privacy.erasure import may_request
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.erasure import Erasure
from akademos.stores.ports.identity import Identifier

router = APIRouter(tags=["erasure"], route_class=SmallBodyRoute)

_WHOM = "Administrators and stewards only: whom it is about; left out by whoever asks for themself."


class ErasureRequest(BaseModel):
    """A request to erase everything about one person."""

    model_config = ConfigDict(extra="forbid")

    reason: Annotated[str, Field(min_length=1, max_length=256)] = Field(description="Why; kept without names.")
    user_id: str | None = Field(None, description=_WHOM)
    anonymous_id: UUID4 | None = Field(None, description=_WHOM)


class ErasureStatus(BaseModel):
    """How far a request has come."""

    erasure_id: UUID
    requested_at: str
    step: str = Field(description="Last step that is done; `completed` at the end.")
    completed_at: str | None
    receipt: dict[str, object] | None = Field(description="What was removed, where, and what is kept; names nobody.")


class ErasureList(BaseModel):
    """All requests of a tenant, newest first."""

    erasures: list[ErasureStatus]


@router.post(
    "/v1/erasures",
    response_class=Response,
    responses={
        202: {"model": ErasureStatus, "description": "Taken, durably; a job does it within moments."},
        **documented(400, 401, 403, 404, 409, 413, 422, 503),
    },
    status_code=202,
)
def request_erasure(services: Served, principal: Asker, asked: ErasureRequest) -> Response:
    """Ask for an erasure. It cannot be taken back; asking again answers the request that is under way."""
    who = _whom(principal, asked)
    own = principal.role == "learner"
    by = None if own else services.readings.actor_name(principal.tenant_id, principal.user_id)
    reason = name_of(asked.reason, "reason", "/reason")
    taken = services.erasures.request(
        principal.tenant_id, who, by=None if by is None else f"person:{by}", reason=reason
    )
    return _json(_status(taken), status=202)


@router.get(
    "/v1/erasures",
    response_class=Response,
    responses={200: {"model": ErasureList, "description": "Requests."}, **documented(401, 403, 503)},
)
def all_erasures(services: Served, principal: Asker) -> Response:
    """All requests of the tenant, for administrators and stewards."""
    if not may_request(principal.role, own=False):
        raise _role()
    return _json({"erasures": [_status(one) for one in services.erasures.all(principal.tenant_id)]})


@router.get(
    "/v1/erasures/{erasure_id}",
    response_class=Response,
    responses={200: {"model": ErasureStatus, "description": "Status."}, **documented(400, 401, 403, 404, 503)},
)
def one_erasure(services: Served, principal: Asker, erasure_id: UUID) -> Response:
    """How far one request has come, and its receipt; a learner sees their own."""
    own = Identifier("user", principal.user_id) if principal.role == "learner" else None
    if not may_request(principal.role, own=own is not None):
        raise _role()
    found = services.erasures.get(principal.tenant_id, erasure_id, own=own)
    if found is None:
        raise NotFound("There is no such erasure.", hint="The answer to the request names its id.")
    return _json(_status(found))


def _whom(principal: Principal, asked: ErasureRequest) -> Identifier:
    if principal.role == "learner":
        if asked.anonymous_id is not None or asked.user_id not in (None, principal.user_id):
            raise Forbidden("A learner asks for their own erasure only.", hint="Leave out user_id.", code="scope")
        return Identifier("user", principal.user_id)
    if not may_request(principal.role, own=False):
        raise _role()
    if (asked.user_id is None) == (asked.anonymous_id is None):
        raise InputError(
            "The request names nobody, or two people.",
            hint="Send either user_id or anonymous_id.",
            code="person_missing",
            pointer="/user_id",
        )
    if asked.user_id is not None:
        return Identifier("user", name_of(asked.user_id, "user_id", "/user_id"))
    return Identifier("anonymous", str(asked.anonymous_id))


def _role() -> Forbidden:
    return Forbidden(
        "Erasures are asked for by the person, an administrator or a data steward.",
        hint="Sign in as one of them.",
        code="role",
    )


def _status(one: Erasure) -> dict[str, object]:
    return {
        "erasure_id": str(one.erasure_id),
        "requested_at": one.requested_at.isoformat(),
        "step": one.step,
        "completed_at": None if one.completed_at is None else one.completed_at.isoformat(),
        "receipt": one.receipt,
    }


def _json(content: object, *, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, headers={"Cache-Control": "no-store"}, media_type="application/json")
