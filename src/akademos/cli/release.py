"""`akademos release`: research releases. Made, listed, shown, withdrawn; pseudonymous rows are read only here."""

from __future__ import annotations

import csv
import getpass
import sys
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.policies import LIMITS
from akademos.catalogue.research_columns import KNOWN, SENSITIVE
from akademos.cli.erasures import Data, TenantId, uuid_of
from akademos.cli.learner import only_tenant
from akademos.cli.operator import operator
from akademos.errors import InputError, NotFound
from akademos.privacy.research_release import Row
from akademos.serving.principal import Principal, name_of
from akademos.stores.ports.releases import Release, ReleaseKind
from akademos.system import System

app = typer.Typer(help="Research releases: make, list, show, rows, withdraw.", no_args_is_help=True)

ReleaseId = Annotated[str, typer.Argument(metavar="ID", help="Id or name of the release.")]
WIDE = 160
KINDS: dict[str, ReleaseKind] = {"anonymous": "anonymous", "pseudonymous": "pseudonymous"}


@app.callback()
def release_() -> None:
    """Research releases: make, list, show, rows, withdraw."""


@app.command()
def make(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What people will call it.")],
    kind: Annotated[str, typer.Option(help="anonymous, or pseudonymous: stays here, rows go with consent.")],
    course: Annotated[list[str], typer.Option(help="A course; may be repeated.")],
    k: Annotated[int | None, typer.Option("--k", help="Learners that share a row; left out: the group floor.")] = None,
    diversity: Annotated[
        int, typer.Option("--l", help="Values of each sensitive column in a class.")
    ] = LIMITS.release_diversity,
    tenant: TenantId = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    data: Data = None,
) -> None:
    """Make a release of courses, from learners who consent to research, and print what its tests found."""
    if kind not in KINDS:
        raise InputError(f"There is no kind {kind!r} of release.", hint="Name anonymous or pseudonymous.")
    with System(settings.load(data=data)) as system:
        made = system.research_releases.make(
            tenant or only_tenant(system),
            name_of(name, "name", ""),
            KINDS[kind],
            [name_of(one, "course", "") for one in course],
            actor=operator(),
            k=k,
            diversity=diversity,
        )
        folder = system.release_files.path(made.release_id)
    if as_json:
        typer.echo(orjson.dumps(_said(made)).decode())
        return
    _print(_console(), made)
    if kind == "anonymous":
        typer.echo(f"Files: {folder}")


@app.command("list")
def list_(tenant: TenantId = None, data: Data = None) -> None:
    """All releases."""
    table = Table("id", "name", "kind", "made", "rows", "k", "courses", "withdrawn")
    with System(settings.load(data=data)) as system:
        for one in system.releases.all(tenant or only_tenant(system)):
            table.add_row(
                str(one.release_id),
                one.name,
                one.kind,
                f"{one.made_at:%Y-%m-%d}",
                str(one.row_count),
                str(one.parameters["k"]),
                ", ".join(one.parameters["courses"]),
                "" if one.withdrawn_at is None else f"{one.withdrawn_at:%Y-%m-%d}",
            )
    _console().print(table)


@app.command()
def show(
    release_id: ReleaseId,
    tenant: TenantId = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False,
    data: Data = None,
) -> None:
    """One release with its disclosure report."""
    with System(settings.load(data=data)) as system:
        one = _find(system, tenant or only_tenant(system), release_id)
    if as_json:
        typer.echo(orjson.dumps(_said(one)).decode())
        return
    _print(_console(), one)


@app.command()
def rows(
    release_id: ReleaseId,
    who: Annotated[str, typer.Option("--as", help="user_id of a researcher.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the access log.")],
    tenant: TenantId = None,
    data: Data = None,
) -> None:
    """Print the rows of a release as CSV, for a researcher. The only way into a pseudonymous one: its file is
    encrypted, and is opened once nobody is in it who does not consent any more."""
    with System(settings.load(data=data)) as system:
        one = _find(system, tenant or only_tenant(system), release_id)
        found = _opened(system, one, who, reason)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(("release_key", "detail", *KNOWN, *SENSITIVE))
    writer.writerows((key, row.rung, *row.known, *row.sensitive) for key, row in found)


@app.command()
def withdraw(release_id: ReleaseId, tenant: TenantId = None, data: Data = None) -> None:
    """Remove the files of a release; its line in the register stays."""
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        one = _find(system, chosen, release_id)
        done = system.research_releases.withdraw(chosen, one.release_id, actor=operator())
    typer.echo("Withdrawn; copies that were handed out are not called back." if done else "It was withdrawn already.")


def _console() -> Console:
    """Wide where nobody looks at it: a file or pipe gets whole lines."""
    console = Console()
    return console if console.is_terminal else Console(width=WIDE)


def _find(system: System, tenant: str, wanted: str) -> Release:
    named = next((one for one in system.releases.all(tenant) if one.name == wanted), None)
    found = named or system.releases.get(tenant, uuid_of(wanted))
    if found is None:
        raise NotFound("There is no such release.", hint="`akademos release list` lists them.", code="unknown_release")
    return found


def _opened(system: System, release: Release, who: str, reason: str) -> list[tuple[str, Row]]:
    """The rows, for a researcher by grant; the look is in the access log."""
    asker, said = name_of(who, "user_id after --as", ""), name_of(reason, "reason", "")
    principal = Principal(release.tenant_id, "researcher", asker, "command_line")
    system.services.standing.require(principal)
    what = f"akademos release rows {release.release_id} ({getpass.getuser()})"
    system.services.gate.released(principal, what, reason=said)
    if release.withdrawn_at is not None:
        raise NotFound("The release was withdrawn.", hint="`akademos release list` lists them.", code="withdrawn")
    return system.research_releases.rows(release)


def _said(one: Release) -> dict[str, Any]:
    return {
        "release_id": str(one.release_id),
        "name": one.name,
        "kind": one.kind,
        "made_at": one.made_at.isoformat(),
        "rows": one.row_count,
        "checksum": one.checksum,
        "parameters": one.parameters,
        "report": one.report,
        "withdrawn_at": None if one.withdrawn_at is None else one.withdrawn_at.isoformat(),
    }


def _print(console: Console, one: Release) -> None:
    report = one.report
    typer.echo(f"{one.release_id}  {one.name}  ({one.kind})")
    typer.echo(
        f"{one.row_count} rows of {', '.join(one.parameters['courses'])}; k {report['k']['reached']} "
        f"(asked {report['k']['asked']}), l {report['l']['reached']} (asked {report['l']['asked']}); "
        f"suppressed {report['share_suppressed']:.1%}"
    )
    table = Table("weeks known", "targets", "singled out", "matched", "95% interval", "chance", "inferred")
    bare = {**report["without_protection"], "known_weeks": "without protection: 3"}
    for found in (*report["attacks"], bare):
        table.add_row(
            str(found["known_weeks"]),
            str(found["targets"]),
            str(found["singled_out"]),
            f"{found['rate']:.1%}",
            f"{found['low']:.1%}-{found['high']:.1%}",
            f"{found['chance']:.1%}",
            str(found["inferred"]),
        )
    console.print(table)
