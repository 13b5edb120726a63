"""Folders for temporary files that go with the process that made them, however it ends."""

from __future__ import annotations

import fcntl
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Self

LOCK = "in-use.lock"


class OwnedFolder:
    """A new folder, which others can tell from one that was left behind: whoever owns it holds its lock.

    What killed processes left under the same prefix is removed first.

    Args:
        base: where it is made.
        prefix: of its name.
    """

    def __init__(self, base: Path, prefix: str) -> None:
        base.mkdir(parents=True, exist_ok=True)
        _remove_left_behind(base, prefix)
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
            with suppress(FileNotFoundError):  # taken for one that was left behind, before it was locked
                self._lock = (self.path / LOCK).open("w")
                fcntl.flock(self._lock, fcntl.LOCK_EX)
                if (self.path / LOCK).exists():
                    return

    def close(self) -> None:
        """Remove it."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _remove_left_behind(base: Path, prefix: str) -> None:
    for folder in base.glob(f"{prefix}*"):
        with suppress(OSError), (folder / LOCK).open("r+") as lock:  # another user's, one being made, or one in use
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder)
