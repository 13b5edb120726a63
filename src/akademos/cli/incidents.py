"""`akademos incidents`: what the platform's own alerts opened, who took it on, and how it ended."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, get_args

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.alert_rules import ALERT_RULES, prometheus_rules
from akademos.catalogue.audit_actions import AuditAction
from akademos.catalogue.runbooks import RUNBOOK_OF
from akademos.cli.erasures import Data, uuid_of
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.incidents import Incident, Resolution
from akademos.system import System, now

app = typer.Typer(help="Incidents that alerts opened: list, acknowledge, resolve; the rules.", no_args_is_help=True)

IncidentId = Annotated[str, typer.Argument(help="Id of the incident.")]
OfTenant = Annotated[
    str | None, typer.Option("--tenant", help="One tenant's, with those of the installation; all when left out.")
]
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
    table = Table("incident", "priority", "rule", "about", "tenant", "opened", "taken on", "resolved", "runbook")
    for one in found:
        table.add_row(
            str(one.incident_id), one.priority, one.rule, one.subject, one.tenant_id or "(installation)",
            f"{one.opened_at:%Y-%m-%d %H:%M}", "" if one.acknowledged_at is None else f"{one.acknowledged_at:%H:%M}",
            "" if one.resolved_at is None else f"{one.resolved_at:%m-%d %H:%M} {one.resolution}",
            RUNBOOK_OF[one.runbook].page,
        )  # fmt: skip
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
