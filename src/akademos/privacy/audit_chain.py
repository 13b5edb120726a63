"""Is the audit log whole? Its chain of hashes, recomputed row by row from nothing but the rows.

Each row of a tenant carries the hash of the row before (`previous`) and its own,

    hash = SHA-256(previous || JSON [tenant_id, seq, at, actor, action, subject, detail])

so a row that was changed, left out, put in or moved breaks the chain at that place. What was cut off at the end, or
a chain that was forged anew from some row on, breaks nothing: that is found by a head (number and hash of a row)
that somebody keeps elsewhere. Numbers run from 1 without a gap.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["content", "missing", "number", "link", "cut_off", "other_chain"]


@dataclass(frozen=True, slots=True)
class ChainRow:
    """One row of the audit log; `at` in UTC as `YYYY-MM-DDTHH:MM:SS.ffffffZ`, which None cannot be."""

    tenant_id: str
    seq: int
    at: str | None
    actor: str
    action: str
    subject: bytes | None
    detail: str
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """A row's number and hash, kept outside of the installation: everything up to it is as it was then."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class BrokenRow:
    """The first row of a tenant that is not as it was written, and what is wrong with it.

    Attributes:
        seq: number of the row; of the one that is not there where rows are missing or cut off.
        fault: content (the row does not give its hash), missing (rows before the next are gone), number (a number
            comes again or out of turn), link (it does not follow the row before it), cut_off (the chain ends
            before the kept head), other_chain (the row of the kept head has another hash).
    """

    tenant_id: str
    seq: int
    fault: Fault
    reason: str


def row_hash(row: ChainRow) -> bytes:
    """The hash that a row must carry, 32 bytes."""
    subject = None if row.subject is None else row.subject.hex()
    said = [row.tenant_id, row.seq, row.at, row.actor, row.action, subject, row.detail]
    return hashlib.sha256(row.previous + json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass")).digest()


@dataclass
class ChainCheck:
    """Checks rows as they come, tenants one after the other, each in the order of numbers; holds one row a tenant.

    Attributes:
        heads: kept heads by tenant.
        ends: number and hash of the last good row of each tenant seen.
        rows: how many rows were looked at.
    """

    heads: Mapping[str, Head] = field(default_factory=dict)
    ends: dict[str, Head] = field(default_factory=dict)
    rows: int = 0

    def take(self, row: ChainRow) -> BrokenRow | None:
        """Look at the next row; what is wrong with it, or None. Nothing after a broken row says anything."""
        self.rows += 1
        last = self.ends.get(row.tenant_id, Head(0, b""))
        broken = _broken(row, last, self.heads.get(row.tenant_id))
        if broken is None:
            self.ends[row.tenant_id] = Head(row.seq, row.hash)
        return broken

    def end(self) -> BrokenRow | None:
        """After the last row: whether a chain ends before its kept head."""
        for tenant_id, head in self.heads.items():
            last = self.ends.get(tenant_id, Head(0, b"")).seq
            if last < head.seq:
                gone = f"row {head.seq} is gone" if head.seq == last + 1 else f"rows {last + 1} to {head.seq} are gone"
                return BrokenRow(tenant_id, last + 1, "cut_off", f"the log ends with row {last}, but {gone}")
        return None


def _broken(row: ChainRow, last: Head, head: Head | None) -> BrokenRow | None:
    expected = last.seq + 1
    if row.seq > expected:
        gone = f"row {expected}" if row.seq == expected + 1 else f"rows {expected} to {row.seq - 1}"
        return BrokenRow(row.tenant_id, expected, "missing", f"{gone} missing before row {row.seq}")
    if row.seq < expected:
        return BrokenRow(row.tenant_id, row.seq, "number", f"the number {row.seq} comes again or out of turn")
    if row.previous != last.hash:
        before = f"row {last.seq}" if last.seq else "the start of the log"
        return BrokenRow(row.tenant_id, row.seq, "link", f"its link to the row before is not the hash of {before}")
    if row.hash != row_hash(row):
        return BrokenRow(row.tenant_id, row.seq, "content", "its content does not give its hash: it was changed")
    if head is not None and head.seq == row.seq and head.hash != row.hash:
        return BrokenRow(row.tenant_id, row.seq, "other_chain", "its hash is another than in the head that was kept")
    return None


def first_broken(rows: Iterable[ChainRow], heads: Mapping[str, Head] | None = None) -> BrokenRow | None:
    """The first broken row of rows in the order (tenant, number); None when all are whole.

    Example:
        >>> first_broken([])
        >>> first_broken([], {"college": Head(2, b"")}).reason
        'the log ends with row 0, but rows 1 to 2 are gone'
    """
    check = ChainCheck(heads or {})
    return next((broken for broken in map(check.take, rows) if broken), None) or check.end()
