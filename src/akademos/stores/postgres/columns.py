"""Columns of fixed-width values in PostgreSQL's binary form, many rows in one value, as Arrow arrays."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

_EPOCH_US = 946_684_800_000_000
"""PostgreSQL counts microseconds from 2000-01-01T00:00Z."""

_DIGITS = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)
_UUID_LENGTH = 36
_PLACES = np.array([place for place in range(_UUID_LENGTH) if place not in (8, 13, 18, 23)])


def integers(values: bytes) -> pa.Array:
    """int8send, one after the other."""
    return pa.array(np.frombuffer(values, dtype=">i8").astype(np.int64))


def instants(values: bytes) -> pa.Array:
    """timestamptz_send, one after the other, as timestamps in UTC."""
    since_1970 = np.frombuffer(values, dtype=">i8").astype(np.int64) + _EPOCH_US
    return pa.array(since_1970).cast(pa.timestamp("us", "UTC"))


def uuids(values: bytes) -> pa.Array:
    """uuid_send, one after the other, as strings; sixteen zero bytes stand for null."""
    raw = np.frombuffer(values, dtype=np.uint8).reshape(-1, 16)
    text = np.full((len(raw), _UUID_LENGTH), ord("-"), dtype=np.uint8)
    halves = np.empty((len(raw), 32), dtype=np.uint8)
    halves[:, ::2] = _DIGITS[raw >> 4]
    halves[:, 1::2] = _DIGITS[raw & 15]
    text[:, _PLACES] = halves
    offsets = np.arange(len(raw) + 1, dtype=np.int32) * _UUID_LENGTH
    present = raw.any(axis=1)
    mask = None if present.all() else pa.py_buffer(np.packbits(present, bitorder="little"))
    return pa.StringArray.from_buffers(len(raw), pa.py_buffer(offsets), pa.py_buffer(text), mask)
