"""`akademos import`: records of other systems."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.errors import InputError
from akademos.system import System

app = typer.Typer(help="Records of other systems: rosters, taxonomies, course packages.", no_args_is_help=True)
Data = Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")]


@app.callback()
def imports() -> None:
    """Records of other systems: rosters, taxonomies, course packages."""


@app.command()
def oneroster(
    folder: Annotated[Path, typer.Argument(help="Folder with manifest.csv and the files it names.")],
    basis: Annotated[Path | None, typer.Option(help="TOML file with the recorded basis of the import.")] = None,
    user_id: Annotated[
        str, typer.Option(help="Column of users.csv by which events know people, e.g. username.")
    ] = "sourcedId",
    data: Data = None,
) -> None:
    """Import a OneRoster 1.2 CSV set, bulk or delta: all of it, or a report of every problem with file and line."""
    from akademos.intake.basis import read_basis
    from akademos.intake.oneroster import RosterImport
    from akademos.sources.oneroster import USER_ID_COLUMNS

    if basis is None:
        raise InputError(
            "A roster needs a recorded basis.",
            hint="Write one (docs/tutorials/ingest.md) and give it with --basis FILE.",
            code="basis_missing",
        )
    if user_id not in USER_ID_COLUMNS:
        raise InputError(f"--user-id is `{user_id}`.", hint="Use one of: " + ", ".join(USER_ID_COLUMNS) + ".")
    recorded = read_basis(basis)
    with System(settings.load(data=data)) as system:
        door = RosterImport(
            system.rosters,
            system.vault,
            system.consent,
            recorded,
            actor=operator(),
            today=lambda: datetime.now(UTC).date(),
            user_id=user_id,
        )
        report = door.run(folder)
    files = Table("file", "read", "new", "changed", "unchanged", "removed", "erased people's")
    for file in report.files:
        counts = (file.read, file.new, file.changed, file.unchanged, file.removed, file.without)
        files.add_row(file.file, *(f"{count:,}" for count in counts))
    records = Table("records", "read", "new", "changed", "unchanged")
    for one in report.records:
        records.add_row(one.table, *(f"{count:,}" for count in (one.read, one.new, one.changed, one.unchanged)))
    console = Console()
    console.print(files)
    if report.records:
        console.print(records)
    if report.ended:
        console.print(f"{report.ended:,} courses and memberships ended.")


@app.command()
def taxonomy(
    path: Annotated[Path, typer.Argument(help="CSV, JSON or JSON lines file, or the folder of a known layout.")],
    tenant: Annotated[str, typer.Option(help="Tenant to load into.")],
    layout: Annotated[str | None, typer.Option(help="rows, metacademy or esco; recognised when left out.")] = None,
    course: Annotated[str | None, typer.Option(help="Course that all topics belong to.")] = None,
    complete: Annotated[bool, typer.Option(help="Make a topic of every one that edges name and none is.")] = False,
    data: Data = None,
) -> None:
    """Import topics with their hierarchy, prerequisites and exam weights; a cycle is refused and named."""
    from akademos.intake.taxonomies import import_taxonomy
    from akademos.sources.taxonomies import LAYOUTS

    wanted = next((one for one in LAYOUTS if one == layout), None)
    if layout is not None and wanted is None:
        raise InputError(f"--layout is `{layout}`.", hint="Use one of: " + ", ".join(LAYOUTS) + ".")
    with System(settings.load(data=data)) as system:
        report = import_taxonomy(
            path,
            tenant,
            system.records,
            system.vault,
            actor=operator(),
            layout=wanted,
            course_id=course,
            complete=complete,
        )
    records = Table("records", "read", "new", "changed", "unchanged")
    for one in report.loaded:
        records.add_row(one.table, *(f"{count:,}" for count in (one.read, one.new, one.changed, one.unchanged)))
    console = Console()
    console.print(records)
    for edge in report.dangling:
        typer.echo(
            f"{edge.place.file}, line {edge.place.line}: {edge.from_topic} > {edge.to_topic} dangles: "
            f"there is no topic {edge.missing}"
        )
    if report.dangling:
        typer.echo(
            f"{len(report.dangling):,} edges dangle and were left out: import again once the topics are there, or with "
            "--complete, which makes them."
        )


@app.command()
def cartridge(
    file: Annotated[Path, typer.Argument(help="Common Cartridge (.imscc or .zip).")],
    tenant: Annotated[str, typer.Option(help="Tenant to load into.")],
    course: Annotated[
        str | None, typer.Option(help="Course to load into; the cartridge's identifier otherwise.")
    ] = None,
    data: Data = None,
) -> None:
    """Import the structure of a Common Cartridge as a draft: course, modules, lessons."""
    from akademos.intake.cartridges import import_cartridge

    with System(settings.load(data=data)) as system:
        report = import_cartridge(file, tenant, system.records, actor=operator(), course_id=course)
    records = Table("records", "read", "new", "changed", "unchanged")
    for one in report.loaded:
        records.add_row(one.table, *(f"{count:,}" for count in (one.read, one.new, one.changed, one.unchanged)))
    Console().print(records)
    typer.echo(f"Course {report.course_id}; a new one is a draft until it is published.")
    for name in report.missing:
        typer.echo(f"The manifest names {name}, and the cartridge does not have it.")
