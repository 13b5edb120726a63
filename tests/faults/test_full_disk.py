"""The disk of the data is full: a 503 that says when to come back, nothing lost, and on by itself afterwards."""

from __future__ import annotations

import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from akademos.bench.faults import core_ids
from akademos.bench.installation import Installation, consent_all

DISK_MB, LEFT_MB = 400, 2
PATIENCE_S = 120.0
REFUSED = 10

pytestmark = [pytest.mark.faults, pytest.mark.slow]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    tmp_path.chmod(0o711)
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=755", "akademos-test", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mounting, check=False, capture_output=True).returncode != 0:
        pytest.skip("a small disk can be mounted by root only, where the machine allows it")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def batch() -> list[dict[str, Any]]:
    return [
        {
            "event_id": str(uuid.uuid4()),
            "event_name": "question_submitted",
            "client_timestamp": datetime.now(UTC).isoformat(),
            "user_id": "u-1",
            "topic_id": "fractions",
            "question_id": f"q-{number}",
            "properties": {"correct": True, "time_to_answer_seconds": 4.5, "attempt_number": 1},
        }
        for number in range(500)
    ]


def test_a_full_disk_refuses_for_a_while_and_loses_nothing(disk: Path) -> None:
    data = disk / "data"
    data.mkdir(mode=0o711)
    installation = Installation(data)
    installation.run("tenant", "create", "college")
    sends, consents = (
        installation.run("tenant", "key", "college", scope, "--scope", scope).splitlines()[-1]
        for scope in ("ingest", "consent")
    )
    acknowledged: list[str] = []
    refused: list[list[dict[str, Any]]] = []
    with (
        installation.served() as server,
        httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {sends}"}, timeout=60) as client,
    ):

        def send(events: list[dict[str, Any]]) -> int:
            reply = client.post("/v1/events/batch", json={"events": events})
            if reply.status_code == httpx.codes.OK:
                assert set(reply.json()["counts"]) >= {"accepted", "duplicate"}
                acknowledged.extend(event["event_id"] for event in events)
            else:
                assert reply.status_code == httpx.codes.SERVICE_UNAVAILABLE, reply.text
                assert int(reply.headers["Retry-After"]) > 0
                assert reply.json()["hint"]
            return reply.status_code

        consent_all(server.url, consents, ["u-1"], ["learning_support"])
        assert send(batch()) == httpx.codes.OK
        free = os.statvfs(disk)
        (disk / "ballast").write_bytes(bytes(free.f_bavail * free.f_frsize - LEFT_MB * 2**20))
        deadline = time.monotonic() + PATIENCE_S
        while len(refused) < REFUSED:
            assert time.monotonic() < deadline, "the disk was never full"
            events = batch()
            if send(events) != httpx.codes.OK:
                refused.append(events)
        time.sleep(3)  # the worker tries too meanwhile, and what it logs goes to the full disk
        assert server.process.poll() is None
        assert client.get("/healthz").status_code == httpx.codes.OK
        (disk / "ballast").unlink()
        for events in refused:
            while send(events) != httpx.codes.OK:
                assert time.monotonic() < deadline, "it did not recover"
                time.sleep(0.2)
        while sorted(core_ids(data / "lake")) != sorted(acknowledged):
            assert time.monotonic() < deadline, "not everything arrived in the core, or something twice"
            time.sleep(0.2)
