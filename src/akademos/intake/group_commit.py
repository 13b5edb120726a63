"""Group commit: one writer takes whatever waits, lands it in one transaction, and only then answers.

No timer: under load groups grow by themselves while a commit is on its way, and a lone event never waits.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
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


class GroupCommit:
    """The writer of one process. `submit` from an event loop; the future is resolved after the commit."""

    def __init__(self, store: LandingStore, *, queue_depth: int) -> None:
        self._store = store
        self._queue_depth = queue_depth
        self._waiting: deque[_Waiting] = deque()
        self._events = 0
        self._changed = threading.Condition()
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)

    def start(self) -> None:
        """Start the writer."""
        self._thread.start()

    def close(self) -> None:
        """Land what waits, then stop."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

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
            self._changed.notify()
        return done

    def _run(self) -> None:
        while group := self._next_group():
            self._land(group)

    def _next_group(self) -> list[_Waiting]:
        with self._changed:
            while not self._waiting and not self._closing:
                self._changed.wait()
            group: list[_Waiting] = []
            events = 0
            while self._waiting and (not group or events + self._waiting[0].receipt.received <= GROUP_EVENTS):
                taken = self._waiting.popleft()
                events += taken.receipt.received
                group.append(taken)
            self._events -= events
            telemetry.QUEUE_DEPTH.set(self._events)
            return group

    def _land(self, group: list[_Waiting]) -> None:
        started = time.perf_counter()
        try:
            outcomes = self._store.land([one.receipt for one in group])
        except BaseException as failure:  # noqa: BLE001 -- handed to every caller, who answers or reports it
            _answer(group, failure)
            return
        telemetry.COMMIT_SECONDS.observe(time.perf_counter() - started)
        _answer(group, outcomes)


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
