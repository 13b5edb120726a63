"""`akademos maintenance`: windows in which alerts open no incidents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, get_args
from uuid import uuid4

import typer
from rich.console import Console
from rich.table import Column, Table

from akademos import settings
from akademos.catalogue.alert_rules import RULE_NAMED
from akademos.catalogue.audit_actions import AuditAction
from akademos.cli.erasures import Data, uuid_of
from akademos.cli.incidents import OfTenant, known_tenant
from akademos.cli.operator import operator
from akademos.errors import InputError
from akademos.stores.ports.audit import AuditEntry
from akademos.stores.ports.incidents import Window, WindowKind
from akademos.system import System, now

app = typer.Typer(help="Maintenance windows, which keep alerts quiet.", no_args_is_help=True)

LONGEST = timedelta(days=7)
SHOWN = timedelta(days=90)
_LENGTH = re.compile(r"(\d{1,4})\s*(min|h|d)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
KINDS: tuple[WindowKind, ...] = get_args(WindowKind)


@app.callback()
def maintenance() -> None:
    """Maintenance windows, which keep alerts quiet."""


@app.command()
def add(
    length: Annotated[str, typer.Option(help="How long: 30min, 2h or 1d; a week at the most.")],
    start: Annotated[str, typer.Option(help="From when on (ISO 8601 with offset); now when left out.")] = "",
    kind: Annotated[str, typer.Option(help="upgrade, restore, migration, import, test or other.")] = "other",
    rule: Annotated[list[str] | None, typer.Option(help="Alert rule to keep quiet; may be repeated; else all.")] = None,
    tenant: OfTenant = None,
    data: Data = None,
) -> None:
    """Declare a window: its alerts are written down, but open no incidents while it lasts."""
    window = window_of(tenant, kind_of(kind), rule or (), _instant(start) if start else now(), length_of(length))
    begins, ends = window.starts_at, window.ends_at
    if ends <= now():
        raise InputError("The window is over already.", hint="Give a later --start, or a longer --length.")
    by = AuditEntry(operator(), AuditAction.MAINTENANCE_DECLARED)
    with System(settings.load(data=data)) as system:
        known_tenant(system, tenant)
        system.incidents.declare(window, by=by)
    typer.echo(f"{window.window_id}: quiet from {begins:%Y-%m-%d %H:%M %Z} to {ends:%Y-%m-%d %H:%M %Z}.")


@app.command(name="list")
def list_(tenant: OfTenant = None, data: Data = None) -> None:
    """Windows of the last three months and those to come."""
    table = Table(Column("window", no_wrap=True), "kind", "keeps quiet", "from (UTC)", "to (UTC)", "")
    with System(settings.load(data=data)) as system:
        known_tenant(system, tenant)
        for one in system.incidents.all_windows(tenant, since=now() - SHOWN):
            open_now = one.cancelled_at is None and one.starts_at <= now() < one.ends_at
            whose = f" of {one.tenant_id}" if one.tenant_id else ""
            table.add_row(
                str(one.window_id), one.kind, (", ".join(one.rules) or "all rules") + whose,
                f"{one.starts_at.astimezone(UTC):%Y-%m-%d %H:%M}", f"{one.ends_at.astimezone(UTC):%Y-%m-%d %H:%M}",
                "called off" if one.cancelled_at else "open" if open_now else "",
            )  # fmt: skip
    Console().print(table)


@app.command()
def cancel(window_id: Annotated[str, typer.Argument(help="Id of the window.")], data: Data = None) -> None:
    """Call a window off, from now on."""
    by = AuditEntry(operator(), AuditAction.MAINTENANCE_CANCELLED)
    with System(settings.load(data=data)) as system:
        done = system.incidents.cancel(uuid_of(window_id), by=by, now=now())
    typer.echo(f"{done.window_id} is called off.")


def kind_of(text: str) -> WindowKind:
    """What a window is for.

    Raises:
        InputError: there is no such kind.
    """
    chosen = next((one for one in KINDS if one == text), None)
    if chosen is None:
        raise InputError(f"There is no kind `{text}`.", hint="Use " + ", ".join(KINDS) + ".")
    return chosen


def window_of(
    tenant: str | None, kind: WindowKind, rules: Sequence[str], begins: datetime, length: timedelta
) -> Window:
    """A window as the operator declares it.

    Raises:
        InputError: an alert rule is unknown.
    """
    unknown = [one for one in rules if one not in RULE_NAMED]
    if unknown:
        raise InputError(f"There is no alert rule `{unknown[0]}`.", hint="`akademos incidents rules` lists them.")
    return Window(uuid4(), tenant, kind, tuple(sorted(set(rules))), begins, begins + length, operator())


def length_of(text: str) -> timedelta:
    """`30min`, `2h` or `1d`.

    Raises:
        InputError: not of that form, none, or longer than a week.
    """
    match = _LENGTH.fullmatch(text.strip().lower())
    length = timedelta(0) if match is None else int(match[1]) * _UNITS[match[2]]
    if not timedelta(0) < length <= LONGEST:
        raise InputError(f"`{text}` is no length of a window.", hint="Use 30min, 2h or 1d; a week at the most.")
    return length


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise InputError(f"`{text}` is no instant.", hint="Use ISO 8601 with an offset: 2026-03-01T22:00+01:00.")
    return found.astimezone(UTC)
