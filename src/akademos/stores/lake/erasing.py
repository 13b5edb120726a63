"""Erasing people from the core: their rows go, rows about others lose them, and nothing of it stays on disk.

Only files that name one of them are rewritten. What is sorted by learner is found by the bounds in the table log and by
the statistics of row groups; a part in somebody else's event, by the statistics and dictionaries of the other columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from akademos.stores.lake.data_files import FILE_SCHEMA, DataFile, describe
from akademos.stores.lake.rewriting import LakeRewriter
from akademos.stores.lake.table import within
from akademos.stores.ports.erasure import EventsErased

if TYPE_CHECKING:
    from deltalake.transaction import AddAction

AT_ONCE = 2
"""Files that are written at the same time: encoding keeps one processor busy, and each waits for its disk."""

_PARTIES = ("actor_key", "subject_key")


class LakeEraser(LakeRewriter):
    """Adapter of the port `EventEraser`."""

    def erase(self, tenant_id: str, learner_keys: Sequence[str], *, application: str) -> EventsErased:
        """Remove rows about the people and take them out of rows about others, physically; see the port."""
        with self._table.locks.rewrite():
            done = self._noted(application)
            if done is None:
                done = self._erase(tenant_id, sorted(learner_keys), application)
            self._vacuum(keep_s=0)
        return done

    def _noted(self, application: str) -> EventsErased | None:
        removed = self._table.committed_version(application)
        if removed is None:
            return None
        redacted = self._table.committed_version(f"{application}/redacted") or 0
        return EventsErased(removed, redacted, self._table.committed_version(f"{application}/bytes"), None)

    def _erase(self, tenant_id: str, keys: Sequence[str], application: str) -> EventsErased:
        listed = "(" + ", ".join("'" + key.replace("'", "''") + "'" for key in keys) + ")"
        files = within(self._table.snapshot().files, tenant_id=tenant_id)
        own = [file for file in files if any(file.may_hold(key, key) for key in keys)]
        affected = self._holding(own, f"learner_key IN {listed}", self._quick)
        for party in _PARTIES:
            affected |= self._holding(files, f"{party} IN {listed}", self._quick)
        rewritten = [file for file in files if file.path in affected]
        removed, redacted, added, sizes = 0, 0, [], 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            written = pool.map(partial(self._without, listed=listed), rewritten)
            done = list(zip(rewritten, written, strict=True))
        for file, (rows, others, action) in done:
            removed += file.rows - rows
            redacted += others
            sizes += file.size
            if action is not None:
                added.append(action)
        noted = {application: removed, f"{application}/redacted": redacted, f"{application}/bytes": sizes}
        self._replace(added, rewritten, data_change=True, applications=noted)
        return EventsErased(removed, redacted, sizes, {one.path: self._checksum(one.path) for one in added})

    def _without(self, file: DataFile, listed: str) -> tuple[int, int, AddAction | None]:
        """Rows that stay, how many of them lost a party, and the new file."""
        source = self._quick.files([file])
        parties = " OR ".join(f"{party} IN {listed}" for party in _PARTIES)
        gone = f"(learner_key IN {listed} OR (learner_key IS NULL AND ({parties}))) IS TRUE"
        ((others,),) = self._quick.run(f"SELECT count(*) FROM {source} WHERE ({parties}) AND NOT {gone}")
        columns = ", ".join(
            f"CASE WHEN {name} IN {listed} THEN NULL ELSE {name} END AS {name}" if name in _PARTIES and others else name
            for name in FILE_SCHEMA.names
        )
        path, rows = self._copy(
            f"SELECT {columns} FROM {source} WHERE NOT {gone}", file.tenant_id, file.month, self._quick
        )
        if not rows:
            (self._table.folder / path).unlink()
            return 0, int(others), None
        return rows, int(others), describe(self._table.folder, path)

    def _checksum(self, path: str) -> str:
        with (self._table.folder / path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
