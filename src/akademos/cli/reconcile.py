"""`akademos reconcile`: whether every event is accounted for."""

from __future__ import annotations

import json

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.ledger.reconciliation import equations, unexplained
from akademos.stores.postgres.reconciliation import PostgresStock
from akademos.system import System


def command(tenant: TenantId = None, data: Data = None) -> None:
    """Compare what came in with where it is now, to the event. Ends with 1 if events are missing or there twice. The
    last line is JSON."""
    with System(settings.load(data=data)) as system:
        stock = PostgresStock(system.database, system.event_log).now(tenant or only_tenant(system))
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
    console.print(table)
    for cause, most in stock.between.items():
        console.print(f"Between two stores: {cause} ({most:,} events at the most).")
    differences = {one.name: one.difference for one in equations(stock)}
    typer.echo(json.dumps({"differences": differences, "between": dict(stock.between)}))
    if wrong:
        raise typer.Exit(1)
