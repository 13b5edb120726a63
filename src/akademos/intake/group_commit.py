"""Group commit: one writer takes whatever waits, lands it in one transaction, and only then answers.

No timer: under load groups grow by themselves while a commit is on its way, and a lone event never waits.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from concurrent.futures import Future
from typing import NamedTuple

from akademos import telemetry
from akademos.errors import Unavailable
from akademos.stores.ports.landing import LandingStore, Receipt

GROUP_EVENTS = 4_000
"""Events in one transaction at most, so that one commit never takes long."""


class _Waiting(NamedTuple):
    receipt: Receipt
    done: Future[list[str]]


class GroupCommit:
    """The writer of one process. `submit` from any thread; the future is resolved after the commit."""

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

    def submit(self, receipt: Receipt) -> Future[list[str]]:
        """Queue a request's events; the result is the verdict of each arrival.

        Raises:
            Unavailable: as many events wait as may, or the writer is closing.
        """
        done: Future[list[str]] = Future()
        with self._changed:
            if self._closing or self._events + receipt.received > self._queue_depth:
                raise Unavailable(
                    "more events wait than can be written in time; nothing of this request was taken",
                    hint="Send it again, with the same ids, after the pause given.",
                    code="queue_full",
                    retry_after_s=1,
                )
            self._events += receipt.received
            self._waiting.append(_Waiting(receipt, done))
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
            _fail(group, failure)
            return
        telemetry.COMMIT_SECONDS.observe(time.perf_counter() - started)
        for one, verdicts in zip(group, outcomes, strict=True):
            if one.done.set_running_or_notify_cancel():
                one.done.set_result(verdicts)


def _fail(group: list[_Waiting], failure: BaseException) -> None:
    for one in group:
        if one.done.set_running_or_notify_cancel():
            one.done.set_exception(failure)
