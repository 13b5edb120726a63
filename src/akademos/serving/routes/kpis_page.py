"""The page of the product KPIs, with its filters in the address, and the form that keeps a note."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, RedirectResponse, Response

from akademos.catalogue.kpis import DIMENSIONS, KPIS
from akademos.errors import AkademosError, InputError
from akademos.serving import services as at
from akademos.serving.kpi_answers import kpi_named, lines, members, next_review, note, of_slice, row, summary, wanted
from akademos.serving.languages import language_of
from akademos.serving.pages.kpis import KpiView, render_kpis
from akademos.serving.principal import Principal
from akademos.serving.routes.kpis import WRITERS, NoteSent, may_write, note_of
from akademos.serving.routes.pages import HEADERS, name_of_asker, shell_for
from akademos.serving.routes.pages import KPIS as PAGE
from akademos.serving.services import Asker, Served, Services

router = APIRouter(include_in_schema=False)


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
    principal: Asker,
    kind: Annotated[str, Form()] = "",
    about: Annotated[str, Form()] = "",
    kpi: Annotated[str, Form()] = "",
    body: Annotated[str, Form()] = "",
    owner: Annotated[str, Form()] = "",
    due_on: Annotated[str, Form()] = "",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """Keep a note and show the page again."""
    try:
        if principal.way == "session":
            services.doorkeeper.tokens.check_form(request, principal, csrf)
        services.gate.of_institution(principal, PAGE, ())
        may_write(principal)
        try:
            sent = NoteSent.model_validate(
                {
                    "kind": kind,
                    "about": about,
                    "body": body.strip(),
                    "kpi": kpi or None,
                    "owner": owner.strip() or None,
                    "due_on": due_on or None,
                }
            )
        except ValidationError as unfit:
            field = str(unfit.errors()[0]["loc"][0])
            raise InputError(f"The note's {field} does not fit.", hint="Fill the form again.", pointer=field) from unfit
        services.kpis.add_note(principal.tenant_id, note_of(services, principal, sent))
    except AkademosError as refusal:
        if refusal.transient or refusal.status == 403:
            raise
        problem = f"{refusal.reason} {refusal.hint}".strip()
        return _page(request, services, principal, ("", "", "", "", ""), "", problem=problem, status=refusal.status)
    return RedirectResponse(f"{PAGE}#notes", 303)


def _page(
    request: Request,
    services: Services,
    principal: Principal,
    filters: tuple[str, str, str, str, str],
    lang: str,
    *,
    problem: str | None = None,
    status: int = 200,
) -> Response:
    sliced, environment, since, until, kpi = filters
    dimension, _, member = sliced.partition(":")
    if sliced and (dimension not in DIMENSIONS or not member):
        raise InputError(
            "There is no such slice.", hint="Choose one from the list.", code="unknown_slice", pointer="/query/slice"
        )
    now = services.clock()
    days = [_day(text, name) for text, name in ((since, "from"), (until, "to"))]
    asked = wanted(now, days[0], days[1], environment or None, {dimension: member} if sliced else {})
    closer = kpi_named(kpi) if kpi else None
    found = lines(services, principal, PAGE, KPIS, asked)
    noted = services.kpis.notes(principal.tenant_id, since=asked.since, until=asked.until)
    notes = [note(one) for one in noted]
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
    due = next_review(noted)
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
        now=now,
        closer=chosen,
        may_write=principal.role in WRITERS,
        action=PAGE,
        problem=problem,
    )
    return HTMLResponse(html, status, headers=HEADERS)


def _day(text: str, name: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as unreadable:
        raise InputError(
            f"`{name}` is no day.", hint="Write it as 2026-03-02.", pointer=f"/query/{name}"
        ) from unreadable
