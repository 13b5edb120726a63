"""What an advisor does on the page of students in focus: take alerts on, settle them, hand them over, note help,
suggest steps, write notes, say how to be told.

Forms of the page; programs use /v1/records/alerts, /interventions, /recommendations and /notes, and
/v1/alerts/settings, which keep to the same rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from akademos.catalogue.records.declaration import Record
from akademos.catalogue.records.support import ALERTS, INTERVENTIONS, NOTES, RECOMMENDATIONS
from akademos.catalogue.records.values import checked, written_by, written_on_create, written_on_update
from akademos.errors import AkademosError, InputError
from akademos.serving.languages import language_of
from akademos.serving.pages.focus_work import KINDS, NOTE_LENGTH, SHOWN, about_in
from akademos.serving.pages.refusal_words import refusal_words
from akademos.serving.pages.suggestions import ADVISOR, SUGGESTION_LENGTH
from akademos.serving.pages.wording import words_in
from akademos.serving.principal import Principal
from akademos.serving.record_gate import asking
from akademos.serving.routes.alerts import keep_settings
from akademos.serving.routes.pages import FOCUS
from akademos.serving.routes.students_in_focus import CAPACITY, CAPACITY_MOST, focus_page
from akademos.serving.services import Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.alerts import AlertSettings
from akademos.stores.ports.identity import Identifier

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

ACT_ON_ALERT = f"{FOCUS}/alerts"
HAND_OVER = f"{FOCUS}/alerts/owner"
NOTE_HELP = f"{FOCUS}/interventions"
ACT_ON_HELP = f"{FOCUS}/interventions/act"
WRITE_NOTE = f"{FOCUS}/notes"
SUGGEST = f"{FOCUS}/suggestions"
PUT_AWAY = f"{FOCUS}/notes/act"
BE_TOLD = f"{FOCUS}/settings"

SUGGESTED_FOR = 366
"""Days that a step may wait for."""

Text = Annotated[str, Form()]


@dataclass(frozen=True)
class Sheet:
    """A form as it came: who sent it, and what every form of the page bears. `typed` is all that was entered."""

    request: Request
    services: Services
    principal: Principal
    lang: str
    csrf: str
    capacity: int
    typed: dict[str, str]


async def _sheet(
    request: Request, services: Served, principal: SignedIn, lang: Text = "", csrf: Text = "", capacity: Text = ""
) -> Sheet:
    """The form of whoever is signed in."""
    shown = int(capacity) if capacity.isascii() and capacity.isdigit() and len(capacity) < 5 else CAPACITY
    sent = await request.form()
    typed = {name: value for name, value in sent.items() if isinstance(value, str) and name != "csrf"}
    return Sheet(request, services, principal, lang, csrf, min(max(shown, 1), CAPACITY_MOST), typed)


Sent = Annotated[Sheet, Depends(_sheet)]


@router.post(ACT_ON_ALERT)
def act_on_alert(sheet: Sent, alert: Text = "", action: Text = "", outcome: Text = "") -> Response:
    """Take an alert on, or settle it with what came of it."""

    def do() -> None:
        said = outcome.strip()
        _act(sheet, ALERTS, alert, action, {"outcome": said} if said and action != "acknowledge" else {})

    return _answered(sheet, "alert", "alert", do)


@router.post(HAND_OVER)
def hand_over(sheet: Sent, alert: Annotated[list[str] | None, Form()] = None, owner: Text = "") -> Response:
    """Hand one or more alerts to a colleague who advises all their learners; else none of them."""
    ticked = list(dict.fromkeys(alert or ()))[:SHOWN]

    def do() -> None:
        if not ticked:
            raise InputError("No alert is ticked.", hint="Tick some.", code="nothing_ticked", pointer="/alert")
        services, principal = sheet.services, sheet.principal
        values = checked({"owner_id": owner}, written_on_update(ALERTS))
        with asking(services, principal, ALERTS, "update", f"POST {HAND_OVER}") as asker:
            services.records.change_all(asker, ALERTS, [(one,) for one in ticked], values)

    return _answered(sheet, "hand", "handed", do, ticked=frozenset(ticked))


@router.post(NOTE_HELP)
def note_help(
    sheet: Sent,
    about: Text = "",
    kind: Text = "",
    starts_on: Text = "",
    trial: Text = "",
    arm: Text = "",
    alert: Text = "",
) -> Response:
    """Note help for a learner; it begins on the day given, or is planned. Who was drawn to be compared with is noted,
    too, and not helped."""

    def do() -> None:
        services, principal = sheet.services, sheet.principal
        user_id, course_id = about_in(about)
        if kind not in KINDS:
            raise _incomplete("The form names no kind of help.", "/kind")
        begins = _day(starts_on)
        sent: dict[str, object] = {
            "user_id": user_id,
            "kind": kind,
            "staff_id": principal.user_id,
            "arm": arm or "treated",
            "assignment": "randomised" if arm else "chosen",
        }
        wanted = {"course_id": course_id, "alert_id": alert, "trial": trial.strip(), "starts_on": starts_on}
        sent |= {name: value for name, value in wanted.items() if value}
        row_key = _create(sheet, INTERVENTIONS, sent, NOTE_HELP)
        if arm != "comparison" and begins is not None and begins <= services.today(principal.tenant_id):
            _act(sheet, INTERVENTIONS, row_key, "start", {})

    return _answered(sheet, "help", "help", do)


@router.post(ACT_ON_HELP)
def act_on_help(sheet: Sent, intervention: Text = "", action: Text = "", outcome: Text = "") -> Response:
    """Begin help, end it with what came of it, or call it off."""

    def do() -> None:
        sent: dict[str, object] = {"outcome": outcome} if action == "complete" else {}
        _act(sheet, INTERVENTIONS, intervention, action, sent)

    return _answered(sheet, "help_act", "help", do)


@router.post(WRITE_NOTE)
def write_note(sheet: Sent, learner: Text = "", text: Text = "") -> Response:
    """Write a note about a learner."""

    def do() -> None:
        said = text.replace("\r\n", "\n").strip()
        if not 1 <= len(said) <= NOTE_LENGTH:
            raise InputError(
                f"A note has 1 to {NOTE_LENGTH} characters.", hint="Write it shorter.", code="value_invalid",
                status=422, pointer="/text",
            )  # fmt: skip
        _create(sheet, NOTES, {"user_id": learner, "text": said}, WRITE_NOTE)

    return _answered(sheet, "note", "note", do)


@router.post(SUGGEST)
def suggest(sheet: Sent, learner: Text = "", step: Text = "", why: Text = "", until: Text = "") -> Response:
    """Suggest a step to a learner, who finds it on their page; it is over when the day given is, where they live."""

    def do() -> None:
        sent: dict[str, object] = {"user_id": learner, "source_trigger": ADVISOR}
        for name, said in (("action", step.strip()), ("reason", why.strip())):
            if not 1 <= len(said) <= SUGGESTION_LENGTH:
                raise InputError(
                    f"What to do, and why, have 1 to {SUGGESTION_LENGTH} characters each.", hint="Write it shorter.",
                    code="value_invalid", status=422, pointer=f"/{name}",
                )  # fmt: skip
            sent[name] = said
        last = _day(until)
        if until and last is None:
            raise InputError(
                "That is no day.", hint="Write YYYY-MM-DD.", code="value_invalid", status=422, pointer="/until"
            )
        if last is not None:
            services, who = sheet.services, Identifier("user", learner)
            tenant_id = sheet.principal.tenant_id
            zone = services.zone_of(tenant_id, services.vault.find(tenant_id, [who]).get(who) if learner else None)
            if not 0 <= (last - services.clock().astimezone(zone).date()).days <= SUGGESTED_FOR:
                raise InputError(
                    f"A step is for today at the earliest, and for {SUGGESTED_FOR} days at most.",
                    hint="Choose another day.", code="step_day", status=422, pointer="/until",
                )  # fmt: skip
            sent["expires_at"] = datetime.combine(last + timedelta(days=1), time(), zone).isoformat()
        _create(sheet, RECOMMENDATIONS, sent, SUGGEST)

    return _answered(sheet, "suggestion", "suggestion", do)


@router.post(PUT_AWAY)
def put_away(sheet: Sent, note: Text = "") -> Response:
    """Put a note away."""
    return _answered(sheet, "put_away", "note", lambda: _act(sheet, NOTES, note, "archive", {}))


@router.post(BE_TOLD)
def be_told(
    sheet: Sent,
    by_mail: Text = "false",
    address: Text = "",
    time_zone: Text = "UTC",
    quiet_from: Text = "",
    quiet_until: Text = "",
) -> Response:
    """Say how to be told of alerts, and when not."""

    def do() -> None:
        language = sheet.lang if sheet.lang in ("en", "de") else "en"
        wanted = AlertSettings(
            by_mail == "true", address or None, time_zone, quiet_from or None, quiet_until or None, language
        )
        keep_settings(sheet.services, sheet.principal, wanted)

    return _answered(sheet, "told", "told", do)


def _create(sheet: Sheet, record: Record, sent: dict[str, object], what: str) -> str:
    """A new row of a record; its key."""
    needed = [one.name for one in record.fields if one.required and one.set_by == "client"]
    with asking(sheet.services, sheet.principal, record, "create", f"POST {what}") as asker:
        values = checked(sent, written_on_create(record), needed=needed, generated=record.keys[0].name)
        row, _ = sheet.services.records.create(asker, record, values)
    return str(row.key[0])


def _act(sheet: Sheet, record: Record, key: str, action: str, sent: dict[str, object]) -> None:
    if action not in record.actions:
        raise _incomplete("The form says not what to do.", "/action")
    services, principal = sheet.services, sheet.principal
    with asking(services, principal, record, "act", f"{FOCUS} {record.collection} {action}", action=action) as asker:
        values = checked(sent, written_by(record, action))
        services.records.change(asker, record, (key,), values, action=action, expected_version=None)


def _answered(
    sheet: Sheet, form: str, done: str, do: Callable[[], None], *, ticked: frozenset[str] = frozenset()
) -> Response:
    """Do it if the form is of this session, and show the page again; a refusal stands on the page, with the form as it
    was filled in."""
    principal = sheet.principal
    try:
        if principal.way == "session":
            sheet.services.doorkeeper.tokens.check_form(sheet.request, principal, sheet.csrf)
        do()
    except AkademosError as refusal:
        if refusal.transient or principal.role != "advisor":
            raise
        return focus_page(
            sheet.request,
            sheet.services,
            principal,
            capacity=sheet.capacity,
            lang=sheet.lang,
            problem=refusal_words(refusal, words_in(language_of(sheet.request, sheet.lang))),
            typed={"form": form, **sheet.typed},
            ticked=ticked,
            status=refusal.status,
        )
    shown = {"lang": sheet.lang, "done": done}
    if sheet.capacity != CAPACITY:
        shown["capacity"] = str(sheet.capacity)
    return RedirectResponse(f"{FOCUS}?{urlencode(shown)}", 303)


def _incomplete(reason: str, pointer: str) -> InputError:
    return InputError(reason, hint="Use the lists and buttons of the page.", code="form_value", pointer=pointer)


def _day(text: str) -> date | None:
    """A day, None for none; what is no day is refused with the rest of the form."""
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        return None
