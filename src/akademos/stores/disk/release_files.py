"""Files of research releases: `<folder>/<release>/release.parquet`, data dictionary and report beside it.

The rows of a pseudonymous release lie in `release.sealed` instead: the same Parquet under a data key of its own
(AES-256-GCM), which stands before it, wrapped by the tenant's wrapping key and bound to the release, as people's keys
are in the vault. Every writing takes a fresh key: what a withdrawal took out is not opened by the key of what is left.
"""

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
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from akademos.catalogue.research_columns import KNOWN, RELEASE_COLUMNS, SENSITIVE
from akademos.errors import Unavailable
from akademos.privacy.pseudonyms import KEY_BYTES, NONCE_BYTES, Keys
from akademos.privacy.research_release import Row
from akademos.stores.ports.releases import KeyedRows

ROWS = "release.parquet"
SEALED = "release.sealed"
TAG_BYTES = 16
_WRAPPED_BYTES = NONCE_BYTES + KEY_BYTES + TAG_BYTES
SCHEMA = pa.schema(
    [pa.field(one.name, pa.int32() if one.name == "detail" else pa.string(), nullable=False) for one in RELEASE_COLUMNS]
)


class LocalReleaseFiles:
    """Adapter of the port `ReleaseFiles` in a folder that only its owner may enter."""

    def __init__(self, folder: Path, keys: Keys) -> None:
        self._folder = folder
        self._keys = keys

    def path(self, release_id: UUID) -> Path:
        """The folder of a release."""
        return self._folder / str(release_id)

    def write(self, release_id: UUID, rows: KeyedRows, papers: Mapping[str, bytes], *, sealed_for: str | None) -> str:
        """Write everything."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.path(release_id).mkdir(mode=0o700)
        for name, content in papers.items():
            _put(self.path(release_id) / name, content)
        return self.rewrite(release_id, rows, sealed_for=sealed_for)

    def rewrite(self, release_id: UUID, rows: KeyedRows, *, sealed_for: str | None) -> str:
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
        if sealed_for is not None:
            content = self._seal(sealed_for, release_id, content)
        self.path(release_id).mkdir(mode=0o700, exist_ok=True)
        _put(self.path(release_id) / (ROWS if sealed_for is None else SEALED), content)
        return hashlib.sha256(content).hexdigest()

    def rows(self, release_id: UUID, *, sealed_for: str | None) -> list[tuple[str, Row]]:
        """The rows as they stand."""
        content = self.content(release_id, sealed=sealed_for is not None)
        if sealed_for is not None:
            content = self._open(sealed_for, release_id, content)
        table = pq.read_table(pa.BufferReader(content))
        return [
            (
                row["release_key"],
                Row(row["detail"], tuple(row[name] for name in KNOWN), tuple(row[name] for name in SENSITIVE)),
            )
            for row in table.to_pylist()
        ]

    def _seal(self, tenant_id: str, release_id: UUID, content: bytes) -> bytes:
        data_key, nonce = os.urandom(KEY_BYTES), os.urandom(NONCE_BYTES)
        wrapped = self._keys.wrap(tenant_id, _bound_to(release_id), data_key, os.urandom(NONCE_BYTES))
        return wrapped + nonce + AESGCM(data_key).encrypt(nonce, content, None)

    def _open(self, tenant_id: str, release_id: UUID, sealed: bytes) -> bytes:
        wrapped, rest = sealed[:_WRAPPED_BYTES], sealed[_WRAPPED_BYTES:]
        try:
            data_key = self._keys.unwrap(tenant_id, _bound_to(release_id), wrapped)
            return AESGCM(data_key).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], None)
        except (InvalidTag, ValueError):  # ValueError: too short to hold a nonce
            raise Unavailable(
                "The file of the release is not the one that was made.",
                hint="Restore it from your backup, with the master key that belongs to it.",
                code="release_file_changed",
            ) from None

    def content(self, release_id: UUID, *, sealed: bool = False) -> bytes:
        """The file of rows, as it lies there."""
        try:
            return (self.path(release_id) / (SEALED if sealed else ROWS)).read_bytes()
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


def _bound_to(release_id: UUID) -> str:
    """What a wrapped key belongs to; no learner's key looks like it."""
    return f"release {release_id}"


def _put(path: Path, content: bytes) -> None:
    """Write a file whole, durably."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("wb") as file:
        os.fchmod(file.fileno(), 0o600)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
