"""The published warehouse, read-only: one DuckDB file a tenant, opened again when another has taken its place."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from akademos.errors import InputError, NotFound

FILE = "warehouse.duckdb"
READER_MEMORY_MB = 128
TRIES = 3
_USE = "USE warehouse"


def connect(file: Path | None, memory_limit_mb: int, *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """A connection that reads a file (none: only Parquet), with capped memory and nothing loaded from outside."""
    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_limit_mb}MB",
            "threads": 2,
            "temp_directory": str(spill or tempfile.gettempdir()),
            "autoload_known_extensions": False,
            "autoinstall_known_extensions": False,
        },
    )
    connection.execute("SET TimeZone = 'UTC'")
    if file is not None:
        # Attached, not opened: a process that opens a path again is given the file it had open under it before.
        connection.execute(f"ATTACH '{quoted(file)}' AS warehouse (READ_ONLY)")
        connection.execute(_USE)
    return connection


def quoted(path: Path) -> str:
    """A path inside a string of SQL."""
    return str(path).replace("'", "''")


class DuckDbWarehouse:
    """Adapter of the port `Warehouse`. Safe to share between threads: each query has a cursor of its own.

    Args:
        folder: of the warehouses, one folder a tenant.
    """

    def __init__(self, folder: Path, *, memory_limit_mb: int = READER_MEMORY_MB) -> None:
        self._folder = folder.absolute()
        self._memory_limit_mb = memory_limit_mb
        self._opening = threading.Lock()
        self._opened: dict[str, tuple[int, duckdb.DuckDBPyConnection]] = {}

    def query(self, tenant_id: str, sql: str, params: Sequence[object] = ()) -> list[dict[str, Any]]:
        """The rows of a SELECT; see the port."""
        for attempt in range(TRIES):
            cursor = self._connection(tenant_id).cursor()
            try:
                cursor.execute(_USE)  # of the connection only
                found = cursor.execute(sql, list(params))
                names = [column[0] for column in found.description]
                return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
            except (duckdb.IOException, duckdb.ConnectionException):
                if attempt == TRIES - 1:  # not because another build was published meanwhile
                    raise
                self._forget(tenant_id)
            except (duckdb.ParserException, duckdb.BinderException, duckdb.CatalogException) as wrong:
                raise InputError(
                    f"The warehouse does not understand the query: {str(wrong).splitlines()[0]}",
                    hint="Its tables are described in docs/warehouse.md.",
                    code="query_invalid",
                ) from wrong
            finally:
                cursor.close()
        raise AssertionError("unreachable")

    def _connection(self, tenant_id: str) -> duckdb.DuckDBPyConnection:
        file = self._folder / tenant_id / FILE
        with self._opening:
            try:
                inode = file.stat().st_ino
            except FileNotFoundError:
                raise NotFound(
                    "There is no warehouse yet.", hint="Build it with `akademos marts build`.", code="no_warehouse"
                ) from None
            known = self._opened.get(tenant_id)
            if known is None or known[0] != inode:
                # The old connection is left to whoever still reads from it.
                known = self._opened[tenant_id] = inode, connect(file, self._memory_limit_mb)
            return known[1]

    def _forget(self, tenant_id: str) -> None:
        with self._opening:
            self._opened.pop(tenant_id, None)

    def close(self) -> None:
        """Give the memory back."""
        with self._opening:
            for _, connection in self._opened.values():
                connection.close()
            self._opened.clear()
