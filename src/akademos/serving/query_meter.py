"""Meters how long the server was at the questions of each tenant, so that a tenant can be charged for its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import structlog
from starlette.concurrency import run_in_threadpool

from akademos.errors import AkademosError
from akademos.stores.ports.query_usage import QueryUsage, Taken

log = structlog.get_logger()

PAUSE_S = 30.0
"""Between two hand-overs; what a killed process had not handed over is charged to nobody."""

NOTHING = Taken(0, 0.0)


class QueryMeter:
    """Sums up in memory and hands the sums over. All of it runs in one event loop, that of the server.

    Args:
        usage: takes the sums; None: they are dropped.
        clock: the installation's.
    """

    def __init__(self, usage: QueryUsage | None, *, clock: Callable[[], datetime], pause_s: float = PAUSE_S) -> None:
        self._usage = usage
        self._clock = clock
        self._pause_s = pause_s
        self._sums: dict[tuple[str, str], Taken] = {}

    def note(self, tenant_id: str, query: str, seconds: float) -> None:
        """An answer to a question of a tenant took so long."""
        if self._usage is not None:
            key = (tenant_id, query)
            self._sums[key] = self._sums.get(key, NOTHING) + Taken(1, seconds)

    async def hand_over(self) -> None:
        """Hand over what was noted since the last time.

        Raises:
            Unavailable: the store is away; it waits for the next time.
        """
        if self._usage is None or not self._sums:
            return
        given, self._sums = self._sums, {}
        try:
            await run_in_threadpool(self._usage.append, given, self._clock())
        except Exception:
            for key, taken in given.items():
                self._sums[key] = taken + self._sums.get(key, NOTHING)
            raise

    @asynccontextmanager
    async def running(self, _: object) -> AsyncIterator[None]:
        """Hand over again and again, and once more at the end."""
        ending = asyncio.Event()
        work = asyncio.create_task(self._work(ending))
        try:
            yield
        finally:
            ending.set()  # a cancelled task would leave its thread writing what the last hand-over brings again
            await work

    async def _work(self, ending: asyncio.Event) -> None:
        while not ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(ending.wait(), self._pause_s)
            try:
                await self.hand_over()
            except AkademosError as refused:
                log.warning("query_usage_waits", code=refused.code, reason=refused.reason)
            except Exception:
                log.exception("query_usage_waits")
