"""The raw zone: envelopes of everything that was received, one append-only Delta table a tenant, by day of receipt.

A closed day is never written again. What the database and the core know of a range of time is gathered in one file
first; ids of senders are hashed under a key of the tenant, so that nobody can look an id up here without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import TableNotFoundError

from akademos.catalogue.warehouse.envelopes import KEPT
from akademos.stores.lake.engine import with_memory
from akademos.stores.lake.load_audit import IMPORTS, against_receipts, core_loads, envelope_loads, quoted
from akademos.stores.lake.reading import LakeReader
from akademos.stores.ports.warehouse import Arrived, Load

TABLE = "envelopes"
CLOSED_DAYS = "closed_days"
"""Application whose version in the table log is the ordinal of the last closed day."""

ROWS_AT_ONCE = 100_000
_TYPES = {"string": pa.string(), "int32": pa.int32(), "timestamp": pa.timestamp("us", "UTC"), "date": pa.date32()}
SCHEMA = pa.schema([pa.field(name, _TYPES[kind]) for name, kind in KEPT])

_GATHER = """
    WITH named AS (
        SELECT event_id, payload_hash, source,
            CASE WHEN starts_with(source, '{imports}') THEN 'import' ELSE 'live' END AS channel,
            regexp_replace(event, '_v[0-9]+$', '') AS event_name,
            CASE WHEN event IS NOT NULL
                THEN coalesce(try_cast(regexp_extract(event, '_v([0-9]+)$', 1) AS INTEGER), 1) END AS schema_version,
            size_bytes, verdict, code, position, received_at
        FROM read_parquet('{received}')
        UNION ALL
        SELECT event_id, left(sha256($key || 'payload' || event_id), 32), source, 'import', event_name, event_version,
            NULL, 'accepted', NULL, NULL, received_at
        FROM {core} WHERE source IN (SELECT source FROM read_parquet('{counted}') WHERE received_on IS NULL)
            AND received_at >= $since AND received_at < $until
    ), numbered AS (
        SELECT *, NULL AS number FROM named WHERE event_id IS NOT NULL
        UNION ALL
        SELECT *, row_number() OVER (PARTITION BY payload_hash, received_at, source, verdict, code, position) AS number
        FROM named WHERE event_id IS NULL
    )
    SELECT left(sha256($key || 'record' || coalesce(event_id, concat_ws('|', payload_hash, epoch_us(received_at),
            source, verdict, code, position, number))), 32) AS record_key,
        left(sha256($key || 'event' || event_id), 32) AS event_id,
        payload_hash, source, channel, event_name, schema_version::INTEGER AS schema_version,
        size_bytes::INTEGER AS size_bytes, verdict, code, position::INTEGER AS position, received_at,
        CAST(received_at AT TIME ZONE 'UTC' AS DATE) AS received_on
    FROM numbered ORDER BY received_on, received_at, record_key
"""


class LakeEnvelopes:
    """Adapter of the port `Envelopes`.

    Args:
        folder: of the warehouses; the table lies in `<folder>/<tenant>/envelopes`.
        key: the tenant's key for ids of senders.
        memory_limit_mb: what the sorting of a range may hold in memory; beyond that it goes to disk, and where even
            that is short it gets more, see `engine.with_memory`.
    """

    def __init__(
        self, folder: Path, core: LakeReader, key: Callable[[str], bytes], *, memory_limit_mb: int = 512
    ) -> None:
        self._folder = folder.absolute()
        self._core = core
        self._key = key
        self._memory_limit_mb = memory_limit_mb

    def folder(self, tenant_id: str) -> Path:
        """Where the table of a tenant lies."""
        return self._folder / tenant_id / TABLE

    def closed_through(self, tenant_id: str) -> date | None:
        """The last day whose envelopes are kept; None at the beginning."""
        try:
            version = DeltaTable(self.folder(tenant_id)).transaction_version(CLOSED_DAYS)
        except TableNotFoundError:
            return None
        return None if version is None else date.fromordinal(version)

    def gather(self, tenant_id: str, arrived: Arrived, to: Path) -> int:
        """Write the envelopes of a range of time as the raw zone keeps them; see the port."""

        def copy(core: str) -> int:
            statement = _GATHER.format(
                received=quoted(arrived.received), counted=quoted(arrived.counted), core=core, imports=IMPORTS
            )

            def attempt(limit_mb: int) -> int:
                with closing(self._engine(to.parent, limit_mb)) as engine:
                    done = engine.execute(
                        f"COPY ({statement}) TO '{quoted(to)}' (FORMAT parquet, COMPRESSION zstd)",
                        self._values(tenant_id, arrived),
                    ).fetchone()
                return int(done[0]) if done else 0

            return with_memory(self._memory_limit_mb, attempt)

        return self._core.on_live_files(tenant_id, copy)

    def keep(self, tenant_id: str, gathered: Path, through: date) -> int:
        """Add gathered envelopes in one commit that closes the days; see the port."""
        folder = self.folder(tenant_id)
        table = self._opened(folder)
        closed = table.transaction_version(CLOSED_DAYS)
        if closed is not None and closed >= through.toordinal():
            return 0
        # What an append left that was killed before its commit: readers go by the folder.
        table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)
        commit = CommitProperties(app_transactions=[Transaction(CLOSED_DAYS, through.toordinal())])
        with closing(self._engine(gathered.parent)) as engine:
            ((rows,),) = engine.execute(f"SELECT count(*) FROM read_parquet('{quoted(gathered)}')").fetchall()
            batches = engine.sql(f"SELECT * FROM read_parquet('{quoted(gathered)}')").to_arrow_reader(ROWS_AT_ONCE)
            write_deltalake(folder, batches, mode="append", commit_properties=commit)
        return int(rows)

    def _opened(self, folder: Path) -> DeltaTable:
        try:
            return DeltaTable(folder)
        except TableNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            return DeltaTable.create(folder, SCHEMA, mode="ignore", partition_by=["received_on"])

    def unlike_receipts(self, gathered: Path, arrived: Arrived) -> int:
        """By how many live events gathered envelopes differ from the receipts; see the port."""
        with closing(self._engine(gathered.parent)) as engine:
            found = against_receipts(engine, gathered, arrived.counted)
        return sum(missing + surplus for (_, channel), (_, missing, surplus) in found.items() if channel == "live")

    def read_back(self, tenant_id: str, first: date, last: date, to: Path) -> int:
        """Write the envelopes of closed days to a file; see the port."""
        columns = ", ".join(SCHEMA.names)
        with closing(self._engine(to.parent)) as engine:
            rows = f"SELECT {columns} FROM {self._kept(tenant_id, first, last + timedelta(days=1))}"
            done = engine.execute(f"COPY ({rows}) TO '{quoted(to)}' (FORMAT parquet, COMPRESSION zstd)").fetchone()
        return int(done[0]) if done else 0

    def loads(
        self, tenant_id: str, gathered: Path, arrived: Arrived, *, kept: bool, accounted: bool, seconds: float | None
    ) -> list[Load]:
        """Audit rows of gathered days; see the port."""
        began = time.monotonic()

        def read(core: str) -> list[Load]:
            def attempt(limit_mb: int) -> list[Load]:
                with closing(self._engine(gathered.parent, limit_mb)) as engine:
                    stayed = f"read_parquet('{quoted(gathered)}')"
                    if kept:
                        stayed = self._kept(tenant_id, arrived.since.date(), arrived.until.date())
                    verdicts, found = envelope_loads(engine, gathered, arrived.counted, stayed, accounted=accounted)
                    values = {**self._values(tenant_id, arrived), "settled": arrived.settled}
                    return found + core_loads(
                        engine, gathered, arrived.places, core, values, verdicts, accounted=accounted
                    )

            return with_memory(self._memory_limit_mb, attempt)

        loads = self._core.on_live_files(tenant_id, read)
        spent = None if seconds is None else seconds + time.monotonic() - began
        return [replace(one, seconds=spent) for one in loads]

    def _values(self, tenant_id: str, arrived: Arrived) -> dict[str, object]:
        return {"key": self._key(tenant_id).hex(), "since": arrived.since, "until": arrived.until}

    def _kept(self, tenant_id: str, since: date, until: date) -> str:
        """The raw zone's rows of a range of days, the last excluded, for FROM."""
        return (
            f"(SELECT * FROM read_parquet('{quoted(self.folder(tenant_id))}/received_on=*/*.parquet', "
            f"hive_partitioning = true, hive_types = {{'received_on': DATE}}) "
            f"WHERE received_on >= DATE '{since}' AND received_on < DATE '{until}')"
        )

    def _engine(self, spill: Path, limit_mb: int | None = None) -> duckdb.DuckDBPyConnection:
        engine = duckdb.connect(
            config={
                "memory_limit": f"{limit_mb or self._memory_limit_mb}MB",
                "threads": 2,
                "temp_directory": str(spill),
                "autoload_known_extensions": False,
                "autoinstall_known_extensions": False,
            }
        )
        engine.execute("SET TimeZone = 'UTC'")
        return engine
