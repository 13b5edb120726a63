"""Record files by table: which there are, and their rows as often as they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from akademos.catalogue.records import LOADED
from akademos.catalogue.records.declaration import Record
from akademos.errors import InputError
from akademos.intake.record_cells import PEOPLE
from akademos.intake.record_files import Problem
from akademos.intake.record_sources import CsvFile, JsonLinesFile, Numbered, RowSource
from akademos.sources.record_maps import RecordMap

TABLES = (PEOPLE, *LOADED)
"""Everything that has a file, in the order in which it is read."""


@dataclass(slots=True)
class RecordFiles:
    """Sources of rows by table."""

    sources: dict[str, list[RowSource]] = field(default_factory=dict)

    def add(self, table: Record, source: RowSource) -> None:
        """One more source of a table."""
        self.sources.setdefault(table.name, []).append(source)

    def tables(self) -> Iterator[Record]:
        """Those that there is a source of, people first."""
        return (table for table in TABLES if table.name in self.sources)

    def rows(self, table: Record, problems: list[Problem]) -> Iterator[tuple[str, Numbered]]:
        """Rows of a table with what problems call their source."""
        for source in self.sources.get(table.name, ()):
            for numbered in source.rows(problems):
                yield source.name, numbered


def read_folder(folder: Path) -> RecordFiles:
    """The record files of a folder.

    A table's file is CSV (`courses.csv`) or JSON lines (`courses.jsonl`).

    Raises:
        InputError: there is no such folder, or no record file in it, or one table comes in both forms.
    """
    files = RecordFiles()
    for table in TABLES:
        comma, lines = folder / table.file, folder / json_lines_file(table)
        if comma.is_file() and lines.is_file():
            raise InputError(f"{table.file} is there as .jsonl, too.", hint="Give each table in one file.")
        if comma.is_file():
            files.add(table, CsvFile(table, comma))
        elif lines.is_file():
            files.add(table, JsonLinesFile(table, lines))
    if not files.sources:
        raise InputError(
            f"There is no record file in {folder}.",
            hint="Known files: " + ", ".join(table.file for table in TABLES) + ", or the same as .jsonl.",
        )
    return files


def read_mapped(folder: Path, maps: Iterable[RecordMap]) -> RecordFiles:
    """The files of a campus system, through a column map; several files may make one table.

    Raises:
        InputError: a file that the map names is missing.
    """
    files = RecordFiles()
    by_name = {table.name: table for table in TABLES}
    for one in maps:
        path = folder / one.file
        if not path.is_file():
            raise InputError(f"There is no {one.file} in {folder}.", hint="The map names it.")
        files.add(by_name[one.record], CsvFile(by_name[one.record], path, one))
    return files


def mapped_columns() -> dict[str, tuple[str, ...]]:
    """What a column map may fill: columns by record."""
    return {table.name: tuple(one.outside for one in table.fields) for table in TABLES}


def json_lines_file(table: Record) -> str:
    """The name of a table's file of JSON lines."""
    return table.file.removesuffix(".csv") + ".jsonl"
