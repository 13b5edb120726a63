"""What writers of the event log ask of whoever orders processes (PostgreSQL: stores.postgres.locks.LakeLocks)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count
from typing import Protocol


class TableLocks(Protocol):
    """Delta's own conflict detection lets two rewrites of one file both succeed, so rewrites need a lock.

    Appends only add files and rewrites only replace files that a commit named, so the two need none between
    them. A sweep removes files that no commit names, and log entries, so nobody may be about to commit.
    """

    def append(self) -> AbstractContextManager[None]:
        """Held while writing files and committing them: beside appends and rewrites, not beside a sweep."""
        ...

    def rewrite(self) -> AbstractContextManager[None]:
        """Held while replacing files: beside appends, not beside another rewrite."""
        ...

    def sweep(self) -> AbstractContextManager[None]:
        """Held within `rewrite` while removing what no commit names: beside nothing that writes."""
        ...


class ThreadLocks:
    """The locks for a table that one process alone writes. First come, first served, as PostgreSQL's are."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._tickets = count()
        self._next = 0
        self._appending = 0
        self._sweeping = False
        self._rewriting = threading.Lock()

    @contextmanager
    def append(self) -> Iterator[None]:
        """Shared with other appends."""
        with self._in_turn():
            self._appending += 1
        try:
            yield
        finally:
            with self._changed:
                self._appending -= 1
                self._changed.notify_all()

    @contextmanager
    def rewrite(self) -> Iterator[None]:
        """One at a time."""
        with self._rewriting:
            yield

    @contextmanager
    def sweep(self) -> Iterator[None]:
        """Waits for the appends under way, then holds off new ones."""
        with self._in_turn(alone=True):
            self._sweeping = True
        try:
            yield
        finally:
            with self._changed:
                self._sweeping = False
                self._changed.notify_all()

    @contextmanager
    def _in_turn(self, *, alone: bool = False) -> Iterator[None]:
        with self._changed:
            ticket = next(self._tickets)
            self._changed.wait_for(
                lambda: self._next == ticket and not self._sweeping and not (alone and self._appending)
            )
            self._next += 1
            yield
            self._changed.notify_all()
