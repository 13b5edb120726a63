"""PostgreSQL goes away under a serving installation and comes back: a clear 503 meanwhile, and on without hands."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from tests.faults.test_full_disk import PATIENCE_S, batch

from akademos.bench.faults import core_ids
from akademos.bench.installation import Installation, consent_all
from akademos.stores.postgres.embedded import EmbeddedPostgres

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def shut_down(pid_file: Path) -> None:
    """End the server as its operator would, with everybody still connected."""
    os.kill(int(pid_file.read_text().splitlines()[0]), signal.SIGINT)
    deadline = time.monotonic() + PATIENCE_S
    while pid_file.exists():
        assert time.monotonic() < deadline, "it did not end"
        time.sleep(0.05)


def test_a_restart_of_the_database_is_a_503_and_then_over(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tmp_path.chmod(0o711)
    data.mkdir(mode=0o711)
    installation = Installation(data)
    installation.run("tenant", "create", "college")
    sends, consents = (
        installation.run("tenant", "key", "college", scope, "--scope", scope).splitlines()[-1]
        for scope in ("ingest", "consent")
    )
    acknowledged: list[str] = []
    with (
        ExitStack() as ending,
        installation.served() as server,
        httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {sends}"}, timeout=60) as client,
    ):
        consent_all(server.url, consents, ["u-1"], ["learning_support"])
        events = batch()
        assert client.post("/v1/events/batch", json={"events": events}).status_code == httpx.codes.OK
        acknowledged += [event["event_id"] for event in events]
        events = batch()
        shut_down(data / "postgres" / "data" / "postmaster.pid")
        reply = client.post("/v1/events/batch", json={"events": events})
        assert reply.status_code == httpx.codes.SERVICE_UNAVAILABLE, reply.text
        assert int(reply.headers["Retry-After"]) > 0
        assert reply.json()["hint"]
        assert client.get("/healthz").status_code == httpx.codes.OK
        assert client.get("/readyz").status_code == httpx.codes.SERVICE_UNAVAILABLE
        database = EmbeddedPostgres(data / "postgres")
        database.start()
        ending.callback(database.stop)
        deadline = time.monotonic() + PATIENCE_S
        while reply.status_code != httpx.codes.OK:
            assert time.monotonic() < deadline, "it did not recover"
            assert reply.status_code == httpx.codes.SERVICE_UNAVAILABLE, reply.text
            time.sleep(0.2)
            reply = client.post("/v1/events/batch", json={"events": events})
        acknowledged += [event["event_id"] for event in events]
        while sorted(core_ids(data / "lake")) != sorted(acknowledged):
            assert time.monotonic() < deadline, "not everything arrived in the core, or something twice"
            time.sleep(0.2)
        assert server.process.poll() is None
