"""`akademos serve`: prints its address, survives the death of its processes, ends all it started."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

AKADEMOS = [sys.executable, "-m", "akademos.cli.app"]


def until(holds: Callable[[], bool], what: str, timeout_s: float = 60) -> None:
    deadline = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def surroundings(folder: Path, **environment: str) -> dict[str, str]:
    given = {name: value for name, value in os.environ.items() if not name.startswith("AKADEMOS_")}
    return {**given, "AKADEMOS_DATA": str(folder), **environment}


def start(folder: Path, *options: str, worker: bool = False, **environment: str) -> tuple[subprocess.Popen[str], str]:
    """The process and the address that it printed."""
    process = subprocess.Popen(
        [*AKADEMOS, "serve", "--port", "0", "--worker" if worker else "--no-worker", *options],
        env=surroundings(folder, **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    said = ""
    for line in process.stdout:  # to its end, if it never says so
        if found := re.search(r"Akademos serves at (http://\S+)", line):
            return process, found[1]
        said += line
    raise AssertionError(said)


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


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that the store's own account can reach: other test runs close pytest's folders to it."""
    with tempfile.TemporaryDirectory(prefix="akademos-serve-", ignore_cleanup_errors=True) as made:
        yield Path(made)


@pytest.mark.slow
def test_several_processes_answer_are_restarted_and_end_with_the_store(folder: Path) -> None:
    process, url = start(folder, "--processes", "2", "--development")
    try:
        assert answers(url)
        until(lambda: len(_servers(process)) == 1, "the second one was not started")
        servers = _servers(process)
        assert "akademos_request_seconds_count" in httpx.get(f"{url}/metrics").text
        servers[0].kill()
        until(lambda: len([one for one in _servers(process) if one.pid != servers[0].pid]) == 1, "not restarted")
        until(lambda: all(answers(url) for _ in range(10)), "it does not answer any more")
        descendants = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)  # Ctrl-C in a terminal
        assert process.wait(30) == 0
        until(lambda: not any(alive(one) for one in descendants), "something was left running")
        assert process.stdout is not None
        assert "leaked" not in process.stdout.read()
        until(lambda: not (folder / "postgres" / "data" / "postmaster.pid").exists(), "the store still runs")
    finally:
        finish(process)


def _servers(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """The further processes of the server."""
    return [one for one in psutil.Process(process.pid).children(recursive=True) if _name(one).startswith("ak server")]


def _name(process: psutil.Process) -> str:
    try:
        return str(process.name())
    except psutil.Error:  # it ended meanwhile
        return ""


def alive(process: psutil.Process) -> bool:
    """Whether it runs; one that has ended and waits to be fetched does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


@pytest.mark.slow
def test_an_end_while_processes_are_being_forked_is_quiet(folder: Path) -> None:
    process, _ = start(folder, "--processes", "3", worker=True)
    try:
        process.send_signal(signal.SIGINT)  # they are still on their way: the address is printed before they answer
        assert process.wait(60) == 0
        assert process.stdout is not None
        assert "Traceback" not in process.stdout.read()
        assert not (folder / "postgres" / "data" / "postmaster.pid").exists()
    finally:
        finish(process)


@pytest.mark.slow
def test_a_killed_parent_leaves_no_server_behind(dsn: str, tmp_path: Path) -> None:
    process, url = start(tmp_path, "--processes", "2", AKADEMOS_DATABASE_URL=dsn)
    try:
        until(lambda: len(_servers(process)) == 1, "the second one was not started")
        servers = _servers(process)
        process.kill()
        until(lambda: not any(alive(one) for one in servers), "a server outlived its parent")
        assert not answers(url)
    finally:
        finish(process)


@pytest.mark.slow
def test_one_process_ends_on_a_signal(dsn: str, tmp_path: Path) -> None:
    process, url = start(tmp_path, "--processes", "1", AKADEMOS_DATABASE_URL=dsn)
    try:
        assert answers(url)
        assert 'name="person"' not in httpx.get(f"{url}/sign-in").text  # nobody signs in as anybody
        assert httpx.post(f"{url}/sign-in", data={"person": "[]"}).status_code == 405
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stdout is not None
        said = [json.loads(line) for line in process.stdout.read().splitlines()]
        assert [(line["event"], line["level"]) for line in said] == [("server_stopped", "info")]  # as it was asked to
    finally:
        finish(process)


def test_a_port_that_is_taken_is_told(dsn: str, tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        words = [*AKADEMOS, "serve", "--port", str(taken.getsockname()[1]), "--no-worker"]
        environment = surroundings(tmp_path, AKADEMOS_DATABASE_URL=dsn)
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow
def test_an_answer_given_is_in_the_next_answer_asked(dsn: str, tmp_path: Path) -> None:
    def akademos(*words: str) -> str:
        done = subprocess.run(
            [*AKADEMOS, *words],
            env=surroundings(tmp_path, AKADEMOS_DATABASE_URL=dsn),
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    akademos("tenant", "create", "college")
    key = akademos("tenant", "key", "college", "host", "--scope", "ingest", "--scope", "consent")
    token = akademos("token", "college", "ada")
    process, url = start(tmp_path, worker=True, AKADEMOS_DATABASE_URL=dsn)
    try:
        host = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"})
        ada = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"})
        decision = {"purposes": ["learning_support"], "decision": "granted", "text_version": "1", "user_id": "ada"}
        assert host.post("/v1/consent", json=decision).status_code == 200

        def answers_seen() -> int:
            mastery = ada.get("/v1/analytics/mastery")
            assert mastery.status_code == 200, mastery.text
            return int(mastery.json()["provenance"]["answers"])

        assert answers_seen() == 0
        for number in (1, 2):
            event = {
                "event_name": "question_submitted",
                "user_id": "ada",
                "question_id": "q-1",
                "topic_id": "adding",
                "properties": {"correct": True, "time_to_answer_seconds": 45},
            }
            taken = host.post("/v1/events", json=event)
            assert taken.json()["verdict"] == "accepted", taken.text
            until(lambda number=number: answers_seen() == number, "the answer was not seen")  # type: ignore[misc]
        topic = ada.get("/v1/analytics/mastery/adding").json()
        assert [item["attempts"] for item in topic["items"]] == [2]
        withdrawn = host.post("/v1/consent", json={**decision, "decision": "withdrawn"})
        assert withdrawn.status_code == 200
        assert ada.get("/v1/analytics/mastery").status_code == 403
        metrics = httpx.get(f"{url}/metrics").text
        for name in ("analytics_events_ingested_total", "akademos_landing_backlog_events", "akademos_request_seconds"):
            assert name in metrics, "the worker's metrics are there too"
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    finally:
        finish(process)
