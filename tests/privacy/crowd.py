"""A crowd in the small institution: learners with estimates by topic, and nights that publish their groups."""

from __future__ import annotations

import random
import uuid
from datetime import timedelta

from tests.serving.institution import NOW, Institution

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.metrics import METRICS
from akademos.jobs.group_statistics import GroupStatisticsJob, Protection
from akademos.serving.services import declared_over_groups
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.job_runs import JobRun
from akademos.stores.postgres.groups import PostgresGroups
from akademos.stores.postgres.job_runs import PostgresJobRuns

PERSONAS = (("student", 40), ("career_changer", 16), ("nurse", 4))
TOPICS = ("algebra-1", "algebra-2")


class Crowd:
    """60 consenting learners of algebra, all with estimates of both topics and over all."""

    def __init__(self, institution: Institution) -> None:
        self.institution = institution
        self.groups = PostgresGroups(institution.database, institution.keys)
        chance = random.Random(5)
        self.personas = {f"{persona}-{n}": persona for persona, count in PERSONAS for n in range(count)}
        who = {user: Identifier("user", user) for user in self.personas}
        found = institution.services.vault.ensure(institution.tenant, list(who.values()), kind="learner")
        self.keys = {user: found[one].learner_key for user, one in who.items()}
        self.mastery = {(user, topic): chance.uniform(0.3, 1) for user in self.keys for topic in (*TOPICS, "*")}
        self.answers = dict.fromkeys(self.mastery, 10)
        tenant = institution.tenant
        with institution.database.pipeline() as transaction:
            cursor = transaction.cursor()
            cursor.executemany(
                "UPDATE people SET persona = %s WHERE tenant_id = %s AND learner_key = %s",
                [(self.personas[user], tenant, key) for user, key in self.keys.items()],
            )
            cursor.executemany(
                "INSERT INTO topics (tenant_id, topic_id, course_id, name) VALUES (%s, %s, 'algebra', %s)",
                [(tenant, topic, f"=Topic {topic}") for topic in TOPICS],
            )
            cursor.executemany(
                "INSERT INTO enrolments (tenant_id, learner_key, course_id) VALUES (%s, %s, 'algebra')",
                [(tenant, key) for key in self.keys.values()],
            )
            cursor.executemany(
                "INSERT INTO consent_state (tenant_id, learner_key, purpose, granted, version, basis, text_version) "
                "VALUES (%s, %s, 'learning_support', true, 1, 'consent', '1')",
                [(tenant, key) for key in self.keys.values()],
            )

    def study(self, user: str, mastery: float, answers: int = 1) -> None:
        """One learner answers more, at every topic."""
        for topic in (*TOPICS, "*"):
            self.mastery[user, topic] = mastery
            self.answers[user, topic] += answers

    def enrol_under_another_key(self, user: str) -> None:
        """The learner is enrolled as a device that turned out to be theirs."""
        tenant, device = self.institution.tenant, Identifier("anonymous", str(uuid.uuid4()))
        key = self.institution.services.vault.ensure(tenant, [device], kind="learner")[device].learner_key
        with self.institution.database.pipeline() as transaction:
            transaction.execute(
                "UPDATE enrolments SET learner_key = %s WHERE tenant_id = %s AND learner_key = %s",
                (key, tenant, self.keys[user]),
            )
            transaction.execute(
                "INSERT INTO identity_links (tenant_id, learner_key, person_key, version) VALUES (%s, %s, %s, 1)",
                (tenant, key, self.keys[user]),
            )

    def withdraw(self, user: str) -> None:
        """One learner withdraws consent."""
        self.institution.services.consent.decide(
            self.institution.tenant,
            self.keys[user],
            [Purpose.LEARNING_SUPPORT],
            "withdrawn",
            text_version="1",
            recorded_by="test",
        )

    def night(self, protection: Protection = "full") -> JobRun:
        """The nightly snapshot of everybody, and what is published of groups."""
        tenant = self.institution.tenant
        with self.institution.database.pipeline() as transaction:
            transaction.execute("DELETE FROM topic_mastery WHERE tenant_id = %s", (tenant,))
            transaction.cursor().executemany(
                "INSERT INTO topic_mastery (tenant_id, learner_key, topic_id, as_of, status, mastery, answers) "
                "SELECT %s, learner_key, %s, %s, 'ok', %s, %s FROM people WHERE tenant_id = %s AND learner_key = %s",
                [
                    (tenant, topic, NOW, value, self.answers[user, topic], tenant, self.keys[user])
                    for (user, topic), value in self.mastery.items()
                ],
            )
        job = GroupStatisticsJob(
            self.groups,
            PostgresJobRuns(self.institution.database),
            declared_over_groups(METRICS),
            clock=lambda: NOW + timedelta(hours=2),
            protection=protection,
        )
        run = job.run(tenant)
        assert run is not None
        return run
