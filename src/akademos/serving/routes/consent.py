"""/v1/consent: a person's decisions, by the learner themself or by the host's service account on their behalf."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from pydantic import UUID4, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, Forbidden, InputError
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.consent import ConsentEntry
from akademos.stores.ports.identity import Identifier

router = APIRouter(tags=["consent"], route_class=SmallBodyRoute)

SCOPE = "consent"
_WHOM = "Service accounts only: the person the decision is about."


class ConsentDecision(BaseModel):
    """One decision of one person about one or more purposes."""

    model_config = ConfigDict(extra="forbid")

    purposes: Annotated[list[Purpose], Field(min_length=1, max_length=len(Purpose))]
    decision: Literal["granted", "withdrawn"]
    text_version: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.:/ -]+$")] = Field(
        description="Version of the text that the person was shown."
    )
    user_id: str | None = Field(None, description=_WHOM)
    anonymous_id: UUID4 | None = Field(None, description=_WHOM)


class ConsentLine(BaseModel):
    """One decision as it stands."""

    purpose: Purpose
    decision: Literal["granted", "withdrawn"]
    version: int
    basis: str
    text_version: str
    recorded_at: str


class ConsentOutcome(BaseModel):
    """What a decision did, and the present state."""

    version: int = Field(description="The tenant's consent version that the decision made.")
    released: int = Field(description="Held events that a grant released.")
    deleted: int = Field(description="Waiting events that a withdrawal deleted; the core follows by a job.")
    state: list[ConsentLine]


class ConsentHistory(BaseModel):
    """The present state, and every decision, oldest first."""

    state: list[ConsentLine]
    history: list[ConsentLine]


def person_of(principal: Principal, user_id: str | None, anonymous_id: str | None, place: str) -> Identifier:
    """Whom a request is about: the learner themself, or whom a service account with scope `consent` names.

    Raises:
        Forbidden: staff, a key without the scope, or a learner who names somebody else.
        InputError: a service account that names nobody, or two.
    """
    if principal.role == "learner":
        if anonymous_id is not None or user_id not in (None, principal.user_id):
            raise Forbidden(
                "A learner decides for themself only.", hint="Leave out user_id and anonymous_id.", code="scope"
            )
        return Identifier("user", principal.user_id)
    if principal.role != "service" or SCOPE not in principal.scopes:
        raise Forbidden(
            "Consent is decided by the learner, or recorded by a service account with the scope consent.",
            hint="Sign in as the learner, or use a key with that scope.",
            code="role",
        )
    if (user_id is None) == (anonymous_id is None):
        raise InputError(
            "The request names nobody, or two people.",
            hint="Send either user_id or anonymous_id.",
            code="person_missing",
            pointer=f"{place}/user_id",
        )
    if user_id is not None:
        return Identifier("user", name_of(user_id, "user_id", f"{place}/user_id"))
    return Identifier("anonymous", str(anonymous_id))


def erased() -> Conflict:
    """Somebody decides for a person who was erased, and does not consent."""
    return Conflict(
        "The person was erased: there is nothing to withdraw.",
        hint="A new consent makes a new beginning; nothing of before comes back.",
        code="erased",
    )


@router.post(
    "/v1/consent",
    response_class=Response,
    responses={
        200: {"model": ConsentOutcome, "description": "Recorded; true for every process at once."},
        **documented(400, 401, 403, 409, 413, 422, 503),
    },
)
def decide(services: Served, principal: Asker, decision: ConsentDecision) -> Response:
    """Record a decision. It holds for every request that follows, in every process."""
    anonymous = None if decision.anonymous_id is None else str(decision.anonymous_id)
    who = person_of(principal, decision.user_id, anonymous, "")
    granted = decision.decision == "granted"
    person = services.vault.ensure(principal.tenant_id, [who], readmit=granted).get(who)
    if person is None:
        raise erased()
    if person.kind != "learner":
        raise Conflict(
            "Staff are no consent subjects; what they do rests on a named basis.",
            hint="Send decisions of learners only.",
            code="staff_decide_nothing",
        )
    receipt = services.consent.decide(
        principal.tenant_id,
        person.learner_key,
        list(dict.fromkeys(decision.purposes)),
        decision.decision,
        text_version=decision.text_version,
        recorded_by="self" if principal.role == "learner" else f"key:{principal.user_id}",
    )
    outcome = {
        "version": receipt.version,
        "released": receipt.released,
        "deleted": receipt.deleted,
        "state": _lines(services.consent.state(principal.tenant_id, person.learner_key)),
    }
    return _json(outcome)


@router.get(
    "/v1/consent",
    response_class=Response,
    responses={
        200: {"model": ConsentHistory, "description": "State and history."},
        **documented(400, 401, 403, 503),
    },
)
def history(
    services: Served,
    principal: Asker,
    user_id: Annotated[str | None, Query(description=_WHOM)] = None,
    anonymous_id: Annotated[UUID4 | None, Query(description=_WHOM)] = None,
) -> Response:
    """A person's consent as it stands, and its history; empty for somebody who never decided."""
    who = person_of(principal, user_id, None if anonymous_id is None else str(anonymous_id), "/query")
    return _json(consent_of(services, principal, who))


def consent_of(services: Services, principal: Principal, who: Identifier) -> dict[str, Any]:
    """State and history of one person."""
    person = services.vault.find(principal.tenant_id, [who]).get(who)
    if person is None:
        return {"state": [], "history": []}
    return {
        "state": _lines(services.consent.state(principal.tenant_id, person.learner_key)),
        "history": _lines(services.consent.history(principal.tenant_id, person.learner_key)),
    }


def _lines(entries: list[ConsentEntry]) -> list[dict[str, object]]:
    return [
        {
            "purpose": entry.purpose.value,
            "decision": entry.decision,
            "version": entry.version,
            "basis": entry.basis,
            "text_version": entry.text_version,
            "recorded_at": entry.recorded_at.isoformat().replace("+00:00", "Z"),
        }
        for entry in entries
    ]


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
