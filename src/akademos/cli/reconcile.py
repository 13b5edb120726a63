"""`akademos reconcile`: whether every event is accounted for."""

from __future__ import annotations

import json
from contextlib import closing

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.cli.reconcile_loads import Comparison, comparisons
from akademos.errors import NotFound
from akademos.ledger.reconciliation import equations, unexplained
from akademos.marts import warehouse
from akademos.settings import Settings
from akademos.stores.postgres.reconciliation import PostgresStock
from akademos.system import System

WIDE = 160
"""Columns where nobody looks on: names of loads and causes stay whole."""


def command(tenant: TenantId = None, data: Data = None) -> None:
    """Compare what came in with where it is now, to the event; then, as of the last build of the warehouse, every load
    with what became of it, every bill with what is charged back of it, and money with what was said of it. Ends with 1
    if anything is missing, or there twice, without a named cause. The last line is JSON."""
    chosen = settings.load(data=data)
    with System(chosen) as system:
        name = tenant or only_tenant(system)
        stock = PostgresStock(system.database, system.event_log).now(name)
    table = Table("equation", "part", "events")
    table.columns[2].justify = "right"
    wrong = False
    for one in equations(stock):
        wrong = wrong or unexplained(one, stock)
        for sign, side in (("", one.left), ("= ", one.right)):
            for number, (part, events) in enumerate(side.items()):
                table.add_row(
                    one.name if not sign and not number else "", f"{sign if not number else ''}{part}", f"{events:,}"
                )
        said = "missing" if one.difference > 0 else "there twice"
        verdict = f"[bold red]{abs(one.difference):,} {said}[/]" if one.difference else "[green]nothing missing[/]"
        table.add_row("", "difference", verdict, end_section=True)
    console = Console()
    if not console.is_terminal:
        console.width = WIDE
    console.print(table)
    for cause, most in stock.between.items():
        console.print(f"Between two stores: {cause} ({most:,} events at the most).")
    differences = {one.name: one.difference for one in equations(stock)}
    found = _published(chosen, name)
    for comparison in found or ():
        if comparison.lines:
            console.print(comparison.table())
    if found is None:
        console.print("There is no warehouse yet: `akademos marts build` makes the report by load and by bill.")
    told = {one.title: {"lines": len(one.lines), "unexplained": one.unexplained} for one in found or ()}
    typer.echo(json.dumps({"differences": differences, "between": dict(stock.between), "warehouse": told}))
    if wrong or any(one.unexplained for one in found or ()):
        raise typer.Exit(1)


def _published(chosen: Settings, tenant_id: str) -> list[Comparison] | None:
    """What the last build says; None where there was none yet."""
    try:
        with closing(warehouse(chosen)) as published:
            return comparisons(published, tenant_id)
    except NotFound as missing:
        if missing.code != "no_warehouse":
            raise
        return None
