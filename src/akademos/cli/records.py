"""`akademos records`: records from CSV files, and the tables that they are kept in."""

from __future__ import annotations

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from akademos import settings
from akademos.catalogue.records import BY_NAME, RECORDS
from akademos.cli.learner import only_tenant, role_of
from akademos.cli.operator import operator
from akademos.errors import Forbidden, InputError, NotFound
from akademos.intake.record_rows import mapped_columns, read_mapped
from akademos.intake.record_texts import MEDIA_TYPES, lines_of
from akademos.intake.records import import_records, keep_records
from akademos.serving.principal import Principal, name_of
from akademos.serving.record_export import exported_rows
from akademos.sources.record_maps import record_maps
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
    from akademos.stores.postgres.record_schema import statements

    for unknown in set(names or ()) - BY_NAME.keys():
        raise NotFound(f"There is no record `{unknown}`.", hint="Known: " + ", ".join(BY_NAME) + ".")
    for record in RECORDS:
        if not names or record.name in names:
            for statement in statements(record):
                typer.echo(statement)


@app.command(name="import")
def import_(
    folder: Annotated[Path, typer.Argument(help="Folder with courses.csv, topics.jsonl, people.csv, ...")],
    tenant: Annotated[str, typer.Option(help="Tenant to load into.")],
    column_map: Annotated[
        Path | None, typer.Option("--map", help="TOML file with a column map: files of a campus system as they are.")
    ] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Check all record files of a folder, then load all of them or none."""
    with System(settings.load(data=data)) as system:
        if column_map is None:
            reports = import_records(folder, tenant, system.records, system.vault, actor=operator())
        else:
            files = read_mapped(folder, record_maps(_document(column_map), mapped_columns()))
            reports = keep_records(files, tenant, system.records, system.vault, actor=operator())
    table = Table("records", "read", "new", "changed", "unchanged")
    for one in reports:
        table.add_row(one.table, *(f"{count:,}" for count in (one.read, one.new, one.changed, one.unchanged)))
    Console().print(table)


@app.command()
def history(
    name: Annotated[str, typer.Argument(help="The record, as `akademos records schema` names it.")],
    tenant: Annotated[str, typer.Option(help="Tenant to look at.")],
    as_of: Annotated[str | None, typer.Option(help="As it was known then (ISO 8601, with an offset).")] = None,
    to: Annotated[Path | None, typer.Option(help="Write it to this file, CSV or Parquet by its name.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """What held when: one row a version, from the log of changes. Columns that name people are left out, and records
    about a learner have no history here."""
    from akademos.ledger import scd2
    from akademos.stores.postgres.record_log import PostgresRecordLog

    record = BY_NAME.get(name)
    if record is None:
        raise NotFound(f"There is no record `{name}`.", hint="Known: " + ", ".join(BY_NAME) + ".")
    if any(one.kind == "person" for one in record.keys) or record.subject is not None:
        raise InputError(
            f"{name} is about a person.", hint="What is held about a learner is theirs: `akademos rights`."
        )
    known = None if as_of is None else _instant(as_of)
    contents = [one.name for one in record.contents if one.kind != "person"]
    with System(settings.load(data=data)) as system:
        changes = PostgresRecordLog(system.database).changes(tenant, record)
    versions = scd2.history(changes, [one.name for one in record.keys], contents, as_of=known)
    if to is not None:
        (versions.write_parquet if to.suffix == ".parquet" else versions.write_csv)(to)
        typer.echo(f"{versions.height:,} versions of {versions['is_current'].sum():,} rows stand in {to}.")
        return
    shown = [*(one.name for one in record.keys), *contents[:3], "valid_from", "valid_to"]
    table = Table(*shown)
    for row in versions.select(shown).iter_rows():
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console().print(table)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise InputError(f"`{text[:40]}` is no instant.", hint="Write 2026-05-01T00:00:00+00:00.")
    return instant


@app.command(name="export")
def export_(
    folder: Annotated[Path, typer.Argument(help="New or empty folder for the files.")],
    who: Annotated[str, typer.Option("--as", help="user_id of whoever asks.")],
    reason: Annotated[str, typer.Option(help="Why; kept in the access log, which learners may see. Names nobody.")],
    role: Annotated[str | None, typer.Option(help="Role, where one has several.")] = None,
    form: Annotated[str, typer.Option(help="csv or jsonl.")] = "csv",
    tenant: Annotated[str | None, typer.Option(help="The tenant; may be left out when there is one only.")] = None,
    data: Annotated[Path | None, typer.Option(help="Data folder (AKADEMOS_DATA).")] = None,
) -> None:
    """Write every record that whoever asks may read, a file each; they can be imported again."""
    wanted = next((one for one in MEDIA_TYPES if one == form), None)
    if wanted is None:
        raise InputError(f"--form is `{form}`.", hint="Use csv or jsonl.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder} is not empty.", hint="Give a new folder.")
    name_of(reason, "reason", "")
    with System(settings.load(data=data)) as system:
        chosen = tenant or only_tenant(system)
        name = name_of(who, "user_id after --as", "")
        principal = Principal(chosen, role_of(system, chosen, name, role), name, "command_line")
        folder.mkdir(parents=True, exist_ok=True)
        for record in RECORDS:
            try:
                rows = exported_rows(system.services, principal, record, "akademos records export", reason, wanted)
            except Forbidden:
                continue  # not for this role; the log of looks has it where it is about people
            file = folder / f"{(record.file or record.name + '.csv').removesuffix('.csv')}.{wanted}"
            written = -1 if wanted == "csv" else 0  # the header is no row
            with file.open("wb") as out:
                for line in lines_of(record, rows, wanted):
                    out.write(line)
                    written += 1
            typer.echo(f"{file.name}: {written:,} rows")


def _document(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as missing:
        raise InputError(f"The column map {path} cannot be read.", hint="Check the path.") from missing
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as broken:
        raise InputError(f"The column map {path} is not TOML: {broken}.", hint="Mend that line.") from broken
