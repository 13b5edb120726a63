"""`akademos tenant`: institutions and products that keep their data apart, and the keys of their applications.

Roles and settings are in `cli.tenant_access`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli import tenant_access
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.stores.ports.api_keys import SCOPES
from akademos.system import System

app = typer.Typer(help="Tenants: settings, roles, and the keys of their applications.", no_args_is_help=True)

app.add_typer(tenant_access.role_app, name="role")
app.command(name="set")(tenant_access.put)
app.command()(tenant_access.show)
app.command(name="sign-out")(tenant_access.sign_out)

Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def tenant() -> None:
    """Tenants: settings, roles, and the keys of their applications."""


@app.command()
def create(
    tenant_id: Annotated[str, typer.Argument(help="Short id: lower-case letters, digits, - and _.")],
    name: Annotated[str, typer.Option(help="Name in full; the id when left out.")] = "",
    time_zone: Annotated[str, typer.Option(help="IANA time zone of learners who have none of their own.")] = "UTC",
    data: Data = None,
) -> None:
    """Add a tenant; doing it again changes nothing."""
    with System(settings.load(data=data)) as system:
        made = system.tenants.create(tenant_id, name or tenant_id, time_zone=time_zone, actor=operator())
    typer.echo(f"Tenant {tenant_id} " + ("created." if made else "is already there."))


@app.command(name="list")
def list_(data: Data = None) -> None:
    """All tenants."""
    with System(settings.load(data=data)) as system:
        tenants = system.tenants.all()
    table = Table("tenant", "name", "time zone")
    for one in tenants:
        table.add_row(one.tenant_id, one.name, one.time_zone)
    Console().print(table)


@app.command()
def key(
    tenant_id: Annotated[str, typer.Argument(help="The tenant.")],
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[str] | None, typer.Option(help="ingest (default) or consent; may be repeated.")] = None,
    rate: Annotated[int, typer.Option(min=1, help="Events a second.")] = 50_000,
    burst: Annotated[int, typer.Option(min=1, help="Events at once.")] = 200_000,
    strict: Annotated[bool, typer.Option(help="Refuse events with unknown properties.")] = False,
    data: Data = None,
) -> None:
    """Make an API key for a service account and print it, for the only time."""
    scopes = tuple(dict.fromkeys(scope or ["ingest"]))
    unknown = [one for one in scopes if one not in SCOPES]
    if unknown:
        raise InputError(f"There is no scope {unknown[0]}.", hint="Scopes are " + " and ".join(SCOPES) + ".")
    with System(settings.load(data=data)) as system:
        secret = system.api_keys.create(
            tenant_id, name, scopes=scopes, rate_per_s=rate, burst=burst, strict=strict, actor=operator()
        )
    typer.echo(secret)


@app.command()
def revoke(
    tenant_id: Annotated[str, typer.Argument(help="The tenant.")],
    key_id: Annotated[str, typer.Argument(help="The part of the key between the underscores.")],
    data: Data = None,
) -> None:
    """Revoke an API key."""
    with System(settings.load(data=data)) as system:
        if not system.api_keys.revoke(tenant_id, key_id, actor=operator()):
            raise NotFound(
                f"Tenant {tenant_id} has no working key {key_id}.",
                hint="The key id is the part between the underscores.",
            )
    typer.echo(f"Key {key_id} is revoked.")
