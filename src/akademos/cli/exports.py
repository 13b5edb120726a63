"""`akademos export`: records as other systems read them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from akademos import settings
from akademos.cli.operator import operator
from akademos.system import System

app = typer.Typer(help="Records as other systems read them.", no_args_is_help=True)


@app.callback()
def exports() -> None:
    """Records as other systems read them."""


@app.command()
def oneroster(
    folder: Annotated[Path, typer.Argument(help="New folder for the set.")],
    tenant: Annotated[str, typer.Option(help="Whose set.")],
    reason: Annotated[str, typer.Option(help="Why, for the audit log; name nobody.")],
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Write the kept OneRoster 1.2 CSV set again, byte for byte but for what changed here since."""
    from akademos.jobs.roster_export import export_roster

    with System(settings.load(data=data)) as system:
        done = export_roster(folder, tenant, system.rosters, system.audit, actor=operator(), reason=reason)
    for file, rows in done.rows.items():
        typer.echo(f"{file}: {rows:,} rows")
    typer.echo(f"Written to {folder}; {done.rewritten:,} rows say what changed here since they came.")
