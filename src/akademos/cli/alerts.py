"""`akademos alerts`: who is told of students in focus, how, and what could not be delivered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings as settings_module
from akademos.cli.learner import only_tenant, role_of
from akademos.serving.principal import Principal, name_of
from akademos.serving.routes.alerts import advisor_key, keep_settings
from akademos.stores.ports.alerts import AlertSettings
from akademos.system import System

app = typer.Typer(help="Alerts about students in focus: who is told, and how.", no_args_is_help=True)

Advisor = Annotated[str, typer.Argument(metavar="ID", help="user_id of the advisor.")]
Tenant = Annotated[str | None, typer.Option(help="The tenant; may be left out when there is one only.")]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def alerts() -> None:
    """Alerts about students in focus."""


@app.command()
def tell(
    advisor: Advisor,
    address: Annotated[str, typer.Option(help="Mail address, of a domain in AKADEMOS_MAIL_DOMAINS.")],
    time_zone: Annotated[str, typer.Option(help="Time zone of the quiet hours, as Europe/Berlin.")] = "UTC",
    quiet: Annotated[str, typer.Option(help="Quiet hours as 20:00-07:00; empty: none.")] = "",
    language: Annotated[str, typer.Option(help="en or de.")] = "en",
    tenant: Tenant = None,
    data: Data = None,
) -> None:
    """Tell an advisor of alerts by mail."""
    start, _, end = quiet.partition("-")
    wanted = AlertSettings(True, address, time_zone, start or None, end or None, "de" if language == "de" else "en")
    with System(settings_module.load(data=data)) as system:
        keep_settings(system.services, _advisor(system, advisor, tenant), wanted)
    typer.echo("From now on new alerts are told by mail.")


@app.command()
def hush(advisor: Advisor, tenant: Tenant = None, data: Data = None) -> None:
    """Tell an advisor nothing by mail any more; what waits is not sent."""
    with System(settings_module.load(data=data)) as system:
        principal, services = _advisor(system, advisor, tenant), system.services
        found = services.alerts.settings(principal.tenant_id, advisor_key(services, principal))
        kept = found or AlertSettings(False, None, "UTC")
        wanted = AlertSettings(False, None, kept.time_zone, kept.quiet_from, kept.quiet_until, kept.language)
        keep_settings(services, principal, wanted)
    typer.echo("Nothing is told by mail any more; alerts stand on the page.")


@app.command()
def send(data: Data = None) -> None:
    """Send what is due now, as the worker does by itself, and say how it stands."""
    from akademos.adapters import now
    from akademos.outreach import outreach

    counts: dict[str, int] = {}
    with System(settings_module.load(data=data)) as system:
        mail = outreach(system).mail
        while (result := mail.once()) is not None:
            counts[result] = counts.get(result, 0) + 1
        standing = system.alert_notices.standing(now())
    table = Table("messages", "count")
    for name in ("sent", "postponed", "failed", "dead"):
        table.add_row(name, str(counts.get(name, 0)))
    Console().print(table)
    waiting = "" if standing.overdue_since is None else f"; the oldest is due since {standing.overdue_since:%F %T}"
    typer.echo(f"{standing.dead} alerts could not be told by mail{waiting}.")


def _advisor(system: System, user_id: str, tenant: str | None) -> Principal:
    chosen = tenant or only_tenant(system)
    name = name_of(user_id, "user_id of the advisor", "")
    return Principal(chosen, role_of(system, chosen, name, "advisor"), name, "command_line")
