"""What was built, on PostgreSQL: results of checks and audit rows of loads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, datetime

from psycopg.types.json import Jsonb

from akademos.stores.ports.warehouse import CheckResult, Load
from akademos.stores.postgres.database import Database

_CHECK = """
    INSERT INTO warehouse_checks (tenant_id, build_id, dataset, check_name, column_name, severity, status, failures,
        checked_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_LOAD = """
    INSERT INTO warehouse_loads (tenant_id, load, received_on, channel, verdicts, meant_rows, moved_rows,
        meant_checksum, moved_checksum, seconds, causes, recorded_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
_NOTED_THROUGH = "SELECT max(received_on) FROM warehouse_loads WHERE tenant_id = %s"


class PostgresBuildLedger:
    """Adapter of the port `BuildLedger`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def record_checks(self, tenant_id: str, build_id: str, checks: Sequence[CheckResult], at: datetime) -> None:
        """Note what the checks of a build found; see the port."""
        rows = [
            (tenant_id, build_id, one.dataset, one.check_name, one.column_name or "", one.severity, one.status,
             one.failures, at)
            for one in sorted(checks, key=lambda one: one.status != "fail")  # of two of one name the failed one stays
        ]  # fmt: skip
        with self._database.pipeline() as transaction, transaction.cursor() as cursor:
            cursor.executemany(_CHECK, rows)

    def record_loads(self, tenant_id: str, loads: Sequence[Load], at: datetime) -> None:
        """Note the audit rows of closed days; see the port."""
        rows = [
            (tenant_id, one.load, one.received_on, one.channel, Jsonb(one.verdicts), one.meant_rows, one.moved_rows,
             one.meant_checksum, one.moved_checksum, one.seconds, Jsonb(asdict(one.causes)), at)
            for one in loads
        ]  # fmt: skip
        with self._database.pipeline() as transaction, transaction.cursor() as cursor:
            cursor.executemany(_LOAD, rows)

    def loads_noted_through(self, tenant_id: str) -> date | None:
        """The last day of which audit rows are noted."""
        with self._database.pipeline() as transaction:
            row = transaction.execute(_NOTED_THROUGH, (tenant_id,)).fetchone()
        return None if row is None else row[0]
