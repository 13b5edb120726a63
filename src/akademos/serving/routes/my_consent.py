"""The learner's consent page: no consent is needed to see or change it, and no script."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Query, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.declarations import Purpose
from akademos.errors import AkademosError, Conflict, Forbidden, InputError
from akademos.privacy.standing import DECISIONS, Decision
from akademos.serving.languages import language_of
from akademos.serving.pages.my_consent import Decided, render_my_consent
from akademos.serving.pages.refusal_words import refusal_words
from akademos.serving.pages.wording import LANGUAGES, words_in
from akademos.serving.principal import Principal
from akademos.serving.routes.consent import erased, texts_shown
from akademos.serving.routes.pages import HEADERS, MY_CONSENT, shell_for
from akademos.serving.services import Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute
from akademos.stores.ports.identity import Identifier, Person

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

_TRACKING = ("tracking.off", "tracking.on")

MY_DATA = "/my-data"
MY_DATA_JSON = "/v1/me/data"


def _learner(principal: SignedIn) -> Principal:
    """The learner who is signed in."""
    if principal.role != "learner":
        raise Forbidden(
            "Consent is the learner's own; staff and services have none to give.",
            hint="Sign in as a learner.",
            code="role",
        )
    return principal


Learner = Annotated[Principal, Depends(_learner)]


def _person(services: Services, principal: Principal) -> Person | None:
    who = Identifier("user", principal.user_id)
    return services.vault.find(principal.tenant_id, [who]).get(who)


@router.get(MY_CONSENT)
def my_consent(
    request: Request,
    services: Served,
    principal: Learner,
    lang: Annotated[str, Query()] = "",
    done: Annotated[str, Query()] = "",
) -> Response:
    """What is asked, what stands, and what to change it with."""
    return _page(request, services, principal, language_of(request, lang), done=_done(done))


def _done(text: str) -> tuple[Purpose, Decision] | bool | None:
    if text in _TRACKING:
        return text == _TRACKING[0]
    purpose, _, decision = text.partition(".")
    found = next((one for one in DECISIONS if one == decision), None)
    return (Purpose(purpose), found) if found and purpose in list(Purpose) else None


def _page(
    request: Request,
    services: Services,
    principal: Principal,
    language: str,
    *,
    done: tuple[Purpose, Decision] | bool | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    tenant_id, person = principal.tenant_id, _person(services, principal)
    decided = Decided({}, (), opted_out=False)
    name = None
    if person is not None:
        standings = {one.purpose: one for one in services.consent.state(tenant_id, person.learner_key)}
        history = services.consent.history(tenant_id, person.learner_key)
        decided = Decided(standings, history, person.opted_out)
        name = services.vault.display_names(tenant_id, [person.learner_key]).get(person.learner_key)
    shell, _ = shell_for(services, request, principal, person=name, language=language)
    html = render_my_consent(
        decided,
        texts_shown(services, tenant_id, language),
        shell=shell,
        zone=services.zone_of(tenant_id, person),
        action=MY_CONSENT,
        done=done,
        problem=problem,
        links={"data": MY_DATA, "download": MY_DATA_JSON},
    )
    return HTMLResponse(html, status, headers=HEADERS)


@router.post(MY_CONSENT)
def change(
    request: Request,
    services: Served,
    principal: Learner,
    purpose: Annotated[str, Form()] = "",
    decision: Annotated[str, Form()] = "",
    text_version: Annotated[str, Form()] = "",
    tracking_opt_out: Annotated[str, Form()] = "",
    lang: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Record one decision and show the page again."""
    language = language_of(request, lang)
    try:
        if principal.way == "session":
            services.doorkeeper.tokens.check_form(request, principal, csrf)
        if tracking_opt_out:
            _switch_tracking(services, principal, tracking_opt_out)
            done = _TRACKING[tracking_opt_out == "false"]
        else:
            done = _decide(services, principal, purpose, decision, text_version)
    except AkademosError as refusal:
        if refusal.transient:
            raise
        problem = refusal_words(refusal, words_in(language))
        return _page(request, services, principal, language, problem=problem, status=refusal.status)
    return RedirectResponse(f"{MY_CONSENT}?{urlencode({'lang': language, 'done': done})}", 303)


def _known(services: Services, principal: Principal, *, readmit: bool = False) -> Person:
    who = Identifier("user", principal.user_id)
    person = services.vault.ensure(principal.tenant_id, [who], readmit=readmit).get(who)
    if person is None:
        raise erased()
    if person.kind != "learner":
        raise Conflict("Staff are no consent subjects.", hint="Sign in as a learner.", code="staff_decide_nothing")
    return person


def _switch_tracking(services: Services, principal: Principal, wanted: str) -> None:
    if wanted not in ("true", "false"):
        raise _incomplete("The form says neither on nor off.", "/tracking_opt_out")
    person = _known(services, principal)
    services.consent.switch_tracking(
        principal.tenant_id, person.learner_key, opted_out=wanted == "true", recorded_by="self", at=services.clock()
    )


def _decide(services: Services, principal: Principal, purpose: str, decision: str, text_version: str) -> str:
    chosen = next((one for one in Purpose if one == purpose), None)
    decided = next((one for one in DECISIONS if one == decision), None)
    if chosen is None or decided is None:
        raise _incomplete("The form decides nothing.", "/decision")
    if decided == "granted":
        text = texts_shown(services, principal.tenant_id, LANGUAGES[0]).get(chosen)
        if text is None or text.version != text_version:
            raise Conflict(
                "The text has changed since the page was loaded.",
                hint="Read it again, then decide.",
                code="text_changed",
            )
    person = _known(services, principal, readmit=decided == "granted")
    services.consent.decide(
        principal.tenant_id,
        person.learner_key,
        [chosen],
        decided,
        text_version=text_version if decided == "granted" else None,
        recorded_by="self",
    )
    return f"{chosen.value}.{decided}"


def _incomplete(reason: str, pointer: str) -> InputError:
    return InputError(reason, hint="Use the buttons of the page.", code="form_value", pointer=pointer)
