"""One sender for `bench faults`, a process of its own: what was acknowledged it writes to disk before it goes on.

It behaves as the SDKs do: a batch that got no answer, or a 503, is sent again with the same ids until it is answered.
Its journal holds the id of every event that the platform took responsibility for: accepted, held, or known from an
earlier try that got no answer.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

import httpx

CONSENTING = 40
UNDECIDED = 4
"""Learners whose consent comes at the end of the bench; what they do is held until then."""

LARGEST_BATCH = 40
REST_S = 0.02
"""Between two batches: what is under test needs the machine, too."""

TAKEN = ("accepted", "held", "duplicate")


def main(url: str, key: str, journal: Path, seed: int) -> None:
    """Send until SIGTERM, the batch in hand is finished first; or until whoever started it is gone."""
    chance = random.Random(seed)  # noqa: S311  # a reproducible load, no secret
    ending, parent = False, os.getppid()

    def end(_signal: int, _frame: FrameType | None) -> None:
        nonlocal ending
        ending = True

    signal.signal(signal.SIGTERM, end)
    with journal.open("a") as file, httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}) as client:
        while not ending:
            events = [_event(chance) for _ in range(chance.randint(1, LARGEST_BATCH))]
            verdicts = _send(client, events, parent)
            taken = [one["event_id"] for one in verdicts if one["verdict"] in TAKEN]
            if len(taken) < len(events):
                refused = next(one for one in verdicts if one["verdict"] not in TAKEN)
                sys.exit(f"an event of the bench was refused: {refused}")
            file.write("".join(f"{event_id}\n" for event_id in taken))
            file.flush()
            os.fsync(file.fileno())
            time.sleep(REST_S)


def _send(client: httpx.Client, events: list[dict[str, object]], parent: int) -> list[dict[str, str]]:
    while os.getppid() == parent:
        try:
            reply = client.post("/v1/events/batch", json={"events": events}, timeout=10)
        except httpx.TransportError:
            time.sleep(0.1)
            continue
        if reply.status_code == httpx.codes.OK:
            verdicts: list[dict[str, str]] = reply.json()["verdicts"]
            return verdicts
        if reply.status_code != httpx.codes.SERVICE_UNAVAILABLE:
            sys.exit(f"the server answered {reply.status_code}: {reply.text[:500]}")
        time.sleep(0.1)
    sys.exit("nobody waits for this client any more")


def _event(chance: random.Random) -> dict[str, object]:
    group, members = ("c", CONSENTING) if chance.random() < 0.9 else ("u", UNDECIDED)
    return {
        "event_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "event_name": "question_submitted",
        "client_timestamp": datetime.now(UTC).isoformat(),
        "user_id": f"{group}-{chance.randrange(members)}",
        "question_id": f"q-{chance.randrange(50)}",
        "topic_id": f"t-{chance.randrange(5)}",
        "properties": {"correct": chance.random() < 0.7, "time_to_answer_seconds": chance.randint(5, 90)},
    }


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
