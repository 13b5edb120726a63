"""The access log, sealed in batches: what a seal says about its rows, and whether it is still true.

A seal covers every row of its tenant from after the last row of the seal before up to its own last row. It keeps
each row's number and a digest of its content, a digest over those, and a hash that holds the one of the seal before:

    row digest = SHA-256(JSON of the row), its first 16 bytes
    digest = SHA-256(row_digests),  row_digests = for each row its number (8 bytes, big-endian) and row digest
    hash = SHA-256(previous || JSON [tenant_id, number, first_id, last_id, rows, sealed_at, digest])

So a row that was changed, removed or added inside a sealed batch is named by its number, and a seal that was changed,
left out or put in breaks the chain. Seals whose rows' retention has ended go with them, the oldest first; the first one
that stands then follows what the audit log's checkpoint names (privacy.audit_chain).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

DIGEST_BYTES = 16
_NUMBER_BYTES = 8
_STEP = _NUMBER_BYTES + DIGEST_BYTES

Fault = Literal["seal_content", "seal_missing", "seal_link", "unanchored", "changed", "removed", "added"]


@dataclass(frozen=True, slots=True)
class AccessRow:
    """One row of the access log; `at` as in privacy.audit_chain.ChainRow."""

    access_id: int
    tenant_id: str
    at: str | None
    actor: str
    role: str
    subject: bytes | None
    what: str
    purpose: str
    reason: str | None
    decision: str
    consent_version: int | None


@dataclass(frozen=True, slots=True)
class Seal:
    """One sealed batch of one tenant; `sealed_at` as in AccessRow.at."""

    tenant_id: str
    number: int
    first_id: int
    last_id: int
    rows: int
    sealed_at: str | None
    row_digests: bytes
    digest: bytes
    previous: bytes
    hash: bytes


@dataclass(frozen=True, slots=True)
class RemovedSeals:
    """The last seal that went by retention, as the audit log's checkpoint names it."""

    number: int
    hash: bytes
    last_id: int


@dataclass(frozen=True, slots=True)
class BrokenSeal:
    """The first thing wrong in a tenant's sealed access log.

    Attributes:
        number: of the seal.
        access_id: of the row, where a row was changed, removed or added.
        fault: seal_content (the seal does not give its hash), seal_missing, seal_link (it does not follow the one
            before), unanchored (the audit log knows another one, or none), or what happened to the row.
    """

    tenant_id: str
    number: int
    access_id: int | None
    fault: Fault
    reason: str


def row_digest(row: AccessRow) -> bytes:
    """What a seal keeps of a row, 16 bytes."""
    said = [
        row.access_id, row.tenant_id, row.at, row.actor, row.role, None if row.subject is None else row.subject.hex(),
        row.what, row.purpose, row.reason, row.decision, row.consent_version,
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode(errors="surrogatepass")).digest()[:DIGEST_BYTES]


def seal_hash(seal: Seal) -> bytes:
    """The hash that a seal must carry, 32 bytes."""
    said = [
        seal.tenant_id, seal.number, seal.first_id, seal.last_id, seal.rows, seal.sealed_at, seal.digest.hex(),
    ]  # fmt: skip
    return hashlib.sha256(seal.previous + json.dumps(said).encode(errors="surrogatepass")).digest()


def sealed(rows: Iterable[AccessRow], before: Seal | None, sealed_at: str) -> Seal:
    """The seal over a batch of one tenant's rows, in the order of their numbers; at least one row."""
    kept = [(row.tenant_id, row.access_id, row_digest(row)) for row in rows]
    tenant_id, last_id, _ = kept[-1]
    digests = b"".join(number.to_bytes(_NUMBER_BYTES) + digest for _, number, digest in kept)
    unhashed = Seal(
        tenant_id=tenant_id,
        number=before.number + 1 if before else 1,
        first_id=kept[0][1],
        last_id=last_id,
        rows=len(kept),
        sealed_at=sealed_at,
        row_digests=digests,
        digest=hashlib.sha256(digests).digest(),
        previous=before.hash if before else b"",
        hash=b"",
    )
    return replace(unhashed, hash=seal_hash(unhashed))


def broken_seal(seal: Seal, before: Seal | RemovedSeals | None) -> BrokenSeal | None:
    """What is wrong with a seal itself, after the one before it, whether that stands or went by retention."""
    expected = before.number + 1 if before else 1

    def fault(number: int, kind: Fault, reason: str) -> BrokenSeal:
        return BrokenSeal(seal.tenant_id, number, None, kind, reason)

    if seal.number != expected:
        return fault(expected, "seal_missing", f"seal {expected} is not there, the next is {seal.number}")
    if seal.previous != (before.hash if before else b""):
        return fault(seal.number, "seal_link", "its link is not the hash of the seal before")
    kept = list(_kept(seal.row_digests))
    whole = (
        seal.hash == seal_hash(seal)
        and seal.digest == hashlib.sha256(seal.row_digests).digest()
        and len(seal.row_digests) == seal.rows * _STEP
        and bool(kept)
        and (kept[0][0], kept[-1][0]) == (seal.first_id, seal.last_id)
    )
    return None if whole else fault(seal.number, "seal_content", "the seal does not give its hash: it was changed")


def broken_batch(seal: Seal, rows: Iterable[AccessRow]) -> BrokenSeal | None:
    """The first row that a good seal does not confirm.

    Args:
        seal: one in which `broken_seal` finds nothing.
        rows: the tenant's rows after the last one of the seal before, up to `seal.last_id`, in order.
    """

    def fault(access_id: int, kind: Fault) -> BrokenSeal:
        reason = f"row {access_id} of the access log was {kind} after it was sealed"
        return BrokenSeal(seal.tenant_id, seal.number, access_id, kind, reason)

    kept = _kept(seal.row_digests)
    for row in rows:
        number, digest = next(kept, (None, b""))
        if number is None or row.access_id < number:
            return fault(row.access_id, "added")
        if row.access_id > number:
            return fault(number, "removed")
        if row_digest(row) != digest:
            return fault(number, "changed")
    left, _ = next(kept, (None, b""))
    return None if left is None else fault(left, "removed")


def broken_removal(tenant_id: str, removed: RemovedSeals, rows: Iterable[AccessRow]) -> BrokenSeal | None:
    """Whether a row stands where all went by retention; `rows` are the tenant's up to `removed.last_id`."""
    row = next(iter(rows), None)
    if row is None:
        return None
    reason = f"row {row.access_id} of the access log was added after the rows around it went by retention"
    return BrokenSeal(tenant_id, removed.number, row.access_id, "added", reason)


def anchor_in(detail: str) -> tuple[int, str] | None:
    """Number and hash (hex) of the seal that an entry `access.sealed` of the audit log names; None if it names none.

    Example:
        >>> anchor_in('{"seal": 3, "hash": "00ff"}')
        (3, '00ff')
        >>> anchor_in("[]")
    """
    try:
        said = json.loads(detail)
    except ValueError:
        return None
    number, digest = (said.get("seal"), said.get("hash")) if isinstance(said, dict) else (None, None)
    return (number, digest) if isinstance(number, int) and isinstance(digest, str) else None


def broken_anchor(
    tenant_id: str, last: Seal | RemovedSeals | None, anchor: tuple[int, str] | None
) -> BrokenSeal | None:
    """Whether the audit log and the last seal agree; `anchor` is number and hash (hex) of the newest that it names."""
    number, digest = anchor or (0, "")
    present = last.number if last else 0
    if number > present:
        gone = f"seal {present + 1} is gone, the audit log names {number} as the newest"
        return BrokenSeal(tenant_id, present + 1, None, "seal_missing", gone)
    if number < present or (last is not None and last.hash.hex() != digest):
        return BrokenSeal(tenant_id, present, None, "unanchored", "the audit log does not name it as the newest seal")
    return None


def _kept(row_digests: bytes) -> Iterator[tuple[int, bytes]]:
    for start in range(0, len(row_digests), _STEP):
        step = row_digests[start : start + _STEP]
        yield int.from_bytes(step[:_NUMBER_BYTES]), step[_NUMBER_BYTES:]
