"""`akademos tenant key`: keys of a tenant's applications. Without a verb it makes one."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from akademos import settings
from akademos.catalogue.policies import LIMITS
from akademos.cli.default_verb import leaving_out
from akademos.cli.operator import operator
from akademos.errors import InputError
from akademos.stores.ports.api_keys import SCOPES
from akademos.system import System

app = typer.Typer(
    cls=leaving_out("create"), help="Keys of applications: make, publish, rotate, list.", no_args_is_help=True
)

TenantId = Annotated[str, typer.Argument(help="The tenant.")]
Name = Annotated[str, typer.Argument(help="What the key is for.")]
KeyId = Annotated[str, typer.Argument(help="The part of the key between the underscores.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.command()
def create(
    tenant_id: TenantId,
    name: Name,
    scope: Annotated[
        list[str] | None, typer.Option(help="ingest (default), consent or records; may be repeated.")
    ] = None,
    rate: Annotated[int, typer.Option(min=1, help="Events a second.")] = 50_000,
    burst: Annotated[int, typer.Option(min=1, help="Events at once.")] = 200_000,
    strict: Annotated[bool, typer.Option(help="Refuse events with unknown properties.")] = False,
    data: Data = None,
) -> None:
    """Make a secret key for a service account and print it, for the only time."""
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
def publish(
    tenant_id: TenantId,
    name: Name,
    origin: Annotated[list[str], typer.Option(help="Like https://learn.example.org; may be repeated.")],
    rate: Annotated[int, typer.Option(min=1, help="Events a second.")] = 1_000,
    burst: Annotated[int, typer.Option(min=1, help="Events at once.")] = 5_000,
    data: Data = None,
) -> None:
    """Make a publishable key, which takes events from pages of these origins only, and print it."""
    with System(settings.load(data=data)) as system:
        key = system.api_keys.publish(tenant_id, name, origin, rate_per_s=rate, burst=burst, actor=operator())
    typer.echo(key)


@app.command()
def rotate(
    tenant_id: TenantId,
    key_id: KeyId,
    grace_hours: Annotated[
        float, typer.Option(min=0, max=24 * 90, help="How much longer the old key works.")
    ] = LIMITS.key_grace / timedelta(hours=1),
    data: Data = None,
) -> None:
    """Make a key like this one and print it; the old one works for a while longer."""
    with System(settings.load(data=data)) as system:
        key = system.api_keys.rotate(tenant_id, key_id, grace=timedelta(hours=grace_hours), actor=operator())
    typer.echo(key)


@app.command(name="list")
def list_(tenant_id: TenantId, data: Data = None) -> None:
    """Keys of a tenant, when each was last used, and which work no more."""
    with System(settings.load(data=data)) as system:
        keys = system.api_keys.keys(tenant_id)
    for one in keys:
        ends = one.revoked_at or one.expires_at
        used = one.last_used_at.isoformat(timespec="minutes") if one.last_used_at else "never"
        may = ", ".join((*one.scopes, *one.origins))
        until = f", works until {ends.isoformat(timespec='minutes')}" if ends else ""
        typer.echo(f"{one.key_id}  {one.name}: {may}; last used {used}{until}")
