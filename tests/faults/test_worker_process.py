"""A real worker process: killed at the worst moment, ended politely, and doubled."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.faults.conftest import Workers
from tests.intake.conftest import Door, answered

from akademos.bench.faults import core_ids

PATIENCE_S = 120.0

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def wait_until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def sent(door: Door, count: int) -> list[str]:
    events = [answered(f"u-{n % 3}") for n in range(count)]
    assert set(door.verdicts(*events)) == {"accepted"}
    return [event["event_id"] for event in events]


@pytest.fixture(autouse=True)
def consenting(door: Door) -> None:
    for number in range(3):
        door.grant(f"u-{number}")


def test_killed_between_the_commit_and_the_emptying_of_landing(door: Door, workers: Workers) -> None:
    ids = sent(door, 50)
    assert workers.start("--kill-at", "1").wait(PATIENCE_S) == -signal.SIGKILL
    assert door.count("landing") == 50
    assert sorted(core_ids(workers.data / "lake")) == sorted(ids)
    ids += sent(door, 20)
    worker = workers.start()
    wait_until(lambda: door.count("landing") == 0)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(PATIENCE_S) == 0
    assert sorted(core_ids(workers.data / "lake")) == sorted(ids)
    assert door.rows("SELECT kind, sum(events)::int FROM movements GROUP BY kind") == [("moved", 70)]


def test_without_the_application_transaction_that_kill_doubles(door: Door, workers: Workers) -> None:
    ids = sent(door, 5)
    off = ("--switch-off", "application_transaction")
    assert workers.start(*off, "--kill-at", "1").wait(PATIENCE_S) == -signal.SIGKILL
    workers.start(*off)
    wait_until(lambda: door.count("landing") == 0)
    assert sorted(core_ids(workers.data / "lake")) == sorted(ids * 2)


def listens(process: subprocess.Popen[bytes], number: signal.Signals) -> bool:
    """Whether it has a handler for the signal."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    caught = int(next(line for line in status.splitlines() if line.startswith("SigCgt")).split()[1], 16)
    return bool(caught >> (number - 1) & 1)


def test_an_answer_becomes_live_state_and_two_workers_share_the_work(door: Door, workers: Workers) -> None:
    both = [workers.start(), workers.start()]
    wait_until(lambda: all(listens(worker, signal.SIGTERM) for worker in both))
    ids: list[str] = []
    for _ in range(10):
        ids += sent(door, 9)
    wait_until(lambda: door.count("landing") == 0 and door.count("learner_state") == 3)
    wait_until(lambda: door.count("stale_learner_states") == 0)
    assert sorted(core_ids(workers.data / "lake")) == sorted(ids)
    for worker, polite in zip(both, (signal.SIGTERM, signal.SIGINT), strict=True):
        worker.send_signal(polite)
        assert worker.wait(PATIENCE_S) == 0
