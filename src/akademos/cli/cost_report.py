"""`akademos cost report`: what each cost centre and course pays, what a learner costs, what comes next."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.ledger.money import minor_unit
from akademos.system import System, now

if TYPE_CHECKING:
    import polars as pl

MONTHS_SHOWN = 3


def report(
    to: Annotated[Path | None, typer.Option(help="Write the tables as CSV files into this folder.")] = None,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Bills by cost centre, checked to the minor unit, with budgets and a forecast; per active learner and course from
    the warehouse, where it is built. The last line is JSON."""
    import polars as pl

    from akademos.jobs.warehouse.computed_cost import allocations, forecasts
    from akademos.money import books

    chosen = settings.load(data=data)
    with System(chosen) as system:
        name = tenant or only_tenant(system)
        inputs = books(system, name, now().date())
        paid = allocations(inputs)
        ahead = pl.DataFrame(forecasts(inputs), infer_schema_length=None)
        floor = system.groups.floor(name)
    unit = _unit_costs(chosen, name, floor)
    differences = paid.group_by("billing_account", "period_start", "currency").agg(
        (pl.col("bill").first() - pl.col("amount").sum()).alias("difference")
    )
    off = differences.filter(pl.col("difference") != 0).height
    console = Console()
    _show_months(console, paid)
    _show_rows(console, "what comes next", ahead.to_dicts(), ("month", "currency", "lower", "expected", "upper"))
    for title, rows in unit.items():
        newest = {row["month"] for row in rows}
        shown = [row for row in rows if row["month"] in sorted(newest)[-MONTHS_SHOWN:]]
        _show_rows(console, title, shown, tuple(shown[0]) if shown else ())
    if not unit:
        console.print("Cost per learner and course: build the warehouse first (`akademos marts build`).")
    if to is not None:
        _write(to, {"cost_centres": paid, "forecast": ahead, **{key: pl.DataFrame(rows) for key, rows in unit.items()}})
    last = {"bills": differences.height, "bills_off": off, "months_ahead": ahead.height, "unit_costs": bool(unit)}
    typer.echo(json.dumps(last))
    if off:
        raise typer.Exit(1)


def _unit_costs(chosen: settings.Settings, tenant_id: str, floor: int) -> dict[str, list[dict[str, Any]]]:
    """What an active learner and a course cost, as the warehouse has it; nothing before it is built."""
    from akademos.errors import NotFound
    from akademos.marts import cost_reports

    try:
        found = cost_reports(chosen).report(tenant_id, since=date.min, until=date.max, floor=floor)
    except NotFound:
        return {}
    return {
        "per active learner": [asdict(one) for one in found.learners],
        "per course": [{**asdict(one), "course": one.course or "(no course)"} for one in found.courses],
    }


def _show_months(console: Console, paid: pl.DataFrame) -> None:
    table = Table("month", "cost centre", "currency", "allocated", "pays", title="bills by cost centre")
    for column in table.columns[3:]:
        column.justify = "right"
    shown = sorted(paid["period_start"].unique())[-MONTHS_SHOWN:]
    for row in paid.filter(paid["period_start"].is_in(shown)).sort("period_start", "currency").iter_rows(named=True):
        cells = (
            row["cost_centre"],
            row["currency"],
            f"{row['effective']:,.4f}",
            f"{row['amount']:,.{minor_unit(row['currency'])}f}",
        )
        table.add_row(f"{row['period_start']:%Y-%m}", *cells)
    console.print(table)


def _show_rows(console: Console, title: str, rows: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    if not rows:
        return
    table = Table(*(name.replace("_", " ") for name in names), title=title)
    for row in rows:
        table.add_row(*(_said(row, name) for name in names))
    console.print(table)


def _said(row: Mapping[str, Any], name: str) -> str:
    value = row.get(name)
    if name == "month" and value is not None:
        return f"{value:%Y-%m}"
    if isinstance(value, Decimal):
        return f"{value:,f}" if name == "per_learner" else f"{value:,.{minor_unit(row['currency'])}f}"
    return "" if value is None else f"{value:,}" if isinstance(value, int) else str(value)


def _write(folder: Path, tables: Mapping[str, pl.DataFrame]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_csv(folder / f"{name.replace(' ', '_')}.csv")
