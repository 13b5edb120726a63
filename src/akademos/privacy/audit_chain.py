"""Is the audit log whole? Its chain of hashes, recomputed row by row from nothing but the rows.

Each row of a tenant carries the hash of the row before (`previous`) and its own,

    hash = SHA-256(previous || JSON [tenant_id, seq, at, actor, action, subject, detail])

so a row that was changed, left out, put in or moved breaks the chain at that place. What was cut off at the end, or
a chain that was forged anew from some row on, breaks nothing: that is found by a head (number and hash of a row)
that somebody keeps elsewhere. Numbers run from 1 without a gap.

Rows whose retention has ended are removed from the start of a chain. What then stands first must follow what a
checkpoint names: an entry further on in the same chain with the number and hash of the last row that went. Without
one, the rows before it are missing.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["content", "missing", "number", "link", "cut_off", "other_chain", "head_expired"]


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
            before the kept head), other_chain (the row of the kept head has another hash), head_expired (the row
            of the kept head went by retention, so that it proves nothing any more).
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


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Up to where rows of a log went by retention: number and hash of the last one (of the access log: of the last
    seal), number of the last row of the access log under it, when it was written, and how many went with it."""

    last: Head
    last_id: int
    until: str
    rows: int


def checkpoint_in(detail: str, log: Literal["audit_log", "access_log"]) -> Checkpoint | None:
    """What an entry `log.checkpoint` says of a log; None if it names none, or is not one.

    Example:
        >>> said = '{"audit_log": {"number": 7, "hash": "00", "last_id": 7, "until": "x", "rows": 7}}'
        >>> checkpoint_in(said, "audit_log")
        Checkpoint(last=Head(seq=7, hash=b'\\x00'), last_id=7, until='x', rows=7)
        >>> checkpoint_in("[]", "audit_log")
    """
    try:
        said = json.loads(detail)[log]
        last = Head(int(said["number"]), bytes.fromhex(said["hash"]))
        return Checkpoint(last, int(said["last_id"]), str(said["until"]), int(said["rows"]))
    except (ValueError, TypeError, KeyError):
        return None


@dataclass
class ChainCheck:
    """Checks rows as they come, tenants one after the other, each in the order of numbers; holds one row a tenant.

    Attributes:
        heads: kept heads by tenant.
        starts: by tenant the row that the first one follows, where rows went by retention: what the tenant's newest
            checkpoint says. The checkpoint itself is a row of the chain, and looked at in its turn.
        ends: number and hash of the last good row of each tenant seen.
        rows: how many rows were looked at.
    """

    heads: Mapping[str, Head] = field(default_factory=dict)
    starts: Mapping[str, Head] = field(default_factory=dict)
    ends: dict[str, Head] = field(default_factory=dict)
    rows: int = 0

    def take(self, row: ChainRow) -> BrokenRow | None:
        """Look at the next row; what is wrong with it, or None. Nothing after a broken row says anything."""
        self.rows += 1
        broken = _broken(row, self._last(row.tenant_id), self.heads.get(row.tenant_id))
        if broken is None:
            self.ends[row.tenant_id] = Head(row.seq, row.hash)
        return broken

    def end(self) -> BrokenRow | None:
        """After the last row: whether a chain ends before its kept head, or starts behind it."""
        for tenant_id, head in self.heads.items():
            last = self._last(tenant_id).seq
            if last < head.seq:
                gone = f"row {head.seq} is gone" if head.seq == last + 1 else f"rows {last + 1} to {head.seq} are gone"
                return BrokenRow(tenant_id, last + 1, "cut_off", f"the log ends with row {last}, but {gone}")
            broken = _expired(tenant_id, head, self.starts.get(tenant_id, Head(0, b"")))
            if broken:
                return broken
        return None

    def _last(self, tenant_id: str) -> Head:
        return self.ends.get(tenant_id) or self.starts.get(tenant_id, Head(0, b""))


def _expired(tenant_id: str, head: Head, start: Head) -> BrokenRow | None:
    if head.seq == start.seq and head.hash != start.hash:
        reason = "the hash in the checkpoint is another than in the head that was kept"
        return BrokenRow(tenant_id, head.seq, "other_chain", reason)
    if head.seq < start.seq:
        reason = f"its row went by retention; only a head of row {start.seq} or later proves something"
        return BrokenRow(tenant_id, head.seq, "head_expired", reason)
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
