"""How long after the acknowledgement of an answer the learner's state shows it, with server and worker as installed."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime
from typing import Any

import httpx
import numpy as np

from akademos.bench.answers import token_signer
from akademos.bench.installation import consent_all, temporary
from akademos.errors import Unavailable

TENANT = "bench"
LEARNERS = 20
ANSWERS_BEFORE = 400
UPDATES = 60
LOOK_EVERY_S = 0.01
PATIENCE_S = 30.0


def run(updates: int = UPDATES) -> dict[str, float]:
    """Send single answers and ask until each is in the dashboard.

    Returns:
        {"p50", "p99"} in milliseconds, and how many "updates" they are of; each learner has `ANSWERS_BEFORE` answers.
    """
    with temporary() as installation:
        installation.run("tenant", "create", TENANT)
        key, consents = (
            installation.run("tenant", "key", TENANT, scope, "--scope", scope).splitlines()[-1]
            for scope in ("ingest", "consent")
        )
        sign = token_signer(installation, TENANT)
        users = [f"u-{number}" for number in range(min(LEARNERS, updates))]
        with installation.served() as server, httpx.Client(base_url=server.url, timeout=30) as client:
            consent_all(server.url, consents, users, ["learning_support"])
            sender = {"Authorization": f"Bearer {key}"}
            for user in users:
                _send(client, sender, [_answer(user, number) for number in range(ANSWERS_BEFORE)])
            for user in users:
                _until(client, sign(user), ANSWERS_BEFORE)
            taken = []
            for number in range(updates):
                user = users[number % len(users)]
                _send(client, sender, [_answer(user, number)])
                started = time.perf_counter()
                _until(client, sign(user), ANSWERS_BEFORE + number // len(users) + 1)
                taken.append(1e3 * (time.perf_counter() - started))
    p50, p99 = np.quantile(taken, [0.5, 0.99])
    return {"p50": round(float(p50), 1), "p99": round(float(p99), 1), "updates": updates}


def _send(client: httpx.Client, sender: dict[str, str], events: list[dict[str, Any]]) -> None:
    reply = client.post("/v1/events/batch", json={"events": events}, headers=sender).raise_for_status().json()
    if reply["counts"]["accepted"] != len(events):
        raise Unavailable(f"Not all events were accepted: {reply['counts']}.", hint="See the verdicts.")


def _until(client: httpx.Client, learner: dict[str, str], answers: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        shown = client.get("/v1/analytics/dashboard", headers=learner)
        if shown.status_code == httpx.codes.OK and shown.json()["provenance"]["answers"] >= answers:
            return
        time.sleep(LOOK_EVERY_S)
    raise Unavailable(f"{answers} answers were not shown within {PATIENCE_S:g} s.", hint="Does the worker run?")


def _answer(user: str, number: int) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": "question_submitted",
        "client_timestamp": datetime.now(UTC).isoformat(),
        "user_id": user,
        "topic_id": f"topic-{number % 12}",
        "question_id": f"q-{number % 97}",
        "properties": {"correct": number % 3 > 0, "time_to_answer_seconds": 20},
    }
