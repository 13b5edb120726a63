"""The operator's page and its answer as JSON: health of the pipeline, jobs, incidents. No learner's data."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

import orjson
from fastapi import APIRouter, Form, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.roles import Question
from akademos.catalogue.runbooks import RUNBOOK_OF
from akademos.errors import AkademosError, InputError
from akademos.serving.gate import may_ask
from akademos.serving.languages import language_of
from akademos.serving.pages.operations import ACTS, render_operations
from akademos.serving.pages.refusal_words import refusal_words
from akademos.serving.pages.wording import words_in
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.routes.pages import HEADERS, OPERATIONS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.incidents import Resolution

router = APIRouter(route_class=SmallBodyRoute)

PATH = "/v1/operations"
SHOWN = 50
_RESOLUTIONS: dict[str, Resolution] = {"mended": "mended", "false_alarm": "false_alarm", "accepted": "accepted"}


class OperationsStation(BaseModel):
    """One station of the way of events."""

    name: str
    passed: int | None = Field(description="Events (served: answers) of the last 24 hours; of the core all it holds.")
    waiting: int
    waiting_since: str | None
    last_at: str | None


class OperationsJob(BaseModel):
    """The last run of a job."""

    job: str
    shared: bool = Field(description="Of the installation, not of the tenant alone.")
    started_at: str
    seconds: float | None = Field(description="None while it runs.")
    outcome: str
    rows_in: int | None
    rows_out: int | None


class OperationsIncident(BaseModel):
    """An incident."""

    incident_id: str
    rule: str
    subject: str
    priority: str
    severity: str
    team: str
    runbook: str
    began_at: str
    opened_at: str
    acknowledged_at: str | None
    resolved_at: str | None
    resolution: str | None


class OperationsHealth(BaseModel):
    """How the platform is, as far as it concerns the tenant."""

    looked_at: str | None = Field(description="When the platform last measured itself.")
    stations: list[OperationsStation]
    jobs: list[OperationsJob]
    incidents: list[OperationsIncident]


@router.get(OPERATIONS, include_in_schema=False)
def operations(
    request: Request, services: Served, principal: Asker, lang: str = "", done: Annotated[str, Query()] = ""
) -> Response:
    """Health, incidents, jobs: for operators and administrators."""
    may_ask(principal, Question.OPERATIONS)
    return _page(request, services, principal, language_of(request, lang), done=done)


@router.post(OPERATIONS, include_in_schema=False)
def change(
    request: Request,
    services: Served,
    principal: SignedIn,
    incident: Annotated[str, Form()] = "",
    act: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Take an incident on, or end it, and show the page again."""
    may_ask(principal, Question.OPERATIONS)
    language = language_of(request, lang)
    try:
        if principal.way == "session":
            services.doorkeeper.tokens.check_form(request, principal, csrf)
        _act(services, principal, incident, act)
    except AkademosError as refusal:
        if refusal.transient:
            raise
        problem = refusal_words(refusal, words_in(language))
        return _page(request, services, principal, language, problem=problem, status=refusal.status)
    return RedirectResponse(f"{OPERATIONS}?{urlencode({'lang': language, 'done': act})}", 303)


def _act(services: Services, principal: Principal, incident: str, act: str) -> None:
    try:
        incident_id = UUID(incident)
    except ValueError:
        incident_id = None
    if incident_id is None or act not in ACTS:
        raise InputError(
            "The form names no incident, or does nothing with it.",
            hint="Use the buttons of the page.",
            code="form_value",
            pointer="/incident" if incident_id is None else "/act",
        )
    actor = services.readings.actor_name(principal.tenant_id, principal.user_id)
    if act == "acknowledge":
        by = AuditEntry(actor, AuditAction.INCIDENT_ACKNOWLEDGED)
        services.incidents.acknowledge(principal.tenant_id, incident_id, by=by, now=services.clock())
    else:
        by = AuditEntry(actor, AuditAction.INCIDENT_RESOLVED)
        services.incidents.resolve(principal.tenant_id, incident_id, _RESOLUTIONS[act], by=by, now=services.clock())


def _page(
    request: Request,
    services: Services,
    principal: Principal,
    language: str,
    *,
    done: str = "",
    problem: str = "",
    status: int = 200,
) -> Response:
    now, tenant_id = services.clock(), principal.tenant_id
    shell, _ = shell_for(services, request, principal, person=name_of_asker(services, principal), language=language)
    html = render_operations(
        services.health.health(tenant_id, now),
        services.incidents.incidents(tenant_id, limit=SHOWN),
        services.incidents.all_windows(tenant_id, since=now),
        shell=shell,
        now=now,
        action=OPERATIONS,
        done=done,
        problem=problem,
    )
    return HTMLResponse(html, status, headers=HEADERS)


@router.get(
    PATH,
    tags=["operations"],
    response_class=Response,
    responses={200: {"model": OperationsHealth, "description": "The health."}, **documented(400, 401, 403, 503)},
)
def health(services: Served, principal: Asker) -> Response:
    """How the pipeline, the jobs and the incidents are: of the tenant and of the installation. No learner's data."""
    may_ask(principal, Question.OPERATIONS)
    now, tenant_id = services.clock(), principal.tenant_id
    found = services.health.health(tenant_id, now)
    incidents = services.incidents.incidents(tenant_id, limit=SHOWN)
    kept = set(OperationsIncident.model_fields)
    body = {
        "looked_at": _wire(found.looked_at),
        "stations": [_wired(asdict(one)) for one in found.stations],
        "jobs": [_wired(asdict(one)) for one in found.jobs],
        "incidents": [
            _wired({name: value for name, value in asdict(one).items() if name in kept})
            | {"incident_id": str(one.incident_id), "runbook": RUNBOOK_OF[one.runbook].page}
            for one in incidents
        ],
    }
    return Response(orjson.dumps(body), headers={"Cache-Control": "no-store"}, media_type="application/json")


def _wired(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _wire(value) if isinstance(value, datetime) else value for name, value in values.items()}


def _wire(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat().replace("+00:00", "Z")
