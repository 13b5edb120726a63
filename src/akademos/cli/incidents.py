"""`akademos incidents`: what the platform's own alerts opened, who took it on, and how it ended."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import orjson
import typer
from rich.console import Console
from rich.table import Column, Table

from akademos import settings
from akademos.catalogue.alert_rules import ALERT_RULES, prometheus_rules
from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.runbooks import RUNBOOK_OF
from akademos.cli.erasures import Data, uuid_of
from akademos.cli.operator import operator
from akademos.errors import Conflict, InputError, NotFound, Unavailable
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.incidents import Incident, Resolution
from akademos.system import System, now
from akademos.telemetry import configure_logging

if TYPE_CHECKING:
    from akademos.jobs.alerting import AlertingJob

app = typer.Typer(help="Incidents that alerts opened: list, acknowledge, resolve; the rules.", no_args_is_help=True)

IncidentId = Annotated[str, typer.Argument(help="Id of the incident.")]
OfTenant = Annotated[
    str | None, typer.Option("--tenant", help="One tenant's, with those of the installation; all when left out.")
]
REHEARSAL = "rehearsal"
"""Job and code of a failure on purpose."""

TRIES = 30
BY_HAND: tuple[Resolution, ...] = tuple(one for one in get_args(Resolution) if one != "recovered")


@app.callback()
def incidents() -> None:
    """Incidents that alerts opened: list, acknowledge, resolve; the rules."""


@app.command(name="list")
def list_(
    everything: Annotated[bool, typer.Option("--all", help="Resolved ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON.")] = False,
    tenant: OfTenant = None,
    data: Data = None,
) -> None:
    """Open incidents, newest first, with what to do."""
    with System(settings.load(data=data)) as system:
        known_tenant(system, tenant)
        found = system.incidents.incidents(tenant, open_only=not everything, limit=limit)
    if as_json:
        typer.echo(orjson.dumps({"incidents": [as_mapping(one) for one in found]}).decode())
        return
    table = Table(Column("incident", no_wrap=True), "", "rule and what it is about", "opened (UTC)", "state")
    for one in found:
        about = f"{one.rule} {one.subject}".strip() + (f" of {one.tenant_id}" if one.tenant_id else "")
        state = "open"
        if one.resolved_at is not None:
            state = f"{one.resolution} {one.resolved_at:%Y-%m-%d %H:%M}"
        elif one.acknowledged_at is not None:
            state = f"taken on {one.acknowledged_at:%H:%M}"
        what = about if one.resolved_at else f"{about}\n{RUNBOOK_OF[one.runbook].page}"
        table.add_row(str(one.incident_id), one.priority, what, f"{one.opened_at:%Y-%m-%d %H:%M}", state)
    console = Console()
    console.print(table if found else "Nothing is open.")


@app.command()
def acknowledge(incident_id: IncidentId, data: Data = None) -> None:
    """Take an incident on: others see that somebody is at it."""
    with System(settings.load(data=data)) as system:
        by = AuditEntry(operator(), AuditAction.INCIDENT_ACKNOWLEDGED)
        done = system.incidents.acknowledge(None, uuid_of(incident_id), by=by, now=now())
    typer.echo(f"{done.rule} is taken on. What to do: {RUNBOOK_OF[done.runbook].page}")


@app.command()
def resolve(
    incident_id: IncidentId,
    resolution: Annotated[
        str, typer.Option("--as", help="mended, false_alarm or accepted.", metavar="RESOLUTION")
    ] = "mended",
    data: Data = None,
) -> None:
    """End an incident. One that is mended opens again if its condition holds on; the others stay quiet until it has
    gone."""
    chosen = next((one for one in BY_HAND if one == resolution), None)
    if chosen is None:
        raise InputError(f"There is no resolution `{resolution}`.", hint="Use " + ", ".join(BY_HAND) + ".")
    with System(settings.load(data=data)) as system:
        by = AuditEntry(operator(), AuditAction.INCIDENT_RESOLVED)
        done = system.incidents.resolve(None, uuid_of(incident_id), chosen, by=by, now=now())
    typer.echo(f"{done.rule} is resolved as {done.resolution}.")


@app.command()
def rehearse(data: Data = None) -> None:
    """Rehearse an incident from end to end: a job that fails on purpose, the alert, taking it on, mending it.

    Everything is as in earnest but the failure, so that you know that failures are noticed and written down.
    """
    from akademos.watching import alerting_job

    configure_logging("error")
    with System(settings.load(data=data)) as system:
        alerting, by = alerting_job(system), operator()
        with suppress(Conflict), system.job_runs.running(REHEARSAL) as run:
            if run is None:
                raise Unavailable("Somebody else is rehearsing.", hint="Try again when they have ended.")
            raise Conflict("Failed on purpose.", hint="Nothing to mend.", code=REHEARSAL)
        _written(alerting)
        mine = [one for one in system.incidents.incidents(None, open_only=True) if one.subject == REHEARSAL]
        if not mine:
            with system.job_runs.running(REHEARSAL):
                pass  # else it fires when the window is over
            raise Conflict(
                "No incident opened.",
                hint="`akademos maintenance list` shows which window is open.",
                code="silenced",
            )
        opened = mine[0]
        typer.echo(f"{opened.rule} opened {opened.incident_id} after {opened.opened_at - opened.began_at}.")
        entry = AuditEntry(by, AuditAction.INCIDENT_ACKNOWLEDGED)
        system.incidents.acknowledge(None, opened.incident_id, by=entry, now=now())
        with system.job_runs.running(REHEARSAL):
            typer.echo("Taken on; the job runs again, and does not fail this time.")
        entry = AuditEntry(by, AuditAction.INCIDENT_RESOLVED)
        done = system.incidents.resolve(None, opened.incident_id, "mended", by=entry, now=now())
        _written(alerting)
        typer.echo(f"Resolved as {done.resolution}; the alert has cleared.")


def _written(alerting: AlertingJob) -> None:
    """Have a look written down, after that of a worker that is just at it."""
    for _ in range(TRIES):
        if alerting.run() is not None:
            return
        time.sleep(1)
    raise Unavailable("A worker is looking at the platform all the time.", hint="Try again.")


@app.command()
def rules(
    to: Annotated[Path | None, typer.Option(help="Write the rules for Prometheus (YAML) to this file.")] = None,
) -> None:
    """What the platform is watched for."""
    if to is not None:
        try:
            to.write_text(prometheus_rules(), encoding="utf-8")
        except OSError as failed:
            raise InputError(f"{to} cannot be written: {failed.strerror}.", hint="Name another file.") from failed
        typer.echo(f"{len(ALERT_RULES)} rules in {to}.")
        return
    table = Table("rule", "priority", "condition", "for", "team", "runbook")
    for one in ALERT_RULES:
        held = f"{one.holds_for.total_seconds() / 60:g} min" if one.holds_for else ""
        table.add_row(one.name, one.priority, f"{one.figure} > {one.above:g}", held, one.team, one.runbook)
    Console().print(table)


def known_tenant(system: System, tenant: str | None) -> None:
    """Refuse a tenant that there is not.

    Raises:
        NotFound: there is none of that name.
    """
    if tenant is not None and tenant not in {one.tenant_id for one in system.tenants.all()}:
        raise NotFound(f"There is no tenant `{tenant}`.", hint="`akademos tenant list` shows them.")


def as_mapping(one: Incident) -> dict[str, object]:
    """An incident for a program."""
    return {
        "incident_id": str(one.incident_id),
        "tenant": one.tenant_id,
        "rule": one.rule,
        "subject": one.subject,
        "priority": one.priority,
        "severity": one.severity,
        "team": one.team,
        "runbook": RUNBOOK_OF[one.runbook].page,
        "began_at": one.began_at,
        "opened_at": one.opened_at,
        "acknowledged_at": one.acknowledged_at,
        "acknowledged_by": one.acknowledged_by,
        "resolved_at": one.resolved_at,
        "resolved_by": one.resolved_by,
        "resolution": one.resolution,
    }
