"""DuckDB over the live files of a version: one engine a process, one cursor a thread, memory capped."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import duckdb

from akademos.errors import Unavailable
from akademos.owned_folder import OwnedFolder
from akademos.stores.lake.data_files import DataFile
from akademos.stores.lake.table import EventTable, Snapshot

if TYPE_CHECKING:
    import pyarrow as pa

_Answer = TypeVar("_Answer")

SPILL = "spill"
"""Beside the table: what lies there is of people, and an erasure searches there."""

TRIES = 5
MOST_TIMES = 16

_SETTINGS = "SET TimeZone = 'UTC'; SET parquet_metadata_cache = true"


def with_memory(limit_mb: int, attempt: Callable[[int], _Answer]) -> _Answer:
    """What an attempt with so many megabytes gives, or with twice as many where that is short, and so on.

    Raises:
        Unavailable: `MOST_TIMES` as many are short as well (`memory_short`).
    """
    times = 1
    while True:
        try:
            return attempt(limit_mb * times)
        except duckdb.OutOfMemoryException as short:
            if times >= MOST_TIMES:
                raise Unavailable(
                    f"{limit_mb * times} MB were not enough to sort rows of the event log",
                    hint="Give it more with AKADEMOS_MEMORY_LIMIT_MB.",
                    code="memory_short",
                ) from short
            times *= 2


class Engine:
    """An engine over one table, opened when it is first asked something.

    Args:
        table: whose files it reads.
        memory_limit_mb: what DuckDB may hold in memory; sorts beyond it go to disk.
        threads: how many threads one query may use.
    """

    def __init__(self, table: EventTable, *, memory_limit_mb: int, threads: int = 2) -> None:
        self._table = table
        self._memory_limit_mb = memory_limit_mb
        self._threads = threads
        self._cursors = threading.local()
        self._connecting = threading.Lock()
        self._opened: tuple[duckdb.DuckDBPyConnection, OwnedFolder] | None = None

    def _connection(self) -> duckdb.DuckDBPyConnection:
        with self._connecting:
            if self._opened is None:
                spill = OwnedFolder(self._table.folder.parent / SPILL, "engine-")
                connection = duckdb.connect(
                    config={
                        "memory_limit": f"{self._memory_limit_mb}MB",
                        "threads": self._threads,
                        "temp_directory": str(spill.path),
                        "autoload_known_extensions": False,
                        "autoinstall_known_extensions": False,
                    }
                )
                connection.execute(_SETTINGS)
                self._opened = connection, spill
            return self._opened[0]

    def cursor(self) -> duckdb.DuckDBPyConnection:
        """The cursor of the calling thread: a shared one gives wrong results silently."""
        cursor = getattr(self._cursors, "cursor", None)
        if cursor is None:
            cursor = self._cursors.cursor = self._connection().cursor()
        return cursor

    def run(self, statement: str) -> list[tuple[Any, ...]]:
        """The rows of a statement that may need much memory.

        Raises:
            Unavailable: see `with_memory`.
        """
        cursor = self.cursor()
        raised = False

        def attempt(limit_mb: int) -> list[tuple[Any, ...]]:
            nonlocal raised
            if limit_mb != self._memory_limit_mb:
                self._limit(cursor, limit_mb)
                raised = True
            return cursor.execute(statement).fetchall()

        try:
            return with_memory(self._memory_limit_mb, attempt)
        finally:
            if raised:  # else a statement that needs little would take from another's that was given more
                self._limit(cursor, self._memory_limit_mb)

    @staticmethod
    def _limit(cursor: duckdb.DuckDBPyConnection, limit_mb: int) -> None:
        cursor.execute(f"SET memory_limit = '{limit_mb}MB'")

    def query(self, statement: str, values: Sequence[object] = ()) -> pa.Table:
        """The rows of a statement."""
        found: Any = self.cursor().sql(statement, params=list(values)).to_arrow_table()
        return found

    def files(self, files: Sequence[DataFile], *, filename: bool = False) -> str:
        """The rows of some files, at least one, as a table function for FROM; `filename` adds that column."""
        listed = ", ".join(_quoted(str(self._table.folder / file.path)) for file in files)
        return (
            f"read_parquet([{listed}], hive_partitioning = true, "
            f"hive_types = {{'tenant_id': VARCHAR, 'month': VARCHAR}}, filename = {str(filename).lower()})"
        )

    def on_newest(self, read: Callable[[Snapshot], _Answer], first: Snapshot | None = None) -> _Answer:
        """Run a reading on one version; when a rewrite takes files away meanwhile, again on the newest.

        Raises:
            Unavailable: files keep vanishing, so they are lost and not rewritten (`core_damaged`).
        """
        snapshot = first or self._table.snapshot()
        for _ in range(TRIES):
            try:
                return read(snapshot)
            except (duckdb.IOException, FileNotFoundError) as vanished:
                newest = self._table.snapshot()
                if newest.version == snapshot.version:
                    raise Unavailable(
                        f"a file of version {newest.version} of the event log cannot be read",
                        hint="Run `akademos doctor`; restore the data folder from a backup if files are lost.",
                        code="core_damaged",
                    ) from vanished
                snapshot = newest
        return read(snapshot)

    def close(self) -> None:
        """Give memory and temporary files back."""
        with self._connecting:
            if self._opened is not None:
                connection, spill = self._opened
                connection.close()
                spill.close()
                self._opened, self._cursors = None, threading.local()


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def relative(table: EventTable, path: str) -> str:
    """A file's path inside the table, from the absolute one that DuckDB names."""
    return str(Path(path).relative_to(table.folder))
