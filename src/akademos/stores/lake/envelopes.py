"""The raw zone: envelopes of everything that was received, one append-only Delta table a tenant, by day of receipt.

A closed day is never written again. What the database and the core know of a range of time is gathered in one file
first; ids of senders are hashed under a key of the tenant, so that nobody can look an id up here without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Transaction, write_deltalake
from deltalake.exceptions import TableNotFoundError

from akademos.catalogue.warehouse.envelopes import KEPT
from akademos.stores.lake.engine import with_memory
from akademos.stores.lake.reading import LakeReader
from akademos.stores.ports.warehouse import Load

TABLE = "envelopes"
CLOSED_DAYS = "closed_days"
"""Application whose version in the table log is the ordinal of the last closed day."""

IMPORTS = "import-"
"""How the source of an import begins."""

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
        FROM {core} WHERE starts_with(source, '{imports}') AND received_at >= $since AND received_at < $until
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
_CHECKSUM = "coalesce(sum(('0x' || left({column}, 16))::UBIGINT), 0)"
_BY_VERDICT = """
    SELECT received_on, channel, verdict, count(*) AS events, {checksum} AS checksum
    FROM {rows} GROUP BY ALL ORDER BY ALL
"""
_IN_CORE = """
    SELECT CAST(received_at AT TIME ZONE 'UTC' AS DATE) AS received_on, count(*) AS events, {checksum} AS checksum
    FROM (SELECT received_at, left(sha256($key || 'event' || event_id), 16) AS hashed FROM {core}
        WHERE NOT starts_with(source, '{imports}') AND received_at >= $since AND received_at < $until) AS live
    GROUP BY ALL
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

    def gather(self, tenant_id: str, received: Path, to: Path, since: datetime, until: datetime) -> int:
        """Write the envelopes of a range of time as the raw zone keeps them; see the port."""

        def copy(core: str) -> int:
            statement = _GATHER.format(received=_quoted(received), core=core, imports=IMPORTS)

            def attempt(limit_mb: int) -> int:
                with closing(self._engine(to.parent, limit_mb)) as engine:
                    done = engine.execute(
                        f"COPY ({statement}) TO '{_quoted(to)}' (FORMAT parquet, COMPRESSION zstd)",
                        {"key": self._key(tenant_id).hex(), "since": since, "until": until},
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
            ((rows,),) = engine.execute(f"SELECT count(*) FROM read_parquet('{_quoted(gathered)}')").fetchall()
            batches = engine.sql(f"SELECT * FROM read_parquet('{_quoted(gathered)}')").to_arrow_reader(ROWS_AT_ONCE)
            write_deltalake(folder, batches, mode="append", commit_properties=commit)
        return int(rows)

    def _opened(self, folder: Path) -> DeltaTable:
        try:
            return DeltaTable(folder)
        except TableNotFoundError:
            folder.mkdir(parents=True, exist_ok=True)
            return DeltaTable.create(folder, SCHEMA, mode="ignore", partition_by=["received_on"])

    def loads(
        self, tenant_id: str, gathered: Path, since: datetime, until: datetime, *, kept: bool, seconds: float | None
    ) -> list[Load]:
        """Audit rows of gathered days; see the port."""
        key = self._key(tenant_id).hex()
        began = time.monotonic()

        def read(core: str) -> list[Load]:
            with closing(self._engine(gathered.parent)) as engine:
                came = _by_verdict(engine, f"read_parquet('{_quoted(gathered)}')", "record_key")
                stayed = came
                if kept:
                    days = sorted({day for day, _ in came})
                    stayed = self._kept(engine, tenant_id, days)
                accepted = _by_verdict(
                    engine,
                    f"(SELECT * FROM read_parquet('{_quoted(gathered)}') WHERE verdict = 'accepted')",
                    "event_id",
                )
                checksum = _CHECKSUM.format(column="hashed")
                moved = {
                    day: (int(events), int(total))
                    for day, events, total in engine.execute(
                        _IN_CORE.format(core=core, imports=IMPORTS, checksum=checksum),
                        {"key": key, "since": since, "until": until},
                    ).fetchall()
                }
            spent = None if seconds is None else seconds + time.monotonic() - began
            found = [
                _load("envelopes", place, verdicts, _sums(verdicts), _sums(stayed.get(place, {})), spent)
                for place, verdicts in came.items()
            ]
            live = sorted({day for day, channel in came if channel == "live"} | set(moved))
            return found + [
                _load(
                    "core",
                    (day, "live"),
                    came.get((day, "live"), {}),
                    _sums(accepted.get((day, "live"), {})),
                    moved.get(day, (0, 0)),
                    spent,
                )
                for day in live
            ]

        return self._core.on_live_files(tenant_id, read)

    def _kept(self, engine: duckdb.DuckDBPyConnection, tenant_id: str, days: list[date]) -> _Verdicts:
        if not days:
            return {}
        rows = (
            f"(SELECT * FROM read_parquet('{_quoted(self.folder(tenant_id))}/received_on=*/*.parquet', "
            f"hive_partitioning = true, hive_types = {{'received_on': DATE}}) "
            f"WHERE received_on BETWEEN DATE '{days[0]}' AND DATE '{days[-1]}')"
        )
        return _by_verdict(engine, rows, "record_key")

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


_Verdicts = dict[tuple[date, str], dict[str, tuple[int, int]]]


def _by_verdict(engine: duckdb.DuckDBPyConnection, rows: str, column: str) -> _Verdicts:
    """(day, channel) -> verdict -> events and sum of hashes."""
    found: _Verdicts = {}
    statement = _BY_VERDICT.format(rows=rows, checksum=_CHECKSUM.format(column=column))
    for day, channel, verdict, events, total in engine.execute(statement).fetchall():
        found.setdefault((day, channel), {})[verdict] = (int(events), int(total))
    return found


def _sums(verdicts: dict[str, tuple[int, int]]) -> tuple[int, int]:
    return sum(events for events, _ in verdicts.values()), sum(total for _, total in verdicts.values())


def _load(
    load: str,
    place: tuple[date, str],
    verdicts: dict[str, tuple[int, int]],
    meant: tuple[int, int],
    moved: tuple[int, int],
    seconds: float | None,
) -> Load:
    counts = {verdict: events for verdict, (events, _) in verdicts.items()}
    return Load(load, *place, counts, meant[0], moved[0], _hex(meant[1]), _hex(moved[1]), seconds)


def _hex(total: int) -> str:
    """A sum of hashes, modulo 2**64."""
    return f"{total % 2**64:016x}"


def _quoted(path: Path | Any) -> str:
    return str(path).replace("'", "''")
