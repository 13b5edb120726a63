"""Array parameters in PostgreSQL's binary format, packed by hand: this is where intake spends its time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from struct import Struct

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

NULL = b"\xff\xff\xff\xff"

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_LENGTH = Struct(">i").pack
_TIMESTAMP = Struct(">iq").pack
_INTEGER = Struct(">ii").pack
_BIGINT = Struct(">iq").pack
_16 = _LENGTH(16)
_ONE_DIMENSION = Struct(">iiIii").pack
_EMPTY = Struct(">iiI").pack


def text(value: str) -> bytes:
    """A text element."""
    content = value.encode()
    return _LENGTH(len(content)) + content


def binary(value: bytes) -> bytes:
    """A bytea element."""
    return _LENGTH(len(value)) + value


def sixteen(value: bytes | None) -> bytes:
    """A uuid element, or a bytea element of 16 bytes."""
    return NULL if value is None else _16 + value


def timestamp(value: datetime) -> bytes:
    """A timestamptz element."""
    past = value - _EPOCH
    return _TIMESTAMP(8, (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds)


def integer(value: int) -> bytes:
    """An int4 element."""
    return _INTEGER(4, value)


def bigint(value: int) -> bytes:
    """An int8 element."""
    return _BIGINT(8, value)


class Array:
    """A parameter: elements, each packed by the function of its type."""

    __slots__ = ("content",)
    element: int

    def __init__(self, elements: Sequence[bytes]) -> None:
        count = len(elements)
        head = _ONE_DIMENSION(1, 1, self.element, count, 1) if count else _EMPTY(0, 0, self.element)
        self.content = head + b"".join(elements)


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array) -> Buffer | None:
        return obj.content


def _array_of(type_name: str) -> type[Array]:
    info = psycopg.adapters.types[type_name]
    made = type(f"{type_name}_array", (Array,), {"__slots__": (), "element": info.oid})
    psycopg.adapters.register_dumper(made, type(f"{type_name}_dumper", (_ArrayDumper,), {"oid": info.array_oid}))
    return made


Texts = _array_of("text")
Binaries = _array_of("bytea")
Uuids = _array_of("uuid")
Timestamps = _array_of("timestamptz")
Integers = _array_of("int4")
Bigints = _array_of("int8")
