"""Learners of one course with real states, who compare themselves; and nights that publish what they see."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import polars as pl
from starlette.testclient import TestClient
from tests.serving.institution import NOW, Institution

from akademos.analytics.curriculum import prepare
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.metrics import METRICS
from akademos.jobs.group_statistics import Protection
from akademos.jobs.learner_answers import LearnerAnswers
from akademos.jobs.peer_comparison import PeerComparisonJob
from akademos.jobs.state_rows import state_rows
from akademos.serving.api import create_app
from akademos.serving.services import declared_among_peers
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.job_runs import JobRun
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.models import PostgresModels
from akademos.stores.postgres.peers import PostgresPeers
from akademos.stores.postgres.records import PostgresRecords

TOPICS = ("algebra-1", "algebra-2", "algebra-3", "algebra-4")
PATH = "/v1/analytics/peers"
ITEMS = 8


class PeerCrowd:
    """So many consenting learners of algebra with answers on four topics; all but the last few compare themselves."""

    def __init__(self, institution: Institution, *, people: int = 60, others: int = 6) -> None:
        self.institution, self.tenant = institution, institution.tenant
        self.now = NOW
        database = institution.database
        self.states, self.records = PostgresLearnerStates(database), PostgresRecords(database, institution.keys)
        self.peers = PostgresPeers(database)
        chance = random.Random(11)
        users = [f"peer-{number:02d}" for number in range(people)]
        who = {user: Identifier("user", user) for user in users}
        found = institution.services.vault.ensure(self.tenant, list(who.values()), kind="learner")
        self.keys = {user: found[one].learner_key for user, one in who.items()}
        self.answers: list[dict[str, Any]] = []
        with database.pipeline() as transaction:
            cursor = transaction.cursor()
            cursor.executemany(
                "INSERT INTO topics (tenant_id, topic_id, course_id, name, position) "
                "VALUES (%s, %s, 'algebra', %s, %s)",
                [(self.tenant, topic, f"Topic {topic}", place) for place, topic in enumerate(TOPICS)],
            )
            cursor.executemany(
                "INSERT INTO enrolments (tenant_id, learner_key, course_id) VALUES (%s, %s, 'algebra')",
                [(self.tenant, key) for key in self.keys.values()],
            )
        for user in users:
            self.decide(user, "granted", Purpose.LEARNING_SUPPORT)
        self.compared = users[: people - others]
        for user in self.compared:
            self.decide(user, "granted")
        for number, user in enumerate(users):
            ability = chance.uniform(0.3, 1.0)
            for week in range(6):
                self.study(user, ability, NOW - timedelta(weeks=6 - week, hours=number % 7), answers=4, chance=chance)
        services = replace(
            institution.services,
            answers=LearnerAnswers(self.records, self._tables, PostgresModels(database, institution.keys)),
            peers=self.peers,
            clock=lambda: self.now + timedelta(hours=3),
        )
        self.app = create_app(services)

    def _tables(
        self, tenant_id: str, learner_keys: Sequence[str], *, until: datetime, known_at: datetime | None = None
    ) -> dict[str, pl.DataFrame]:
        mine = [one for one in self.answers if one["learner_key"] in learner_keys and one["occurred_at"] <= until]
        schema: dict[str, Any] = {"event_id": pl.String, "learner_key": pl.String, "question_id": pl.String,
                  "topic_ids": pl.List(pl.String), "score": pl.Float64, "occurred_at": pl.Datetime("us", "UTC"),
                  "time_precision": pl.String, "course_id": pl.String}  # fmt: skip
        return {
            "question_attempts": pl.DataFrame(mine, schema=schema),
            "learners": pl.DataFrame({"learner_key": list(learner_keys), "time_zone": ["UTC"] * len(learner_keys)}),
        }

    def study(
        self, user: str, ability: float, at: datetime, *, answers: int = 3, chance: random.Random | None = None
    ) -> None:
        """One learner answers so many questions of every topic."""
        chance = chance or random.Random(len(self.answers))
        for place, topic in enumerate(TOPICS):
            for number in range(answers):
                self.answers.append(
                    {
                        "learner_key": self.keys[user],
                        "event_id": f"e{len(self.answers):06d}",
                        "occurred_at": at + timedelta(minutes=10 * place + number),
                        "time_precision": "exact",
                        "question_id": f"{topic}-q{chance.randrange(ITEMS)}",
                        "topic_ids": [topic],
                        "course_id": "algebra",
                        "score": float(chance.random() < ability - 0.08 * place),
                    }
                )

    def decide(self, user: str, decision: str, purpose: Purpose = Purpose.PEER_COMPARISON) -> None:
        """One decision of one learner."""
        self.institution.services.consent.decide(
            self.tenant, self.keys[user], [purpose], decision, text_version="1", recorded_by="test"  # type: ignore[arg-type]  # tests name decisions
        )  # fmt: skip

    def refresh(self, user: str) -> None:
        """The live state of one learner, after answers."""
        rows = state_rows(self._tables("", [self.keys[user]], until=self.now), self.now, self.now)
        self.states.write(self.tenant, rows.states)

    def night(self, protection: Protection = "full") -> JobRun:
        """Everybody's state, and what is published of them."""
        self.now += timedelta(days=1)
        keys = list(self.keys.values())
        curriculum = prepare(self.records.curriculum(self.tenant).tables)
        rows = state_rows(self._tables("", keys, until=self.now), self.now, self.now, snapshot_on=curriculum)
        self.states.write(self.tenant, rows.states)
        job = PeerComparisonJob(
            self.peers,
            self.states,
            self.records,
            PostgresJobRuns(self.institution.database),
            declared_among_peers(METRICS),
            clock=lambda: self.now + timedelta(hours=1),
            protection=protection,
        )
        run = job.run(self.tenant)
        assert run is not None
        return run

    def client(self, user: str) -> TestClient:
        """A program of this learner."""
        client = TestClient(self.app, follow_redirects=False)
        client.headers["Authorization"] = f"Bearer {self.institution.token(user)}"
        return client

    def asked(self, user: str, **parameters: str) -> dict[str, Any]:
        """What a learner gets to see of algebra."""
        answer = self.client(user).get(PATH, params=parameters)
        assert answer.status_code == 200, answer.text
        (course,) = answer.json()["courses"]
        assert isinstance(course, dict)
        return course

    def published(self) -> list[tuple[datetime, dict[str, Any]]]:
        """All publications of algebra, oldest first."""
        with self.institution.database.pipeline() as transaction:
            return transaction.execute(
                "SELECT published_at, content FROM peer_publications "
                "WHERE tenant_id = %s AND course_id = 'algebra' ORDER BY published_at",
                (self.tenant,),
            ).fetchall()
