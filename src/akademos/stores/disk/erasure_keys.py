"""Keys of running erasures: one file each, overwritten and removed when the receipt stands.

What is sealed under such a key (whom the request is about) lies in the database, whose pages and write-ahead log
outlive a row; without the key all of that is noise.
"""

from __future__ import annotations

import os
from pathlib import Path
from uuid import UUID

from akademos.errors import Unavailable
from akademos.privacy.pseudonyms import KEY_BYTES

SUFFIX = ".key"


class FileErasureKeys:
    """Adapter of the port `ErasureKeys` in a folder that only its owner may enter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def make(self, erasure_id: UUID) -> bytes:
        """A new key, durably."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = os.urandom(KEY_BYTES)
        descriptor = os.open(self._path(erasure_id), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key)
            file.flush()
            os.fsync(descriptor)
        self._sync_folder()
        return key

    def read(self, erasure_id: UUID) -> bytes:
        """The key."""
        try:
            return self._path(erasure_id).read_bytes()
        except FileNotFoundError:
            raise Unavailable(
                f"the key of erasure {erasure_id} is not in {self._folder}, so nobody can tell whom it is about",
                hint="Put the file back from where it went, or ask for the erasure again.",
                code="erasure_key_lost",
            ) from None

    def destroy(self, erasure_id: UUID) -> None:
        """Overwrite and remove it."""
        path = self._path(erasure_id)
        try:
            descriptor = os.open(path, os.O_WRONLY)
        except FileNotFoundError:
            return
        with os.fdopen(descriptor, "wb") as file:
            file.write(bytes(KEY_BYTES))
            file.flush()
            os.fsync(descriptor)
        path.unlink(missing_ok=True)
        self._sync_folder()

    def kept(self) -> list[UUID]:
        """Whose keys there are."""
        return [UUID(path.stem) for path in self._folder.glob(f"*{SUFFIX}")]

    def _path(self, erasure_id: UUID) -> Path:
        return self._folder / f"{erasure_id}{SUFFIX}"

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
