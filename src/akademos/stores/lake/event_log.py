"""The event log on Delta Lake and DuckDB: both ports in one object."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from akademos.catalogue.event_log import PARTITION_COLUMNS, SORT_COLUMNS
from akademos.errors import InputError
from akademos.stores.lake.data_files import FILE_SCHEMA, write
from akademos.stores.lake.engine import Engine
from akademos.stores.lake.erasing import LakeEraser
from akademos.stores.lake.locks import TableLocks
from akademos.stores.lake.period_reading import LakePeriods
from akademos.stores.lake.reading import LakeReader
from akademos.stores.lake.rewriting import ROWS_PER_FILE
from akademos.stores.lake.table import EventTable, already_committed
from akademos.stores.ports.event_log import SCHEMA

if TYPE_CHECKING:
    import pyarrow as pa
    from deltalake.transaction import AddAction

REWRITE_MEMORY_MB = 64


class LakeEventLog(LakeReader, LakePeriods, LakeEraser):
    """Adapter of the ports `EventLogReader`, `PeriodEvents`, `EventLogWriter` and `EventEraser`. Safe to share between
    threads.

    Args:
        uri: folder of the Delta tables; the log is the table `events` in it.
        locks: orders the writers of all processes that share the folder.
        memory_limit_mb: what the query engine may hold in memory.
        rewrite_memory_mb, rewrite_threads: of the engine for rewrites. By default it holds little and leaves the
            processor to the others; sorts of a million rows go to disk beyond that.
        rows_per_file: about how many rows a compacted file holds.
    """

    def __init__(
        self,
        uri: str,
        locks: TableLocks,
        *,
        memory_limit_mb: int = 256,
        rewrite_memory_mb: int = REWRITE_MEMORY_MB,
        rewrite_threads: int = 1,
        rows_per_file: int = ROWS_PER_FILE,
    ) -> None:
        table = EventTable(uri, locks)
        LakeReader.__init__(self, table, Engine(table, memory_limit_mb=memory_limit_mb))
        rewriting = Engine(table, memory_limit_mb=rewrite_memory_mb, threads=rewrite_threads)
        LakeEraser.__init__(self, table, rewriting, self._engine, rows_per_file=rows_per_file)

    def append(
        self,
        events: pa.Table,
        *,
        application: str | None = None,
        version: int | None = None,
        after: int | None = None,
        own: set[str] | None = None,
    ) -> int:
        """Append rows durably in one commit and return how many; see the port."""
        if events.schema.names != SCHEMA.names:
            raise InputError(
                "The table to append has other columns than the event log.",
                hint="Give the columns of stores.ports.event_log.SCHEMA, in their order.",
                code="table_malformed",
            )
        with self._table.locks.append():
            if application is not None and self._table.committed_version(application) != after:
                raise already_committed(application)  # before files are written in vain
            added = list(self._written(events))
            noted = {} if application is None or version is None else {application: version}
            expected = {} if application is None else {application: after}
            if added or noted:
                self._table.commit(added, applications=noted, expected=expected)
        if own is not None:
            own.update(action.path for action in added)
        return int(events.num_rows)

    def _written(self, events: pa.Table) -> Iterator[AddAction]:
        if not events.num_rows:
            return
        ordered = pl.DataFrame(events).sort(*PARTITION_COLUMNS, *SORT_COLUMNS)
        partitions = ordered.select(pl.struct(PARTITION_COLUMNS).rle()).unnest("*").unnest("value")
        start = 0
        rows = ordered.drop(PARTITION_COLUMNS).to_arrow().cast(FILE_SCHEMA)
        for length, tenant_id, month in partitions.iter_rows():
            yield write(self._table.folder, tenant_id, month, rows.slice(start, length))
            start += length

    def close(self) -> None:
        """Give the query engines' memory back."""
        self._engine.close()
        self._rewriting.close()
