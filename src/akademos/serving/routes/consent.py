"""/v1/consent: a person's decisions, by the learner themself or by the host's service account on their behalf."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Query
from pydantic import UUID4, BaseModel, ConfigDict, Field
from starlette.responses import Response

from akademos.catalogue.declarations import Purpose
from akademos.errors import Conflict, Forbidden, InputError
from akademos.privacy.standing import Decision, Word
from akademos.serving.principal import Principal, name_of
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.consent import ConsentEntry, ConsentStanding, Proof
from akademos.stores.ports.consent_terms import ConsentText, shown
from akademos.stores.ports.identity import Identifier, Person

router = APIRouter(tags=["consent"], route_class=SmallBodyRoute)

SCOPE = "consent"
_WHOM = "Service accounts only: the person the decision is about."

Evidence = Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]


class ConsentDecision(BaseModel):
    """One decision of one person about one or more purposes."""

    model_config = ConfigDict(extra="forbid")

    purposes: Annotated[list[Purpose], Field(min_length=1, max_length=len(Purpose))]
    decision: Decision
    text_version: Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[\w.:/ -]+$")] | None = Field(
        None, description="Version of the text that the person was shown; a grant must name it."
    )
    user_id: str | None = Field(None, description=_WHOM)
    anonymous_id: UUID4 | None = Field(None, description=_WHOM)
    evidence: Evidence | None = Field(None, description="Service accounts only: where the proof is kept.")
    guardian_evidence: Evidence | None = Field(
        None, description="Service accounts only: proof that a guardian agrees, for a person under the age limit."
    )
    born_on: date | None = Field(
        None, description="Service accounts only: date of birth, kept sealed; needed where minors are asked."
    )


class ConsentLine(BaseModel):
    """One decision of the history; `decided_at` where that was earlier than it was recorded."""

    purpose: Purpose
    decision: Decision
    version: int
    basis: str
    text_version: str
    recorded_at: str
    decided_at: str | None


class StandingLine(BaseModel):
    """One purpose as it stands: `decision` in one word; `live` when data may be collected and answers made for it."""

    purpose: Purpose
    decision: Word
    live: bool
    granted: bool
    paused: bool
    restricted: bool
    objected: bool
    version: int
    basis: str
    text_version: str
    recorded_at: str


class ConsentOutcome(BaseModel):
    """What a decision did, and the present state."""

    version: int = Field(description="The tenant's consent version that the decision made.")
    released: int = Field(description="Held events that a grant released.")
    deleted: int = Field(description="Waiting events that a withdrawal deleted; the core follows by a job.")
    state: list[StandingLine]


class ConsentHistory(BaseModel):
    """The present state, and every decision, oldest first."""

    state: list[StandingLine]
    history: list[ConsentLine]


class TextLine(BaseModel):
    """What people are asked for one purpose: the newest version that is due."""

    purpose: Purpose
    version: str
    language: str
    body: str


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
    person = _learner(services, principal, who, readmit=decision.decision == "granted")
    if principal.role == "service":
        if decision.born_on is not None:
            services.terms.note_birth(principal.tenant_id, person.learner_key, decision.born_on)
    elif (decision.evidence, decision.guardian_evidence, decision.born_on) != (None, None, None):
        raise Forbidden(
            "Evidence is recorded by the host, not by the person whom it is about.",
            hint="Leave out evidence, guardian_evidence and born_on.",
            code="role",
        )
    receipt = services.consent.decide(
        principal.tenant_id,
        person.learner_key,
        list(dict.fromkeys(decision.purposes)),
        decision.decision,
        text_version=decision.text_version,
        recorded_by=_recorded_by(principal),
        proof=Proof(None, decision.evidence, decision.guardian_evidence),
    )
    outcome = {
        "version": receipt.version,
        "released": receipt.released,
        "deleted": receipt.deleted,
        "state": _standings(services.consent.state(principal.tenant_id, person.learner_key)),
    }
    return _json(outcome)


@router.get(
    "/v1/consent/texts",
    response_class=Response,
    responses={200: {"model": list[TextLine], "description": "One text a purpose."}, **documented(400, 401, 403, 503)},
)
def texts(
    services: Served,
    principal: Asker,
    language: Annotated[str, Query(pattern="^[a-z]{2}$", description="ISO 639-1")] = "en",
) -> Response:
    """What people are asked at this moment, for a host that shows it itself."""
    return _json(
        [
            {"purpose": text.purpose.value, "version": text.version, "language": text.language, "body": text.body}
            for text in texts_shown(services, principal.tenant_id, language).values()
        ]
    )


def texts_shown(services: Services, tenant_id: str, language: str) -> dict[Purpose, ConsentText]:
    """The text of each purpose that has one, in the language where there is one in it."""
    known, now = services.terms.texts(tenant_id), services.clock()
    found = {purpose: shown(known, purpose, language, now) for purpose in Purpose}
    return {purpose: text for purpose, text in found.items() if text is not None}


class TrackingSwitch(BaseModel):
    """The preference that stops the product events of analytics."""

    model_config = ConfigDict(extra="forbid")

    tracking_opt_out: bool
    user_id: str | None = Field(None, description=_WHOM)
    anonymous_id: UUID4 | None = Field(None, description=_WHOM)


class TrackingState(BaseModel):
    """The preference as it stands."""

    tracking_opt_out: bool


@router.post(
    "/v1/consent/tracking",
    response_class=Response,
    responses={
        200: {"model": TrackingState, "description": "Recorded; true for every process at once."},
        **documented(400, 401, 403, 409, 413, 422, 503),
    },
)
def switch_tracking(services: Served, principal: Asker, switch: TrackingSwitch) -> Response:
    """Opt out of product-analytics tracking, or in again; what was suppressed meanwhile never comes back."""
    anonymous = None if switch.anonymous_id is None else str(switch.anonymous_id)
    who = person_of(principal, switch.user_id, anonymous, "")
    person = _learner(services, principal, who)
    services.consent.switch_tracking(
        principal.tenant_id,
        person.learner_key,
        opted_out=switch.tracking_opt_out,
        recorded_by=_recorded_by(principal),
        at=services.clock(),
    )
    stands = services.vault.find(principal.tenant_id, [who])[who].opted_out
    return _json({"tracking_opt_out": stands})


def _learner(services: Services, principal: Principal, who: Identifier, *, readmit: bool = False) -> Person:
    person = services.vault.ensure(principal.tenant_id, [who], readmit=readmit).get(who)
    if person is None:
        raise erased()
    if person.kind != "learner":
        raise Conflict(
            "Staff are no consent subjects; what they do rests on a named basis.",
            hint="Send decisions of learners only.",
            code="staff_decide_nothing",
        )
    return person


def _recorded_by(principal: Principal) -> str:
    return "self" if principal.role == "learner" else f"key:{principal.user_id}"


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
        "state": _standings(services.consent.state(principal.tenant_id, person.learner_key)),
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
            "recorded_at": _instant(entry.recorded_at),
            "decided_at": None if entry.proof.decided_at is None else _instant(entry.proof.decided_at),
        }
        for entry in entries
    ]


def _standings(standings: list[ConsentStanding]) -> list[dict[str, object]]:
    return [
        {
            "purpose": one.purpose.value,
            "decision": one.word,
            "live": one.standing.live,
            "granted": one.standing.granted,
            "paused": one.standing.paused,
            "restricted": one.standing.restricted,
            "objected": one.standing.objected,
            "version": one.version,
            "basis": one.basis,
            "text_version": one.text_version,
            "recorded_at": _instant(one.changed_at),
        }
        for one in standings
    ]


def _instant(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers={"Cache-Control": "no-store"}, media_type="application/json")
