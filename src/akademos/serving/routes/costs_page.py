"""The page about costs, for operators and administrators; months and currency stand in the address."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import HTMLResponse, Response

from akademos.errors import NotFound
from akademos.serving import services as at
from akademos.serving.cost_answers import costs_of, wanted
from akademos.serving.languages import language_of
from akademos.serving.pages.costs import CostView, main_currency, render_costs, render_no_costs
from akademos.serving.routes.pages import COSTS, HEADERS, name_of_asker, shell_for
from akademos.serving.services import Asker, Served

router = APIRouter(include_in_schema=False)


@router.get(COSTS)
def costs_page(
    request: Request,
    services: Served,
    principal: Asker,
    since: Annotated[str, Query(alias="from")] = "",
    until: Annotated[str, Query(alias="to")] = "",
    currency: Annotated[str, Query()] = "",
    lang: Annotated[str, Query()] = "",
) -> Response:
    """What the platform costs and who pays, as pictures and tables."""
    now = services.clock()
    asked = wanted(now, since or None, until or None, currency or None)
    shell, _ = shell_for(
        services, request, principal, person=name_of_asker(services, principal), language=language_of(request, lang)
    )
    try:
        report = costs_of(services, principal, asked)
    except NotFound as missing:
        if missing.code != "no_warehouse":
            raise
        return HTMLResponse(render_no_costs(shell=shell), headers=HEADERS)
    chosen = asked.currency or main_currency(report)
    known = sorted({one.currency for one in report.cost_centres} | ({chosen} if chosen else set()))
    view = CostView(report, chosen, known, asked.since, asked.until)
    html = render_costs(
        view,
        shell=shell,
        floor=services.kpis.floor(principal.tenant_id),
        now=now,
        data=at.COSTS,
    )
    return HTMLResponse(html, headers=HEADERS)
