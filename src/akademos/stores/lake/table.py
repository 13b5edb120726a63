"""The Delta table of the event log: its versions, its files, its commits.

Files are written here (data_files, rewriting) and committed as they are, which costs 5 ms a commit and leaves
their order, statistics and durability in our hands.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import CommitFailedError, DeltaError, TableNotFoundError

from akademos.catalogue.event_log import PARTITION_COLUMNS
from akademos.errors import Conflict, SettingsError
from akademos.stores.lake.data_files import STATISTICS, DataFile, listed, make_durable
from akademos.stores.lake.locks import TableLocks
from akademos.stores.ports.event_log import SCHEMA

if TYPE_CHECKING:
    from deltalake.transaction import AddAction, RemoveAction

TABLE = "events"
COMMIT_ATTEMPTS = 50
CONFIGURATION: Mapping[str, str | None] = {
    # Nobody travels in time here; what was deleted must not linger, and vacuum decides when files go.
    "delta.logRetentionDuration": "interval 0 days",
    "delta.deletedFileRetentionDuration": "interval 0 days",
    "delta.enableExpiredLogCleanup": "false",
    "delta.checkpointInterval": "100",
    "delta.dataSkippingStatsColumns": ",".join(STATISTICS),
}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of the table and the files it names."""

    version: int
    files: tuple[DataFile, ...]


class EventTable:
    """The table in `uri`/events; made when it is not there. Safe to share between threads.

    Raises:
        SettingsError: the place is not a folder of this machine (`lake_not_local`).
    """

    def __init__(self, uri: str, locks: TableLocks) -> None:
        if "://" in uri and not uri.startswith("file://"):
            raise SettingsError(
                f"The event log cannot live in {uri.split('://', 1)[0]} storage on the embedded engine.",
                hint="Set AKADEMOS_LAKE_URI to a folder, or leave it empty.",
                code="lake_not_local",
            )
        self.folder = Path(uri.removeprefix("file://")).absolute() / TABLE
        self.locks = locks
        self._mutex = threading.Lock()
        self._table = self._open()
        self._snapshot = Snapshot(-1, ())

    def _open(self) -> DeltaTable:
        try:
            return DeltaTable(self.folder)
        except TableNotFoundError:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self.locks.rewrite():
                return DeltaTable.create(
                    self.folder,
                    SCHEMA,
                    mode="ignore",
                    partition_by=list(PARTITION_COLUMNS),
                    configuration=CONFIGURATION,
                )

    def _refresh(self) -> DeltaTable:
        try:
            self._table.update_incremental()
        except DeltaError:  # the log that led here was dropped after a checkpoint
            self._table = DeltaTable(self.folder)
        return self._table

    def snapshot(self) -> Snapshot:
        """The newest version."""
        with self._mutex:
            table = self._refresh()
            if table.version() != self._snapshot.version:
                actions = pa.table(table.get_add_actions(flatten=True))
                columns = {name: actions.column(name).to_pylist() for name in actions.column_names}
                self._snapshot = Snapshot(table.version(), tuple(listed(columns)))
            return self._snapshot

    def committed_version(self, application: str) -> int | None:
        """The last version that an application committed."""
        with self._mutex:
            return self._refresh().transaction_version(application)

    def commit(
        self,
        added: Sequence[AddAction],
        removed: Sequence[RemoveAction] = (),
        applications: Mapping[str, int] | None = None,
        expected: Mapping[str, int | None] | None = None,
    ) -> int:
        """Commit files that are written already, durably, and return the version. Call it under a lock.

        Raises:
            Conflict: an application's last version is not the `expected` one (`already_committed`).
        """
        properties = CommitProperties(
            app_transactions=[Transaction(name, version) for name, version in (applications or {}).items()]
        )
        with self._mutex:
            for attempt in range(COMMIT_ATTEMPTS):
                table = self._refresh()
                before = table.version()
                for name, version in (expected or {}).items():
                    if table.transaction_version(name) != version:
                        raise already_committed(name)
                try:
                    table.create_write_transaction(
                        [*added, *removed],
                        "append",
                        SCHEMA,
                        partition_by=list(PARTITION_COLUMNS),
                        commit_properties=properties,
                        post_commithook_properties=PostCommitHookProperties(cleanup_expired_logs=False),
                    )
                except CommitFailedError:
                    # Somebody committed since the refresh. Delta takes us for a reader of what was removed there;
                    # but appends read nothing, and rewrites exclude each other by lock. So: again on the newest.
                    if attempt == COMMIT_ATTEMPTS - 1:
                        raise
                else:
                    break
            version = self._refresh().version()
        # Others may have committed beside us: ours is one of the versions since.
        for entry in range(before + 1, version + 1):
            make_durable(self.folder / "_delta_log" / f"{entry:020}.json")
        return version

    def drop_old_log(self) -> None:
        """Write a checkpoint and remove the log before it. Call it under the sweep lock: whoever commits on an
        older version could else take the number of a version that is gone."""
        with self._mutex:
            table = DeltaTable(self.folder)
            table.create_checkpoint()
            table.cleanup_metadata()
            self._table = DeltaTable(self.folder)

    def live_paths(self) -> set[str]:
        """Paths of the newest version's files, relative to the table."""
        return {file.path for file in self.snapshot().files}


def already_committed(application: str) -> Conflict:
    """Somebody else moved on under the same application."""
    return Conflict(
        f"The event log holds a later version of `{application}` than expected; nothing was appended.",
        hint="Recover first: delete from landing what the core holds already.",
        code="already_committed",
    )


def within(
    files: Iterable[DataFile],
    *,
    tenant_id: str | None = None,
    low: str | None = None,
    high: str | None = None,
    months: frozenset[str] | None = None,
    until_month: str | None = None,
) -> list[DataFile]:
    """The files that may hold rows of a tenant, of learners between two keys, of some months."""
    return [
        file
        for file in files
        if (tenant_id is None or file.tenant_id == tenant_id)
        and (months is None or file.month in months)
        and (until_month is None or file.month <= until_month)
        and (low is None or high is None or file.may_hold(low, high))
    ]
