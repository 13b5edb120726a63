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
from akademos.cli import tenant_access, tenant_host_keys, tenant_keys, tenant_salts
from akademos.cli.operator import operator
from akademos.errors import NotFound
from akademos.system import System

app = typer.Typer(help="Tenants: settings, roles, and the keys of their applications.", no_args_is_help=True)
app.add_typer(tenant_access.role_app, name="role")
app.add_typer(tenant_keys.app, name="key")
app.add_typer(tenant_salts.app, name="salt")
app.add_typer(tenant_host_keys.app, name="host-key")
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
