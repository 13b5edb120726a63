"""What an advisor does on the page of students in focus: take alerts on, note help, say how to be told.

Forms of the page; programs use /v1/records/alerts, /v1/records/interventions and /v1/alerts/settings, which keep to the
same rules.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.support import ALERTS, INTERVENTIONS
from akademos.catalogue.records.values import checked, written_by, written_on_create
from akademos.errors import AkademosError, InputError, Unauthenticated
from akademos.serving.pages.focus_work import KINDS, about_in
from akademos.serving.principal import Principal
from akademos.serving.record_gate import asking
from akademos.serving.routes.alerts import keep_settings
from akademos.serving.routes.pages import FOCUS
from akademos.serving.routes.students_in_focus import focus_page
from akademos.serving.services import Served, Services, services_of
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.alerts import AlertSettings

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

ACT_ON_ALERT = f"{FOCUS}/alerts"
NOTE_HELP = f"{FOCUS}/interventions"
ACT_ON_HELP = f"{FOCUS}/interventions/act"
BE_TOLD = f"{FOCUS}/settings"


async def _signed_in(request: Request) -> Principal:
    """Who is signed in; a form brings its token itself, where an API call sends a header."""
    principal = await services_of(request).doorkeeper.known(request)
    if principal is None:
        raise Unauthenticated("Nobody is signed in.", hint="Sign in first.", code="sign_in_needed")
    return principal


SignedIn = Annotated[Principal, Depends(_signed_in)]
Text = Annotated[str, Form()]


@router.post(ACT_ON_ALERT)
def act_on_alert(
    request: Request, services: Served, principal: SignedIn, alert: Text, action: Text, lang: Text = "", csrf: Text = ""
) -> Response:
    """Take an alert on, or settle it."""

    def do() -> None:
        _act(services, principal, ALERTS, alert, action, {})

    return _answered(request, services, principal, csrf, lang, "alert", do)


@router.post(NOTE_HELP)
def note_help(
    request: Request,
    services: Served,
    principal: SignedIn,
    about: Text,
    kind: Text,
    starts_on: Text = "",
    trial: Text = "",
    arm: Text = "",
    alert: Text = "",
    lang: Text = "",
    csrf: Text = "",
) -> Response:
    """Note help for a learner; it begins on the day given, or is planned. Who was drawn to be compared with is noted,
    too, and not helped."""

    def do() -> None:
        user_id, course_id = about_in(about)
        if kind not in KINDS:
            raise InputError("The form names no kind of help.", hint="Choose one of the list.", pointer="/kind")
        begins = _day(starts_on)
        sent: dict[str, object] = {
            "user_id": user_id,
            "kind": kind,
            "staff_id": principal.user_id,
            "arm": arm or "treated",
            "assignment": "randomised" if arm else "chosen",
        }
        wanted = {"course_id": course_id, "alert_id": alert, "trial": trial, "starts_on": starts_on}
        sent |= {name: value for name, value in wanted.items() if value}
        needed = [one.name for one in INTERVENTIONS.fields if one.required and one.set_by == "client"]
        values = checked(sent, written_on_create(INTERVENTIONS), needed=needed, generated="intervention_id")
        with asking(services, principal, INTERVENTIONS, "create", NOTE_HELP) as asker:
            row, _ = services.records.create(asker, INTERVENTIONS, values)
        if arm != "comparison" and begins is not None and begins <= services.clock().date():
            _act(services, principal, INTERVENTIONS, str(row.key[0]), "start", {})

    return _answered(request, services, principal, csrf, lang, "help", do)


@router.post(ACT_ON_HELP)
def act_on_help(
    request: Request,
    services: Served,
    principal: SignedIn,
    intervention: Text,
    action: Text,
    outcome: Text = "",
    lang: Text = "",
    csrf: Text = "",
) -> Response:
    """Begin help, end it with what came of it, or call it off."""

    def do() -> None:
        sent: dict[str, object] = {"outcome": outcome} if action == "complete" else {}
        _act(services, principal, INTERVENTIONS, intervention, action, sent)

    return _answered(request, services, principal, csrf, lang, "help", do)


@router.post(BE_TOLD)
def be_told(
    request: Request,
    services: Served,
    principal: SignedIn,
    by_mail: Text,
    address: Text = "",
    time_zone: Text = "UTC",
    quiet_from: Text = "",
    quiet_until: Text = "",
    lang: Text = "",
    csrf: Text = "",
) -> Response:
    """Say how to be told of alerts, and when not."""

    def do() -> None:
        language = lang if lang in ("en", "de") else "en"
        wanted = AlertSettings(
            by_mail == "true", address or None, time_zone, quiet_from or None, quiet_until or None, language
        )
        keep_settings(services, principal, wanted)

    return _answered(request, services, principal, csrf, lang, "told", do)


def _act(
    services: Services, principal: Principal, record: Record, key: str, action: str, sent: dict[str, object]
) -> None:
    if action not in record.actions:
        raise InputError("The form says not what to do.", hint="Use the buttons of the page.", pointer="/action")
    with asking(services, principal, record, "act", f"{FOCUS} {record.collection} {action}", action=action) as asker:
        values = checked(sent, written_by(record, action))
        services.records.change(asker, record, (key,), values, action=action, expected_version=None)


def _answered(
    request: Request,
    services: Services,
    principal: Principal,
    csrf: str,
    lang: str,
    done: str,
    do: Callable[[], None],
) -> Response:
    """Do it if the form is of this session, and show the page again; a refusal stands on the page."""
    try:
        if principal.way == "session":
            services.doorkeeper.tokens.check_form(request, principal, csrf)
        do()
    except AkademosError as refusal:
        if refusal.transient or principal.role != "advisor":
            raise
        problem = f"{refusal.reason} {refusal.hint}".strip()
        return focus_page(request, services, principal, lang=lang, problem=problem, status=refusal.status)
    return RedirectResponse(f"{FOCUS}?{urlencode({'lang': lang, 'done': done})}", 303)


def _day(text: str) -> date | None:
    """A day, None for none; what is no day is refused with the rest of the form."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
