"""`akademos tenant host-key`: what a host signs the short-lived tokens of its users with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.system import System

app = typer.Typer(help="Signing keys of host applications: add, list, revoke.", no_args_is_help=True)

TenantId = Annotated[str, typer.Argument(help="The tenant.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.command()
def add(
    tenant_id: TenantId,
    public_key: Annotated[
        Path | None, typer.Option(help="File with the host's public key (PEM); left out: a secret for HS256 is made.")
    ] = None,
    data: Data = None,
) -> None:
    """Take a public key, or make a shared secret and print it, for the only time."""
    with System(settings.load(data=data)) as system:
        if public_key is None:
            key_id, secret = system.host_keys.share(tenant_id, actor=operator())
            typer.echo(f"kid {key_id}, HS256")
            typer.echo(secret)
            return
        try:
            content = public_key.read_bytes()
        except OSError as missing:
            raise InputError(f"{public_key} cannot be read.", hint="Name a file with a public key.") from missing
        key = system.host_keys.register(tenant_id, content, actor=operator())
    typer.echo(f"kid {key.key_id}, {key.algorithm}")


@app.command(name="list")
def list_(tenant_id: TenantId, data: Data = None) -> None:
    """The keys that prove tokens."""
    with System(settings.load(data=data)) as system:
        keys = system.host_keys.working(tenant_id)
    table = Table("kid", "algorithm")
    for one in keys:
        table.add_row(one.key_id, one.algorithm)
    Console().print(table)


@app.command()
def revoke(
    tenant_id: TenantId, key_id: Annotated[str, typer.Argument(help="kid of the key.")], data: Data = None
) -> None:
    """Its tokens prove nothing any more."""
    with System(settings.load(data=data)) as system:
        if not system.host_keys.revoke(tenant_id, key_id, actor=operator()):
            raise NotFound(f"Tenant {tenant_id} has no working host key {key_id}.", hint="`list` shows them.")
    typer.echo(f"Host key {key_id} is revoked.")
