"""Identity over the whole pipeline: door, landing, core, refresh, answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from tests.intake.conftest import START, Door, answered, door
from tests.jobs.pipeline import Pipeline
from tests.serving.conftest import institution, shared_database, shared_dsn

from akademos.jobs.learner_answers import LearnerAnswers
from akademos.jobs.learner_history import PastTables
from akademos.jobs.refresh import Refresh
from akademos.stores.lake.event_log import LakeEventLog
from akademos.stores.ports.answers import AnswerName, Question
from akademos.stores.postgres.carried import PostgresCarriedForward
from akademos.stores.postgres.identity import PostgresIdentity
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.locks import LakeLocks
from akademos.stores.postgres.models import PostgresModels
from akademos.stores.postgres.reading import PostgresReadings
from akademos.stores.postgres.records import PostgresRecords

__all__ = ["door", "institution", "shared_database", "shared_dsn"]

EVERY = tuple(name for name in AnswerName if name is not AnswerName.MASTERY_TOPIC)
OPERATOR = "command line:test"
PHONE, TABLET = "0d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a11", "1d9b7c55-8c4f-4a53-9a0b-1f1f6a3f5a12"


@dataclass
class People:
    """A tenant whose people have several keys."""

    pipeline: Pipeline
    identity: PostgresIdentity = field(init=False)

    def __post_init__(self) -> None:
        self.door: Door = self.pipeline.door
        database = self.door.database
        self.tenant = self.door.tenant
        self.states = PostgresLearnerStates(database)
        self.records = PostgresRecords(database, self.door.vault_keys)
        self.carried = PostgresCarriedForward(database)
        self.tables = PastTables(
            self.pipeline.core,
            self.records,
            self.states,
            self.door.consent,
            self.carried,
            lambda _: self.door.registry,
        )
        self.readings = PostgresReadings(database, self.door.vault_keys)
        self.identity = PostgresIdentity(database, self.door.vault_keys)
        self.models = PostgresModels(database, self.door.vault_keys)
        self.answers = LearnerAnswers(self.records, self.tables, self.models)

    def counts(self, tenant_id: str, keys: Sequence[str]) -> dict[str, int]:
        """Events of the core by type."""
        names = self.pipeline.core.learner_events(tenant_id, keys, columns=["event_name"])["event_name"].to_pylist()
        return {name: names.count(name) for name in sorted(set(names))}

    def refresh(self) -> Refresh:
        """The live refresh."""
        return Refresh(self.states, self.tables, self.door.consent, clock=lambda: self.door.now)

    def study(self, actor: Mapping[str, object], answers: int, first: int = 0) -> None:
        """Answers of one sender, each at an hour of its own, moved to the core."""
        found = self.door.batch(
            *(
                {**without_user(answered("", START - timedelta(hours=first + n))), **actor, "question_id": f"q-{n % 5}",
                 "properties": {"correct": (first + n) % 3 > 0, "time_to_answer_seconds": 20 + n}}
                for n in range(answers)
            )
        )  # fmt: skip
        assert {one["verdict"] for one in found.verdicts} <= {"accepted", "held"}, found.verdicts
        self.pipeline.drain()

    def said(self, user: str) -> bytes:
        """Everything that is answered about a user, as bytes: live from the row if there is one, and of the past."""
        self.refresh().drain()
        reading = self.readings.read(self.tenant, actor=user, learner=None)
        question = Question(self.tenant, str(reading.learner_key), self.door.now, reading.time_zone, 0)
        now = self.answers.now(question, EVERY, reading.state)
        past = self.answers.past(question, EVERY)
        shown = [{name.value: one for name, one in found.items()} for found in (now, past)]
        return orjson.dumps([shown, sorted(reading.granted), sorted(reading.decided)], option=orjson.OPT_SORT_KEYS)

    def granted(self, user: str) -> set[str]:
        """What the gate lets pass about a user."""
        return {str(purpose) for purpose in self.readings.read(self.tenant, actor=user, learner=None).granted}


def without_user(event: dict[str, Any]) -> dict[str, Any]:
    """An event that names nobody yet."""
    return {name: value for name, value in event.items() if name != "user_id"}


@pytest.fixture
def people(door: Door, tmp_path: Path) -> Iterator[People]:
    """The pipeline and who is whom."""
    core = LakeEventLog(str(tmp_path / "lake"), LakeLocks(door.database), memory_limit_mb=64)
    yield People(Pipeline(door, tmp_path / "lake", core))
    core.close()
