"""`akademos hold`: legal holds, which stop deletion by retention and by erasure."""

from __future__ import annotations

import getpass
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.registry import builtin
from akademos.cli.erasures import Data, TenantId, uuid_of
from akademos.cli.learner import only_tenant
from akademos.errors import InputError
from akademos.serving.principal import name_of
from akademos.stores.ports.identity import Identifier
from akademos.system import System

app = typer.Typer(help="Legal holds: set, lift, list, open what they kept.", no_args_is_help=True)

HoldId = Annotated[str, typer.Argument(help="Id of the hold.")]


@app.callback()
def hold() -> None:
    """Legal holds: set, lift, list, open what they kept."""


@app.command(name="set")
def set_(
    dataset: Annotated[list[str], typer.Option(help="Dataset that may not be deleted; may be repeated.")],
    reason: Annotated[str, typer.Option(help="The claim or inquiry.")],
    person: Annotated[str | None, typer.Option(help="Whose rows (user_id); everybody's when left out.")] = None,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Stop deletion of datasets until the hold is lifted."""
    known = {one.name for one in builtin().datasets if one.available}
    unknown = [one for one in dataset if one not in known]
    if unknown:
        raise InputError(f"There is no dataset {unknown[0]}.", hint="docs/reference/datasets.md names them.")
    who = None if person is None else Identifier("user", name_of(person, "id", ""))
    with System(settings.load(data=data)) as system:
        by = f"command line:{getpass.getuser()}"
        chosen = tenant or only_tenant(system)
        made = system.legal_holds.set(chosen, who, dataset, reason=name_of(reason, "reason", ""), by=by)
    typer.echo(str(made))


@app.command()
def lift(hold_id: HoldId, tenant: TenantId = None, data: Data = None) -> None:
    """End a hold; what it kept of erased people is deleted."""
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        gone = system.legal_holds.lift(chosen, uuid_of(hold_id), by=f"command line:{getpass.getuser()}")
    typer.echo(f"Lifted; {gone:,} kept rows of erased people deleted.")


@app.command(name="list")
def list_(tenant: TenantId = None, data: Data = None) -> None:
    """All holds, newest first."""
    table = Table("hold", "of", "datasets", "reason", "set", "lifted", "rows kept of erased people")
    with System(settings.load(data=data)) as system:
        for one in system.legal_holds.all(tenant or only_tenant(system)):
            lifted = "" if one.lifted_at is None else one.lifted_at.isoformat(timespec="seconds")
            whose = "one person" if one.of_one_person else "everybody"
            since = one.set_at.isoformat(timespec="seconds")
            table.add_row(str(one.hold_id), whose, ", ".join(one.datasets), one.reason, since, lifted, str(one.kept))
    Console().print(table)


@app.command()
def show(
    hold_id: HoldId,
    reason: Annotated[str, typer.Option(help="Why the kept rows are opened; stands in the audit log.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Open what a hold keeps of erased people, as JSON."""
    with System(settings.load(data=data)) as system:
        by = f"command line:{getpass.getuser()}"
        chosen = tenant or only_tenant(system)
        kept = system.legal_holds.kept(chosen, uuid_of(hold_id), reason=name_of(reason, "reason", ""), by=by)
    typer.echo(orjson.dumps(kept).decode())
