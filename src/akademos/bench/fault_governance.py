"""Kills during erasure and retention, for `bench trust`: both must come to their end by themselves afterwards.

Before the rounds learners of their own have sent events, and events beyond their retention are imported. A round
kills `akademos erase` or the retention job at a random moment. At the end every erasure that was begun must have its
receipt, nothing of the erased may be in the core's files, and nothing that is due may be left there.
"""

from __future__ import annotations

import random
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import polars as pl

from akademos.bench.installation import Installation, command, consent_all
from akademos.errors import Unavailable

EVENTS_EACH = 40
OLD_ROWS = 2_000
LONGEST_S = {"erasure": 6.0, "retention": 3.0}
"""Within so many seconds of its start a command is killed."""

KINDS = ("erasure", "retention")

_BASIS = """
id = "bench-old"
tenant = "{tenant}"
purposes = ["learning_support"]
text_version = "bench"
evidence = "made up"
person_responsible = "bench"
historical = false
"""
_MAP = """
[columns]
user_id = "user"
question_id = "question"
correct = "correct"
[constants]
event_name = "question_submitted"
topic_id = "algebra"
time_to_answer_seconds = 20
[time]
column = "at"
[values.correct]
1 = "true"
0 = "false"
"""


@dataclass
class Governance:
    """The learners to be erased, the events that are due, and what was begun with them."""

    installation: Installation
    tenant: str
    chance: random.Random
    erased: dict[str, list[str]] = field(default_factory=dict)
    """Event ids by user who was asked to be erased."""
    waiting: dict[str, list[str]] = field(default_factory=dict)

    def send(self, url: str, key: str, consents: str, people: int) -> None:
        """Events of those who will be erased."""
        users = [str(uuid.UUID(int=self.chance.getrandbits(128), version=4)) for _ in range(people)]
        consent_all(url, consents, users, ["learning_support"])
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30) as client:
            for user in users:
                events = [_event(user, number) for number in range(EVENTS_EACH)]
                reply = client.post("/v1/events/batch", json={"events": events}).raise_for_status().json()
                if reply["counts"]["accepted"] != EVENTS_EACH:
                    raise Unavailable(f"Not all events were accepted: {reply['counts']}.", hint="See the verdicts.")
                self.waiting[user] = [str(one["event_id"]) for one in events]

    def kill(self, kind: str) -> None:
        """Start an erasure or the retention job, and kill it at a random moment (or let it end before)."""
        if kind == "erasure":
            user, ids = self.waiting.popitem()
            self.erased[user] = ids
            words = self._erase(user)
        else:
            self._import_old()
            words = ["jobs", "run", "retention"]
        process = subprocess.Popen(
            command(*words), env=self.installation.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            process.wait(self.chance.uniform(0.2, LONGEST_S[kind]))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def finish(self) -> int:
        """Ask again for whatever a kill came before, wait until everything has ended; return how many receipts there
        are that found nothing left."""
        for user in self.erased:
            try:
                self.installation.run(*self._erase(user))
            except Unavailable as refusal:
                if "(erased)" not in refusal.reason:  # it has ended already
                    raise
        self.installation.run("jobs", "run", "retention")
        wide = {**self.installation.environment(), "COLUMNS": "240"}
        words = command("erasures", "list", "--tenant", self.tenant)
        listed = subprocess.run(words, env=wide, capture_output=True, text=True, check=True).stdout
        return sum("completed" in line and "yes" in line for line in listed.splitlines()[3:])

    def left(self, core: Mapping[str, Sequence[object]], now: datetime) -> dict[str, int]:
        """Rows that should be gone: {"erased_events_left", "due_events_left"}.

        Args:
            core: columns `event_id` and `retention_from` of the core's files.
            now: the moment of asking.
        """
        gone = {one for ids in self.erased.values() for one in ids}
        due = now - timedelta(days=730)
        begun = pl.DataFrame({"at": core["retention_from"]})["at"]
        return {
            "erased_events_left": sum(one in gone for one in core["event_id"]),
            "due_events_left": int((begun < due).sum()),
        }

    def _erase(self, user: str) -> list[str]:
        return ["erase", user, "--as", user, "--reason", "bench", "--tenant", self.tenant, "--json"]

    def _import_old(self) -> None:
        folder = Path(self.installation.data) / "bench-old" / uuid.uuid4().hex
        folder.mkdir(parents=True)
        basis, layout = folder / "basis.toml", folder / "map.toml"
        basis.write_text(_BASIS.format(tenant=self.tenant))
        layout.write_text(_MAP)
        old = datetime.now(UTC) - timedelta(days=900)
        pl.DataFrame(
            {
                "user": [f"o-{number % 20}" for number in range(OLD_ROWS)],
                "question": [f"q-{self.chance.getrandbits(32)}" for _ in range(OLD_ROWS)],
                "correct": ["1"] * OLD_ROWS,
                "at": [old + timedelta(seconds=number) for number in range(OLD_ROWS)],
            }
        ).write_parquet(folder / "old.parquet")
        words = ("ingest", str(folder / "old.parquet"), "--layout", "rows", "--map", str(layout), "--basis", str(basis))
        self.installation.run(*words)


def _event(user: str, number: int) -> dict[str, object]:
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": "question_submitted",
        "user_id": user,
        "topic_id": "algebra",
        "question_id": f"q-{number}",
        "properties": {"correct": number % 2 == 0, "time_to_answer_seconds": 20},
    }
