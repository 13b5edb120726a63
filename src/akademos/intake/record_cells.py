"""Rows of record files as the tables take them: cells of text and JSON objects, typed by their declaration."""

from __future__ import annotations

import json
import math
from datetime import date, datetime
from typing import TypeAlias

import orjson

from akademos.catalogue.core_properties import IDENTIFIER_LENGTH
from akademos.catalogue.records.declaration import Field, Record
from akademos.catalogue.records.json_forms import misfit
from akademos.catalogue.records.policies import RECORD_LIMITS
from akademos.catalogue.records.values import value_of
from akademos.errors import InputError
from akademos.intake.record_files import Cells, Problem

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
"""Beside the records: where a file says who is who."""


def typed(table: Record, cells: Cells, problems: list[Problem], file: str) -> Row | None:
    """A row of text as the tables take it; None when something in it does not fit, which is added to `problems`."""
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


def parsed(table: Record, line: int, text: bytes, problems: list[Problem], file: str) -> Row | None:
    """The same for a line of JSON."""
    try:
        sent = orjson.loads(text)
    except orjson.JSONDecodeError:
        problems.append(Problem(file, line, None, "is no JSON"))
        return None
    if not isinstance(sent, dict):
        problems.append(Problem(file, line, None, "is no JSON object"))
        return None
    known = {one.outside for one in table.fields}
    row: Row = {}
    wrong = [Problem(file, line, None, f"`{name[:40]}` is not known") for name in sent if name not in known]
    for one in table.fields:
        value = sent.get(one.outside)
        try:
            if value is not None:
                row[one.outside] = value_of(one, value, f"/{one.outside}")
            elif one.required and one.default is None:
                wrong.append(Problem(file, line, one.outside, "is missing"))
            elif one.outside in sent or one.required or table is PEOPLE:
                row[one.outside] = None if one.name == table.state else one.default
        except InputError as refusal:
            wrong.append(Problem(file, line, one.outside, refusal.reason.removeprefix(f"`{one.outside}` ")))
    problems += wrong
    return None if wrong else row
