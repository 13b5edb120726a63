"""The chained logs on PostgreSQL, streamed from one snapshot by server-side cursors: memory stays the same however
long they are. Times come written by the database; hashes are not asked for but to be compared."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from akademos.catalogue.audit_actions import AuditAction
from akademos.privacy.access_chain import AccessRow, Seal
from akademos.privacy.audit_chain import ChainRow
from akademos.stores.postgres.access_seals import ACCESS_COLUMNS, SEAL_COLUMNS, STAMP
from akademos.stores.postgres.database import Database, Transaction

AT_ONCE = 2_000
_AUDIT = (
    f"SELECT tenant_id, seq, {STAMP.format('at')}, actor, action, subject, detail, previous, hash FROM audit_log "
    "WHERE tenant_id = %s ORDER BY seq"
)
_CHECKPOINT = "SELECT detail FROM audit_log WHERE tenant_id = %s AND action = %s ORDER BY seq DESC LIMIT 1"
_SEALS = f"SELECT {SEAL_COLUMNS} FROM access_seals WHERE tenant_id = %s ORDER BY number"
_ACCESSES = (
    f"SELECT {ACCESS_COLUMNS} FROM access_log WHERE tenant_id = %s AND access_id > %s AND access_id <= %s "
    "ORDER BY access_id"
)
_UNSEALED = "SELECT count(*) FROM access_log WHERE tenant_id = %s AND access_id > %s"


class PostgresChains:
    """Adapter of the port `ChainReader`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def reading(self) -> Iterator[_Snapshot]:
        """The logs as they stand at this moment."""
        with self._database.pipeline() as transaction:
            transaction.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield _Snapshot(transaction)


class _Snapshot:
    """Implements the port `Chains`."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def tenants(self) -> list[str]:
        """Every tenant, by id."""
        return [row[0] for row in self._transaction.execute("SELECT tenant_id FROM tenants ORDER BY 1")]

    def audit_rows(self, tenant_id: str) -> Iterator[ChainRow]:
        """The tenant's audit log, by number."""
        return (ChainRow(*row) for row in self._stream("audit_rows", _AUDIT, (tenant_id,), AT_ONCE))

    def checkpoint(self, tenant_id: str) -> str | None:
        """What went by retention, as the newest checkpoint says; see the port."""
        row = self._transaction.execute(_CHECKPOINT, (tenant_id, AuditAction.LOG_CHECKPOINT.value)).fetchone()
        return None if row is None else str(row[0])

    def seals(self, tenant_id: str) -> Iterator[Seal]:
        """The seals on the tenant's access log, by number."""
        return (Seal(*row) for row in self._stream("seals", _SEALS, (tenant_id,), 20))

    def accesses(self, tenant_id: str, after: int, up_to: int) -> Iterator[AccessRow]:
        """A range of the tenant's access log, by number."""
        values = (tenant_id, after, up_to)
        return (AccessRow(*row) for row in self._stream("accesses", _ACCESSES, values, AT_ONCE))

    def unsealed(self, tenant_id: str, after: int) -> int:
        """How many rows of the tenant's access log stand behind number `after`."""
        ((rows,),) = self._transaction.execute(_UNSEALED, (tenant_id, after))
        return int(rows)

    def _stream(self, name: str, query: str, values: tuple[object, ...], at_once: int) -> Iterator[tuple[Any, ...]]:
        with self._transaction.cursor(name=name) as cursor:
            cursor.itersize = at_once
            yield from cursor.execute(query, values, binary=True)
