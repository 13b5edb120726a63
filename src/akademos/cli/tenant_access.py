"""`akademos tenant role`, `set`, `show`, `sign-out`: who has which role in a tenant, and what it has set for itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.roles import GRANTABLE, Role
from akademos.catalogue.tenant_settings import TENANT_SETTINGS
from akademos.catalogue.validation import parse_timestamp
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.serving.principal import name_of
from akademos.system import System

role_app = typer.Typer(help="Roles of people in a tenant.", no_args_is_help=True)

TenantId = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant.")]
UserId = Annotated[str, typer.Argument(metavar="USER", help="The person's id in the host application.")]
RoleName = Annotated[str, typer.Argument(metavar="ROLE", help=", ".join(GRANTABLE))]
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


def _role(text: str) -> Role:
    chosen = next((role for role in GRANTABLE if role == text), None)
    if chosen is None:
        raise InputError(f"There is no role {text} to grant.", hint="Roles are " + ", ".join(GRANTABLE) + ".")
    return chosen


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    instant = parse_timestamp(text)
    if instant is None or instant <= datetime.now(UTC):
        raise InputError("--until is no instant to come.", hint="Write ISO 8601 with an offset: 2027-01-31T00:00:00Z.")
    return instant


def _people(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise InputError("group_floor is a number of people.", hint="Write a whole number.")
    return int(text)


@role_app.command()
def grant(
    tenant_id: TenantId,
    user_id: UserId,
    role: RoleName,
    until: Annotated[str | None, typer.Option(help="From when on it no longer stands, ISO 8601 with offset.")] = None,
    data: Data = None,
) -> None:
    """Give a person a role; it is audited."""
    name, chosen, end = name_of(user_id, "user_id", ""), _role(role), _instant(until)
    with System(settings.load(data=data)) as system:
        done = system.role_grants.grant(tenant_id, name, chosen, by=operator(), until=end)
    typer.echo(f"The role {chosen} is granted." if done else f"The role {chosen} was granted so already.")


@role_app.command()
def revoke(tenant_id: TenantId, user_id: UserId, role: RoleName, data: Data = None) -> None:
    """Take a role from a person, from the next request on, also where rosters or a claim would give it."""
    name, chosen = name_of(user_id, "user_id", ""), _role(role)
    with System(settings.load(data=data)) as system:
        done = system.role_grants.revoke(tenant_id, name, chosen, by=operator())
    typer.echo(f"The role {chosen} is revoked." if done else f"The role {chosen} was revoked already.")


@role_app.command(name="list")
def list_(tenant_id: TenantId, data: Data = None) -> None:
    """Roles that were granted or revoked, as they stand; rosters and mapped claims give roles besides."""
    with System(settings.load(data=data)) as system:
        require_tenant(system, tenant_id)
        grants = system.role_grants.all(tenant_id)
    table = Table("role", "user", "name", "stands", "until", "decided by", "decided at")
    now = datetime.now(UTC)
    for one in grants:
        over = one.valid_until is not None and one.valid_until <= now
        stands = "revoked" if not one.granted else "run out" if over else "yes"
        until = "" if one.valid_until is None else one.valid_until.isoformat(timespec="minutes")
        at = one.decided_at.isoformat(timespec="minutes")
        table.add_row(one.role, one.user_id or "", one.display_name or "", stands, until, one.decided_by, at)
    Console().print(table)


def put(
    tenant_id: TenantId,
    name: Annotated[str, typer.Argument(help="time_zone, group_floor, or one of those that `show` lists.")],
    value: Annotated[str, typer.Argument(help="The value; empty goes back to the default.")],
    data: Data = None,
) -> None:
    """Set something for a tenant; it is audited. Secrets are not set here: name the variable or file that holds one."""
    with System(settings.load(data=data)) as system:
        if name == "time_zone":
            done = system.tenant_settings.put_time_zone(tenant_id, value, by=operator())
        elif name == "group_floor":
            system.tenants.set_group_floor(tenant_id, _people(value), actor=operator())
            done = True
        else:
            done = system.tenant_settings.put(tenant_id, name, value, by=operator())
    typer.echo(f"{name} is set." if done else f"{name} was so already.")


def show(tenant_id: TenantId, data: Data = None) -> None:
    """What a tenant has set for itself, with what each is for."""
    with System(settings.load(data=data)) as system:
        tenant = next((one for one in system.tenants.all() if one.tenant_id == tenant_id), None)
        if tenant is None:
            raise _no_tenant(tenant_id)
        values, floor = system.tenant_settings.of(tenant_id), system.groups.floor(tenant_id)
    table = Table("setting", "value", "what it is for")
    table.add_row("time_zone", tenant.time_zone, "Time zone of learners who have none of their own.")
    table.add_row("group_floor", str(floor), "Smallest group that is compared, aggregated or published.")
    for one in TENANT_SETTINGS:
        table.add_row(one.name, values[one.name], one.description)
    Console().print(table)


def sign_out(tenant_id: TenantId, user_id: UserId, data: Data = None) -> None:
    """End every session of a person, in every process."""
    name = name_of(user_id, "user_id", "")
    with System(settings.load(data=data)) as system:
        require_tenant(system, tenant_id)
        ended = system.sessions.end_all(tenant_id, name, datetime.now(UTC))
    typer.echo(f"{ended} session{'' if ended == 1 else 's'} ended.")


def require_tenant(system: System, tenant_id: str) -> None:
    """Go on only if there is such a tenant.

    Raises:
        NotFound: there is none.
    """
    if tenant_id not in {tenant.tenant_id for tenant in system.tenants.all()}:
        raise _no_tenant(tenant_id)


def _no_tenant(tenant_id: str) -> NotFound:
    return NotFound(f"There is no tenant `{tenant_id}`.", hint="Create it with `akademos tenant create`.")
