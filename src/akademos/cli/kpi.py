"""`akademos kpi`: the product KPIs as published, through the same gate as the API; back-filling them; notes."""

from __future__ import annotations

import csv
import getpass
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, get_args

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings as settings_module
from akademos.catalogue.kpi_declaration import DIMENSIONS, Kpi
from akademos.catalogue.kpis import KPIS
from akademos.cli.learner import only_tenant
from akademos.errors import InputError, Unavailable
from akademos.serving.kpi_answers import (
    COLUMNS,
    Wanted,
    kpi_named,
    lines,
    newest_of,
    note,
    of_slice,
    row,
    summary,
    wanted,
)
from akademos.serving.principal import Principal
from akademos.serving.routes.kpis import NoteSent, note_of
from akademos.stores.ports.kpis import NoteKind, Snapshot
from akademos.system import System

app = typer.Typer(help="Product KPIs: values, targets, back-fill, notes.", no_args_is_help=True)

TenantId = Annotated[str | None, typer.Option("--tenant", help="May be left out when there is one tenant only.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]
From = Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")]
Slice = Annotated[str | None, typer.Option("--slice", help="persona=..., course=... or cohort=...; one of them.")]
Environment = Annotated[str | None, typer.Option(help="prod if not said.")]
_PARITY = {"beyond": "differs from staging"}
Name = Annotated[str, typer.Argument(help="Name of the KPI; `akademos kpi list` names them all.")]


@app.command(name="list")
def every(
    tenant: TenantId = None,
    sliced: Slice = None,
    since: From = None,
    until: To = None,
    environment: Environment = None,
    as_json: Annotated[bool, typer.Option("--json", help="As the API answers.")] = False,
    data: Data = None,
) -> None:
    """Every KPI with its newest weekly value, its target and how it moved in four weeks."""
    with System(settings_module.load(data=data)) as system:
        asked = _asked(system, tenant, since, until, environment, sliced)
        found = lines(system.services, _principal(system, tenant), "akademos kpi list", KPIS, asked)
    summaries = [summary(kpi, found, asked) for kpi in KPIS]
    if as_json:
        typer.echo(orjson.dumps(summaries).decode())
        return
    table = Table("KPI", "week", "value", "likely", "target", "4 weeks", "people", "note")
    for kpi, one in zip(KPIS, summaries, strict=True):
        newest, moved = one["newest"], one["moved"]
        last = newest_of(of_slice(found, asked, kpi))
        table.add_row(
            kpi.name,
            "" if newest is None else newest["week"],
            _value(kpi, last),
            "" if last is None or last.low is None else f"{_shown(kpi, last.low)} to {_shown(kpi, last.high)}",
            _shown(kpi, kpi.target),
            "" if moved is None else _change(kpi, moved["change"]),
            "" if last is None or last.people is None else f"{last.people:,}",
            "not made yet"
            if last is None
            else last.reason or ("differs from staging" if last.parity == "beyond" else ""),
        )
    Console().print(table)


@app.command()
def show(
    name: Name,
    tenant: TenantId = None,
    sliced: Slice = None,
    since: From = None,
    until: To = None,
    environment: Environment = None,
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
    data: Data = None,
) -> None:
    """One KPI by week, in one slice."""
    if form not in ("table", "csv", "json"):
        raise InputError(f"There is no format {form[:20]}.", hint="Take table, csv or json.")
    kpi = kpi_named(name)
    with System(settings_module.load(data=data)) as system:
        asked = _asked(system, tenant, since, until, environment, sliced)
        found = lines(system.services, _principal(system, tenant), f"akademos kpi show {kpi.name}", [kpi], asked)
    chosen = of_slice(found, asked, kpi)
    if form == "json":
        typer.echo(orjson.dumps([row(one) for one in chosen]).decode())
    elif form == "csv":
        writer = csv.DictWriter(sys.stdout, COLUMNS)
        writer.writeheader()
        writer.writerows(row(one) for one in chosen)
    else:
        typer.echo(
            f"{kpi.title}: {kpi.definition}. Target {_shown(kpi, kpi.target) or 'none'}, better {kpi.direction}."
        )
        table = Table("week", "period", "value", "likely", "people", "units", "staging", "consenting", "note")
        for one in chosen:
            table.add_row(
                one.week.isoformat(),
                one.period,
                _value(kpi, one),
                "" if one.low is None else f"{_shown(kpi, one.low)} to {_shown(kpi, one.high)}",
                "" if one.people is None else f"{one.people:,}",
                "" if one.units is None else f"{one.units:,}",
                _shown(kpi, one.baseline) + (" (beyond)" if one.parity == "beyond" else ""),
                "" if one.consenting is None else f"{one.consenting:.0%}",
                one.reason or "",
            )
        Console().print(table)


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="A day of the first week.")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="A day of the last week.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Make the snapshots of past weeks; again changes nothing, unless something came to light since."""
    with System(settings_module.load(data=data)) as system:
        run = system.jobs().kpis.backfill(tenant or only_tenant(system), first.date(), last.date())
    if run is None:
        raise Unavailable("Another process makes KPIs right now.", hint="Try again when it is done.")
    typer.echo(f"{run.rows_in:,} units read, {run.rows_out:,} lines changed.")


@app.command(name="note")
def add_note(
    kind: Annotated[str, typer.Argument(help="annotation, signal or review.")],
    body: Annotated[str, typer.Argument(help="What to note; about the product, not about people.")],
    about: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it is about; today.")] = None,
    kpi: Annotated[str | None, typer.Option(help="The KPI it is about.")] = None,
    owner: Annotated[str | None, typer.Option(help="Team that does what a review agreed on.")] = None,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="By when.")] = None,
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Note what happened, what customers say, or what a review agreed on."""
    if kind not in get_args(NoteKind):
        raise InputError(f"There is no kind {kind[:20]}.", hint=f"Take {', '.join(get_args(NoteKind))}.")
    with System(settings_module.load(data=data)) as system:
        services, principal = system.services, _principal(system, tenant)
        services.gate.of_institution(principal, "akademos kpi note", ())
        try:
            sent = NoteSent.model_validate(
                {
                    "kind": kind,
                    "kpi": kpi,
                    "about": services.today(principal.tenant_id) if about is None else about.date(),
                    "body": body,
                    "owner": owner,
                    "due_on": None if due is None else due.date(),
                }
            )
        except ValueError as unfit:
            raise InputError("The note is empty or too long.", hint="At most 2,000 characters.") from unfit
        kept = note_of(services, principal, sent)
        services.kpis.add_note(principal.tenant_id, kept)
    typer.echo(f"Noted as {kept.note_id}.")


@app.command()
def notes(tenant: TenantId = None, since: From = None, until: To = None, data: Data = None) -> None:
    """What was noted, newest first."""
    with System(settings_module.load(data=data)) as system:
        asked, principal = _asked(system, tenant, since, until, None, None), _principal(system, tenant)
        system.services.gate.of_institution(principal, "akademos kpi notes", ())
        found = system.services.kpis.notes(principal.tenant_id, since=asked.since, until=asked.until)
        zone = system.services.zone_of(principal.tenant_id, None)
    table = Table("about", "kind", "KPI", "note", "owner", "due", "done")
    for one in found:
        told = note(one, zone)
        table.add_row(*(told[name] or "" for name in ("about", "kind", "kpi", "body", "owner", "due_on", "done_at")))
    Console().print(table)


def _principal(system: System, tenant: str | None) -> Principal:
    """Whoever runs the command, as an administrator of the tenant: the access log names them by a keyed hash."""
    return Principal(tenant or only_tenant(system), "admin", getpass.getuser(), "command_line")


def _asked(
    system: System,
    tenant: str | None,
    since: datetime | None,
    until: datetime | None,
    environment: str | None,
    sliced: str | None,
) -> Wanted:
    dimension, _, member = (sliced or "").partition("=")
    if sliced is not None and (dimension not in DIMENSIONS or not member):
        raise InputError(f"--slice {sliced[:40]} names no slice.", hint="For example --slice persona=student.")
    days: list[date | None] = [None if one is None else one.date() for one in (since, until)]
    today = system.services.today(tenant or only_tenant(system))
    return wanted(today, days[0], days[1], environment, {dimension: member} if dimension else {})


def _value(kpi: Kpi, one: Snapshot | None) -> str:
    if one is None or one.value is None:
        return "" if one is None else one.status.replace("_", " ")
    words = {"least": "at least ", "most": "at most ", "exact": ""}[one.bound]
    return words + _shown(kpi, one.value)


def _shown(kpi: Kpi, value: float | None) -> str:
    if value is None:
        return ""
    if kpi.unit == "share":
        return f"{value:.1%}" if value < 0.05 else f"{value:.0%}"
    return f"{value:,.4g} {kpi.unit}"


def _change(kpi: Kpi, value: float) -> str:
    return f"{value:+.1%}" if kpi.unit == "share" else f"{value:+.4g}"
