"""/v1/alerts and /v1/interventions/effects: how an advisor is told of alerts, what is new, and what help brought about.

The alerts and interventions themselves are learning records: /v1/records/alerts and /v1/records/interventions.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from akademos.catalogue.alert_datasets import ALERT_LIMITS
from akademos.errors import Conflict, Forbidden, InputError
from akademos.serving import services as at
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.services import Asker, Served, Services
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.alerts import AlertSettings
from akademos.stores.ports.identity import Identifier

router = APIRouter(tags=["alerts"], route_class=SmallBodyRoute)

SETTINGS = "/v1/alerts/settings"
MARK = "/v1/alerts/mark"
WAIT_S = 8.0
"""A page that asks what is new is answered after so long at the latest: sooner than a server that ends would wait."""

NOTE = (
    "Difference in differences of the weekly estimate after four weeks, 95% interval. Matched: who was chosen for help "
    "may differ in what no estimate shows."
)

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_HEADERS = {"Cache-Control": "no-store"}


class AlertSettingsBody(BaseModel):
    """How you want to be told of alerts."""

    model_config = ConfigDict(extra="forbid")

    by_mail: bool = Field(description="Whether by mail; on the page they stand in any case.")
    address: str | None = Field(None, description="Mail address, of a domain that the operator has declared.")
    time_zone: str = Field("UTC", description="Time zone of the quiet hours, as `Europe/Berlin`.")
    quiet_from: str | None = Field(None, description="Time of day, HH:MM, from which nothing is sent.")
    quiet_until: str | None = Field(None, description="Time of day, HH:MM, from which it is sent again.")
    language: Literal["en", "de"] = "en"


class AlertMark(BaseModel):
    """What is new."""

    waiting: int = Field(description="Alerts about your own learners that nobody has settled.")
    mark: str = Field(description="Changes with them; send it as `after` next time.")


class EffectLine(BaseModel):
    """What one kind of help brought about."""

    kind: str
    trial: str
    design: Literal["randomised", "matched"]
    effect: float = Field(description="Change of the chance that a course is not completed; below 0 is less.")
    low: float
    high: float
    treated: int = Field(description="Learners who were helped, rounded.")
    comparison: int
    published_at: str


class EffectList(BaseModel):
    """What can be attributed to interventions; what is not in it cannot, or comes from too few."""

    effects: list[EffectLine]
    floor: int
    note: str


@router.get(
    SETTINGS,
    response_class=Response,
    responses={200: {"model": AlertSettingsBody, "description": "Your settings."}, **documented(401, 403, 503)},
)
def settings(services: Served, principal: Asker) -> Response:
    """How you are told of alerts."""
    found = services.alerts.settings(principal.tenant_id, advisor_key(services, principal))
    return _json(_shown(found or AlertSettings(by_mail=False, address=None, time_zone="UTC")))


@router.put(
    SETTINGS,
    response_class=Response,
    responses={
        200: {"model": AlertSettingsBody, "description": "As kept."},
        **documented(400, 401, 403, 409, 422, 503),
    },
)
def change_settings(services: Served, principal: Asker, body: AlertSettingsBody) -> Response:
    """Set how you are told of alerts. Switched off, what waits to be sent is not sent."""
    kept = keep_settings(services, principal, AlertSettings(**body.model_dump()))
    return _json(_shown(kept))


@router.get(
    MARK,
    response_class=Response,
    responses={200: {"model": AlertMark, "description": "What is new."}, **documented(400, 401, 403, 503)},
)
async def mark(
    request: Request,
    services: Served,
    principal: Asker,
    after: Annotated[str | None, Query(max_length=80, description="The mark of before: wait until it changes.")] = None,
) -> Response:
    """How many alerts wait, without whom they are about. With `after` the answer comes when something has changed, or
    after some seconds; who is asked and who consents is looked at each time."""
    ends = time.monotonic() + WAIT_S
    while True:
        key = await run_in_threadpool(advisor_key, services, principal)
        present = await run_in_threadpool(services.alerts.mark, principal.tenant_id, key)
        if present.mark != after or time.monotonic() >= ends or await request.is_disconnected():
            return _json({"waiting": present.open, "mark": present.mark})
        await asyncio.sleep(ALERT_LIMITS.look.total_seconds())
        principal = await services.doorkeeper.principal(request)  # a session may have ended meanwhile


@router.get(
    at.INTERVENTION_EFFECTS,
    response_class=Response,
    responses={200: {"model": EffectList, "description": "What is published."}, **documented(401, 403, 503)},
)
def effects(services: Served, principal: Asker) -> Response:
    """What help brought about, against learners who were not helped: for groups of the tenant's floor or more, as
    published last night."""
    found = services.gate.effects(principal, at.INTERVENTION_EFFECTS, services.purposes_of(at.INTERVENTION_EFFECTS))
    lines = [
        {
            "kind": one.kind,
            "trial": one.trial,
            "design": one.design,
            "effect": one.effect,
            "low": one.low,
            "high": one.high,
            "treated": one.treated,
            "comparison": one.comparison,
            "published_at": one.published_at.isoformat().replace("+00:00", "Z"),
        }
        for one in found.effects
    ]
    return _json({"effects": lines, "floor": found.floor, "note": NOTE})


def advisor_key(services: Services, principal: Principal) -> str:
    """The key of an advisor who asks.

    Raises:
        Forbidden: another role, or nobody who is known.
    """
    who = Identifier("user", principal.user_id)
    person = services.vault.find(principal.tenant_id, [who]).get(who) if principal.role == "advisor" else None
    if person is None:
        raise Forbidden("Alerts go to advisors.", hint="Sign in as an advisor.", code="role")
    return person.learner_key


def keep_settings(services: Services, principal: Principal, wanted: AlertSettings) -> AlertSettings:
    """Check an advisor's settings and keep them.

    Raises:
        InputError: an address that nothing may be sent to, an unknown time zone, half a pair of times.
        Conflict: mail is wanted and no address given.
    """
    key = advisor_key(services, principal)
    if wanted.time_zone not in available_timezones():
        raise _wrong("time_zone", "That is no time zone.", "Use a name such as Europe/Berlin.")
    ZoneInfo(wanted.time_zone)
    for name, text in (("quiet_from", wanted.quiet_from), ("quiet_until", wanted.quiet_until)):
        if text is not None and not _CLOCK.fullmatch(text):
            raise _wrong(name, "That is no time of day.", "Write it as HH:MM.")
    if (wanted.quiet_from is None) != (wanted.quiet_until is None):
        raise _wrong("quiet_until", "Quiet hours have a beginning and an end.", "Give both, or neither.")
    if wanted.address is not None:
        services.mail.check(wanted.address)
    elif wanted.by_mail:
        raise Conflict("There is no address to send mail to.", hint="Give one.", code="no_address", pointer="/address")
    services.alerts.set_settings(principal.tenant_id, key, wanted)
    return wanted


def _wrong(name: str, reason: str, hint: str) -> InputError:
    return InputError(reason, hint=hint, code="value_invalid", status=422, pointer=f"/{name}")


def _shown(settings: AlertSettings) -> dict[str, Any]:
    return {name: getattr(settings, name) for name in AlertSettingsBody.model_fields}


def _json(content: object) -> Response:
    return Response(orjson.dumps(content), headers=_HEADERS, media_type="application/json")
