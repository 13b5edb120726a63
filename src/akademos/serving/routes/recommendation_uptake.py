"""/v1/analytics/recommendations/uptake: what became of recommendations, as published; and its page."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from starlette.responses import HTMLResponse, Response

from akademos.catalogue.policies import LIMITS
from akademos.catalogue.recommendation_uptake import UPTAKE
from akademos.serving import services as at
from akademos.serving.kpi_answers import large_enough, withheld
from akademos.serving.languages import language_of
from akademos.serving.pages.recommendation_uptake import render_uptake
from akademos.serving.principal import Principal
from akademos.serving.problems import documented
from akademos.serving.routes.groups import cell
from akademos.serving.routes.pages import HEADERS as PAGE_HEADERS
from akademos.serving.routes.pages import UPTAKE_PAGE, name_of_asker, shell_for
from akademos.serving.services import Asker, Served, Services
from akademos.stores.ports.kpis import PRODUCTION, Snapshot

router = APIRouter(tags=["analytics"])

HEADERS = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie"}
NEWEST_WITHIN = timedelta(weeks=3)
"""The newest week that was over at the last night lies within so much time, unless no night has run since."""
COLUMNS = ("share", "kind", "trigger", "status", "reason", "value", "low", "high", "bound", "people", "units",
           "period", "week", "computed_at")  # fmt: skip
NOTE = "Who accepts differs from who does not: a difference in outcome goes with acceptance and need not come from it."


class UptakeLine(BaseModel):
    """One share of the recommendations of a kind and trigger."""

    share: str = Field(description="accepted, dismissed, completed, resolved or resolved_otherwise")
    kind: str | None
    trigger: str | None
    status: str = Field(description="ok, withheld (too few people on a side) or no_data")
    reason: str | None
    value: float | None
    low: float | None = Field(description="95% interval, as many trials as people.")
    high: float | None
    bound: str = Field(description="exact; least or most where only that may be said.")
    people: int | None = Field(description="Rounded.")
    units: int | None = Field(description="Recommendations in the denominator, rounded.")
    period: str = Field(description="The term.")
    week: str = Field(description="Monday of the week up to whose end it counts.")
    computed_at: str


class UptakeList(BaseModel):
    """What is published, by share, kind and trigger."""

    uptake: list[UptakeLine]
    definitions: dict[str, str]
    note: str
    protection: dict[str, Any]


def published(services: Services, principal: Principal, what: str) -> tuple[list[dict[str, Any]], int]:
    """The newest lines past the gate, and the smallest group; what is of fewer people than the tenant now wants is
    withheld.

    Raises:
        Forbidden: the role gets none.
    """
    floor = services.gate.uptake(principal, what, services.purposes_of(at.RECOMMENDATION_UPTAKE))
    today = services.clock().date()
    found = services.kpis.snapshots(
        principal.tenant_id,
        kpis=[one.name for one in UPTAKE],
        since=today - NEWEST_WITHIN,
        until=today,
        environment=PRODUCTION,
    )
    newest = max((one.week for one in found), default=None)
    order = {one.name: place for place, one in enumerate(UPTAKE)}
    lines = sorted((one for one in found if one.week == newest), key=lambda one: (order[one.kpi], one.member))
    return [_line(one if large_enough(one, floor) else withheld(one)) for one in lines], floor


def _line(one: Snapshot) -> dict[str, Any]:
    kind, _, trigger = one.member.partition("/")
    told = {
        "share": one.kpi.removeprefix("recommendation_"),
        "kind": kind or None,
        "trigger": trigger or None,
        "week": one.week.isoformat(),
        "computed_at": one.computed_at.isoformat().replace("+00:00", "Z"),
    }
    return {name: told[name] if name in told else getattr(one, name) for name in COLUMNS}


@router.get(
    at.RECOMMENDATION_UPTAKE,
    response_class=Response,
    responses={
        200: {
            "model": UptakeList,
            "description": "What is published.",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        },
        **documented(400, 401, 403, 503),
    },
)
def uptake(
    services: Served,
    principal: Asker,
    format: Annotated[Literal["json", "csv"], Query(description="csv for a table.")] = "json",  # noqa: A002 -- the parameter's public name
) -> Response:
    """How many recommendations learners accepted, dismissed and completed, and what followed: of the term so far, by
    kind and source trigger, under disclosure control."""
    lines, floor = published(services, principal, at.RECOMMENDATION_UPTAKE)
    if format == "csv":
        rows = [",".join(COLUMNS), *(",".join(_quoted(cell(line[name])) for name in COLUMNS) for line in lines)]
        named = {**HEADERS, "Content-Disposition": 'attachment; filename="recommendation-uptake.csv"'}
        return Response("\r\n".join([*rows, ""]), headers=named, media_type="text/csv; charset=utf-8")
    body = {
        "uptake": lines,
        "definitions": {one.name.removeprefix("recommendation_"): one.definition for one in UPTAKE},
        "note": NOTE,
        "protection": {
            "smallest_group": floor,
            "counts_rounded_to": LIMITS.count_rounding,
            "shares_within": [LIMITS.share_lowest, LIMITS.share_highest],
        },
    }
    return Response(orjson.dumps(body), headers=HEADERS, media_type="application/json")


def _quoted(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"\r\n') else text


@router.get(UPTAKE_PAGE, include_in_schema=False)
def uptake_page(
    request: Request, services: Served, principal: Asker, lang: Annotated[str, Query(max_length=8)] = ""
) -> Response:
    """The same as a page: a picture of what was accepted, a table of everything, and how it was made."""
    lines, floor = published(services, principal, UPTAKE_PAGE)
    language = language_of(request, lang)
    shell, _ = shell_for(services, request, principal, person=name_of_asker(services, principal), language=language)
    html = render_uptake(lines, shell=shell, floor=floor, download=f"{at.RECOMMENDATION_UPTAKE}?format=csv")
    return HTMLResponse(html, headers=PAGE_HEADERS)
