"""Rows in PostgreSQL's binary COPY format, packed by hand: this is where intake spends its time."""

from __future__ import annotations

from datetime import UTC, datetime
from struct import Struct

HEADER = b"PGCOPY\n\xff\r\n\0" + b"\0" * 8
TRAILER = b"\xff\xff"
NULL = b"\xff\xff\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LENGTH = Struct(">i").pack
_COLUMNS = Struct(">h").pack
_TIMESTAMP = Struct(">iq").pack
_INTEGER = Struct(">ii").pack
_16 = _LENGTH(16)


def columns(count: int) -> bytes:
    """Start of a row."""
    return _COLUMNS(count)


def text(value: str) -> bytes:
    """A text field."""
    content = value.encode()
    return _LENGTH(len(content)) + content


def binary(value: bytes) -> bytes:
    """A bytea field."""
    return _LENGTH(len(value)) + value


def sixteen(value: bytes | None) -> bytes:
    """A uuid field, or a bytea field of 16 bytes."""
    return NULL if value is None else _16 + value


def timestamp(value: datetime) -> bytes:
    """A timestamptz field."""
    past = value - _EPOCH
    return _TIMESTAMP(8, (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds)


def integer(value: int) -> bytes:
    """An int4 field."""
    return _INTEGER(4, value)
