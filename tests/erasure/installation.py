"""An installation of its own for erasures: embedded server and lake in one folder, filled through its doors."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow.parquet as pq

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.registry import builtin
from akademos.intake.receive import Intake
from akademos.settings import Settings
from akademos.stores.ports.api_keys import ApiKey
from akademos.stores.ports.identity import Identifier
from akademos.system import System, now

TENANT = "college"
ROOT = Path(__file__).parents[2]


def answered(user: str, **changes: Any) -> dict[str, Any]:
    """A valid answer to a question that happened just now."""
    return {
        "event_id": str(uuid.uuid4()),
        "event_name": "question_submitted",
        "user_id": user,
        "question_id": "q-1",
        "topic_id": "fractions",
        "client_timestamp": now().isoformat(),
        "properties": {"correct": True, "time_to_answer_seconds": 45},
        **changes,
    }


def example(name: str, **changes: Any) -> dict[str, Any]:
    """The dictionary's example of an event, as if it happened just now."""
    return {
        **dict(builtin().latest(name).example),
        "event_id": str(uuid.uuid4()),
        "client_timestamp": now().isoformat(),
        **changes,
    }


def measured(user: str) -> dict[str, Any]:
    """An event of product analytics, for which nobody here has consented."""
    return example("web_vitals_measured", user_id=user)


def opted_out(user: str) -> dict[str, Any]:
    """An essential event, which lands whatever anybody consents to."""
    return example("settings_tracking_opt_out", user_id=user)


@dataclass
class Installation:
    """The installation, open, and what a sender and an operator do with it."""

    system: System
    intake: Intake
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    @property
    def data(self) -> Path:
        return self.system.settings.data

    def send(self, *events: dict[str, Any]) -> list[str]:
        key = ApiKey(TENANT, "key-1", "app", frozenset({"ingest"}), 1_000_000, 1_000_000, strict=False)
        body = json.dumps({"events": events}).encode()
        doing = self.intake.batch(key, body, "", "application/json", None)
        answer = asyncio.run_coroutine_threadsafe(doing, self.loop).result()
        return [one["verdict"] for one in answer.verdicts]

    def person(self, user: str, name: str = "", *, kind: Any = "learner", consents: bool = True) -> str:
        who = Identifier("user", user)
        key = self.system.vault.ensure(TENANT, [who], kind=kind, readmit=consents)[who].learner_key
        if name:
            self.system.vault.describe(TENANT, {key: name})
        if consents:
            self.system.consent.decide(
                TENANT, key, [Purpose.LEARNING_SUPPORT], "granted", text_version="v1", recorded_by="test"
            )
        return key

    def move(self) -> None:
        for _ in self.system.jobs().mover.drain():
            pass

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.system.database.pipeline() as transaction:
            return transaction.execute(query.encode(), values).fetchall()

    def erase(self, user: str) -> dict[str, Any]:
        """Request and work off; the receipt."""
        taken = self.system.erasures.request(TENANT, Identifier("user", user), by=None, reason=f"{user} leaves")
        self.system.erasure_job().run()
        done = self.system.erasures.get(TENANT, taken.erasure_id)
        assert done is not None
        assert done.receipt is not None
        return dict(done.receipt)

    def killed_at(self, step: str) -> int:
        """Run the job in a process that kills itself after a step; its exit code."""
        command = [sys.executable, "-m", "tests.erasure.dying", str(self.data), step]
        return subprocess.run(command, cwd=ROOT, check=False, timeout=120).returncode


@contextmanager
def installed(folder: Path) -> Iterator[Installation]:
    """An empty installation with one tenant."""
    with System(Settings(data=folder, environment="development", port=0)) as system:
        system.tenants.create(TENANT, "A college", actor="job:test")
        intake, writer = system.intake()
        one = Installation(system, intake)
        thread = Thread(target=one.loop.run_forever)
        thread.start()
        yield one
        asyncio.run_coroutine_threadsafe(writer.close(), one.loop).result()
        one.loop.call_soon_threadsafe(one.loop.stop)
        thread.join()
        one.loop.close()


def forms(*texts: str) -> list[bytes]:
    """How ids may stand on disk."""
    found = [text.encode() for text in texts]
    for text in texts:
        try:
            found += [uuid.UUID(text).bytes, uuid.UUID(text).hex.encode()]
        except ValueError:
            continue
    return found


def found_in(folder: Path, wanted: Sequence[bytes]) -> set[str]:
    """Files that hold any of it, as bytes or within compressed Parquet: an oracle of its own, as plain as can be."""
    places = set()
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content += repr(pq.ParquetFile(path).read().to_pylist()).encode()
        if any(one in content for one in wanted):
            places.add(str(path.relative_to(folder)))
    return places
