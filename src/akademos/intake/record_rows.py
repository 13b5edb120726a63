"""Typed rows of a folder of record files, and what is wrong within each line."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

import orjson

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.catalogue.records import LOADED
from akademos.catalogue.records.declaration import Field, Record
from akademos.catalogue.records.json_forms import misfit
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.catalogue.records.values import value_of
from akademos.errors import InputError
from akademos.intake.record_files import Cells, Problem, read_table, table_rows
from akademos.sources.record_maps import RecordMap

Row: TypeAlias = dict[str, object]
PEOPLE = Record(
    name="people",
    collection="people",
    singular="person",
    description="People as files give them; they go into the identity vault.",
    grain="one person",
    file="people.csv",
    fields=(
        Field("user_id", "text", "as the host knows the person", key=True, required=True),
        Field("kind", "text", "learner or staff", required=True, values=("learner", "staff"), default="learner"),
        Field("persona", "text", "student, career_changer, ..."),
        Field("time_zone", "text", "IANA name"),
        Field("display_name", "text", "name for dashboards", required=True),
    ),
    access=(),
)
_TABLES = (PEOPLE, *LOADED)


@dataclass(slots=True)
class RecordFiles:
    """Rows of a folder by table, typed, and the line that each row's key stands on; and what is wrong."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    lines: dict[str, dict[tuple[object, ...], int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """What problems call the file of a table, where it is not called as declared."""

    def name_of(self, table: Record) -> str:
        """What problems call a table's file."""
        return self.names.get(table.name, table.file)

    def user_ids(self) -> set[str]:
        """Everybody whom the files name."""
        named = {PEOPLE.name: ["user_id"]} | {table.name: person_columns(table) for table in LOADED}
        return {
            str(row[column])
            for table, rows in self.rows.items()
            for row in rows
            for column in named[table]
            if row.get(column) is not None
        }


def read_folder(folder: Path) -> RecordFiles:
    """Rows of every record file of a folder, and what is wrong within each line.

    A table's file is CSV (`courses.csv`) or JSON lines (`courses.jsonl`).

    Raises:
        InputError: there is no such folder, or no record file in it, or one table comes in both forms.
    """
    present = [
        (table, path)
        for table in _TABLES
        for path in (folder / table.file, folder / json_lines_file(table))
        if path.is_file()
    ]
    if not present:
        raise InputError(
            f"There is no record file in {folder}.",
            hint="Known files: " + ", ".join(table.file for table in _TABLES) + ", or the same as .jsonl.",
        )
    files = RecordFiles()
    for table, path in present:
        if table.name in files.rows:
            raise InputError(f"{table.file} is there as .jsonl, too.", hint="Give each table in one file.")
        if path.suffix == ".jsonl":
            with path.open("rb") as lines:
                read_json_lines(files, table, path.name, lines)
        else:
            files.rows[table.name], files.lines[table.name] = [], {}
            for cells in read_table(path, *_columns(table), files.problems):
                add_row(files, table, cells)
    return files


def read_mapped(folder: Path, maps: Iterable[RecordMap]) -> RecordFiles:
    """Rows of the files of a campus system, through a column map; several files may make one table.

    Raises:
        InputError: a file or a column that the map names is missing.
    """
    files = RecordFiles()
    by_name = {table.name: table for table in _TABLES}
    for one in maps:
        table, path = by_name[one.record], folder / one.file
        if not path.is_file():
            raise InputError(f"There is no {one.file} in {folder}.", hint="The map names it.")
        dates = {field.outside for field in table.fields if field.kind == "date"}
        files.rows.setdefault(table.name, [])
        files.lines.setdefault(table.name, {})
        files.names[table.name] = one.file
        for cells in read_table(path, (), (), files.problems, mapped=one):
            row = one.row(cells.values, dates)
            if row is not None:
                add_row(files, table, Cells(cells.line, row))
    return files


def mapped_columns() -> dict[str, tuple[str, ...]]:
    """What a column map may fill: columns by record."""
    return {table.name: tuple(one.outside for one in table.fields) for table in _TABLES}


def json_lines_file(table: Record) -> str:
    """The name of a table's file of JSON lines."""
    return table.file.removesuffix(".csv") + ".jsonl"


def read_csv(files: RecordFiles, table: Record, file: str, lines: Iterable[str]) -> None:
    """Take rows of CSV text among those of their table; `file` is what problems call it."""
    files.rows[table.name], files.lines[table.name], files.names[table.name] = [], {}, file
    for cells in table_rows(file, lines, *_columns(table), files.problems):
        add_row(files, table, cells)


def read_json_lines(files: RecordFiles, table: Record, file: str, lines: Iterable[bytes]) -> None:
    """Take rows of JSON lines among those of their table. Empty lines are passed over."""
    files.rows[table.name], files.lines[table.name], files.names[table.name] = [], {}, file
    known = {one.outside: one for one in table.fields}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            sent = orjson.loads(line)
        except orjson.JSONDecodeError:
            files.problems.append(Problem(file, number, None, "is no JSON"))
            continue
        if not isinstance(sent, dict):
            files.problems.append(Problem(file, number, None, "is no JSON object"))
            continue
        row: Row = {}
        wrong = [Problem(file, number, None, f"`{name[:40]}` is not known") for name in sent if name not in known]
        for one in table.fields:
            value = sent.get(one.outside)
            try:
                if value is not None:
                    row[one.outside] = value_of(one, value, f"/{one.outside}")
                elif one.required and one.default is None:
                    wrong.append(Problem(file, number, one.outside, "is missing"))
                elif one.outside in sent or one.required or table is PEOPLE:
                    row[one.outside] = None if one.name == table.state else one.default
            except InputError as refusal:
                wrong.append(Problem(file, number, one.outside, refusal.reason.removeprefix(f"`{one.outside}` ")))
        files.problems += wrong
        if not wrong:
            _take(files, table, row, number)


def _columns(table: Record) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of the columns, and of those that every file must have."""
    required = tuple(one.outside for one in table.fields if one.required and one.default is None)
    return tuple(one.outside for one in table.fields), required


def add_row(files: RecordFiles, table: Record, cells: Cells) -> None:
    """Type a row and take it among those of its table, or note what is wrong with it."""
    row = _typed(table, cells, files.problems, files.name_of(table))
    if row is not None:
        _take(files, table, row, cells.line)


def _take(files: RecordFiles, table: Record, row: Row, line: int) -> None:
    rows, lines = files.rows.setdefault(table.name, []), files.lines.setdefault(table.name, {})
    key = tuple(row[one.outside] for one in table.keys)
    if key in lines:
        named = ", ".join(f"`{part}`" for part in key)
        files.problems.append(Problem(files.name_of(table), line, None, f"{named} stands on line {lines[key]} already"))
        return
    lines[key] = line
    rows.append(row)


def person_columns(table: Record) -> list[str]:
    """The file's columns that hold user ids."""
    return [one.outside for one in table.fields if one.kind == "person"]


def _typed(table: Record, cells: Cells, problems: list[Problem], file: str) -> Row | None:
    row: Row = {}
    sound = True
    for one in table.fields:
        column = one.outside
        text = cells.values.get(column, "").strip()
        if not text:
            if one.required and one.default is None:
                problems.append(Problem(file, cells.line, column, "is empty"))
                sound = False
            # A column that the file does not have leaves what stands as it is.
            if column in cells.values or one.required or table is PEOPLE:
                row[column] = None if one.name == table.state else one.default
            continue
        try:
            row[column] = _value(one, text)
        except ValueError as wrong:
            problems.append(Problem(file, cells.line, column, str(wrong)))
            sound = False
    return row if sound else None


def _value(one: Field, text: str) -> object:
    if "\0" in text:
        raise ValueError("holds a NUL character")
    if one.values and text not in one.values:
        raise ValueError(f"is `{text[:40]}`, not one of {', '.join(one.values)}")
    match one.kind:
        case "date":
            try:
                return date.fromisoformat(text).isoformat()
            except ValueError:
                raise ValueError(f"`{text[:40]}` is no date; write YYYY-MM-DD") from None
        case "integer" | "number":
            return _number(one, text)
        case "texts":
            parts = list(dict.fromkeys(part.strip() for part in text.split(";") if part.strip()))
            if any(len(part) > IDENTIFIER_LENGTH for part in parts):
                raise ValueError(f"has an id longer than {IDENTIFIER_LENGTH} characters")
            return parts
        case "boolean":
            return _truth(text)
        case "timestamp":
            return _instant(text)
        case "json":
            return _json(one, text)
    longest = IDENTIFIER_LENGTH if one.key or one.refers or one.kind == "person" else RECORD_LIMITS.text
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    return text


def _number(one: Field, text: str) -> float:
    try:
        number = int(text) if one.kind == "integer" else float(text)
    except ValueError:
        raise ValueError(f"`{text[:40]}` is no {one.kind}") from None
    low, high = -math.inf if one.least is None else one.least, math.inf if one.most is None else one.most
    if not low <= number <= high or math.isinf(number):
        raise ValueError(f"is {number}, outside {low:g} to {high:g}")
    return number


def _truth(text: str) -> bool:
    truths = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    if text.lower() not in truths:
        raise ValueError(f"`{text[:40]}` is neither true nor false")
    return truths[text.lower()]


def _instant(text: str) -> str:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(f"`{text[:40]}` is no instant; write 2026-11-05T08:30:00+01:00")
    return instant.isoformat()


def _json(one: Field, text: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("is no JSON") from None
    wrong = misfit(value, one.form or {})
    if wrong is not None:
        raise ValueError(f"does not fit at {wrong.pointer or 'its root'}: {wrong.reason}")
    return value
