"""`akademos consent`: a person's decisions, recorded by an operator on their behalf; texts, age, records in and out."""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Annotated

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.declarations import Purpose
from akademos.cli.operator import operator
from akademos.errors import Conflict, InputError, NotFound
from akademos.intake.consent_records import FIELDS, read_records
from akademos.intake.consent_text_files import read_texts
from akademos.privacy.standing import DECISIONS, Decision
from akademos.serving.principal import name_of
from akademos.serving.routes.consent import erased
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.consent import NO_PROOF, ConsentEntry, ConsentReceipt, ConsentStanding, Proof
from akademos.stores.ports.identity import Identifier
from akademos.system import System

app = typer.Typer(help="Consent: decide, show, texts, import and export.", no_args_is_help=True)

Person = Annotated[str, typer.Argument(help="The person's id in the host application.")]
TenantId = Annotated[str, typer.Option("--tenant", help="The tenant.")]
Anonymous = Annotated[bool, typer.Option(help="The id is an anonymous_id.")]
Purposes = Annotated[list[str], typer.Option("--purpose", help="May be repeated: " + ", ".join(Purpose) + ".")]
TextVersion = Annotated[str, typer.Option(help="Version of the text that the person was shown.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


SHOWN = 20


@app.callback()
def consent() -> None:
    """Consent: decide, show, texts, import and export."""


@app.command()
def grant(
    person: Person,
    tenant: TenantId,
    purpose: Purposes,
    text_version: TextVersion,
    anonymous: Anonymous = False,
    evidence: Annotated[str | None, typer.Option(help="Where the proof is kept.")] = None,
    guardian_evidence: Annotated[str | None, typer.Option(help="Proof that a guardian agrees.")] = None,
    born_on: Annotated[str | None, typer.Option(help="Date of birth (ISO 8601), kept sealed.")] = None,
    data: Data = None,
) -> None:
    """Record that a person consents; what waited in landing moves on."""
    proof = Proof(None, _said(evidence, "evidence"), _said(guardian_evidence, "guardian evidence"))
    born = None if born_on is None else _date(born_on)
    receipt = _decide(
        person, tenant, purpose, "granted", text_version, anonymous=anonymous, data=data, proof=proof, born_on=born
    )
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
def decide(
    person: Person,
    tenant: TenantId,
    purpose: Purposes,
    decision: Annotated[str, typer.Argument(help=", ".join(sorted(set(DECISIONS) - {"granted", "withdrawn"})) + ".")],
    anonymous: Anonymous = False,
    data: Data = None,
) -> None:
    """Record a pause, a restriction or an objection, or that one is taken back: nothing is deleted."""
    chosen = next((known for known in DECISIONS if known == decision), None)
    if chosen is None or chosen in ("granted", "withdrawn"):
        raise InputError(f"There is no decision {decision} here.", hint="`akademos consent decide --help` lists them.")
    receipt = _decide(person, tenant, purpose, chosen, None, anonymous=anonymous, data=data)
    typer.echo(f"Recorded: {chosen} (consent version {receipt.version}); {receipt.released:,} held events released.")


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
    console.print(_table("holds now", map(_now, state)))
    console.print(_table("history", map(_then, history)))


def _decide(
    person: str,
    tenant: str,
    purposes: Iterable[str],
    decision: Decision,
    text_version: str | None,
    *,
    anonymous: bool,
    data: Path | None,
    proof: Proof = NO_PROOF,
    born_on: date | None = None,
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
        if born_on is not None:
            system.consent_terms.note_birth(tenant, known.learner_key, born_on)
        return system.consent.decide(
            tenant,
            known.learner_key,
            chosen,
            decision,
            text_version=None if text_version is None else name_of(text_version, "text version", ""),
            recorded_by=operator(),
            proof=proof,
        )


def _identifier(person: str, *, anonymous: bool) -> Identifier:
    return Identifier("anonymous" if anonymous else "user", name_of(person, "id", ""))


def _purpose(text: str) -> Purpose:
    try:
        return Purpose(text)
    except ValueError:
        raise InputError(f"There is no purpose {text}.", hint="Purposes are " + ", ".join(Purpose) + ".") from None


@app.command()
def texts(
    tenant: TenantId,
    add: Annotated[Path | None, typer.Option(help="Declare the texts of a TOML file; see docs/consent.md.")] = None,
    data: Data = None,
) -> None:
    """What people are asked: the tenant's texts, or the built-in ones; with --add, new ones."""
    with System(settings.load(data=data)) as system:
        if add is not None:
            for text in read_texts(add, system.services.clock()):
                added = system.consent_terms.declare(tenant, text, declared_by=operator())
                said = "Declared" if added else "Already there"
                typer.echo(f"{said}: {text.purpose.value}, {text.version}, {text.language}.")
            return
        known = system.consent_terms.texts(tenant)
    table = Table("purpose", "version", "language", "shown from", "text")
    for text in known:
        since = text.shown_from.isoformat(timespec="minutes")
        table.add_row(text.purpose.value, text.version, text.language, since, text.body)
    Console().print(table)


@app.command()
def age(
    tenant: TenantId,
    years: Annotated[int | None, typer.Option(help="From which age people decide alone.")] = None,
    data: Data = None,
) -> None:
    """From which age people of the tenant decide alone; with --years, set it."""
    with System(settings.load(data=data)) as system:
        if years is not None:
            system.consent_terms.set_age_limit(tenant, years, set_by=operator())
        typer.echo(f"People of {tenant} decide alone from {system.consent_terms.age_limit(tenant)} years on.")


@app.command("import")
def import_records(
    file: Annotated[Path, typer.Argument(help="CSV or JSON lines of consent records.")],
    tenant: TenantId,
    data: Data = None,
) -> None:
    """Take consent records with their evidence into the ledger; a verdict for every row, and again adds nothing."""
    with System(settings.load(data=data)) as system:
        outcome = system.consent_records.take(tenant, read_records(file), recorded_by=operator())
    verdicts = ("recorded", "duplicate", "superseded", "rejected")
    typer.echo(", ".join(f"{outcome.verdicts[verdict]:,} {verdict}" for verdict in verdicts))
    for row, code, hint in outcome.rejected[:SHOWN]:
        typer.echo(f"  row {row}: {code}: {hint}")
    if len(outcome.rejected) > SHOWN:
        typer.echo(f"  and {len(outcome.rejected) - SHOWN:,} more")
    if outcome.rejected:
        raise typer.Exit(1)


@app.command()
def export(
    tenant: TenantId,
    form: Annotated[str, typer.Option("--format", help="jsonl or csv.")] = "jsonl",
    data: Data = None,
) -> None:
    """Print every decision of the tenant's people as consent records; the export is audited."""
    if form not in ("jsonl", "csv"):
        raise InputError(f"There is no format {form}.", hint="Formats are jsonl and csv.")
    with System(settings.load(data=data)) as system:
        entry = AuditEntry(operator(), AuditAction.DATA_EXPORTED, None, {"what": "consent records"})
        system.audit.record(tenant, entry)
        rows = csv.DictWriter(sys.stdout, FIELDS) if form == "csv" else None
        if rows is not None:
            rows.writeheader()
        for record in system.consent_records.give(tenant):
            if rows is not None:
                rows.writerow(record)
            else:
                typer.echo(orjson.dumps(record).decode())


def _said(text: str | None, what: str) -> str | None:
    return None if text is None else name_of(text, what, "")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(f"{text} is no date.", hint="Write it as in 2011-04-30.") from None


def _now(one: ConsentStanding) -> tuple[str, ...]:
    since = one.changed_at.isoformat(timespec="seconds")
    return one.purpose.value, one.word, since, str(one.version), one.basis, one.text_version


def _then(one: ConsentEntry) -> tuple[str, ...]:
    since = (one.proof.decided_at or one.recorded_at).isoformat(timespec="seconds")
    return one.purpose.value, one.decision, since, str(one.version), one.basis, one.text_version


def _table(title: str, rows: Iterable[tuple[str, ...]]) -> Table:
    table = Table("purpose", "decision", "since", "version", "basis", "text", title=title, title_justify="left")
    for row in rows:
        table.add_row(*row)
    return table
