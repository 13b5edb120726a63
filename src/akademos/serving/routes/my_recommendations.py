"""What a learner says of a step that was recommended to them: a form of their page, and events through the intake.

A host application sends the same events (`recommendation_shown`, `_accepted`, `_dismissed`, `_completed`) by
`POST /v1/events`. Looking at the page records nothing, as looking at any page does not: what was shown is told with the
first word on a step of the list, once a day and step.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import NAMESPACE_URL, uuid5
from zoneinfo import ZoneInfo

import orjson
from fastapi import APIRouter, Form, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response

from akademos.catalogue.validation import parse_timestamp
from akademos.errors import Conflict, InputError, Unavailable
from akademos.intake.receive import Intake
from akademos.serving import services as at
from akademos.serving.languages import language_of
from akademos.serving.pages.recommendation_card import CHANGES
from akademos.serving.principal import Principal
from akademos.serving.routes.analytics import evaluate, recommending
from akademos.serving.routes.pages import DECIDE, MY_CONSENT, MY_PROGRESS
from akademos.serving.services import Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.access import Reading
from akademos.stores.ports.answers import Answer, AnswerName
from akademos.stores.ports.api_keys import ApiKey

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

SOURCE = "akademos"
"""Under which name the platform itself sends."""
PRIORITY_MOST = 100.0
Text = Annotated[str, Form()]


def _intake(request: Request) -> Intake:
    found: Intake | None = request.app.state.intake
    if found is None:
        raise Unavailable("This process takes no events.", hint="Ask the operator to start `akademos serve`.")
    return found


@router.post(DECIDE)
async def decide(
    request: Request,
    services: Served,
    principal: SignedIn,
    recommendation: Text = "",
    change: Text = "",
    lang: Text = "",
    csrf: Text = "",
) -> Response:
    """Record the learner's word on one step of their list, and show the page again."""
    if principal.way == "session":
        services.doorkeeper.tokens.check_form(request, principal, csrf)
    if change not in CHANGES:
        raise InputError("The form says not what to do.", hint="Use the buttons of the page.", pointer="/change")
    listed, zone = await run_in_threadpool(_listed, services, principal)
    chosen = next((one for one in listed if one["recommendation_id"] == recommendation), None)
    if chosen is None:
        raise Conflict(
            "This step is not on your list any more.",
            hint="Load the page again: the list may have changed since.",
            code="recommendation_gone",
        )
    now = services.clock()
    events = [shown(one, principal, now, zone) for one in listed]
    events.append(decided(chosen, change, principal, now))
    key = ApiKey(principal.tenant_id, SOURCE, SOURCE, frozenset({"ingest"}), rate_per_s=1, burst=1, strict=True)
    answer = await _intake(request).batch(key, orjson.dumps({"events": events}), "", "application/json", None)
    _check(answer.verdicts[-1])
    done = {"lang": language_of(request, lang), "done": change}
    return RedirectResponse(f"{MY_PROGRESS}?{urlencode(done)}#recommended", 303)


def _listed(services: Services, principal: Principal) -> tuple[list[Answer], ZoneInfo]:
    """The steps that stand on the learner's list now, and the zone that their days are in."""

    def look(reading: Reading) -> tuple[list[Answer], ZoneInfo]:
        asked = recommending(services, principal, None)
        found = evaluate(services, principal, reading, [AnswerName.RECOMMENDATIONS], as_of=None, particulars=asked)
        steps: Sequence[Answer] = found[AnswerName.RECOMMENDATIONS]["recommendations"]
        return list(steps), ZoneInfo(reading.time_zone)

    return services.gate.own_record(principal, DECIDE, look, services.purposes_of(at.RECOMMENDATIONS))


def _check(verdict: dict[str, Any]) -> None:
    if verdict["verdict"] in ("held", "suppressed"):  # decided otherwise since the gate let it pass
        hint = f"What you agree to stands at {MY_CONSENT}."
        raise Conflict("Nothing was noted.", hint=hint, code="not_recorded")
    if verdict["verdict"] == "rejected":
        raise InputError("The event was rejected.", hint=str(verdict["hint"]), code=str(verdict["code"]), status=422)


def shown(step: Answer, principal: Principal, now: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """The event that a step was on the list; of one day it is always the same one, so that it counts once."""
    day = now.astimezone(zone).date()
    said = f"{principal.tenant_id}/{principal.user_id}/{step['recommendation_id']}/{day}/shown"
    own: dict[str, Any] = {"list_position": step["position"]}
    if step["priority"] is not None:
        own["priority"] = round(min(step["priority"], PRIORITY_MOST), 3)
    return _event(step, "shown", principal, now, own) | {"event_id": str(uuid5(NAMESPACE_URL, said))}


def decided(step: Answer, change: str, principal: Principal, now: datetime) -> dict[str, Any]:
    """The event of what the learner says of a step."""
    own: dict[str, Any] = {}
    seen = parse_timestamp(step["shown_at"]) if step["shown_at"] else None
    if change == "accepted" and seen is not None:
        own["seconds_since_shown"] = max(0, int((now - seen).total_seconds()))
    if change == "completed" and step["accepted_at"]:
        own["accepted_at"] = step["accepted_at"]
    return _event(step, change, principal, now, own)


def _event(step: Answer, change: str, principal: Principal, now: datetime, own: dict[str, Any]) -> dict[str, Any]:
    properties = {"recommendation_kind": step["kind"], "source_trigger": step["trigger"], **own}
    if step["topic_id"]:
        properties["topic_ids"] = [step["topic_id"]]
    event = {
        "event_name": f"recommendation_{change}",
        "client_timestamp": now.isoformat(),
        "user_id": principal.user_id,
        "context_page": MY_PROGRESS,
        "recommendation_id": step["recommendation_id"],
        "properties": properties,
    }
    return event | ({"material_id": step["material_id"]} if step["material_id"] else {})
