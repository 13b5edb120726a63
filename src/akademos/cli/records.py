"""`akademos records`: curriculum, people, enrolments and targets from CSV files."""

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
