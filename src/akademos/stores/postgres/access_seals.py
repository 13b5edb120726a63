"""Sealing the access log on PostgreSQL, beside the gate that goes on writing to it.

The numbers of rows come from a sequence, so a lower number may commit after a higher one. A batch ends at the number
that the sequence had reached when the writers of that moment were noted, and is read when all of them are done: a
writer locks the table (in the mode that lets other writers in) before it draws a number, and is seen by that lock.
Nobody waits for the sealing.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from akademos.catalogue.audit_actions import AuditAction
from akademos.errors import Unavailable
from akademos.privacy.access_chain import AccessRow, Seal, sealed
from akademos.stores.ports.access_seals import UnsealedAccesses
from akademos.stores.ports.audit import AuditEntry, Json
from akademos.stores.postgres.audit import append
from akademos.stores.postgres.database import Database, Transaction

JOB = "access_seal"

STAMP = "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
"""A time as the chains write it (privacy.audit_chain.ChainRow.at); null for one that no calendar holds."""

ACCESS_COLUMNS = (
    f"access_id, tenant_id, {STAMP.format('at')}, actor, role, subject, what, purpose, reason, decision, "
    "consent_version"
)
SEAL_COLUMNS = (
    f"tenant_id, number, first_id, last_id, rows, {STAMP.format('sealed_at')}, row_digests, digest, previous, hash"
)

_UNSEALED = """
    SELECT t.tenant_id, w.rows, w.oldest FROM tenants t
    CROSS JOIN LATERAL (SELECT coalesce(
        (SELECT last_id FROM access_seals s WHERE s.tenant_id = t.tenant_id ORDER BY number DESC LIMIT 1), 0) AS last_id
    ) AS sealed
    CROSS JOIN LATERAL (SELECT count(*) AS rows, min(at) AS oldest FROM (SELECT at FROM access_log a
        WHERE a.tenant_id = t.tenant_id AND a.access_id > sealed.last_id ORDER BY access_id LIMIT %s) AS waiting) AS w
    WHERE w.rows > 0 ORDER BY 1
"""
_REACHED = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM access_log_access_id_seq"
_WRITERS = """
    SELECT virtualtransaction FROM pg_locks
    WHERE relation = 'access_log'::regclass AND mode = 'RowExclusiveLock' AND granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
PATIENCE_S = 2.0
_LOOK_AGAIN_S = 0.005
_LAST = f"SELECT {SEAL_COLUMNS} FROM access_seals WHERE tenant_id = %s ORDER BY number DESC LIMIT 1"
_NEXT = (
    f"SELECT {ACCESS_COLUMNS} FROM access_log WHERE tenant_id = %s AND access_id > %s AND access_id <= %s "
    "ORDER BY access_id LIMIT %s"
)
_KEEP = """
    INSERT INTO access_seals (tenant_id, number, first_id, last_id, rows, sealed_at, row_digests, digest, previous,
        hash)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class PostgresAccessSeals:
    """Adapter of the port `AccessSeals`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def unsealed(self, limit: int) -> list[UnsealedAccesses]:
        """What waits to be sealed, by tenant."""
        with self._database.pipeline() as transaction:
            return [UnsealedAccesses(*row) for row in transaction.execute(_UNSEALED, (limit,))]

    def decided(self) -> int:
        """Up to which number every row is committed or will never be; see the port."""
        with self._database.pipeline() as transaction:
            ((number,),) = transaction.execute(_REACHED)
            writers, until = _writers(transaction), time.monotonic() + PATIENCE_S
            while writers and time.monotonic() < until:
                time.sleep(_LOOK_AGAIN_S)
                writers &= _writers(transaction)
        if writers:
            raise Unavailable(
                "somebody has been writing to the access log for long, and nothing is sealed meanwhile",
                hint="The next run seals it; look for a transaction that does not end.",
            )
        return int(number)

    def seal(self, tenant_id: str, up_to: int, *, limit: int, sealed_at: datetime) -> int:
        """Seal the tenant's next rows, with their entry in the audit log; see the port."""
        with self._database.pipeline() as transaction:
            before = _last(transaction, tenant_id)
            after = before.last_id if before else 0
            rows = [AccessRow(*row) for row in transaction.execute(_NEXT, (tenant_id, after, up_to, limit))]
            if not rows:
                return 0
            stamp = f"{sealed_at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"
            seal = sealed(rows, before, stamp)
            values = (
                seal.tenant_id, seal.number, seal.first_id, seal.last_id, seal.rows, stamp, seal.row_digests,
                seal.digest, seal.previous, seal.hash,
            )  # fmt: skip
            transaction.execute(_KEEP, values)
            detail: dict[str, Json] = {
                "seal": seal.number,
                "rows": seal.rows,
                "last_id": seal.last_id,
                "hash": seal.hash.hex(),
            }
            append(transaction, tenant_id, AuditEntry(f"job:{JOB}", AuditAction.ACCESS_SEALED, None, detail))
        return seal.rows


def _writers(transaction: Transaction) -> set[str]:
    return {row[0] for row in transaction.execute(_WRITERS)}


def _last(transaction: Transaction, tenant_id: str) -> Seal | None:
    row = transaction.execute(_LAST, (tenant_id,)).fetchone()
    return None if row is None else Seal(*row)
