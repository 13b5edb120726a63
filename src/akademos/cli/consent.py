"""`akademos consent`: a person's decisions, recorded by an operator on their behalf."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.declarations import Purpose
from akademos.cli.operator import operator
from akademos.errors import Conflict, InputError, NotFound
from akademos.serving.principal import name_of
from akademos.serving.routes.consent import erased
from akademos.stores.ports.consent import ConsentEntry, ConsentReceipt, Decision
from akademos.stores.ports.identity import Identifier
from akademos.system import System

app = typer.Typer(help="Consent: grant, withdraw, show.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(help="The person's id in the host application.")]
TenantId = Annotated[str, typer.Option("--tenant", help="The tenant.")]
Anonymous = Annotated[bool, typer.Option(help="The id is an anonymous_id.")]
Purposes = Annotated[list[str], typer.Option("--purpose", help="May be repeated: " + ", ".join(Purpose) + ".")]
TextVersion = Annotated[str, typer.Option(help="Version of the text that the person was shown.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def consent() -> None:
    """Consent: grant, withdraw, show."""


@app.command()
def grant(
    person: Person,
    tenant: TenantId,
    purpose: Purposes,
    text_version: TextVersion,
    anonymous: Anonymous = False,
    data: Data = None,
) -> None:
    """Record that a person consents; what waited in landing moves on."""
    receipt = _decide(person, tenant, purpose, "granted", text_version, anonymous=anonymous, data=data)
    typer.echo(f"Granted (consent version {receipt.version}); {receipt.released:,} held events released.")


@app.command()
def withdraw(
    person: Person,
    tenant: TenantId,
    purpose: Purposes,
    text_version: TextVersion,
    anonymous: Anonymous = False,
    data: Data = None,
) -> None:
    """Record that a person withdraws: every answer refuses from now on, and what nothing else covers is deleted."""
    receipt = _decide(person, tenant, purpose, "withdrawn", text_version, anonymous=anonymous, data=data)
    typer.echo(
        f"Withdrawn (consent version {receipt.version}); {receipt.deleted:,} waiting events deleted, "
        "the worker deletes what is in the event log."
    )


@app.command()
def show(
    person: Person,
    tenant: TenantId,
    anonymous: Anonymous = False,
    data: Data = None,
) -> None:
    """A person's decisions, and what holds."""
    who = _identifier(person, anonymous=anonymous)
    with System(settings.load(data=data)) as system:
        known = system.vault.find(tenant, [who]).get(who)
        if known is None:
            raise NotFound("Nobody is known by that id.", hint="Check the id and the tenant.")
        state = system.consent.state(tenant, known.learner_key)
        history = system.consent.history(tenant, known.learner_key)
    console = Console()
    console.print(_table("holds now", state))
    console.print(_table("history", history))


def _decide(
    person: str,
    tenant: str,
    purposes: Iterable[str],
    decision: Decision,
    text_version: str,
    *,
    anonymous: bool,
    data: Path | None,
) -> ConsentReceipt:
    who = _identifier(person, anonymous=anonymous)
    chosen = [_purpose(one) for one in dict.fromkeys(purposes)]
    with System(settings.load(data=data)) as system:
        if tenant not in {known.tenant_id for known in system.tenants.all()}:
            raise NotFound(f"There is no tenant `{tenant}`.", hint="Create it with `akademos tenant create`.")
        known = system.vault.ensure(tenant, [who], readmit=decision == "granted").get(who)
        if known is None:
            raise erased()
        if known.kind != "learner":
            raise Conflict("Staff are no consent subjects.", hint="Record decisions of learners only.")
        return system.consent.decide(
            tenant,
            known.learner_key,
            chosen,
            decision,
            text_version=name_of(text_version, "text version", ""),
            recorded_by=operator(),
        )


def _identifier(person: str, *, anonymous: bool) -> Identifier:
    return Identifier("anonymous" if anonymous else "user", name_of(person, "id", ""))


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        raise InputError(f"There is no purpose {text}.", hint="Purposes are " + ", ".join(Purpose) + ".") from None


def _table(title: str, entries: Iterable[ConsentEntry]) -> Table:
    table = Table("purpose", "decision", "since", "version", "basis", "text", title=title, title_justify="left")
    for entry in entries:
        since = entry.recorded_at.isoformat(timespec="seconds")
        table.add_row(entry.purpose.value, entry.decision, since, str(entry.version), entry.basis, entry.text_version)
    return table
