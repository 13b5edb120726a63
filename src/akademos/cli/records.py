"""`akademos records`: records from CSV files, and the tables that they are kept in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.cli.operator import operator
from akademos.intake.records import import_records
from akademos.system import System

app = typer.Typer(help="Records: curriculum, people, enrolments, exams.", no_args_is_help=True)


@app.callback()
def records() -> None:
    """Records: curriculum, people, enrolments, exams."""


@app.command()
def schema(
    names: Annotated[list[str] | None, typer.Argument(help="Records; all where none is named.")] = None,
) -> None:
    """Print the statements that the tables of records consist of, for the migration that brings one in."""
    from akademos.catalogue.records import BY_NAME, RECORDS
    from akademos.errors import NotFound
    from akademos.stores.postgres.record_schema import statements

    for unknown in set(names or ()) - BY_NAME.keys():
        raise NotFound(f"There is no record `{unknown}`.", hint="Known: " + ", ".join(BY_NAME) + ".")
    for record in RECORDS:
        if not names or record.name in names:
            for statement in statements(record):
                typer.echo(statement)


@app.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="Folder with courses.csv, topics.csv, people.csv, ...")],
    tenant: Annotated[str, typer.Option(help="Tenant to load into.")],
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Check all record files of a folder, then load all of them or none."""
    with System(settings.load(data=data)) as system:
        reports = import_records(folder, tenant, system.records, system.vault, actor=operator())
    table = Table("records", "read", "new", "changed", "unchanged")
    for one in reports:
        table.add_row(one.table, *(f"{count:,}" for count in (one.read, one.new, one.changed, one.unchanged)))
    Console().print(table)
