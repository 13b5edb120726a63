"""`akademos outbox`: who follows the record changes of a tenant, how far, and what could not be delivered."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.outbox import OUTBOX_LIMITS
from akademos.cli.operator import operator
from akademos.errors import InputError
from akademos.outbox.retries import DEFAULT_ATTEMPTS
from akademos.outbox.selection import PEOPLE
from akademos.stores.ports.outbox import SCOPE, Wanted
from akademos.system import System

app = typer.Typer(help="Publish record changes: consumers, webhooks, dead letters, replays.", no_args_is_help=True)

TenantId = Annotated[str, typer.Option("--tenant", help="The tenant.")]
Name = Annotated[str, typer.Argument(metavar="CONSUMER", help="The consumer.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")


@app.command()
def add(
    consumer: Name,
    tenant: TenantId,
    record: Annotated[list[str], typer.Option(help="A record it follows, like learning_courses; may be repeated.")],
    url: Annotated[str | None, typer.Option(help="Its webhook; left out it pulls from /v1/outbox.")] = None,
    people: Annotated[str, typer.Option(help="How it knows people: none, pseudonym or user_id.")] = "none",
    purpose: Annotated[
        list[str] | None, typer.Option(help="What it uses people's records for (default learning_support).")
    ] = None,
    basis: Annotated[str, typer.Option(help="Contract or law on which it may know user ids.")] = "",
    batch: Annotated[int, typer.Option(min=1, max=OUTBOX_LIMITS.page, help="Events in one delivery at most.")] = 1,
    attempts: Annotated[
        int, typer.Option(min=1, max=100, help="Failed deliveries after which an event is a dead letter.")
    ] = DEFAULT_ATTEMPTS,
    from_beginning: Annotated[
        bool, typer.Option(help="Begin with the oldest change that is kept, not with now.")
    ] = False,
    data: Data = None,
) -> None:
    """Take on a consumer. Prints the API key it pulls with, or the secret its webhook is signed with; both only now."""
    if not _NAME.fullmatch(consumer):
        raise InputError(
            "The consumer's name is not one.",
            hint="Lower-case letters, digits, - and _, beginning with a letter; 63 at most.",
        )
    known = next((one for one in PEOPLE if one == people), None)
    if known is None:
        raise InputError(f"Nobody knows people by `{people}`.", hint="Use one of: " + ", ".join(PEOPLE) + ".")
    purposes = tuple(_purpose(one) for one in dict.fromkeys(purpose or [Purpose.LEARNING_SUPPORT.value]))
    wanted = Wanted(
        name=consumer,
        records=tuple(dict.fromkeys(record)),
        people=known,
        purposes=purposes,
        basis=basis,
        url=url,
        batch=batch,
        attempts=attempts,
        from_beginning=from_beginning,
    )
    with System(settings.load(data=data)) as system:
        secret = system.outbox.add(tenant, wanted, actor=operator())
        if secret is not None:
            typer.echo(secret)
            return
        name = f"outbox {consumer}"
        typer.echo(system.api_keys.create(tenant, name, scopes=(SCOPE + consumer,), actor=operator()))


@app.command(name="list")
def list_(tenant: TenantId, data: Data = None) -> None:
    """Consumers, how far each is, and what went wrong last."""
    with System(settings.load(data=data)) as system:
        found = system.outbox.consumers(tenant)
    table = Table("consumer", "records", "people", "webhook", "acknowledged", "state", "dead letters", "last error")
    for one in found:
        table.add_row(
            one.name,
            ", ".join(one.records),
            one.people,
            one.url or "",
            f"{one.position:,}",
            one.state if not one.failures else f"{one.state}, failed {one.failures} times",
            f"{one.letters:,}",
            one.last_error or "",
        )
    Console().print(table)


@app.command()
def pull(
    consumer: Name,
    tenant: TenantId,
    after: Annotated[int | None, typer.Option(min=0, help="A cursor; else what is acknowledged.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=OUTBOX_LIMITS.page, help="Most events.")] = 100,
    data: Data = None,
) -> None:
    """Print what follows a cursor, one event a line as the consumer would get it. Moves nothing."""
    with System(settings.load(data=data)) as system:
        page = system.outbox.read(tenant, consumer, after=after, limit=limit, actor=operator())
    for event in page.events:
        typer.echo(orjson.dumps(event).decode())
    typer.echo(f"cursor {page.cursor} of {page.head}", err=True)


@app.command()
def pause(consumer: Name, tenant: TenantId, data: Data = None) -> None:
    """Send nothing, and let nothing be pulled, until it is resumed. Nothing is lost meanwhile for 30 days."""
    with System(settings.load(data=data)) as system:
        system.outbox.set_state(tenant, consumer, "paused", actor=operator())


@app.command()
def resume(consumer: Name, tenant: TenantId, data: Data = None) -> None:
    """Go on where it stopped, at once."""
    with System(settings.load(data=data)) as system:
        system.outbox.set_state(tenant, consumer, "active", actor=operator())


@app.command()
def rotate(consumer: Name, tenant: TenantId, data: Data = None) -> None:
    """Make a new secret for a webhook and print it; deliveries are signed under both for a week."""
    with System(settings.load(data=data)) as system:
        typer.echo(system.outbox.rotate(tenant, consumer, actor=operator()))


@app.command()
def remove(consumer: Name, tenant: TenantId, data: Data = None) -> None:
    """Forget a consumer with its dead letters. Its API key goes with `akademos tenant key`."""
    with System(settings.load(data=data)) as system:
        system.outbox.remove(tenant, consumer, actor=operator())


@app.command()
def letters(consumer: Name, tenant: TenantId, data: Data = None) -> None:
    """Events that could not be delivered, and why."""
    with System(settings.load(data=data)) as system:
        found = system.outbox.letters(tenant, consumer)
    table = Table("cursor", "attempts", "since", "reason")
    for one in found:
        table.add_row(str(one.position), str(one.attempts), one.at.isoformat(timespec="seconds"), one.reason)
    Console().print(table)


@app.command()
def replay(
    consumer: Name,
    tenant: TenantId,
    after: Annotated[int | None, typer.Option(min=0, help="Go back to this cursor; else the dead letters.")] = None,
    data: Data = None,
) -> None:
    """Have events come again: those after a cursor, or the dead letters."""
    with System(settings.load(data=data)) as system:
        if after is None:
            count = system.outbox.replay_letters(tenant, consumer, actor=operator())
            typer.echo(f"{count:,} dead letters are sent again.")
        else:
            found = system.outbox.replay(tenant, consumer, after=after, actor=operator())
            typer.echo(f"What follows {found.position} comes again.")


@app.command()
def restart(consumer: Name, tenant: TenantId, data: Data = None) -> None:
    """Follow from now on, leaving out what lies between; notices of erasures come again until they are confirmed."""
    with System(settings.load(data=data)) as system:
        found = system.outbox.restart(tenant, consumer, actor=operator())
    typer.echo(f"It follows from {found.position} on.")


@app.command()
def notices(tenant: TenantId, data: Data = None) -> None:
    """Erasures that a consumer was told of and has not confirmed."""
    with System(settings.load(data=data)) as system:
        found = system.outbox_recipients.unconfirmed(tenant)
    table = Table("consumer", "erasure", "told")
    for consumer, erasure_id, told_at in found:
        table.add_row(consumer, str(erasure_id), told_at.isoformat(timespec="seconds"))
    Console().print(table)


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        raise InputError(f"There is no purpose `{text}`.", hint="Use one of: " + ", ".join(Purpose) + ".") from None
