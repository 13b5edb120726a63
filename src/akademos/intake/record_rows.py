"""Typed rows of a folder of record files, and what is wrong within each line."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TypeAlias

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.catalogue.records import LOADED
from akademos.catalogue.records.declaration import Field, Record
from akademos.catalogue.records.json_forms import misfit
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.errors import InputError
from akademos.intake.record_files import Cells, Problem, read_table

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
        columns = tuple(one.outside for one in table.fields)
        required = tuple(one.outside for one in table.fields if one.required and one.default is None)
        rows: list[Row] = []
        lines: dict[tuple[object, ...], int] = {}
        for cells in read_table(folder / table.file, columns, required, files.problems):
            row = _typed(table, cells, files.problems)
            if row is None:
                continue
            key = tuple(row[one.outside] for one in table.keys)
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


def person_columns(table: Record) -> list[str]:
    """The file's columns that hold user ids."""
    return [one.outside for one in table.fields if one.kind == "person"]


def _typed(table: Record, cells: Cells, problems: list[Problem]) -> Row | None:
    row: Row = {}
    sound = True
    for one in table.fields:
        column = one.outside
        text = cells.values.get(column, "").strip()
        if not text:
            if one.required and one.default is None:
                problems.append(Problem(table.file, cells.line, column, "is empty"))
                sound = False
            # A column that the file does not have leaves what stands as it is.
            if column in cells.values or one.required or table is PEOPLE:
                row[column] = None if one.name == table.state else one.default
            continue
        try:
            row[column] = _value(one, text)
        except ValueError as wrong:
            problems.append(Problem(table.file, cells.line, column, str(wrong)))
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
