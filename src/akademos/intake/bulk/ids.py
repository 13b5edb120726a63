"""Ids of imported events: the same row gets the same id, from whatever file, in whatever order, however often.

UUIDv5 (RFC 9562, section 5.5) of tenant, layout, the normalised row and its occurrence number: the first, second, ...
time that this very row stands in the data.
"""

from __future__ import annotations

import uuid
from hashlib import sha1
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from akademos.sources.event_frame import SEPARATOR

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAMESPACE = uuid.UUID("0b6f6f3e-0f0c-5c6b-9a4e-6d0a5b1a7c11")
"""Of all ids that Akademos derives."""

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype="S2")
_DASHES = (8, 13, 18, 23)
_DIGITS = np.array([position for position in range(36) if position not in _DASHES])


class Occurrences:
    """Counts equal rows over all batches of an import; keeps 12 bytes for each different row.

    The counts lie in sorted runs, each at least twice as long as the next: a batch is looked up in few of them, and
    each row is merged a few times only, however many batches there are.
    """

    def __init__(self) -> None:
        self._runs: list[_Run] = []

    def number(self, identities: pl.Series) -> NDArray[np.int64]:
        """The occurrence number of each row, from 0."""
        digests = identities.hash(seed=7).to_numpy()
        if not len(digests):
            return np.empty(0, dtype=np.int64)
        order = np.argsort(digests, kind="stable")
        ordered = digests[order]
        first = np.r_[True, ordered[1:] != ordered[:-1]]
        starts, group = np.flatnonzero(first), np.cumsum(first) - 1
        different = ordered[starts]
        before = np.zeros(len(different), dtype=np.int64)
        for run in self._runs:
            at = np.minimum(np.searchsorted(run.digests, different), len(run.digests) - 1)
            before += np.where(run.digests[at] == different, run.counts[at], 0)
        self._add(_Run(different, np.diff(np.r_[starts, len(ordered)]).astype(np.int32)))
        numbers = np.empty(len(ordered), dtype=np.int64)
        numbers[order] = before[group] + np.arange(len(ordered)) - starts[group]
        return numbers

    def _add(self, run: _Run) -> None:
        while self._runs and len(self._runs[-1].digests) < 2 * len(run.digests):
            run = _merged(self._runs.pop(), run)
        self._runs.append(run)


class _Run(NamedTuple):
    """How often each of some rows was there; `digests` ascend."""

    digests: NDArray[np.uint64]
    counts: NDArray[np.int32]


def _merged(one: _Run, other: _Run) -> _Run:
    digests = np.concatenate([one.digests, other.digests])
    order = np.argsort(digests, kind="stable")
    digests, counts = digests[order], np.concatenate([one.counts, other.counts])[order]
    starts = np.flatnonzero(np.r_[True, digests[1:] != digests[:-1]])
    return _Run(digests[starts], np.add.reduceat(counts, starts).astype(np.int32))


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
