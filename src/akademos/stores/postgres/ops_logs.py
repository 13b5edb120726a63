"""The kept log on PostgreSQL: lines and the account of their hand-over in one transaction."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from akademos.errors import Conflict
from akademos.privacy.log_lines import KeptLine, line_sum
from akademos.stores.ports.ops_logs import Process
from akademos.stores.postgres.database import Database

_LINES = """
    INSERT INTO ops_logs (tenant_id, load_id, service, instance, level, event, logged_at, fields, trimmed)
    SELECT tenant_id, %s, %s, %s, level, event, logged_at, fields, string_to_array(trimmed, ',')
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[])
        AS said (tenant_id, level, event, logged_at, fields, trimmed)
"""
_SUM = """
    SELECT count(*), coalesce(sum(('x' || left(md5(concat_ws(E'\\x1f', coalesce(tenant_id, ''), service, instance,
        level, event, (extract(epoch FROM logged_at) * 1000000)::bigint, fields, array_to_string(trimmed, ','))), 15))
        ::bit(60)::bigint::numeric), 0)::text
    FROM ops_logs WHERE load_id = %s AND logged_at >= %s
"""
_LOAD = """
    INSERT INTO ops_log_loads (load_id, service, instance, version, region, started_at, loaded_at, offered, kept, lost,
        waiting, oldest_at, meant, moved, seconds)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


class PostgresOpsLogs:
    """Adapter of the port `OpsLogs`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, process: Process, lines: Sequence[KeptLine], *, offered: int, lost: int, waiting: int) -> None:
        """Keep lines and write down the hand-over; see the port."""
        started, load_id = time.perf_counter(), uuid4()
        meant = (len(lines), str(sum(line_sum(one, process.service, process.instance) for one in lines)))
        with self._database.pipeline() as transaction:
            transaction.execute("SET LOCAL synchronous_commit = off")  # a log is worth no wait of the disk
            held: tuple[int, str] = (0, "0")
            oldest = min((one.logged_at for one in lines), default=None)
            if lines:
                columns = (
                    [one.tenant_id for one in lines],
                    [one.level for one in lines],
                    [one.event for one in lines],
                    [one.logged_at for one in lines],
                    [one.fields for one in lines],
                    [",".join(one.trimmed) for one in lines],
                )
                transaction.execute(_LINES, (load_id, process.service, process.instance, *columns))
                ((rows, total),) = transaction.execute(_SUM, (load_id, oldest))
                held = (rows, total)
            if held != meant:
                raise Conflict(
                    f"The store holds {held[0]} of {meant[0]} lines, or others than it was given.",
                    hint="Nothing of this hand-over was kept; the next one tries again.",
                    code="log_load_differs",
                )
            who = (process.service, process.instance, process.version, process.region)
            when, counts = (process.started_at, datetime.now(UTC)), (offered, len(lines), lost, waiting)
            sums = (oldest, meant[1], held[1], time.perf_counter() - started)
            transaction.execute(_LOAD, (load_id, *who, *when, *counts, *sums))
