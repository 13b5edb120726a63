"""/v1/me/requests: a learner asks for a rectification, or contests a statement about themself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

import orjson
from fastapi import APIRouter
from pydantic import UUID4, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.errors import Forbidden, NotFound
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.rights import Kind, RightsRequest

router = APIRouter(tags=["rights"], route_class=SmallBodyRoute)


class Request(BaseModel):
    """A request by right."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    concerns: Annotated[str, Field(min_length=1, max_length=64)] = Field(
        description="rectification: display_name, persona, time_zone or events; contest: mastery, knowledge_gaps, "
        "reviews, readiness or risk."
    )
    said: Annotated[str, Field(min_length=1, max_length=2_000, pattern=r"^[^\x00-\x08\x0b-\x1f\x7f]+$")] = Field(
        description="What is wrong, in the learner's words; kept sealed."
    )


class RequestLine(BaseModel):
    """One request and what came of it."""

    request_id: str
    kind: str
    concerns: str
    said: str | None
    requested_at: datetime
    due_on: date
    status: str
    outcome: str | None
    closed_at: datetime | None


def learner_key_of(services: Services, principal: Principal) -> str:
    """The key of the learner who asks.

    Raises:
        Forbidden: it is not a learner.
        NotFound: nothing is known about them.
    """
    if principal.role != "learner":
        raise Forbidden("These rights are the learner's own.", hint="Sign in as a learner.", code="role")
    who = Identifier("user", principal.user_id)
    person = services.vault.find(principal.tenant_id, [who]).get(who)
    if person is None:
        raise NotFound("Nothing is held about you.", hint="You are not known to this platform.", code="nothing_held")
    return person.learner_key


@router.get(
    "/v1/me/requests",
    response_class=Response,
    responses={200: {"model": list[RequestLine], "description": "Newest first."}, **documented(401, 403, 404, 503)},
)
def requests(services: Served, principal: Asker) -> Response:
    """The learner's own requests and what came of them."""
    key = learner_key_of(services, principal)
    return _json([_line(one) for one in services.rights.of(principal.tenant_id, key)])


@router.post(
    "/v1/me/requests",
    response_class=Response,
    responses={200: {"model": RequestLine}, **documented(400, 401, 403, 404, 409, 413, 422, 503)},
)
def ask(services: Served, principal: Asker, request: Request) -> Response:
    """Ask for a rectification, or contest a statement; a contested one is marked wherever it is shown."""
    key = learner_key_of(services, principal)
    made = services.rights.ask(
        principal.tenant_id, key, request.kind, request.concerns, request.said, requested_by="self"
    )
    return _json(_line(made))


@router.post(
    "/v1/me/requests/{request_id}/take-back",
    response_class=Response,
    responses={200: {"model": list[RequestLine]}, **documented(400, 401, 403, 404, 422, 503)},
)
def take_back(services: Served, principal: Asker, request_id: UUID4) -> Response:
    """Take an open request back."""
    key = learner_key_of(services, principal)
    services.rights.close(
        principal.tenant_id, str(request_id), "taken_back", "taken back", closed_by="self", learner_key=key
    )
    return _json([_line(one) for one in services.rights.of(principal.tenant_id, key)])


def _line(one: RightsRequest) -> dict[str, object]:
    return {
        "request_id": one.request_id,
        "kind": one.kind,
        "concerns": one.concerns,
        "said": one.said,
        "requested_at": one.requested_at,
        "due_on": one.due_on,
        "status": one.status,
        "outcome": one.outcome,
        "closed_at": one.closed_at,
    }


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
