"""The page of the product KPIs, with its filters in the address, and the form that keeps a note."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.kpi_declaration import DIMENSIONS
from akademos.catalogue.kpis import KPIS
from akademos.errors import AkademosError, InputError
from akademos.serving import services as at
from akademos.serving.kpi_answers import kpi_named, lines, members, next_review, note, of_slice, row, summary, wanted
from akademos.serving.languages import language_of
from akademos.serving.pages.kpis import KpiView, render_kpis
from akademos.serving.pages.refusal_words import refusal_words
from akademos.serving.pages.wording import words_in
from akademos.serving.principal import Principal
from akademos.serving.routes.kpis import WRITERS, NoteSent, may_write, note_of
from akademos.serving.routes.pages import HEADERS, name_of_asker, shell_for
from akademos.serving.routes.pages import KPIS as PAGE
from akademos.serving.services import Asker, Served, Services, SignedIn
from akademos.serving.small_bodies import SmallBodyRoute

router = APIRouter(include_in_schema=False, route_class=SmallBodyRoute)

Text = Annotated[str, Form()]


@router.get(PAGE)
def kpis_page(
    request: Request,
    services: Served,
    principal: Asker,
    sliced: Annotated[str, Query(alias="slice")] = "",
    environment: Annotated[str, Query()] = "",
    since: Annotated[str, Query(alias="from")] = "",
    until: Annotated[str, Query(alias="to")] = "",
    kpi: Annotated[str, Query()] = "",
    lang: Annotated[str, Query()] = "",
) -> Response:
    """All KPIs of the product as pictures; one of them more closely."""
    return _page(request, services, principal, (sliced, environment, since, until, kpi), lang)


@router.post(PAGE)
def keep_note(
    request: Request,
    services: Served,
    principal: SignedIn,
    kind: Text = "",
    about: Text = "",
    kpi: Text = "",
    body: Text = "",
    owner: Text = "",
    due_on: Text = "",
    lang: Text = "",
    csrf: Text = "",
) -> Response:
    """Keep a note and show the page again; what does not fit stands on the page, beside what was written."""
    services.gate.of_institution(principal, PAGE, ())
    may_write(principal)
    draft = {"kind": kind, "about": about, "kpi": kpi, "body": body, "owner": owner, "due_on": due_on}
    try:
        if principal.way == "session":
            services.doorkeeper.tokens.check_form(request, principal, csrf)
        services.kpis.add_note(principal.tenant_id, note_of(services, principal, _sent(draft)))
    except AkademosError as refusal:
        if refusal.transient:
            raise
        problem = refusal_words(refusal, words_in(language_of(request, lang)))
        return _page(
            request, services, principal, ("", "", "", "", ""), lang,
            problem=problem, status=refusal.status, draft=draft,
        )  # fmt: skip
    query = f"?{urlencode({'lang': lang})}" if lang else ""
    return RedirectResponse(f"{PAGE}{query}#notes", 303)


def _sent(draft: Mapping[str, str]) -> NoteSent:
    """What the form says, without the fields that are left empty."""
    filled = {name: value for name, text in draft.items() if (value := text.strip())}
    try:
        return NoteSent.model_validate(filled)
    except ValidationError as unfit:
        field = str(unfit.errors()[0]["loc"][0])
        raise InputError(
            f"The note's {field} does not fit.",
            hint="Fill that field again.",
            code="value_invalid",
            pointer=f"/{field}",
        ) from unfit


def _page(
    request: Request,
    services: Services,
    principal: Principal,
    filters: tuple[str, str, str, str, str],
    lang: str,
    *,
    problem: str | None = None,
    status: int = 200,
    draft: Mapping[str, str] | None = None,
) -> Response:
    sliced, environment, since, until, kpi = filters
    dimension, _, member = sliced.partition(":")
    if sliced and (dimension not in DIMENSIONS or not member):
        raise InputError(
            "There is no such slice.", hint="Choose one from the list.", code="unknown_slice", pointer="/query/slice"
        )
    today, zone = services.today(principal.tenant_id), services.zone_of(principal.tenant_id, None)
    days = [_day(text, name) for text, name in ((since, "from"), (until, "to"))]
    asked = wanted(today, days[0], days[1], environment or None, {dimension: member} if sliced else {})
    closer = kpi_named(kpi) if kpi else None
    found = lines(services, principal, PAGE, KPIS, asked)
    noted = services.kpis.notes(principal.tenant_id, since=asked.since, until=asked.until)
    notes = [note(one, zone) for one in noted]
    views = {
        one.name: KpiView(
            summary(one, found, asked),
            [row(line) for line in of_slice(found, asked, one)],
            [told for told in notes if told["kpi"] in (None, one.name)],
        )
        for one in KPIS
    }
    chosen = None
    if closer is not None:
        of_it = [line for line in found if line.kpi == closer.name]
        newest = max((line.week for line in of_it), default=None)
        chosen = views[closer.name], [row(line) for line in of_it if line.week == newest]
    due = next_review(services.kpis.reviews(principal.tenant_id))
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    query = {"format": "csv", "from": asked.since.isoformat(), "to": asked.until.isoformat()}
    if asked.dimension:
        query[asked.dimension] = asked.member
    if environment:
        query["environment"] = environment
    html = render_kpis(
        list(views.values()),
        shell=shell,
        slices=members(found),
        chosen=sliced,
        environment=asked.environment,
        since=asked.since,
        until=asked.until,
        floor=services.kpis.floor(principal.tenant_id),
        notes=notes,
        next_review=None if due is None else due.isoformat(),
        download=f"{at.KPIS}?{urlencode(query)}",
        today=today,
        closer=chosen,
        may_write=principal.role in WRITERS,
        action=PAGE,
        problem=problem,
        draft=draft,
    )
    return HTMLResponse(html, status, headers=HEADERS)


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as unreadable:
        raise InputError(
            f"`{name}` is no day.", hint="Write it as 2026-03-02.", pointer=f"/query/{name}"
        ) from unreadable
