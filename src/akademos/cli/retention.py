"""`akademos retention`: how long everything is kept, how old it is, and what went."""

from __future__ import annotations

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.erasures import Data, TenantId
from akademos.cli.learner import only_tenant
from akademos.system import System

app = typer.Typer(help="How long everything is kept.", no_args_is_help=True)


@app.callback()
def retention() -> None:
    """How long everything is kept."""


@app.command()
def report(tenant: TenantId = None, data: Data = None) -> None:
    """Every event type and dataset: kept for, oldest row, rows due, last run, rows removed by it."""
    table = Table("what", "kept for", "rows", "oldest", "due", "last run", "removed then", "legal hold")
    with System(settings.load(data=data)) as system:
        for line in system.retention_report.report(tenant or only_tenant(system)):
            oldest = "" if line.age.oldest is None else f"{line.age.oldest:%Y-%m-%d}"
            kept = "" if line.kept_for is None else f"{line.kept_for.days} days"
            table.add_row(
                f"{line.kind} {line.name}",
                kept,
                f"{line.age.rows:,}",
                oldest,
                f"{line.age.due:,}",
                "" if line.last_run is None else f"{line.last_run:%Y-%m-%d %H:%M}",
                "" if line.last_removed is None else f"{line.last_removed:,}",
                "yes" if line.held else "",
            )
    Console().print(table)
