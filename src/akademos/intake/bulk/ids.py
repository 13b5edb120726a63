"""Ids of imported events: the same row gets the same id, from whatever file, in whatever order, however often.

UUIDv5 (RFC 9562, section 5.5) of tenant, layout, the normalised row and its occurrence number: the first, second, ...
time that this very row stands in the data.
"""

from __future__ import annotations

import uuid
from hashlib import sha1

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from akademos.sources.event_frame import SEPARATOR

NAMESPACE = uuid.UUID("0b6f6f3e-0f0c-5c6b-9a4e-6d0a5b1a7c11")
"""Of all ids that Akademos derives."""

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype="S2")
_DASHES = (8, 13, 18, 23)
_DIGITS = np.array([position for position in range(36) if position not in _DASHES])


class Occurrences:
    """Counts equal rows over all batches of an import; keeps 12 bytes for each different row."""

    def __init__(self) -> None:
        self._seen: NDArray[np.uint64] = np.empty(0, dtype=np.uint64)
        self._counts: NDArray[np.int32] = np.empty(0, dtype=np.int32)

    def number(self, identities: pl.Series) -> NDArray[np.int64]:
        """The occurrence number of each row, from 0."""
        digests = identities.hash(seed=7).to_numpy()
        rank = pl.DataFrame({"digest": digests}).select(pl.int_range(pl.len()).over("digest")).to_series().to_numpy()
        before = np.zeros(len(digests), dtype=np.int64)
        if len(self._seen):
            at = np.minimum(np.searchsorted(self._seen, digests), len(self._seen) - 1)
            before = np.where(self._seen[at] == digests, self._counts[at], 0)
        different, counts = np.unique(digests, return_counts=True)
        merged = np.concatenate([self._seen, different])
        order = np.argsort(merged, kind="stable")
        merged, added = merged[order], np.concatenate([self._counts, counts.astype(np.int32)])[order]
        starts = np.flatnonzero(np.r_[True, merged[1:] != merged[:-1]]) if len(merged) else np.empty(0, dtype=np.int64)
        self._seen = merged[starts]
        self._counts = np.add.reduceat(added, starts).astype(np.int32) if len(starts) else added
        numbers: NDArray[np.int64] = before + rank
        return numbers


def event_ids(tenant_id: str, layout: str, identities: pl.Series, occurrences: NDArray[np.int64]) -> pl.Series:
    """UUIDv5 of each row, as text.

    Example:
        >>> ids = event_ids("college", "oulad", pl.Series(["a"]), np.array([0]))
        >>> ids[0] == str(uuid.uuid5(uuid.uuid5(NAMESPACE, "college" + SEPARATOR + "oulad"), "a" + SEPARATOR + "0"))
        True
    """
    prefix = uuid.uuid5(NAMESPACE, f"{tenant_id}{SEPARATOR}{layout}").bytes
    names = pl.select(
        pl.concat_str(identities, pl.Series(occurrences).cast(pl.String), separator=SEPARATOR).cast(pl.Binary)
    ).to_series()
    # SHA-1 is what UUIDv5 is made of; nothing here is secret.
    digests = b"".join([sha1(prefix + name, usedforsecurity=False).digest()[:16] for name in names.to_list()])
    raw = np.frombuffer(digests, dtype=np.uint8).reshape(-1, 16).copy()
    raw[:, 6] = (raw[:, 6] & 0x0F) | 0x50
    raw[:, 8] = (raw[:, 8] & 0x3F) | 0x80
    return pl.Series("event_id", _as_text(raw))


def _as_text(raw: NDArray[np.uint8]) -> pa.StringArray:
    rows = len(raw)
    text = np.empty((rows, 36), dtype=np.uint8)
    text[:, _DIGITS] = _HEX[raw].view(np.uint8).reshape(rows, 32)
    text[:, _DASHES] = ord("-")
    offsets = np.arange(rows + 1, dtype=np.int32) * 36
    return pa.StringArray.from_buffers(rows, pa.py_buffer(offsets), pa.py_buffer(text))
