"""`akademos identity`: who is whom. Look before a merge, make it, read the log, take one back."""

from __future__ import annotations

import getpass
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.serving.merge_preview import previewed
from akademos.serving.principal import Principal, name_of
from akademos.stores.ports.identity import Merge
from akademos.system import System

app = typer.Typer(help="Who is whom: preview, merge, unmerge, log, suggestions.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(help="user_id, anonymous_id or key.")]
TenantId = Annotated[str, typer.Option("--tenant", help="The tenant.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the log, so it names nobody.")]
Limit = Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.command()
def preview(
    first: Person,
    second: Person,
    tenant: TenantId,
    who: Annotated[str, typer.Option("--as", help="user_id of an administrator.")],
    reason: Annotated[str, typer.Option(help="Why; both people find it beside the look, so it names nobody.")],
    data: Data = None,
) -> None:
    """What a merge would join; changes nothing. Only administrators look, and it is logged."""
    with System(settings.load(data=data)) as system:
        principal = Principal(tenant, "admin", name_of(who, "user_id after --as", ""), "command_line")
        system.services.standing.require(principal)
        found = previewed(
            system.services,
            principal,
            (first, second),
            ("", ""),
            what=f"akademos identity preview ({getpass.getuser()})",
            reason=name_of(reason, "reason", ""),
        )
    table = Table("", "first", "second", "merged")
    sides = found.first, found.second
    table.add_row("keys", *(str(len(side.keys)) for side in sides), found.person_key)
    table.add_row("user_ids", *(str(side.users) for side in sides), "")
    table.add_row("events", *(f"{side.events:,}" for side in sides), "")
    table.add_row("consents", *(_consents(said) for said in (*(side.consents for side in sides), found.consents)))
    Console().print(table)
    typer.echo(
        "Nothing stands in the way." if found.refusal is None else f"As things are it is refused: {found.refusal}."
    )


@app.command()
def merge(
    first: Person,
    second: Person,
    tenant: TenantId,
    reason: Reason,
    confirm: Annotated[
        bool, typer.Option(help="Two authenticated users, or people taken apart before, are one person.")
    ] = False,
    data: Data = None,
) -> None:
    """Make two people one; nothing is rewritten."""
    with System(settings.load(data=data)) as system:
        one, other = (system.identity.key_of(tenant, name_of(text, "person", "")) for text in (first, second))
        why = name_of(reason, "reason", "")
        done = system.identity.merge(tenant, one, other, by=operator(), reason=why, confirmed=confirm)
    typer.echo(f"Merged; `akademos identity unmerge {done.merge_id} --tenant {tenant}` takes it back.")


@app.command()
def unmerge(
    merge_id: Annotated[str, typer.Argument(help="The merge, as the log names it.")],
    tenant: TenantId,
    reason: Reason,
    data: Data = None,
) -> None:
    """Take a merge back: every answer is what it would be without it."""
    with System(settings.load(data=data)) as system:
        system.identity.unmerge(tenant, merge_id, by=operator(), reason=name_of(reason, "reason", ""))
    typer.echo("The merge is undone.")


@app.command()
def log(tenant: TenantId, limit: Limit = 100, data: Data = None) -> None:
    """Merges, the newest first."""
    with System(settings.load(data=data)) as system:
        merges = system.identity.log(tenant, limit=limit)
    for one in merges:
        when = one.merged_at.isoformat(timespec="seconds")
        typer.echo(f"{one.merge_id}  {when}  {one.evidence}, {one.merged_by}{_undone(one)}")
        typer.echo(f"  {one.first_key} + {one.second_key}" + (f": {one.reason}" if one.reason else ""))


@app.command()
def suggestions(tenant: TenantId, limit: Limit = 100, data: Data = None) -> None:
    """People who share a hash of e-mail or telephone and are not one."""
    with System(settings.load(data=data)) as system:
        found = system.identity.suggestions(tenant, limit=limit)
    for one in found:
        typer.echo(f"{one.first_key} + {one.second_key}  share {one.kind}, {one.users} of them authenticated")


def _consents(said: Mapping[str, bool]) -> str:
    return "\n".join(f"{purpose}: {'granted' if stands else 'withdrawn'}" for purpose, stands in said.items())


def _undone(one: Merge) -> str:
    if one.undone_at is None:
        return ""
    return f"; undone {one.undone_at.isoformat(timespec='seconds')} by {one.undone_by}: {one.undone_reason}"
