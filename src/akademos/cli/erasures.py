"""`akademos erasures`: requests and receipts, and the suppression list for copies and backups of this installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated
from uuid import UUID

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli import erase
from akademos.cli.learner import only_tenant
from akademos.errors import InputError, NotFound
from akademos.system import System

app = typer.Typer(help="Erasures: requests, receipts, and carrying them over to copies.", no_args_is_help=True)

TenantId = Annotated[str | None, typer.Option("--tenant", help="May be left out when there is one tenant only.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def erasures() -> None:
    """Erasures: requests, receipts, and carrying them over to copies."""


@app.command(name="list")
def list_(tenant: TenantId = None, data: Data = None) -> None:
    """All requests, newest first."""
    table = Table("erasure", "asked", "by", "step", "completed", "verified")
    with System(settings.load(data=data)) as system:
        for one in system.erasures.all(tenant or only_tenant(system)):
            completed = "" if one.completed_at is None else one.completed_at.isoformat(timespec="seconds")
            verified = "" if one.receipt is None else ("yes" if one.receipt["verified"] else "no")
            asked = one.requested_at.isoformat(timespec="seconds")
            table.add_row(str(one.erasure_id), asked, one.requested_by, one.step, completed, verified)
    Console().print(table)


@app.command()
def show(
    erasure_id: Annotated[str, typer.Argument(help="Id of the request.")],
    tenant: TenantId = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the receipt as JSON.")] = False,
    data: Data = None,
) -> None:
    """One request, and its receipt."""
    with System(settings.load(data=data)) as system:
        found = system.erasures.get(tenant or only_tenant(system), uuid_of(erasure_id))
    if found is None:
        raise NotFound("There is no such erasure.", hint="`akademos erasures list` shows them.")
    if as_json:
        typer.echo(orjson.dumps(found.receipt).decode())
    else:
        erase.show(Console(highlight=False), found)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="File to write.")], tenant: TenantId = None, data: Data = None
) -> None:
    """Write the suppression list: keep it beside backups, and apply it to whatever is restored from one."""
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        listed = system.erasures.suppressions(chosen)
    file.write_bytes(orjson.dumps({"tenant": chosen, "suppressed": [one.hex() for one in listed]}))
    typer.echo(f"{len(listed):,} identifiers of erased people written to {file}.")


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(help="A file that `export` wrote.", exists=True, dir_okay=False)],
    data: Data = None,
) -> None:
    """Suppress whom the list names, and erase whoever of them is here: after a restore, or in a copy."""
    try:
        listed = orjson.loads(file.read_bytes())
        tenant, hashes = str(listed["tenant"]), [bytes.fromhex(one) for one in listed["suppressed"]]
    except (ValueError, KeyError, TypeError) as broken:
        raise InputError(
            f"{file} is no suppression list.", hint="Write one with `akademos erasures export`."
        ) from broken
    with System(settings.load(data=data)) as system:
        found = system.erasures.apply_suppressions(tenant, hashes)
        if found:
            system.erasure_job().run()
        done = [system.erasures.get(tenant, one.erasure_id) for one in found]
    completed = sum(one is not None and one.completed_at is not None for one in done)
    typer.echo(f"{len(hashes):,} identifiers stay refused; {len(found)} people were here, {completed} of them erased.")


def uuid_of(text: str) -> UUID:
    """An id that somebody typed."""
    try:
        return UUID(text)
    except ValueError:
        raise InputError("That is no id.", hint="Ids are UUIDs.", code="id_malformed") from None
