"""What the stores hold and have counted, at one instant."""

from __future__ import annotations

from typing import Protocol

from akademos.ledger.reconciliation import VERDICTS, Stock
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.locks import LAKE_REWRITE, LANDING, lock

_RECEIPTS = (
    "SELECT "
    + ", ".join(f"coalesce(sum({name}), 0)" for name in ("received", *VERDICTS))
    + (" FROM receipts WHERE tenant_id = %s")
)
_MOVEMENTS = "SELECT kind, sum(events)::bigint FROM movements WHERE tenant_id = %s GROUP BY kind"
_ROWS = """
    SELECT (SELECT count(*) FROM landing WHERE tenant_id = %(tenant)s),
        (SELECT count(*) FROM held WHERE tenant_id = %(tenant)s),
        (SELECT count(*) FROM preference_log WHERE tenant_id = %(tenant)s)
            + (SELECT count(*) FROM security_log WHERE tenant_id = %(tenant)s),
        (SELECT count(*) FROM landing WHERE tenant_id = %(tenant)s
            AND transaction_id <= (SELECT max(moving_to) FROM landing_in_hand))
"""
_IMPORTS = """
    SELECT coalesce(sum((counts -> 'pending' ->> 'accepted')::bigint), 0)
    FROM imports WHERE tenant_id = %s AND finished_at IS NULL
"""
_UNDONE = "SELECT version FROM withdrawals WHERE tenant_id = %s AND done_at IS NULL"


class Core(Protocol):
    """What is asked of the event log."""

    def count(self, tenant_id: str | None = None) -> int:
        """How many rows it holds."""
        ...

    def committed_version(self, application: str) -> int | None:
        """The last version that `application` committed, or None."""
        ...


class PostgresStock:
    """Counts while the mover and whoever deletes from the core wait."""

    def __init__(self, database: Database, core: Core) -> None:
        self._database = database
        self._core = core

    def now(self, tenant_id: str) -> Stock:
        """The stock of a tenant; waits for the batch that a mover has in hand."""
        with self._database.pipeline() as transaction:
            lock(transaction, LANDING)
            lock(transaction, LAKE_REWRITE)
            core = self._core.count(tenant_id)
            # One snapshot for all counts: senders go on meanwhile.
            with self._database.pipeline() as at:
                at.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
                receipts = at.execute(_RECEIPTS, (tenant_id,)).fetchone() or ()
                movements = dict(at.execute(_MOVEMENTS, (tenant_id,)).fetchall())
                rows = at.execute(_ROWS, {"tenant": tenant_id}).fetchone() or (0, 0, 0, 0)
                (pending,) = at.execute(_IMPORTS, (tenant_id,)).fetchone() or (0,)
                undone = [version for (version,) in at.execute(_UNDONE, (tenant_id,))]
            # Rewrites of the core note in its log how many rows they took; the count follows with their job.
            uncounted = (self._core.committed_version(f"expired_retention/{tenant_id}") or 0) - int(
                movements.get("expired_retention", 0)
            )
            for version in undone:
                uncounted += self._core.committed_version(f"withdrawal/{tenant_id}/{version}") or 0
        between: dict[str, int] = {}
        if rows[3]:
            between["a batch that a mover had in hand when it was ended; the next one finds out"] = int(rows[3])
        if pending:
            between["a batch of an import that is not finished; starting it again finds out"] = int(pending)
        return Stock(
            receipts=dict(zip(("received", *VERDICTS), map(int, receipts), strict=True)),
            movements={kind: int(events) for kind, events in movements.items()},
            landing=int(rows[0]),
            held=int(rows[1]),
            logs=int(rows[2]),
            core=core,
            uncounted=uncounted,
            between=between,
        )
