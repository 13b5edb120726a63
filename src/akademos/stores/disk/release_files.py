"""Files of research releases: `<folder>/<release>/release.parquet`, data dictionary and report beside it."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import time
from collections.abc import Collection, Mapping
from pathlib import Path
from uuid import UUID

import pyarrow as pa
import pyarrow.parquet as pq

from akademos.catalogue.research_columns import KNOWN, RELEASE_COLUMNS, SENSITIVE
from akademos.errors import Unavailable
from akademos.privacy.research_release import Row
from akademos.stores.ports.releases import KeyedRows

ROWS = "release.parquet"
SCHEMA = pa.schema(
    [pa.field(one.name, pa.int32() if one.name == "detail" else pa.string(), nullable=False) for one in RELEASE_COLUMNS]
)


class LocalReleaseFiles:
    """Adapter of the port `ReleaseFiles` in a folder that only its owner may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, release_id: UUID) -> Path:
        """The folder of a release."""
        return self._folder / str(release_id)

    def write(self, release_id: UUID, rows: KeyedRows, papers: Mapping[str, bytes]) -> str:
        """Write everything."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path(release_id).mkdir(mode=0o700)
        for name, content in papers.items():
            _put(self.path(release_id) / name, content)
        return self.rewrite(release_id, rows)

    def rewrite(self, release_id: UUID, rows: KeyedRows) -> str:
        """The rows, in the order of their random keys, so that no order of people is in them."""
        said = [
            {
                "release_key": key,
                "detail": row.rung,
                **dict(zip(KNOWN, row.known, strict=True)),
                **dict(zip(SENSITIVE, row.sensitive, strict=True)),
            }
            for key, row in sorted(rows, key=lambda one: one[0])
        ]
        target = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(said, SCHEMA), target, compression="zstd")
        content = target.getvalue()
        self.path(release_id).mkdir(mode=0o700, exist_ok=True)
        _put(self.path(release_id) / ROWS, content)
        return hashlib.sha256(content).hexdigest()

    def rows(self, release_id: UUID) -> list[tuple[str, Row]]:
        """The rows as they stand."""
        table = pq.read_table(pa.BufferReader(self.content(release_id)))
        return [
            (
                row["release_key"],
                Row(row["detail"], tuple(row[name] for name in KNOWN), tuple(row[name] for name in SENSITIVE)),
            )
            for row in table.to_pylist()
        ]

    def content(self, release_id: UUID) -> bytes:
        """The file of rows."""
        try:
            return (self.path(release_id) / ROWS).read_bytes()
        except FileNotFoundError:
            raise Unavailable(
                "The file of the release is not where it was written.",
                hint="Put the data folder back, or withdraw the release and make it again.",
                code="release_file_missing",
            ) from None

    def remove(self, release_id: UUID) -> None:
        """Remove the folder."""
        if self.path(release_id).exists():
            shutil.rmtree(self.path(release_id))

    def sweep(self, known: Collection[UUID], *, older_than_s: float) -> int:
        """Remove what a process that was killed, or a withdrawal that was cut short, has left."""
        names = {str(one) for one in known}
        if not self._folder.exists():
            return 0
        gone = [
            one
            for one in self._folder.iterdir()
            if one.name not in names and time.time() - one.stat().st_mtime > older_than_s
        ]
        for one in gone:
            shutil.rmtree(one)
        return len(gone)


def _put(path: Path, content: bytes) -> None:
    """Write a file whole, durably."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
