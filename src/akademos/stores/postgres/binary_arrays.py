"""Array parameters in PostgreSQL's binary format, packed a column at a time: intake spends its time here."""

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


@lru_cache(maxsize=1_000)
def _text(value: str) -> bytes:
    content = value.encode()
    return _LENGTH(len(content)) + content


class Texts(Array[str]):
    """text[], of texts that recur: names of events, tenants, keys, verdicts."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[str]) -> bytes:
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


class Timestamps(Array[datetime]):
    """timestamptz[], to the microsecond."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[datetime]) -> bytes:
        if values.count(values[0]) == len(values):
            return (_LENGTH(8) + ((values[0] - _EPOCH) // _MICROSECOND).to_bytes(8, "big", signed=True)) * len(values)
        numbers = ((value - _EPOCH) // _MICROSECOND for value in values)
        return pack(">" + "iq" * len(values), *chain.from_iterable(zip(repeat(8), numbers, strict=False)))


class Integers(Array[int]):
    """int4[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[int]) -> bytes:
        return pack(f">{2 * len(values)}i", *chain.from_iterable(zip(repeat(4), values, strict=False)))


class Bigints(Array[int]):
    """int8[]."""

    __slots__ = ()

    @staticmethod
    def _packed(values: Sequence[int]) -> bytes:
        return pack(">" + "iq" * len(values), *chain.from_iterable(zip(repeat(8), values, strict=False)))


def _register() -> None:
    element_types: dict[type[Array[Any]], str] = {
        Texts: "text", Uuids: "uuid", Hashes: "bytea", Binaries: "bytea", Timestamps: "timestamptz",
        Integers: "int4", Bigints: "int8",
    }  # fmt: skip
    for array, name in element_types.items():
        known = psycopg.adapters.types[name]
        array.element = known.oid
        dumper = type(f"{array.__name__}Dumper", (_ArrayDumper,), {"oid": known.array_oid})
        psycopg.adapters.register_dumper(array, dumper)


_register()
