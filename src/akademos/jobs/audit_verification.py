"""Is what was logged still what was written? Audit log and sealed access log of a tenant, read once from end to end."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from akademos.catalogue.audit_actions import AuditAction
from akademos.privacy.access_chain import (
    BrokenSeal,
    RemovedSeals,
    Seal,
    anchor_in,
    broken_anchor,
    broken_batch,
    broken_removal,
    broken_seal,
)
from akademos.privacy.audit_chain import BrokenRow, ChainCheck, ChainRow, Checkpoint, Head, checkpoint_in
from akademos.stores.ports.chains import Chains

BEFORE_ALL = -(2**63)


@dataclass
class Verified:
    """What the verification of one tenant's logs found.

    Attributes:
        rows, seconds: of the audit log, and how long they took.
        head: number and hash of its last good row: keep it elsewhere, and ask with it the next time.
        seals, reads, reads_seconds: seals on the access log, rows under them, and how long they took.
        unsealed: newer rows of the access log, which nothing proves yet.
        audit_from, reads_from: what went by retention before the first row of each log, as the checkpoint says; None
            where nothing did.
        broken: what is not as it was written: at most one row of the audit log and one of the access log.
    """

    tenant_id: str
    rows: int = 0
    seconds: float = 0.0
    head: Head = field(default_factory=lambda: Head(0, b""))
    seals: int = 0
    reads: int = 0
    reads_seconds: float = 0.0
    unsealed: int = 0
    audit_from: Checkpoint | None = None
    reads_from: Checkpoint | None = None
    broken: list[BrokenRow | BrokenSeal] = field(default_factory=list)


def verify(chains: Chains, tenant_id: str, kept: Head | None = None) -> Verified:
    """Recompute every hash of one tenant's logs; `kept` is a head that somebody kept outside."""
    found = Verified(tenant_id)
    anchor = _verify_audit(chains, found, kept)
    started = time.perf_counter()
    last, broken = _verify_seals(chains, found)
    broken = broken or broken_anchor(tenant_id, last, anchor)
    if broken:
        found.broken.append(broken)
    found.reads_seconds = time.perf_counter() - started
    found.unsealed = chains.unsealed(tenant_id, last.last_id if last else 0)
    return found


def _verify_audit(chains: Chains, found: Verified, kept: Head | None) -> tuple[int, str] | None:
    """Check the audit log; return number and hash of the newest seal on the access log that it knows of."""
    tenant_id = found.tenant_id
    said = chains.checkpoint(tenant_id) or ""
    found.audit_from, found.reads_from = checkpoint_in(said, "audit_log"), checkpoint_in(said, "access_log")
    check = ChainCheck(
        {} if kept is None else {tenant_id: kept},
        {} if found.audit_from is None else {tenant_id: found.audit_from.last},
    )
    newest: ChainRow | None = None
    broken: BrokenRow | None = None
    started = time.perf_counter()
    for row in chains.audit_rows(tenant_id):
        broken = check.take(row)
        if broken:
            break
        if row.action == AuditAction.ACCESS_SEALED:
            newest = row
    links = broken is None
    broken = broken or check.end()
    if broken:
        found.broken.append(broken)
    found.seconds = time.perf_counter() - started
    found.rows = check.rows
    found.head = check.ends.get(tenant_id, found.head)
    return anchor_in(newest.detail) if newest is not None and links else None


def _verify_seals(chains: Chains, found: Verified) -> tuple[Seal | RemovedSeals | None, BrokenSeal | None]:
    """Check every seal and the rows under it; return the last good one, and what is wrong with the next."""
    last: Seal | RemovedSeals | None = None
    if found.reads_from is not None:
        removed = found.reads_from
        last = RemovedSeals(removed.last.seq, removed.last.hash, removed.last_id)
        left = chains.accesses(found.tenant_id, BEFORE_ALL, removed.last_id)
        if broken := broken_removal(found.tenant_id, last, left):
            return last, broken
    for seal in chains.seals(found.tenant_id):
        rows = chains.accesses(found.tenant_id, last.last_id if last else BEFORE_ALL, seal.last_id)
        broken = broken_seal(seal, last) or broken_batch(seal, rows)
        if broken:
            return last, broken
        found.seals += 1
        found.reads += seal.rows
        last = seal
    return last, None
