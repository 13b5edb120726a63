"""Token buckets: `rate` a second on average, `burst` at once; one bucket a name, for all processes of a server."""

from __future__ import annotations

import fcntl
import mmap
import os
import struct
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from math import ceil
from multiprocessing import reduction
from typing import Any

from akademos.errors import TooFast

SLOTS = 65_536
TRIED = 8
"""Slots in which a name may stand; where all are taken the bucket used longest ago gives way."""
_SLOT = struct.Struct("=8sdd")  # digest of the name, tokens left, when (monotonic seconds)
_FREE = bytes(8)


@dataclass(frozen=True, slots=True)
class Rate:
    """How much may be taken of a bucket: `per_s` on average, `burst` at once; `of` names what is counted."""

    per_s: float
    burst: float
    of: str = "events"


class TokenBuckets:
    """The buckets of a server, in memory that its processes share: hand it to them as an argument.

    The clock (monotonic seconds, the machine's) is an argument.
    """

    def __init__(self, file: int | None = None) -> None:
        self._file = _anonymous_file() if file is None else file
        self._memory = mmap.mmap(self._file, SLOTS * _SLOT.size)
        self._threads = threading.Lock()  # locks of records are a process's: they do not hold its threads apart

    def __reduce__(self) -> tuple[Any, ...]:
        return _received, (reduction.DupFd(self._file),)

    def take(self, name: bytes, rate: Rate, count: int, now: float) -> None:
        """Take `count` tokens.

        Raises:
            TooFast: the bucket holds less, or a charge has emptied it; with the seconds until it would pass.
        """
        with self._bucket(name, rate, now) as (at, digest, tokens):
            if tokens < count or tokens <= 0:
                raise TooFast(
                    f"This key may send {rate.per_s:g} {rate.of} a second.",
                    hint=f"Send the same {'ids' if rate.of == 'events' else 'request'} again after the pause given.",
                    retry_after_s=max(1, ceil((max(count, 1) - tokens) / rate.per_s)),
                )
            _SLOT.pack_into(self._memory, at, digest, tokens - count, now)

    def charge(self, name: bytes, rate: Rate, count: int, now: float) -> None:
        """Take tokens for what was received already; what is overdrawn makes the next `take` wait."""
        with self._bucket(name, rate, now) as (at, digest, tokens):
            _SLOT.pack_into(self._memory, at, digest, tokens - count, now)

    @contextmanager
    def _bucket(self, name: bytes, rate: Rate, now: float) -> Iterator[tuple[int, bytes, float]]:
        digest = blake2b(name, digest_size=8).digest()
        home = int.from_bytes(digest[:4]) % (SLOTS // TRIED) * TRIED * _SLOT.size
        size = TRIED * _SLOT.size
        # Locks of records, which the kernel lifts when a process dies: nobody waits for one that was killed.
        with self._threads, self._alone(home, size):
            longest_ago, oldest = home, float("inf")
            for at in range(home, home + size, _SLOT.size):
                named, tokens, filled_at = _SLOT.unpack_from(self._memory, at)
                if named == digest:
                    yield at, digest, min(rate.burst, tokens + max(0.0, now - filled_at) * rate.per_s)
                    return
                if named == _FREE:
                    filled_at = -1.0
                if filled_at < oldest:
                    longest_ago, oldest = at, filled_at
            yield longest_ago, digest, rate.burst

    @contextmanager
    def _alone(self, start: int, size: int) -> Iterator[None]:
        fcntl.lockf(self._file, fcntl.LOCK_EX, size, start)
        try:
            yield
        finally:
            fcntl.lockf(self._file, fcntl.LOCK_UN, size, start)


def _anonymous_file() -> int:
    size = SLOTS * _SLOT.size
    if hasattr(os, "memfd_create"):
        file = os.memfd_create("akademos-rates", os.MFD_CLOEXEC)
        os.ftruncate(file, size)
        return file
    with tempfile.TemporaryFile() as made:  # whole from the start: writing to what a full disk lacks would kill us
        made.write(bytes(size))
        made.flush()
        return os.dup(made.fileno())


def _received(file: Any) -> TokenBuckets:
    return TokenBuckets(file.detach())
