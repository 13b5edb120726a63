"""`akademos models`: the registry of models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings as settings_module
from akademos.cli.learner import only_tenant
from akademos.cli.operator import operator
from akademos.errors import NotFound
from akademos.system import System, now

app = typer.Typer(help="Models: what serves, how good it is, what it was trained on.", no_args_is_help=True)

TenantId = Annotated[str | None, typer.Option("--tenant", help="May be left out when there is one tenant only.")]
Name = Annotated[str, typer.Argument(help="Model.")]
Version = Annotated[int, typer.Argument(min=1, help="Number of the version.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.command(name="list")
def every(tenant: TenantId = None, data: Data = None) -> None:
    """Every version of every model."""
    table = Table("model", "version", "state", "trained", "learners", "rebuild by", "drift", "data")
    with System(settings_module.load(data=data)) as system:
        name = _tenant(system, tenant)
        looks = {(one.model, one.version): one.status for one in system.model_watch.newest(name)}
        for one in system.models.all(name):
            table.add_row(
                one.model,
                str(one.version),
                one.state,
                f"{one.trained_at:%Y-%m-%d %H:%M}",
                f"{one.learners:,}",
                "" if one.rebuild_by is None else f"{one.rebuild_by:%Y-%m-%d}",
                looks.get((one.model, one.version), "").replace("_", " "),
                (one.data_hash or "")[:12],
            )
    Console().print(table)


@app.command()
def show(name: Name, version: Version, tenant: TenantId = None, data: Data = None) -> None:
    """The card of one version, as JSON."""
    with System(settings_module.load(data=data)) as system:
        found = [
            one for one in system.models.all(_tenant(system, tenant)) if (one.model, one.version) == (name, version)
        ]
    if not found:
        raise NotFound(f"There is no version {version} of {name}.", hint="`akademos models list` names them.")
    one = found[0]
    said = {
        "model": one.model,
        "version": one.version,
        "state": one.state,
        "trained_at": one.trained_at.isoformat(),
        "learners": one.learners,
        "data_hash": one.data_hash,
        "learners_hash": one.learners_hash,
        "artefact_hash": one.artefact_hash,
        "card": dict(one.card),
    }
    typer.echo(orjson.dumps(said, option=orjson.OPT_INDENT_2).decode())


@app.command()
def watch(tenant: TenantId = None, data: Data = None) -> None:
    """Compare the models in service with their training now: how far each input and the output have moved."""
    with System(settings_module.load(data=data)) as system:
        looks = system.watch.look(_tenant(system, tenant))
    if not looks:
        typer.echo("No model in service whose training can be compared with; `akademos train` makes one.")
    for look in looks:
        said = look.status.replace("_", " ")
        table = Table("figure", "shift (PSI)", "95% interval", title=f"{look.model} {look.version}: {said}")
        for one in sorted(look.figures, key=lambda one: -(one["low"] or 0.0)):
            known = one["value"] is not None
            spread = f"{one['low']:.3f} to {one['high']:.3f}" if known else f"too few learners ({one['learners']})"
            table.add_row(str(one["figure"]), f"{one['value']:.3f}" if known else "", spread)
        Console().print(table)
        typer.echo(f"{look.learners:,} learners were compared.")


@app.command()
def promote(
    name: Name,
    version: Version,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log. No names.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Put a candidate into service that was better on held-out learners; no other can be."""
    with System(settings_module.load(data=data)) as system:
        why = {"by_hand": True, "reason": reason}
        system.models.promote(_tenant(system, tenant), name, version, actor=operator(), at=now(), why=why)
    typer.echo(f"Version {version} of {name} is in service.")


@app.command()
def retire(
    name: Name,
    version: Version,
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log. No names.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Take a version out of service; what rests on it falls back to its rule."""
    with System(settings_module.load(data=data)) as system:
        system.models.retire(_tenant(system, tenant), name, version, actor=operator(), at=now(), why=reason)
    typer.echo(f"Version {version} of {name} has retired.")


def _tenant(system: System, named: str | None) -> str:
    if named is None:
        return only_tenant(system)
    if named not in [one.tenant_id for one in system.tenants.all()]:
        raise NotFound(f"There is no tenant `{named}`.", hint="`akademos tenant list` names them.")
    return named
