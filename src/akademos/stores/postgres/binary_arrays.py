"""Array parameters in PostgreSQL's binary format, packed a column at a time: for intake, and for progress."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain, repeat
from struct import Struct, pack
from typing import Any, ClassVar, Generic, TypeVar

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper
from psycopg.pq import Format

_Value = TypeVar("_Value")
_Number = TypeVar("_Number", int, float)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_LENGTH = Struct(">i").pack
_16 = _LENGTH(16)


class Array(Generic[_Value]):
    """A parameter: the elements of one column."""

    __slots__ = ("content",)
    element: ClassVar[int]

    def __init__(self, values: Sequence[_Value]) -> None:
        count = len(values)
        if count:
            self.content = pack(">iiIii", 1, 1, self.element, count, 1) + self._packed(values)
        else:
            self.content = pack(">iiI", 0, 0, self.element)

    @staticmethod
    @abstractmethod
    def _packed(values: Sequence[_Value]) -> bytes:
        """The elements, each behind its length."""


class _ArrayDumper(Dumper):
    format = Format.BINARY

    def dump(self, obj: Array[object]) -> Buffer | None:
        return obj.content


@lru_cache(maxsize=10_000)
def _text(value: str | None) -> bytes:
    if value is None:
        return _NULL
    content = value.encode()
    return _LENGTH(len(content)) + content


class Texts(Array[str | None]):
    """text[], of texts that recur: names of events, tenants, keys, verdicts, contents."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[str | None]) -> bytes:
        if values.count(values[0]) == len(values):
            return _text(values[0]) * len(values)
        return b"".join(map(_text, values))


def _sixteens(values: Sequence[bytes | None]) -> bytes:
    present = [value for value in values if value is not None]
    if len(present) == len(values):
        return _16 + _16.join(present)
    return b"".join([_NULL if value is None else _16 + value for value in values])


class Uuids(Array[bytes | None]):
    """uuid[], from 16 bytes each."""

    __slots__ = ()
    _packed = staticmethod(_sixteens)


class Hashes(Array[bytes | None]):
    """bytea[], of 16 bytes each."""

    __slots__ = ()
    _packed = staticmethod(_sixteens)


class Binaries(Array[bytes]):
    """bytea[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[bytes]) -> bytes:
        return b"".join(chain.from_iterable((_LENGTH(len(value)), value) for value in values))


def _numbers(form: str, values: Sequence[_Number | None]) -> bytes:
    """Each behind its length; `form` is a character of `struct`."""
    each = Struct(f">i{form}")
    size = each.size - 4
    if None in values:
        return b"".join([_NULL if value is None else each.pack(size, value) for value in values])
    return pack(">" + f"i{form}" * len(values), *chain.from_iterable(zip(repeat(size), values, strict=False)))


def _microseconds(value: datetime | None) -> int | None:
    return None if value is None else (value - _EPOCH) // _MICROSECOND


class Timestamps(Array[datetime | None]):
    """timestamptz[], to the microsecond."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[datetime | None]) -> bytes:
        if values.count(values[0]) == len(values):
            return _numbers("q", [_microseconds(values[0])]) * len(values)
        return _numbers("q", [*map(_microseconds, values)])


class Integers(Array[int | None]):
    """int4[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[int | None]) -> bytes:
        return _numbers("i", values)


class Bigints(Array[int | None]):
    """int8[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[int | None]) -> bytes:
        return _numbers("q", values)


class Floats(Array[float | None]):
    """float8[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[float | None]) -> bytes:
        return _numbers("d", values)


class Booleans(Array[bool | None]):
    """boolean[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[bool | None]) -> bytes:
        return _numbers("?", values)


def _register() -> None:
    element_types: dict[type[Array[Any]], str] = {
        Texts: "text", Uuids: "uuid", Hashes: "bytea", Binaries: "bytea", Timestamps: "timestamptz",
        Integers: "int4", Bigints: "int8", Floats: "float8", Booleans: "bool",
    }  # fmt: skip
    for array, name in element_types.items():
        known = psycopg.adapters.types[name]
        array.element = known.oid
        dumper = type(f"{array.__name__}Dumper", (_ArrayDumper,), {"oid": known.array_oid})
        psycopg.adapters.register_dumper(array, dumper)


_register()
