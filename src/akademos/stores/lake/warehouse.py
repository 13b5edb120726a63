"""The published warehouse, read-only: one DuckDB file a tenant, opened again when another has taken its place."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

from akademos.errors import InputError, NotFound
from akademos.owned_folder import OwnedFolder

FILE = "warehouse.duckdb"
READER_MEMORY_MB = 128
SPILL = ".spill"
"""Beside the folders of the tenants."""

TRIES = 3
_USE = "USE warehouse"
_INVALID = (
    duckdb.ParserException,
    duckdb.BinderException,
    duckdb.CatalogException,
    duckdb.InvalidInputException,  # a statement that would change something
)


def connect(file: Path | None, memory_limit_mb: int, *, spill: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads a file (none: only Parquet), with capped memory and nothing loaded from outside.

    Args:
        spill: a folder that no other engine writes to: their files have the same names.
    """
    connection = duckdb.connect(
        config={
            "memory_limit": f"{memory_limit_mb}MB",
            "threads": 2,
            "temp_directory": str(spill),
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
        self._spill: OwnedFolder | None = None

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
            except _INVALID as wrong:
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
                known = self._opened[tenant_id] = inode, self._connected(tenant_id, file)
            return known[1]

    def _connected(self, tenant_id: str, file: Path) -> duckdb.DuckDBPyConnection:
        self._spill = self._spill or OwnedFolder(self._folder / SPILL, "reader-")
        own = Path(tempfile.mkdtemp(prefix=f"{tenant_id}-", dir=self._spill.path))
        return connect(file, self._memory_limit_mb, spill=own)

    def _forget(self, tenant_id: str) -> None:
        with self._opening:
            self._opened.pop(tenant_id, None)

    def close(self) -> None:
        """Give the memory back."""
        with self._opening:
            for _, connection in self._opened.values():
                connection.close()
            self._opened.clear()
            if self._spill is not None:
                self._spill.close()
                self._spill = None
