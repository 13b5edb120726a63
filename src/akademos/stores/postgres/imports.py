"""Import ledger on PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from akademos.stores.ports.imports import BatchCounts, FileImport, RefusedRow
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.locks import lock_consented_writes

_LATEST = """
    SELECT import_id, batches_done, counts, finished_at FROM imports
    WHERE tenant_id = %s AND fingerprint = %s AND layout = %s AND basis_id = %s AND file = %s
    ORDER BY started_at DESC LIMIT 1
"""
_VERDICTS = ("accepted", "duplicate", "suppressed", "rejected")


class PostgresImports:
    """Adapter of the port `ImportLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(self, tenant_id: str, file: str, *, basis_id: str, layout: str, fingerprint: str) -> FileImport:
        """Go on with an unfinished import of this content, or begin a new one."""
        with self._database.pipeline() as transaction:
            key = (tenant_id, fingerprint, layout, basis_id, file)
            transaction.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", ("/".join(key),))
            latest = transaction.execute(_LATEST, key).fetchone()
            if latest and latest[3] is None:
                counts = dict(latest[2])
                pending = counts.pop("pending", None)
                return FileImport(tenant_id, latest[0], file, latest[1], counts, _pending(pending))
            runs = transaction.execute("SELECT count(*) FROM imports WHERE tenant_id = %s", (tenant_id,)).fetchone()
            digest = hashlib.sha256("\0".join((*key, str(runs and runs[0]))).encode()).hexdigest()
            import_id = f"import-{digest[:24]}"
            transaction.execute(
                "INSERT INTO imports (tenant_id, import_id, file, basis_id, layout, fingerprint, started_at) "
                "VALUES (%s, %s, %s, %s, %s, %s, clock_timestamp())",
                (tenant_id, import_id, file, basis_id, layout, fingerprint),
            )
        return FileImport(tenant_id, import_id, file, 0, {}, None)

    @contextmanager
    def consented_writes(self) -> Iterator[None]:
        """Held from checking consent until what it allowed is committed to the core."""
        with self._database.pipeline() as transaction:
            lock_consented_writes(transaction)
            yield

    def prepare(self, one: FileImport, counts: BatchCounts) -> None:
        """Note what a batch will bring, before its commit to the core."""
        pending = {**asdict(counts), "received_at": counts.received_at.isoformat()}
        self._write(one, {**one.counts, "pending": pending})

    def _write(self, one: FileImport, counts: Mapping[str, object]) -> None:
        with self._database.pipeline() as transaction:
            transaction.execute(
                "UPDATE imports SET counts = %s WHERE tenant_id = %s AND import_id = %s AND file = %s",
                (Jsonb(counts), one.tenant_id, one.import_id, one.file),
            )

    def done(
        self, one: FileImport, counts: BatchCounts, *, counted_at: datetime, refused: Sequence[RefusedRow] = ()
    ) -> FileImport:
        """Count a batch (receipt, movement, envelopes) and move on, in one transaction."""
        totals = {verdict: one.counts.get(verdict, 0) + getattr(counts, verdict) for verdict in _VERDICTS}
        with self._database.pipeline() as transaction:
            transaction.execute(
                "UPDATE imports SET batches_done = %s, counts = %s "
                "WHERE tenant_id = %s AND import_id = %s AND file = %s",
                (counts.batch, Jsonb(totals), one.tenant_id, one.import_id, one.file),
            )
            transaction.execute(
                "INSERT INTO receipts (tenant_id, source, door, received_at, received, accepted, held, duplicate, "
                "conflict, suppressed, rejected, counted_at) "
                "VALUES (%s, %s, 'import', %s, %s, %s, 0, %s, 0, %s, %s, %s)",
                (
                    one.tenant_id, one.import_id, counts.received_at, counts.received, counts.accepted,
                    counts.duplicate, counts.suppressed, counts.rejected, counted_at,
                ),
            )  # fmt: skip
            if counts.accepted:
                transaction.execute(
                    "INSERT INTO movements (tenant_id, kind, events, reference) VALUES (%s, 'imported', %s, %s)",
                    (one.tenant_id, counts.accepted, one.import_id),
                )
            if refused:
                transaction.execute(
                    "INSERT INTO envelopes (tenant_id, received_at, source, verdict, code, event, payload_hash, size, "
                    "position) SELECT %s, %s, %s, 'rejected', c, e, h, 0, r "
                    "FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::int[]) AS _ (c, e, h, r)",
                    (
                        one.tenant_id, counts.received_at, one.import_id, [row.code for row in refused],
                        [row.event for row in refused], [row.payload_hash for row in refused],
                        [min(row.row, 2**31 - 1) for row in refused],
                    ),
                )  # fmt: skip
        return replace(one, batches_done=counts.batch, counts=totals, pending=None)

    def finish(self, one: FileImport) -> None:
        """The file is through."""
        with self._database.pipeline() as transaction:
            transaction.execute(
                "UPDATE imports SET finished_at = now() WHERE tenant_id = %s AND import_id = %s AND file = %s",
                (one.tenant_id, one.import_id, one.file),
            )

    def keep_demographics(self, tenant_id: str, basis_id: str, rows: Sequence[Mapping[str, object]]) -> tuple[int, int]:
        """Restricted rows (learner_key, course_id, attributes, final_result): how many are new, how many known."""
        with self._database.pipeline() as transaction:
            done = transaction.execute(
                "INSERT INTO demographics (tenant_id, learner_key, course_id, basis, attributes, final_result) "
                "SELECT %s, k, c, %s, a, f "
                "FROM unnest(%s::uuid[], %s::text[], %s::jsonb[], %s::text[]) AS _ (k, c, a, f) "
                "ON CONFLICT DO NOTHING",
                (
                    tenant_id, f"basis:{basis_id}", [row["learner_key"] for row in rows],
                    [row["course_id"] for row in rows], [Jsonb(row["attributes"]) for row in rows],
                    [row["final_result"] for row in rows],
                ),
            )  # fmt: skip
        return done.rowcount, len(rows) - done.rowcount


def _pending(kept: Mapping[str, Any] | None) -> BatchCounts | None:
    """The batch that was under way, as noted before its commit."""
    if kept is None:
        return None
    return BatchCounts(**{**kept, "received_at": datetime.fromisoformat(kept["received_at"])})
