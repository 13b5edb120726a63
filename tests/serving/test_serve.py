"""`akademos serve`: prints its address, survives the death of its processes, ends all it started."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil
import pytest

SERVE = [sys.executable, "-m", "akademos.cli.app", "serve", "--port", "0", "--no-worker"]


def until(holds: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def start(folder: Path, *options: str, **environment: str) -> tuple[subprocess.Popen[str], str]:
    """The process and the address that it printed."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("AKADEMOS_")}
    process = subprocess.Popen(
        [*SERVE, *options],
        env={**given, "AKADEMOS_DATA": str(folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, line + process.stdout.read()
    return process, found[0]


def finish(process: subprocess.Popen[str]) -> None:
    """Whatever happened, nothing of it stays."""
    for child in psutil.Process(process.pid).children(recursive=True) if process.poll() is None else []:
        child.kill()
    process.kill()
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/readyz", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.slow
def test_several_processes_answer_are_restarted_and_end_with_the_store(tmp_path: Path) -> None:
    process, url = start(tmp_path, "--processes", "2", "--development")
    try:
        assert answers(url)
        started = psutil.Process(process.pid).children()
        servers = [one for one in started if "--listen-fd" in one.cmdline()]
        assert len(servers) == 2
        assert "akademos_request_seconds_count" in httpx.get(f"{url}/metrics").text
        servers[0].kill()
        until(lambda: len([one for one in _servers(process) if one.pid != servers[0].pid]) == 2, "not restarted")
        until(lambda: all(answers(url) for _ in range(10)), "it does not answer any more")
        descendants = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C in a terminal
        assert process.wait(30) == 0
        until(lambda: not any(one.is_running() for one in descendants), "something was left running")
        until(lambda: not (tmp_path / "postgres" / "data" / "postmaster.pid").exists(), "the store still runs")
        assert not list(tmp_path.glob("metrics-*"))
    finally:
        finish(process)


def _servers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    return [one for one in psutil.Process(process.pid).children() if "--listen-fd" in one.cmdline()]


@pytest.mark.slow
def test_a_killed_parent_leaves_no_server_behind(dsn: str, tmp_path: Path) -> None:
    process, url = start(tmp_path, "--processes", "2", AKADEMOS_DATABASE_URL=dsn)
    try:
        servers = _servers(process)
        process.kill()
        until(lambda: not any(one.is_running() for one in servers), "a server outlived its parent")
        assert not answers(url)
    finally:
        finish(process)


@pytest.mark.slow
def test_one_process_ends_on_a_signal(dsn: str, tmp_path: Path) -> None:
    process, url = start(tmp_path, AKADEMOS_DATABASE_URL=dsn)
    try:
        assert answers(url)
        assert httpx.get(f"{url}/sign-in").status_code == 404
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        finish(process)


def test_a_port_that_is_taken_is_told(dsn: str, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = [*SERVE[:4], "--port", str(taken.getsockname()[1]), "--no-worker"]
        environment = {**os.environ, "AKADEMOS_DATA": str(tmp_path), "AKADEMOS_DATABASE_URL": dsn}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr
