"""Rows of records as text, CSV or JSON lines, such that they can be imported again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, TypeAlias

import orjson

from akademos.catalogue.records.declaration import Field, Record

TextForm: TypeAlias = Literal["csv", "jsonl"]
MEDIA_TYPES: Mapping[TextForm, str] = {"csv": "text/csv; charset=utf-8", "jsonl": "application/x-ndjson"}


def lines_of(record: Record, rows: Iterable[Mapping[str, object]], form: TextForm) -> Iterator[bytes]:
    """A header, where the form has one, and a line a row; people by user id, as rows of the API are."""
    if form == "csv":
        yield _csv_line([one.outside for one in record.fields])
    for row in rows:
        if form == "csv":
            yield _csv_line([_cell(one, row.get(one.outside)) for one in record.fields])
        else:
            yield orjson.dumps({one.outside: row.get(one.outside) for one in record.fields}) + b"\n"


def _csv_line(cells: list[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def _cell(one: Field, value: object) -> str:
    if value is None:
        return ""
    if one.kind == "texts" and isinstance(value, list | tuple):
        return ";".join(str(part) for part in value)
    if one.kind == "json":
        return orjson.dumps(value).decode()
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
