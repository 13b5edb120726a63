"""`akademos rights`: requests by right that wait for an answer, and their answers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.serving.principal import name_of
from akademos.stores.ports.rights import Correction
from akademos.system import System

app = typer.Typer(help="Requests by right: list, answer.", no_args_is_help=True)

TenantId = Annotated[str, typer.Option("--tenant", help="The tenant.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def rights() -> None:
    """Requests by right: list, answer."""


@app.command("list")
def list_open(tenant: TenantId, data: Data = None) -> None:
    """Open requests, the first due first; what was said is for whoever answers."""
    with System(settings.load(data=data)) as system:
        found = system.rights.open(tenant)
    table = Table("request", "due", "kind", "concerns", "said")
    for one in found:
        table.add_row(one.request_id, one.due_on.isoformat(), one.kind, one.concerns, one.said or "")
    Console().print(table)


@app.command()
def close(
    request_id: Annotated[str, typer.Argument(metavar="REQUEST", help="The request's id.")],
    tenant: TenantId,
    outcome: Annotated[str, typer.Option(help="The answer, as the learner will read it.")],
    refuse: Annotated[bool, typer.Option("--refuse", help="The request is refused; the answer says why.")] = False,
    display_name: Annotated[str | None, typer.Option(help="The right name.")] = None,
    persona: Annotated[str | None, typer.Option(help="The right persona.")] = None,
    time_zone: Annotated[str | None, typer.Option(help="The right time zone (IANA).")] = None,
    data: Data = None,
) -> None:
    """Answer a request, and correct in the same step what was wrong; events are corrected by new events."""
    correction = None
    if (display_name, persona, time_zone) != (None, None, None):
        correction = Correction(display_name, persona, time_zone)
    with System(settings.load(data=data)) as system:
        system.rights.close(
            tenant,
            name_of(request_id, "request", ""),
            "refused" if refuse else "fulfilled",
            name_of(outcome, "outcome", ""),
            closed_by=operator(),
            correction=correction,
        )
    typer.echo("Refused." if refuse else "Fulfilled.")
