"""`akademos bench ingest`: events a second through the HTTP door, as a ratio to what durability alone costs.

Protocol: batches of 1, 10, 100 and 500 events, 1, 4 and 16 closed-loop clients. For each pair the door and the ceiling
(bench.ceiling) run in turn, several rounds, on the same machine, driven by the same load: the door as `akademos serve`
runs it, the ceiling in one process; the ratio is that of their summed counts over summed seconds. Events are distinct,
of consenting people, some 480 bytes, and pass every check. The worker is off while measuring, as the ceiling has none;
`with_worker` repeats one cell with it on, longer, and tells the most private memory of the server and the worker
together (PostgreSQL apart).
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from akademos.bench import load
from akademos.bench.installation import Server, consent_all, end, temporary
from akademos.bench.memory import PrivateMemory
from akademos.errors import Unavailable

TENANT = "bench"
LEARNERS = 500
BATCHES = (1, 10, 100, 500)
CLIENTS = (1, 4, 16)
ROUNDS = 3
WINDOW_S = 1.0
WORKER_WINDOWS = 15
EXPECTED_PER_S = {1: 9_000, 10: 45_000, 100: 110_000, 500: 120_000}
"""Events prepared per second of window and batch size: more than either side can take."""


def run(*, rounds: int = ROUNDS, window_s: float = WINDOW_S) -> dict[str, Any]:
    """Measure every cell; the result is the JSON of the bench."""
    with temporary() as installation:
        installation.run("tenant", "create", TENANT)
        key = installation.run("tenant", "key", TENANT, "bench", "--scope", "ingest", "--rate", "1000000000",
                               "--burst", "1000000000").splitlines()[-1]  # fmt: skip
        consents = installation.run("tenant", "key", TENANT, "consents", "--scope", "consent").splitlines()[-1]
        with installation.served("--no-worker") as server, _ceiling() as ceiling_port:
            users = [f"u-{number}" for number in range(LEARNERS)]
            consent_all(server.url, consents, users, ["learning_support", "product_analytics"])
            result: dict[str, Any] = {"batch": {}, "rounds": rounds, "window_s": window_s}
            for batch in BATCHES:
                cells = result["batch"][str(batch)] = {}
                for clients in CLIENTS:
                    cells[f"clients_{clients}"] = _cell(server, ceiling_port, key, batch, clients, rounds, window_s)
        with installation.served() as server:
            result["with_worker"] = _with_worker(server, key, window_s)
    return result


def _with_worker(server: Server, key: str, window_s: float) -> dict[str, Any]:
    """The same door with the worker moving events to the core meanwhile, and the memory of both."""
    answered = seconds = 0.0
    with PrivateMemory(server.process.pid) as memory:
        for _ in range(WORKER_WINDOWS):
            measured = load.run(server.port, _requests(key, 100, window_s), clients=16, seconds=window_s)
            answered += measured.answered
            seconds += measured.seconds
    return {
        "batch": 100,
        "clients": 16,
        "events_per_s": round(answered * 100 / seconds),
        "seconds": round(seconds, 1),
        "private_mb": {name: round(most) for name, most in memory.most.items()},
    }


def _cell(
    server: Server, ceiling_port: int, key: str, batch: int, clients: int, rounds: int, window_s: float
) -> dict[str, Any]:
    sums = {"door": [0.0, 0.0], "ceiling": [0.0, 0.0]}
    latencies: list[float] = []
    for _ in range(rounds):
        for name, port in (("ceiling", ceiling_port), ("door", server.port)):
            measured = load.run(port, _requests(key, batch, window_s), clients=clients, seconds=window_s)
            if measured.refused:
                raise Unavailable(f"{measured.refused} requests were refused by the {name}.", hint="See its log.")
            sums[name][0] += measured.answered * batch
            sums[name][1] += measured.seconds
            if name == "door":
                latencies += measured.latencies
    door, ceiling = (sums[name][0] / sums[name][1] for name in ("door", "ceiling"))
    latencies.sort()
    return {
        "events_per_s": round(door),
        "ceiling_per_s": round(ceiling),
        "ratio": round(door / ceiling, 3),
        "p50_ms": round(1e3 * latencies[len(latencies) // 2], 2),
        "p99_ms": round(1e3 * latencies[int(len(latencies) * 0.99)], 2),
    }


def _requests(key: str, batch: int, window_s: float) -> Iterator[bytes]:
    """Requests made before the clock starts, so that making them costs the measured side nothing."""
    path = "/v1/events" if batch == 1 else "/v1/events/batch"
    count = max(64, int(EXPECTED_PER_S[batch] * window_s) // batch)
    now = datetime.now(UTC).isoformat()
    requests = []
    for number in range(count):
        events = [_event(number * batch + position, now) for position in range(batch)]
        body = events[0] if batch == 1 else b'{"sent_at":"%s","events":[%s]}' % (now.encode(), b",".join(events))
        requests.append(load.post(path, body, key=key))
    return iter(requests)


def _event(number: int, now: str) -> bytes:
    return orjson.dumps(
        {
            "event_id": str(uuid.uuid4()),
            "event_name": "question_submitted",
            "client_timestamp": now,
            "user_id": f"u-{number % LEARNERS}",
            "session_id": "5f0c6f0e-54c5-4b5e-9d0e-3c1f7c3b9a01",
            "course_id": "algebra",
            "topic_id": "fractions",
            "question_id": f"q-{number % 977}",
            "context_page": "/practice/fractions",
            "context_device": "web.desktop",
            "properties": {
                "correct": number % 3 > 0,
                "time_to_answer_seconds": 45.5,
                "attempt_number": 1,
                "confidence": 0.7,
                "hints": 0,
            },
        }
    )


@contextmanager
def _ceiling() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory(prefix="akademos-ceiling-") as folder:
        file = Path(folder) / "events"
        process = subprocess.Popen([sys.executable, "-m", "akademos.bench.ceiling", str(file), str(port)])
        try:
            _wait(port)
            yield port
        finally:
            end(process)


def _wait(port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise Unavailable("The reference of the bench did not start.", hint="Is the port taken?")
