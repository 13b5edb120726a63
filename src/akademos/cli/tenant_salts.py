"""`akademos tenant salt`: salts of the hashes that clients make of e-mail and telephone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.system import System

app = typer.Typer(help="Salts of clients' hashes: rotate, list.", no_args_is_help=True)

TenantId = Annotated[str, typer.Argument(help="The tenant.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.command()
def rotate(tenant_id: TenantId, data: Data = None) -> None:
    """Make a new salt; the one before it counts on until the next rotation."""
    with System(settings.load(data=data)) as system:
        made = system.salts.rotate(tenant_id, actor=operator())
    typer.echo(f"Salt {made.version} of {tenant_id} counts from now on; salt {made.version - 1} beside it.")


@app.command(name="list")
def list_(tenant_id: TenantId, data: Data = None) -> None:
    """All salts, the newest first."""
    with System(settings.load(data=data)) as system:
        salts = system.salts.salts(tenant_id)
    table = Table("version", "salt", "made at", "counts")
    for one in salts:
        table.add_row(
            str(one.version), one.salt, one.made_at.isoformat(timespec="minutes"), "yes" if one.counts else "no"
        )
    Console().print(table)
