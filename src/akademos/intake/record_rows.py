"""Typed rows of a folder of record files, and what is wrong within each line."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeAlias

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.errors import InputError
from akademos.intake.record_files import Cells, Problem, read_table
from akademos.stores.ports.record_tables import RECORD_TABLES, RecordField, RecordTable

TEXT_LENGTH = 500
Row: TypeAlias = dict[str, object]
PEOPLE = RecordTable(
    "people",
    "people.csv",
    (
        RecordField("user_id", key=True, required=True),
        RecordField("kind", required=True, values=("learner", "staff"), default="learner"),
        RecordField("persona"),
        RecordField("time_zone"),
        RecordField("display_name", required=True),
    ),
)
_TABLES = (PEOPLE, *RECORD_TABLES)


@dataclass(slots=True)
class RecordFiles:
    """Rows of a folder by table, typed, and the line that each row's key stands on; and what is wrong."""

    rows: dict[str, list[Row]] = field(default_factory=dict)
    lines: dict[str, dict[tuple[object, ...], int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def user_ids(self) -> set[str]:
        """Everybody whom the files name."""
        named = {PEOPLE.name: ["user_id"]} | {table.name: person_columns(table) for table in RECORD_TABLES}
        return {str(row[column]) for table, rows in self.rows.items() for row in rows for column in named[table]}


def read_folder(folder: Path) -> RecordFiles:
    """Rows of every record file of a folder, and what is wrong within each line.

    Raises:
        InputError: there is no such folder, or no record file in it.
    """
    present = [table for table in _TABLES if (folder / table.file).is_file()]
    if not present:
        raise InputError(
            f"There is no record file in {folder}.",
            hint="Known files: " + ", ".join(table.file for table in _TABLES) + ".",
        )
    files = RecordFiles()
    for table in present:
        columns = tuple(column_in_file(one) for one in table.fields)
        required = tuple(column_in_file(one) for one in table.fields if one.required and one.default is None)
        rows: list[Row] = []
        lines: dict[tuple[object, ...], int] = {}
        for cells in read_table(folder / table.file, columns, required, files.problems):
            row = _typed(table, cells, files.problems)
            if row is None:
                continue
            key = tuple(row[column_in_file(one)] for one in table.keys)
            if key in lines:
                named = ", ".join(f"`{part}`" for part in key)
                files.problems.append(
                    Problem(table.file, cells.line, None, f"{named} stands on line {lines[key]} already")
                )
                continue
            lines[key] = cells.line
            rows.append(row)
        files.rows[table.name], files.lines[table.name] = rows, lines
    return files


def column_in_file(one: RecordField) -> str:
    """The file's name of a column: people are keys in the tables and user ids in files."""
    if one.kind != "person":
        return one.name
    return "user_id" if one.name == "learner_key" else one.name.removesuffix("_key") + "_id"


def person_columns(table: RecordTable) -> list[str]:
    """The file's columns that hold user ids."""
    return [column_in_file(one) for one in table.fields if one.kind == "person"]


def _typed(table: RecordTable, cells: Cells, problems: list[Problem]) -> Row | None:
    row: Row = {}
    sound = True
    for one in table.fields:
        column = column_in_file(one)
        text = cells.values.get(column, "").strip()
        if not text:
            if one.required and one.default is None:
                problems.append(Problem(table.file, cells.line, column, "is empty"))
                sound = False
            row[column] = one.default
            continue
        try:
            row[column] = _value(one, text)
        except ValueError as wrong:
            problems.append(Problem(table.file, cells.line, column, str(wrong)))
            sound = False
    return row if sound else None


def _value(one: RecordField, text: str) -> object:
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
    longest = IDENTIFIER_LENGTH if one.key or one.refers or one.kind == "person" else TEXT_LENGTH
    if len(text) > longest:
        raise ValueError(f"is longer than {longest} characters")
    return text


def _number(one: RecordField, text: str) -> float:
    try:
        number = int(text) if one.kind == "integer" else float(text)
    except ValueError:
        raise ValueError(f"`{text[:40]}` is no {one.kind}") from None
    low, high = -math.inf if one.least is None else one.least, math.inf if one.most is None else one.most
    if not low <= number <= high or math.isinf(number):
        raise ValueError(f"is {number}, outside {low:g} to {high:g}")
    return number
