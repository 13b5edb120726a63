"""/v1/outbox: record changes as CloudEvents, for the systems that follow them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.outbox import OUTBOX_LIMITS
from akademos.catalogue.roles import Question
from akademos.errors import Forbidden
from akademos.serving.gate import may_ask
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.outbox import SCOPE, Consumer, Letter

router = APIRouter(tags=["outbox"], route_class=SmallBodyRoute)

LARGEST = 2**63 - 1

Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9_-]{0,62}$", description="The consumer.")]
Cursor = Annotated[int, Field(ge=0, le=LARGEST)]


class Events(BaseModel):
    """What follows a cursor."""

    events: list[dict[str, Any]] = Field(description="CloudEvents 1.0 in JSON format, in order.")
    after: Cursor = Field(description="From where it was looked.")
    cursor: Cursor = Field(description="Acknowledge this when all events are taken care of, also when there are none.")
    head: Cursor = Field(description="End of the sequence: more follows while `cursor` is below it.")


class Acknowledgement(BaseModel):
    """Everything up to a cursor is taken care of."""

    model_config = ConfigDict(extra="forbid")

    cursor: Cursor
    after: Cursor | None = Field(
        None, description="`after` of the page: of two who took the same page only one may acknowledge it."
    )


class Replay(BaseModel):
    """What shall come again: what follows a cursor, or the dead letters."""

    model_config = ConfigDict(extra="forbid")

    after: Cursor | None = Field(None, description="Go back to this cursor.")
    dead_letters: bool = Field(False, description="Send the dead letters of a webhook again.")


class ConsumerStatus(BaseModel):
    """How far a consumer is."""

    consumer: str
    records: list[str]
    people: str = Field(description="How it knows people: none, pseudonym or user_id.")
    webhook: bool
    cursor: Cursor = Field(description="Acknowledged.")
    state: str
    failures: int = Field(description="Failed deliveries in a row.")
    next_attempt_at: datetime | None
    last_error: str | None
    dead_letters: int


class ConsumerList(BaseModel):
    """All consumers of a tenant."""

    consumers: list[ConsumerStatus]


class DeadLetter(BaseModel):
    """An event that could not be delivered."""

    cursor: Cursor = Field(description="Its place in the sequence.")
    attempts: int
    reason: str
    at: datetime


class DeadLetters(BaseModel):
    """Dead letters, oldest first."""

    dead_letters: list[DeadLetter]


class Replayed(BaseModel):
    """What comes again."""

    consumer: ConsumerStatus
    dead_letters: int


@router.get(
    "/v1/outbox",
    response_class=Response,
    responses={200: {"model": ConsumerList, "description": "By name."}, **documented(401, 403, 503)},
)
def consumers(services: Served, principal: Asker) -> Response:
    """Who follows the record changes of the tenant, and how far; for administrators and stewards."""
    may_ask(principal, Question.GOVERNANCE)
    return _json({"consumers": [_status(one) for one in services.outbox.consumers(principal.tenant_id)]})


@router.get(
    "/v1/outbox/{consumer}",
    response_class=Response,
    responses={
        200: {"model": Events, "description": "Events."},
        **documented(400, 401, 403, 404, 409, 410, 503),
    },
)
def pull(
    services: Served,
    principal: Asker,
    consumer: Name,
    after: Annotated[int | None, Query(ge=0, le=LARGEST, description="A cursor; else what is acknowledged.")] = None,
    limit: Annotated[int, Query(ge=1, le=OUTBOX_LIMITS.page, description="Most events.")] = 100,
) -> Response:
    """What follows a cursor. Reading moves nothing: a consumer that keeps the cursor together with what it did gets
    every event exactly once; one that acknowledges here gets what was not acknowledged again."""
    actor = _as_consumer(principal, consumer)
    page = services.outbox.read(principal.tenant_id, consumer, after=after, limit=limit, actor=actor)
    return _json({"events": page.events, "after": page.after, "cursor": page.cursor, "head": page.head})


@router.post(
    "/v1/outbox/{consumer}/acknowledgement",
    response_class=Response,
    responses={
        200: {"model": ConsumerStatus, "description": "Acknowledged, durably; the same again changes nothing."},
        **documented(400, 401, 403, 404, 409, 413, 422, 503),
    },
)
def acknowledge(services: Served, principal: Asker, consumer: Name, said: Acknowledgement) -> Response:
    """Say that everything up to a cursor is taken care of."""
    _as_consumer(principal, consumer)
    return _json(_status(services.outbox.acknowledge(principal.tenant_id, consumer, said.cursor, after=said.after)))


@router.get(
    "/v1/outbox/{consumer}/dead-letters",
    response_class=Response,
    responses={200: {"model": DeadLetters, "description": "Letters."}, **documented(400, 401, 403, 404, 503)},
)
def dead_letters(services: Served, principal: Asker, consumer: Name) -> Response:
    """Events that a webhook did not take; for the consumer, administrators and stewards."""
    _as_consumer_or_staff(principal, consumer)
    found = services.outbox.letters(principal.tenant_id, consumer)
    return _json({"dead_letters": [_letter(one) for one in found]})


@router.post(
    "/v1/outbox/{consumer}/replay",
    response_class=Response,
    responses={
        200: {"model": Replayed, "description": "What comes again."},
        **documented(400, 401, 403, 404, 409, 413, 422, 503),
    },
)
def replay(services: Served, principal: Asker, consumer: Name, asked: Replay) -> Response:
    """Have events come again; for the consumer, administrators and stewards. Noted in the audit log."""
    actor = _as_consumer_or_staff(principal, consumer, services)
    tenant_id, letters = principal.tenant_id, 0
    if asked.dead_letters:
        letters = services.outbox.replay_letters(tenant_id, consumer, actor=actor)
    if asked.after is None:
        found = services.outbox.consumer(tenant_id, consumer)
    else:
        found = services.outbox.replay(tenant_id, consumer, after=asked.after, actor=actor)
    return _json({"consumer": _status(found), "dead_letters": letters})


def _as_consumer(principal: Principal, consumer: str) -> str:
    """The name in the logs of a key that may act as the consumer.

    Raises:
        Forbidden: it is another's key, or no key.
    """
    if principal.way != "key" or SCOPE + consumer not in principal.scopes:
        raise Forbidden(
            "Events are for the consumer itself.",
            hint=f"Use its API key, with scope `{SCOPE}{consumer}`.",
            code="scope_missing",
        )
    return f"key:{principal.user_id}"


def _as_consumer_or_staff(principal: Principal, consumer: str, services: Services | None = None) -> str:
    if principal.way == "key":
        return _as_consumer(principal, consumer)
    may_ask(principal, Question.GOVERNANCE)
    if services is None:
        return ""
    return f"person:{services.readings.actor_name(principal.tenant_id, principal.user_id)}"


def _status(one: Consumer) -> dict[str, Any]:
    return {
        "consumer": one.name,
        "records": list(one.records),
        "people": one.people,
        "webhook": one.url is not None,
        "cursor": one.position,
        "state": one.state,
        "failures": one.failures,
        "next_attempt_at": one.next_attempt_at.isoformat() if one.failures else None,
        "last_error": one.last_error,
        "dead_letters": one.letters,
    }


def _letter(one: Letter) -> dict[str, Any]:
    return {"cursor": one.position, "attempts": one.attempts, "reason": one.reason, "at": one.at.isoformat()}


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
