"""Group commit: a writer takes whatever waits, lands it in one transaction, and only then answers.

No timer: under load groups grow by themselves while a commit is on its way, and a lone event never waits. Another
writer sets in only when enough waits to be a good group of its own: it prepares its rows while the store works.

The writers are tasks of the event loop that receives: a thread of their own would wait for the interpreter each time
the store has answered, and the loop for it.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Sequence
from typing import NamedTuple

from akademos import telemetry
from akademos.errors import Unavailable
from akademos.stores.ports.landing import LandingStore, Receipt

GROUP_EVENTS = 800
"""Events in one transaction at most, so that one commit never takes long."""

TURNS = 8
"""Of the event loop before a group is taken: senders that were just answered are heard again, and nobody waits long."""

GOOD_GROUP_EVENTS = 200
"""So many waiting events are worth another writer."""


class _Waiting(NamedTuple):
    receipt: Receipt
    done: asyncio.Future[list[str]]


class GroupCommit:
    """The writers of one process. All of it runs in one event loop, that of the first `submit`.

    Args:
        stores: one a writer.
        queue_depth: how many events may wait.
    """

    def __init__(self, stores: Sequence[LandingStore], *, queue_depth: int) -> None:
        self._stores = tuple(stores)
        self._idle = list(stores)
        self._queue_depth = queue_depth
        self._waiting: deque[_Waiting] = deque()
        self._events = 0
        self._closing = False
        self._writing: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Land what waits, then stop."""
        self._closing = True
        while self._writing:
            await asyncio.wait(self._writing)
        for store in self._stores:
            await store.close()

    def submit(self, receipt: Receipt) -> asyncio.Future[list[str]]:
        """Queue a request's events; the result is the verdict of each arrival.

        Raises:
            Unavailable: as many events wait as may, or the writer is closing.
        """
        if self._closing or self._events + receipt.received > self._queue_depth:
            raise Unavailable(
                "more events wait than can be written in time; nothing of this request was taken",
                hint="Send it again, with the same ids, after the pause given.",
                code="queue_full",
                retry_after_s=1,
            )
        loop = asyncio.get_running_loop()
        done: asyncio.Future[list[str]] = loop.create_future()
        self._events += receipt.received
        self._waiting.append(_Waiting(receipt, done))
        if self._idle and self._worth_writing():
            task = loop.create_task(self._write(self._idle.pop()))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)
        return done

    def _worth_writing(self) -> bool:
        busy = len(self._stores) - len(self._idle)
        return bool(self._waiting) and (not busy or self._events >= GOOD_GROUP_EVENTS)

    async def _write(self, store: LandingStore) -> None:
        try:
            while self._waiting:
                for _ in range(TURNS):
                    await asyncio.sleep(0)
                if group := self._next_group():
                    await self._land(store, group)
        finally:
            self._idle.append(store)

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        events = 0
        while self._waiting and (not group or events + self._waiting[0].receipt.received <= GROUP_EVENTS):
            taken = self._waiting.popleft()
            events += taken.receipt.received
            group.append(taken)
        self._events -= events
        telemetry.QUEUE_DEPTH.set(self._events)
        return group

    async def _land(self, store: LandingStore, group: list[_Waiting]) -> None:
        started = time.perf_counter()
        receipts = [one.receipt for one in group]
        try:
            outcomes = await store.land(receipts)
        except BaseException as failure:  # noqa: BLE001 -- handed to every caller, who answers or reports it
            for one in group:
                if not one.done.done():
                    one.done.set_exception(failure)
            return
        for one, verdicts in zip(group, outcomes, strict=True):
            if not one.done.done():  # else the sender hung up meanwhile
                one.done.set_result(verdicts)
        telemetry.COMMIT_SECONDS.observe(time.perf_counter() - started)
        _count(receipts, outcomes)


_TAKEN = frozenset({"accepted", "held"})


def _count(receipts: Sequence[Receipt], outcomes: Sequence[Sequence[str]]) -> None:
    verdicts: Counter[tuple[str, str]] = Counter()
    taken: Counter[str] = Counter()
    for receipt, mine in zip(receipts, outcomes, strict=True):
        for verdict, count in Counter(mine).items():
            verdicts[receipt.door, verdict] += count
        taken.update(
            [arrival.environment for arrival, verdict in zip(receipt.arrivals, mine, strict=True) if verdict in _TAKEN]
        )
        if receipt.refusals:
            verdicts[receipt.door, "rejected"] += len(receipt.refusals)
    for labels, count in verdicts.items():
        telemetry.VERDICTS.labels(*labels).inc(count)
    for environment, count in taken.items():
        telemetry.EVENTS_INGESTED.labels(environment).inc(count)
