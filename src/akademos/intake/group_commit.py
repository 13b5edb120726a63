"""Group commit: a writer takes whatever waits, lands it in one transaction, and only then answers.

No timer: under load groups grow by themselves while a commit is on its way, and a lone event never waits. Another
writer sets in only when enough waits to be a good group of its own: it prepares its rows while the store works.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple

from akademos import telemetry
from akademos.errors import Unavailable
from akademos.stores.ports.landing import LandingStore, Receipt

GROUP_EVENTS = 4_000
"""Events in one transaction at most, so that one commit never takes long."""


class _Waiting(NamedTuple):
    receipt: Receipt
    done: asyncio.Future[list[str]]
    loop: asyncio.AbstractEventLoop


GOOD_GROUP_EVENTS = 200
"""So many waiting events are worth another writer."""


class GroupCommit:
    """The writers of one process. `submit` from an event loop; the future is resolved after the commit.

    Args:
        stores: one a writer.
        queue_depth: how many events may wait.
    """

    def __init__(self, stores: Sequence[LandingStore], *, queue_depth: int) -> None:
        self._queue_depth = queue_depth
        self._waiting: deque[_Waiting] = deque()
        self._events = 0
        self._changed = threading.Condition()
        self._closing = False
        self._writing = 0
        self._threads = [
            threading.Thread(target=self._run, args=(store,), name="group-commit", daemon=True) for store in stores
        ]

    def start(self) -> None:
        """Start the writers."""
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """Land what waits, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def submit(self, receipt: Receipt) -> asyncio.Future[list[str]]:
        """Queue a request's events; the result is the verdict of each arrival.

        Raises:
            Unavailable: as many events wait as may, or the writer is closing.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[str]] = loop.create_future()
        with self._changed:
            if self._closing or self._events + receipt.received > self._queue_depth:
                raise Unavailable(
                    "more events wait than can be written in time; nothing of this request was taken",
                    hint="Send it again, with the same ids, after the pause given.",
                    code="queue_full",
                    retry_after_s=1,
                )
            self._events += receipt.received
            self._waiting.append(_Waiting(receipt, done, loop))
            if self._worth_writing():
                self._changed.notify()
        return done

    def _run(self, store: LandingStore) -> None:
        while group := self._next_group():
            self._land(store, group)
            with self._changed:
                self._writing -= 1
                self._changed.notify()

    def _worth_writing(self) -> bool:
        return bool(self._waiting) and (not self._writing or self._events >= GOOD_GROUP_EVENTS)

    def _next_group(self) -> list[_Waiting]:
        with self._changed:
            while not self._worth_writing() and not self._closing:
                self._changed.wait()
            self._writing += 1
            group: list[_Waiting] = []
            events = 0
            while self._waiting and (not group or events + self._waiting[0].receipt.received <= GROUP_EVENTS):
                taken = self._waiting.popleft()
                events += taken.receipt.received
                group.append(taken)
            self._events -= events
            telemetry.QUEUE_DEPTH.set(self._events)
            return group

    def _land(self, store: LandingStore, group: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            outcomes = store.land([one.receipt for one in group])
        except BaseException as failure:  # noqa: BLE001 -- handed to every caller, who answers or reports it
            _answer(group, failure)
            return
        _answer(group, outcomes)
        telemetry.COMMIT_SECONDS.observe(time.perf_counter() - started)
        _count([one.receipt for one in group], outcomes)


def _count(receipts: Sequence[Receipt], outcomes: Sequence[Sequence[str]]) -> None:
    verdicts: Counter[tuple[str, str]] = Counter()
    taken: Counter[str] = Counter()
    for receipt, mine in zip(receipts, outcomes, strict=True):
        for arrival, verdict in zip(receipt.arrivals, mine, strict=True):
            verdicts[receipt.door, verdict] += 1
            if verdict in ("accepted", "held"):
                taken[arrival.environment] += 1
        if receipt.refusals:
            verdicts[receipt.door, "rejected"] += len(receipt.refusals)
    for labels, count in verdicts.items():
        telemetry.VERDICTS.labels(*labels).inc(count)
    for environment, count in taken.items():
        telemetry.EVENTS_INGESTED.labels(environment).inc(count)


def _answer(group: list[_Waiting], outcome: list[list[str]] | BaseException) -> None:
    """Wake each event loop once for the whole group."""
    outcomes: list[list[str] | BaseException] = (
        [outcome] * len(group) if isinstance(outcome, BaseException) else [*outcome]
    )
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[list[str]], list[str] | BaseException]]] = {}
    for one, result in zip(group, outcomes, strict=True):
        by_loop.setdefault(one.loop, []).append((one.done, result))
    for loop, results in by_loop.items():
        loop.call_soon_threadsafe(_resolve, results)


def _resolve(results: list[tuple[asyncio.Future[list[str]], list[str] | BaseException]]) -> None:
    for done, result in results:
        if done.done():
            continue  # the sender hung up meanwhile
        if isinstance(result, BaseException):
            done.set_exception(result)
        else:
            done.set_result(result)
