"""`akademos interventions`: note what was done to help, and see whether it did; through the same gate as the API."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings as settings_module
from akademos.catalogue.records.declaration import Verb
from akademos.catalogue.records.support import INTERVENTIONS
from akademos.catalogue.records.values import checked, written_by, written_on_create
from akademos.cli.learner import only_tenant, role_of
from akademos.serving import services as at
from akademos.serving.principal import Principal, name_of
from akademos.serving.record_gate import asking
from akademos.stores.ports.record_store import ListQuery
from akademos.system import System

app = typer.Typer(help="Help that was given to learners, and whether it helped.", no_args_is_help=True)

As = Annotated[str, typer.Option("--as", help="user_id of the advisor.")]
Reason = Annotated[str, typer.Option(help="Why; kept in the access log, which the learner may see.")]
Tenant = Annotated[str | None, typer.Option(help="The tenant; may be left out when there is one only.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def interventions() -> None:
    """Help that was given to learners."""


@app.command()
def note(
    learner: Annotated[str, typer.Argument(metavar="ID", help="The learner's user_id.")],
    who: As,
    kind: Annotated[str, typer.Option(help="conversation, tutoring, extension, study_plan, referral, ...")],
    reason: Reason,
    course: Annotated[str | None, typer.Option(help="The course that it is about.")] = None,
    starts_on: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    trial: Annotated[str | None, typer.Option(help="Name of the comparison that it is part of.")] = None,
    arm: Annotated[str | None, typer.Option(help="treated or comparison, by lot; needs --trial, --from.")] = None,
    alert: Annotated[str | None, typer.Option(help="The alert that it answers.")] = None,
    tenant: Tenant = None,
    data: Data = None,
) -> None:
    """Note help for a learner. What begins today or began before is under way; the rest is planned."""
    given: dict[str, object | None] = {
        "user_id": name_of(learner, "learner", ""),
        "kind": kind,
        "staff_id": who,
        "course_id": course,
        "alert_id": alert,
        "starts_on": None if starts_on is None else starts_on.date().isoformat(),
        "trial": trial,
        "arm": arm or "treated",
        "assignment": "randomised" if arm else "chosen",
    }
    sent = {name: value for name, value in given.items() if value is not None}
    with System(settings_module.load(data=data)) as system:
        services, principal = system.services, _principal(system, who, tenant)
        needed = [one.name for one in INTERVENTIONS.fields if one.required and one.set_by == "client"]
        values = checked(sent, written_on_create(INTERVENTIONS), needed=needed, generated="intervention_id")
        with asking(services, principal, INTERVENTIONS, "create", _what("note"), reason=reason) as asker:
            row, _ = services.records.create(asker, INTERVENTIONS, values)
        key = str(row.key[0])
        today = services.today(principal.tenant_id)
        begun = starts_on is not None and starts_on.date() <= today and arm != "comparison"
        if begun:
            _act(system, principal, key, "start", {}, reason)
    typer.echo(f"{key} ({'under way' if begun else 'planned'})")


@app.command()
def act(
    intervention: Annotated[str, typer.Argument(help="Its id, as `note` printed it.")],
    action: Annotated[str, typer.Argument(help="start, complete or cancel.")],
    who: As,
    reason: Reason,
    outcome: Annotated[str | None, typer.Option(help="helped, partly, no_change or unknown; with complete.")] = None,
    remark: Annotated[str | None, typer.Option("--note", help="What came of it, in words.")] = None,
    tenant: Tenant = None,
    data: Data = None,
) -> None:
    """Begin it, end it with what came of it, or call it off."""
    given = {"outcome": outcome, "outcome_note": remark}
    with System(settings_module.load(data=data)) as system:
        principal = _principal(system, who, tenant)
        _act(system, principal, intervention, action, {k: v for k, v in given.items() if v is not None}, reason)
    typer.echo(f"{intervention}: {action} noted.")


@app.command("list")
def show(who: As, reason: Reason, tenant: Tenant = None, data: Data = None) -> None:
    """Help for the advisor's own learners who consent."""
    table = Table("id", "learner", "kind", "from", "status", "trial", "arm", "outcome")
    with System(settings_module.load(data=data)) as system:
        services, principal = system.services, _principal(system, who, tenant)
        with asking(services, principal, INTERVENTIONS, "read", _what("list"), reason=reason) as asker:
            page = services.records.find(asker, INTERVENTIONS, ListQuery(limit=1_000))
    for row in page.rows:
        names = ("intervention_id", "user_id", "kind", "starts_on", "status", "trial", "arm", "outcome")
        table.add_row(*("" if row.values[name] is None else str(row.values[name]) for name in names))
    Console().print(table)


@app.command()
def effects(who: As, tenant: Tenant = None, data: Data = None) -> None:
    """What help brought about, as published last night: points of the chance that a course is not completed."""
    table = Table("kind", "trial", "design", "points", "likely", "helped", "compared with")
    with System(settings_module.load(data=data)) as system:
        services, principal = system.services, _principal(system, who, tenant, wanted=None)
        found = services.gate.effects(principal, _what("effects"), services.purposes_of(at.INTERVENTION_EFFECTS))
    for one in found.effects:
        likely = f"{100 * one.low:+.0f} to {100 * one.high:+.0f}"
        counts = (str(one.treated), str(one.comparison))
        table.add_row(one.kind, one.trial or "-", one.design, f"{100 * one.effect:+.0f}", likely, *counts)
    Console().print(table)
    if not found.effects:
        typer.echo(f"Nothing can be attributed yet: that takes {found.floor} learners helped, and as many to compare.")


def _principal(system: System, who: str, tenant: str | None, wanted: str | None = "advisor") -> Principal:
    chosen = tenant or only_tenant(system)
    name = name_of(who, "user_id after --as", "")
    return Principal(chosen, role_of(system, chosen, name, wanted), name, "command_line")


def _act(system: System, principal: Principal, key: str, action: str, sent: dict[str, str], reason: str) -> None:
    verb: Verb = "act"
    services = system.services
    with asking(services, principal, INTERVENTIONS, verb, _what(action), action=action, reason=reason) as asker:
        values = checked(dict(sent), written_by(INTERVENTIONS, action))
        services.records.change(asker, INTERVENTIONS, (key,), values, action=action, expected_version=None)


def _what(act: str) -> str:
    return f"akademos interventions {act}"
