"""Rows of learning records: read from the table, found by key, handed out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

from psycopg import sql

from akademos.catalogue.records.declaration import Record
from akademos.errors import NotFound
from akademos.stores.ports.audit import Json
from akademos.stores.ports.record_store import RecordRow
from akademos.stores.postgres.record_people import NamedPerson

Row = dict[str, object]
"""A row by column, people by key, with the standard columns."""


def column_names(record: Record) -> tuple[str, ...]:
    """All columns of a record but the tenant."""
    versioned = ("revision", "published_at") if record.versioned else ()
    fields = (one.name for one in record.fields)
    return (*fields, "source_reference", "version", "created_at", "updated_at", *versioned)


def columns_of(record: Record) -> sql.Composed:
    """The same, for a statement."""
    return sql.SQL(", ").join(map(sql.Identifier, column_names(record)))


def row_of(record: Record, found: Sequence[object]) -> Row:
    """A row as it was read by `columns_of`."""
    return {
        name: str(value) if isinstance(value, uuid.UUID) else value
        for name, value in zip(column_names(record), found, strict=True)
    }


def key_condition(record: Record) -> sql.Composed:
    """The condition that `r` is the row of `key_parameters`."""
    return sql.SQL(" AND ").join(
        sql.SQL("r.{} = {}").format(sql.Identifier(one.name), sql.Placeholder(f"key_{one.name}")) for one in record.keys
    )


def key_parameters(record: Record, key: Sequence[object]) -> dict[str, object]:
    """Parameters of `key_condition`."""
    return {f"key_{one.name}": value for one, value in zip(record.keys, key, strict=True)}


def generated_key(record: Record) -> str | None:
    """The key column that is made where nobody gives it: a single id that refers to nothing."""
    (first, *others) = record.keys
    return first.name if not others and first.kind == "text" and first.refers is None else None


def no_such(record: Record) -> NotFound:
    """What is said of a row that is not there, or out of reach."""
    return NotFound(
        f"There is no such {record.singular} within your reach.",
        hint=f"/v1/records/{record.collection} lists those that are.",
        code="no_such_record",
    )


def handed_out(record: Record, row: Row, people: Mapping[str, NamedPerson]) -> RecordRow:
    """A row by the names that senders use, people by user id."""
    values: dict[str, Json] = {}
    for name in column_names(record):
        one = record.field(name)
        value = row[name]
        if one is not None and one.kind == "person":
            person = None if value is None else people.get(str(value))
            values[one.outside] = None if person is None else person.user_id
        else:
            values[name] = plain(value)
    key = tuple(values[one.outside] for one in record.keys)
    return RecordRow(key, values, int(str(row["version"])))


def plain(value: object) -> Json:
    """A value as JSON has it; instants in UTC."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
