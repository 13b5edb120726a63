"""Lines are handed over beside the work: in batches, again after an outage, and counted when given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from prometheus_client import REGISTRY

from akademos.errors import AkademosError, Conflict, Unavailable
from akademos.jobs.log_keeper import LINES_AT_ONCE, LogKeeper
from akademos.privacy.log_lines import KeptLine
from akademos.stores.ports.ops_logs import Process

PROCESS = Process("server", "i1", "1.0", "local", datetime(2026, 3, 1, tzinfo=UTC))


@dataclass
class Store:
    """Remembers what it is given; refuses while `refusal` is set."""

    loads: list[tuple[list[str], int, int]] = field(default_factory=list)
    waiting: list[int] = field(default_factory=list)
    refusal: AkademosError | None = None

    def append(self, process: Process, lines: Sequence[KeptLine], *, offered: int, lost: int, waiting: int) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.loads.append(([one.event for one in lines], offered, lost))
        self.waiting.append(waiting)

    def expire(self, now: datetime) -> int:
        return 0

    @property
    def events(self) -> list[str]:
        return [event for events, _, _ in self.loads for event in events]


def lost_so_far() -> float:
    return REGISTRY.get_sample_value("akademos_log_writes_lost_total") or 0.0


def test_a_process_is_known_before_it_says_anything_and_then_costs_nothing() -> None:
    store = Store()
    keeper = LogKeeper(store, PROCESS)
    keeper.hand_over()
    keeper.hand_over()
    assert store.loads == [([], 0, 0)]


def test_lines_wait_while_the_store_is_away_and_the_oldest_give_way() -> None:
    store = Store(refusal=Unavailable("full disk"))
    keeper = LogKeeper(store, PROCESS, waiting=5)
    before = lost_so_far()
    for number in range(8):
        keeper.offer({"event": f"line {number}", "level": "info"})
        with pytest.raises(Unavailable):
            keeper.hand_over()
    store.refusal = None
    keeper.hand_over()
    assert store.loads == [([f"line {number}" for number in range(3, 8)], 8, 3)]
    assert lost_so_far() - before == 3


def test_lines_that_are_refused_for_good_are_given_up_and_counted() -> None:
    store = Store(refusal=Conflict("no"))
    keeper = LogKeeper(store, PROCESS)
    keeper.offer({"event": "poison"})
    with pytest.raises(Conflict):
        keeper.hand_over()
    store.refusal = None
    keeper.offer({"event": "fine"})
    keeper.hand_over()
    assert store.loads == [(["fine"], 2, 1)]


def test_a_burst_goes_in_parts_and_in_order() -> None:
    store = Store()
    keeper = LogKeeper(store, PROCESS)
    for number in range(LINES_AT_ONCE + 3):
        keeper.offer({"event": f"line {number}"})
    assert keeper.hand_over()
    assert not keeper.hand_over()
    assert store.events == [f"line {number}" for number in range(LINES_AT_ONCE + 3)]
    assert sum(offered for _, offered, _ in store.loads) == LINES_AT_ONCE + 3
    assert store.waiting == [3, 0]


def test_whoever_logs_waits_for_nothing_and_the_end_takes_what_is_left() -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Slow(Store):
        def append(self, process: Process, lines: Sequence[KeptLine], *, offered: int, lost: int, waiting: int) -> None:
            entered.set()
            assert go_on.wait(20)
            super().append(process, lines, offered=offered, lost=lost, waiting=waiting)

    store = Slow()
    with LogKeeper(store, PROCESS, pause_s=0.01) as keeper:
        assert entered.wait(20)
        started = time.monotonic()
        for number in range(100):
            keeper.offer({"event": f"line {number}"})
        assert time.monotonic() - started < 5  # the store is held meanwhile
        go_on.set()
    assert len(store.events) == 100
