"""/v1/costs: what the platform costs, who pays, and what comes next, as JSON or comma-separated values."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from akademos.serving.cost_answers import Wanted, columns_of, costs_of, exact, row_of, table_of, wanted
from akademos.serving.problems import documented
from akademos.serving.routes.groups import cell
from akademos.serving.routes.kpis import HEADERS, chosen_form
from akademos.serving.services import COSTS, Asker, Served
from akademos.stores.ports.cost_report import ROWS

router = APIRouter(tags=["operations"])

CSV = "text/csv"
Form = Literal["json", "csv"]
TableName = Literal[
    "cost_centres", "services", "forecast", "bills", "learners", "courses", "differences", "balances", "settlements",
    "reconciliations",
]  # fmt: skip


class CostProvenance(BaseModel):
    """What the answer rests on."""

    charges: int = Field(description="Charges in the books when the warehouse was built.")
    loads: int = Field(description="Files and meterings that brought them.")
    loaded_at: str | None = Field(description="When the newest of them came.")
    smallest_group: int = Field(description="Fewer learners than so are not told of.")


class CostAnswer(BaseModel):
    """Tables by month; amounts are exact decimals as texts, in the row's currency."""

    since: str = Field(alias="from")
    until: str = Field(alias="to")
    currency: str | None
    cost_centres: list[dict[str, Any]] = Field(description="By cost centre: used (effective), paid (amount), budget.")
    services: list[dict[str, Any]] = Field(description="By service and cost centre, as used.")
    forecast: list[dict[str, Any]] = Field(description="Effective cost to be expected, with its interval.")
    bills: list[dict[str, Any]] = Field(description="Each bill's parts; they sum to the bill.")
    learners: list[dict[str, Any]] = Field(description="Per active learner.")
    courses: list[dict[str, Any]] = Field(description="Per course.")
    differences: list[dict[str, Any]] = Field(description="Payments that do not fit, by cause.")
    balances: list[dict[str, Any]] = Field(description="Stated balances against the sum of movements.")
    settlements: list[dict[str, Any]] = Field(description="What providers paid out.")
    reconciliations: list[dict[str, Any]] = Field(description="The equations of the books.")
    provenance: CostProvenance


async def _asked(
    services: Served,
    since: Annotated[str | None, Query(alias="from", description="First month, YYYY-MM.")] = None,
    until: Annotated[str | None, Query(alias="to", description="Last month, YYYY-MM; this one if not said.")] = None,
    currency: Annotated[str | None, Query(description="Only this one, by ISO 4217.")] = None,
) -> Wanted:
    return wanted(services.clock(), since, until, currency)


@router.get(
    COSTS,
    response_class=Response,
    responses={
        200: {"model": CostAnswer, "description": "The costs.", "content": {CSV: {"schema": {"type": "string"}}}},
        **documented(400, 401, 403, 404, 503),
    },
)
def costs(
    services: Served,
    principal: Asker,
    asked: Annotated[Wanted, Depends(_asked)],
    table: Annotated[TableName, Query(description="Which table the file holds.")] = "cost_centres",
    format: Annotated[Form | None, Query(description="Instead of Accept, for links.")] = None,  # noqa: A002 -- the parameter's public name
    accept: Annotated[str | None, Header(description="text/csv for a table.")] = None,
) -> Response:
    """Monthly costs by cost centre and service, forecast, chargeback, cost per learner and course, and how payments,
    settlements and balances agree. As a file, one of the tables."""
    report = costs_of(services, principal, asked)
    if chosen_form(format, accept) == "csv":
        target = io.StringIO(newline="")
        writer = csv.writer(target)
        columns = columns_of(table)
        writer.writerow(columns)
        for one in table_of(report, table, asked.currency):
            writer.writerow([_written(getattr(one, name)) for name in columns])
        named = {**HEADERS, "Content-Disposition": f'attachment; filename="{table}.csv"'}
        return Response(target.getvalue(), headers=named, media_type=f"{CSV}; charset=utf-8")
    loaded_at = report.loaded_at
    body = {
        "from": f"{asked.since:%Y-%m}",
        "to": f"{asked.until:%Y-%m}",
        "currency": asked.currency or None,
        **{name: [row_of(one) for one in table_of(report, name, asked.currency)] for name in ROWS},
        "provenance": {
            "charges": report.charges,
            "loads": report.loads,
            "loaded_at": None if loaded_at is None else loaded_at.isoformat().replace("+00:00", "Z"),
            "smallest_group": services.kpis.floor(principal.tenant_id),
        },
    }
    return Response(orjson.dumps(body), headers=HEADERS, media_type="application/json")


def _written(value: object) -> object:
    """A cell of the file; an amount below zero stays a number."""
    return exact(value) if isinstance(value, Decimal) else cell(value)
