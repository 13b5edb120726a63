"""Answers that are tables, in the form that is asked for: JSON, comma-separated values, Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import orjson
from fastapi import Depends, Header, Query
from starlette.responses import Response

HEADERS = {"Cache-Control": "private, no-store", "Vary": "Authorization, Cookie, Accept"}
PARQUET = "application/vnd.apache.parquet"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
TableForm = Literal["json", "csv", "parquet"]
Line = Mapping[str, Any]

TABLES: dict[str, Any] = {"text/csv": {"schema": {"type": "string"}}, PARQUET: {"schema": {"type": "string"}}}
"""Further contents of a response, for the document."""


async def asked_form(
    format: Annotated[TableForm | None, Query(description="Instead of Accept, for links.")] = None,  # noqa: A002 -- the parameter's public name
    accept: Annotated[str | None, Header(description=f"text/csv or {PARQUET} for a table.")] = None,
) -> TableForm:
    """The form that a request asks for; JSON where it asks for it too, or for nothing that there is."""
    if format is not None:
        return format
    kinds = [part.split(";")[0].strip().lower() for part in (accept or "").split(",")]
    if "application/json" in kinds:
        return "json"
    return "csv" if "text/csv" in kinds else "parquet" if PARQUET in kinds else "json"


Form = Annotated[TableForm, Depends(asked_form)]


def table_response(form: TableForm, name: str, columns: Sequence[str], lines: Sequence[Line], body: Line) -> Response:
    """The answer: `body` as JSON, or `lines` with the columns as a table to be kept under a name."""
    if form == "json":
        return Response(orjson.dumps(body), headers=HEADERS, media_type="application/json")
    ending, kind = ("csv", "text/csv; charset=utf-8") if form == "csv" else ("parquet", PARQUET)
    content = as_csv(columns, lines) if form == "csv" else as_parquet(columns, lines)
    named = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}.{ending}"'}
    return Response(content, headers=named, media_type=kind)


def as_csv(columns: Sequence[str], lines: Sequence[Line]) -> bytes:
    """Comma-separated values; lists are put together with semicolons, and no cell is a formula."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([_cell(line.get(column)) for column in columns] for line in lines)
    return out.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, list | tuple):
        value = ";".join(map(str, value))
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value


def as_parquet(columns: Sequence[str], lines: Sequence[Line]) -> bytes:
    """Parquet; a column without any value is text."""
    import pyarrow as pa  # heavy, and few ask for it
    import pyarrow.parquet as pq

    out = io.BytesIO()
    found = {column: pa.array([line.get(column) for line in lines]) for column in columns}
    typed = {name: array.cast(pa.string()) if pa.types.is_null(array.type) else array for name, array in found.items()}
    pq.write_table(pa.table(typed), out)
    return out.getvalue()
