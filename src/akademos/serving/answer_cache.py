"""Answers kept in this process for minutes, under a key that says everything they depend on.

A key holds the versions of the learner's state, of their consent and of the curriculum, so a new event or a
revocation makes a new key; and it is only looked up after the gate has let the question pass. Time is part of it as a
period of five minutes, which starts with every hour, so that no answer lives past midnight in any time zone.
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from prometheus_client import Counter

PERIOD_S = 300
CAPACITY_BYTES = 32 * 2**20

ANSWERS_CACHED = Counter("akademos_answers_cached_total", "answers looked up in the cache: hit or miss", ["outcome"])


def period(now: datetime) -> int:
    """The five-minute period of an instant."""
    return int(now.timestamp()) // PERIOD_S


def entity_tag(key: tuple[object, ...]) -> str:
    """The weak validator (RFC 9110, section 8.8.1) of whatever `key` says everything about."""
    digest = hashlib.blake2b(repr(key).encode(errors="surrogatepass"), digest_size=15).hexdigest()
    return f'W/"{digest}"'


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether the asker holds the answer already (weak comparison)."""
    if if_none_match is None:
        return False
    held = {one.strip().removeprefix("W/") for one in if_none_match.split(",")}
    return "*" in held or tag.removeprefix("W/") in held


class AnswerCache:
    """Serialised answers of this process, least recently used first out."""

    def __init__(self, capacity_bytes: int = CAPACITY_BYTES) -> None:
        self._capacity = capacity_bytes
        self._size = 0
        self._period = 0
        self._kept: OrderedDict[tuple[object, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get_or_make(self, key: tuple[object, ...], now: datetime, make: Callable[[], bytes]) -> tuple[bytes, bool]:
        """The answer under `key` in the present period, made when it is not there; and whether it was."""
        current = period(now)
        with self._lock:
            if current != self._period:
                self._kept.clear()
                self._size, self._period = 0, current
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found, True
        made = make()
        with self._lock:
            if current == self._period and key not in self._kept and len(made) <= self._capacity:
                self._kept[key] = made
                self._size += len(made)
                while self._size > self._capacity:
                    _, dropped = self._kept.popitem(last=False)
                    self._size -= len(dropped)
        return made, False
