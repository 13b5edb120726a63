"""Rewrites of the core: merged and sorted anew, or without the rows that have to go. Never in place.

A rewrite reads whole files, writes new ones with the wanted rows in order, and replaces the old by the new in
one commit. Sorting happens a range of learners at a time, so memory is bounded whatever the partition holds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from deltalake.transaction import AddAction

from akademos.catalogue.event_log import SORT_COLUMNS
from akademos.errors import Conflict
from akademos.stores.lake.data_files import (
    COMPRESSION,
    COMPRESSION_LEVEL,
    FILE_SCHEMA,
    ROW_GROUP_ROWS,
    DataFile,
    describe,
    new_path,
    removal,
)
from akademos.stores.lake.engine import Engine, relative
from akademos.stores.lake.layout import Merge, merges
from akademos.stores.lake.table import EventTable, within
from akademos.stores.ports.event_log import Compaction

ROWS_PER_FILE = 125_000
"""About 15 MB, sorted in about 64 MB. A file holds whole learners, so one learner's month is in one file once it is
compacted."""

_ORDER = ", ".join(f"{name} NULLS FIRST" for name in SORT_COLUMNS)
_COLUMNS = ", ".join(FILE_SCHEMA.names)

Rewritten = tuple[list[AddAction], list[DataFile]]


class LakeRewriter:
    """The rewriting half of the port `EventLogWriter`. What somebody waits for runs on the `quick` engine."""

    def __init__(self, table: EventTable, engine: Engine, quick: Engine, *, rows_per_file: int = ROWS_PER_FILE) -> None:
        self._table = table
        self._rewriting = engine
        self._quick = quick
        self._rows_per_file = rows_per_file

    def needs_compaction(self, *, minimum_files: int = 8) -> bool:
        """Whether `compact` would find anything to do."""
        return any(True for _ in merges(self._table.snapshot().files, minimum_files))

    def compact(self, *, minimum_files: int = 8) -> Compaction:
        """Merge files until no learner's month lies in `minimum_files` or more; see the port."""
        before = after = rows = partitions = 0
        with self._table.locks.rewrite():
            for merge in merges(self._table.snapshot().files, minimum_files):
                added = self._merged(merge)
                self._replace(added, merge.files, data_change=False)
                partitions += 1
                before += len(merge.files)
                after += len(added)
                rows += sum(file.rows for file in merge.files)
        return Compaction(partitions, before, after, rows)

    def delete(
        self,
        tenant_id: str,
        learner_key: str,
        event_names: Sequence[str] | None = None,
        *,
        application: str | None = None,
    ) -> int:
        """Remove rows that concern a learner; see the port."""
        if application is not None and (done := self._table.committed_version(application)) is not None:
            return done
        if event_names is not None and not event_names:
            return 0
        named = "" if event_names is None else " AND event_name IN (" + ", ".join(map(_text, event_names)) + ")"
        key = _text(learner_key)
        conditions = [f"{party} = {key}{named}" for party in ("learner_key", "actor_key", "subject_key")]
        with self._table.locks.rewrite():
            snapshot = self._table.snapshot()
            own = within(snapshot.files, tenant_id=tenant_id, low=learner_key, high=learner_key)
            all_files = within(snapshot.files, tenant_id=tenant_id)
            # One condition at a time, so that each is checked against the statistics of row groups.
            affected = {
                path
                for condition, files in zip(conditions, (own, all_files, all_files), strict=True)
                for path in self._holding(files, condition)
            }
            gone = self._remove(
                [file for file in all_files if file.path in affected],
                " OR ".join(f"({condition})" for condition in conditions),
                lambda removed: {} if application is None else {application: removed},
            )
            if gone:
                self._vacuum(keep_s=0)
        return gone

    def expire(
        self, tenant_id: str, cutoffs: Mapping[str, datetime], *, application: str, keep: Sequence[str] = ()
    ) -> int:
        """Remove rows whose retention ended; see the port."""
        condition = " OR ".join(
            f"(event_name = {_text(name)} AND retention_from < TIMESTAMPTZ {_text(cutoff.isoformat())})"
            for name, cutoff in cutoffs.items()
        )
        if keep:
            condition = f"({condition}) AND coalesce(learner_key, '') NOT IN ({', '.join(map(_text, keep))})"
        latest = max(cutoffs.values(), default=None)
        with self._table.locks.rewrite():
            before = self._table.committed_version(application) or 0
            old = [
                file
                for file in within(self._table.snapshot().files, tenant_id=tenant_id)
                if latest is not None and (file.retention_from is None or file.retention_from < latest)
            ]
            affected = self._holding(old, condition)
            if not affected:
                return before
            gone = self._remove(
                [file for file in old if file.path in affected],
                condition,
                lambda removed: {application: before + removed},
            )
            self._vacuum(keep_s=0)
        return before + gone

    def vacuum(self, *, keep_s: float) -> int:
        """Remove files that no version younger than `keep_s` seconds uses; see the port."""
        with self._table.locks.rewrite():
            return self._vacuum(keep_s=keep_s)

    def _vacuum(self, *, keep_s: float) -> int:
        removed = 0
        oldest_kept = time.time() - keep_s
        with self._table.locks.sweep():
            live = self._table.live_paths()
            for path in self._table.folder.glob("tenant_id=*/month=*/*.parquet"):
                # `_replace` has set the time of files it took out to that moment.
                if relative(self._table, str(path)) not in live and path.stat().st_mtime <= oldest_kept:
                    path.unlink()
                    removed += 1
            self._table.drop_old_log()
        return removed

    def _holding(self, files: Sequence[DataFile], condition: str, engine: Engine | None = None) -> set[str]:
        if not files:
            return set()
        chosen = engine or self._rewriting
        found = chosen.run(f"SELECT DISTINCT filename FROM {chosen.files(files, filename=True)} WHERE {condition}")
        return {relative(self._table, path) for (path,) in found}

    def _remove(self, files: Sequence[DataFile], condition: str, note: Callable[[int], dict[str, int]]) -> int:
        """Rewrite files without the rows of a condition, in one commit; how many rows went."""
        added: list[AddAction] = []
        gone = 0
        for file in files:
            kept = f"SELECT {_COLUMNS} FROM {self._rewriting.files([file])} WHERE ({condition}) IS NOT TRUE"
            path, rows = self._copy(kept, file.tenant_id, file.month)
            gone += file.rows - rows
            if rows:
                added.append(describe(self._table.folder, path))
            else:
                (self._table.folder / path).unlink()
        noted = note(gone)
        if files or noted:
            self._replace(added, files, data_change=True, applications=noted)
        return gone

    def _merged(self, merge: Merge) -> list[AddAction]:
        """The rows of a merge in new files, each with whole learners."""
        source = self._rewriting.files(merge.files)
        cuts = self._rewriting.run(
            f"""
            SELECT max(key) FROM (
                SELECT coalesce(learner_key, '') AS key,
                    sum(count(*)) OVER (ORDER BY coalesce(learner_key, '')) - count(*) AS before
                FROM {source} GROUP BY key
            ) AS placed GROUP BY before // {self._rows_per_file} ORDER BY 1
            """
        )
        added, above = [], None
        for (high,) in cuts:
            within_range = (
                f"coalesce(learner_key, '') <= {_text(high)}"
                if above is None
                else (f"learner_key > {_text(above)} AND learner_key <= {_text(high)}")
            )
            path, _ = self._copy(
                f"SELECT {_COLUMNS} FROM {source} WHERE {within_range} ORDER BY {_ORDER}",
                merge.tenant_id,
                merge.month,
            )
            added.append(describe(self._table.folder, path))
            above = high
        return added

    def _copy(self, query: str, tenant_id: str, month: str, engine: Engine | None = None) -> tuple[str, int]:
        path = new_path(tenant_id, month)
        target = self._table.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        written = (engine or self._rewriting).run(
            f"COPY ({query}) TO {_text(str(target))} (FORMAT parquet, COMPRESSION {COMPRESSION}, "
            f"COMPRESSION_LEVEL {COMPRESSION_LEVEL}, ROW_GROUP_SIZE {ROW_GROUP_ROWS})"
        )
        return path, int(written[0][0])

    def _replace(
        self,
        added: Sequence[AddAction],
        files: Sequence[DataFile],
        *,
        data_change: bool,
        applications: Mapping[str, int] | None = None,
    ) -> None:
        if not self._table.live_paths().issuperset(file.path for file in files):
            raise Conflict(
                "Files that this rewrite replaces were replaced by another one; nothing was changed.",
                hint="Let every process that writes to the event log use the same database for its locks.",
                code="rewritten_meanwhile",
            )
        now = datetime.now(UTC)
        self._table.commit(added, [removal(file, now=now, data_change=data_change) for file in files], applications)
        for file in files:  # from now on `vacuum` counts their age
            os.utime(self._table.folder / file.path)


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
