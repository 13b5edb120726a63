"""Processes beside the server: restarted when they end, ended with their parent, even by kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from akademos.cli.children import Children
from akademos.settings import Settings, child_environment, load

SLEEP_S = 600


def until(holds: Callable[[], bool], what: str, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits to be fetched does not."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def test_a_child_that_ends_is_started_again_and_all_end_together() -> None:
    ended: list[int] = []
    children = Children(ended=ended.append)
    children.add("sleeper", time.sleep, SLEEP_S)
    children.start()
    try:
        until(lambda: "sleeper" in children.pids(), "it was not started")
        first = children.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        until(lambda: children.pids().get("sleeper", first) != first, "it was not started again")
        assert ended == [first]
        second = children.pids()["sleeper"]
    finally:
        children.stop()
    assert not psutil.pid_exists(second)
    assert children.pids() == {}


def test_a_child_that_cannot_live_is_tried_with_growing_pauses(tmp_path: Path) -> None:
    mark = tmp_path / "starts"
    children = Children()
    children.add("failing", subprocess.call, ["sh", "-c", f"printf x >> '{mark}'"])
    children.start()
    until(mark.exists, "it was not started")
    time.sleep(4)
    children.stop()
    assert 1 <= len(mark.read_text()) <= 4


def test_children_end_when_their_parent_is_killed() -> None:
    parent = (
        "import time; from akademos.cli.children import Children; children = Children(); "
        f"children.add('sleeper', time.sleep, {SLEEP_S}); children.start()\n"
        "while not children.pids(): time.sleep(0.05)\n"
        "time.sleep(1); print(children.pids()['sleeper'], flush=True); time.sleep(600)"
    )
    process = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    child = int(process.stdout.readline())
    assert psutil.pid_exists(child)
    process.kill()
    process.wait()
    until(lambda: not alive(child), "it outlived its parent")


def test_a_child_reads_the_settings_of_its_parent(tmp_path: Path) -> None:
    chosen = Settings(
        data=tmp_path, port=0, worker=False, environment="development", database_url="host=/x password='a b'"
    )
    assert load(child_environment(chosen)) == chosen


def test_what_the_processes_are_forked_from_has_started_no_engine() -> None:
    """A pool of threads that is started at an import is dead in every fork: whatever asks it waits for ever."""
    names = (
        "import os, akademos.cli.prefork; "
        "print(*(open(f'/proc/self/task/{task}/comm').read().strip() for task in os.listdir('/proc/self/task')))"
    )
    said = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in said if name.startswith(("polars-0", "tokio", "duckdb", "rayon"))] == []
