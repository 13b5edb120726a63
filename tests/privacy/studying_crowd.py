"""A crowd that studies: learners of algebra with a video in two versions, a page, and questions with options."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from typing import Any

from tests.contracts.event_tables import event, table
from tests.serving.institution import LOG, NOW, Institution

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.metrics import METRICS
from akademos.jobs.content_statistics import ContentStatisticsJob, events_of_content
from akademos.jobs.learner_buckets import LearnerBuckets
from akademos.serving.services import declared_over_content
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.job_runs import JobRun
from akademos.stores.postgres.content import PostgresContent
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.records import PostgresRecords

PURPOSES = (Purpose.LEARNING_SUPPORT, Purpose.PRODUCT_ANALYTICS)
VIDEO, PAGE, SECURE = "video-1", "page-1", "item-2"
ITEMS = tuple(f"item-{number}" for number in range(8))
BEGIN = NOW - timedelta(days=60)
EDITED = 30
"""Day of the video's second version."""

NAMES = ("course_registered", "material_opened", "material_progressed", "material_completed", "question_submitted")


class StudyingCrowd:
    """120 consenting learners; the first half opens the video's first version, which most leave at second 48."""

    def __init__(self, institution: Institution, size: int = 120) -> None:
        self.institution, self.tenant = institution, institution.tenant
        self.content = PostgresContent(institution.database)
        self.chance = random.Random(3)
        users = [f"student-{number}" for number in range(size)]
        who = {user: Identifier("user", user) for user in users}
        found = institution.services.vault.ensure(self.tenant, list(who.values()), kind="learner")
        self.keys = {user: found[one].learner_key for user, one in who.items()}
        with institution.database.pipeline() as transaction:
            cursor = transaction.cursor()
            cursor.executemany(
                "INSERT INTO enrolments (tenant_id, learner_key, course_id) VALUES (%s, %s, 'algebra')",
                [(self.tenant, key) for key in self.keys.values()],
            )
            cursor.executemany(
                "INSERT INTO materials (tenant_id, material_id, course_id, kind, title, topic_ids) "
                "VALUES (%s, %s, 'algebra', %s, %s, '{fractions}')",
                [(self.tenant, VIDEO, "video", "=A video <b>"), (self.tenant, PAGE, "page", "A page")],
            )
            cursor.executemany(
                "INSERT INTO items (tenant_id, question_id, course_id, topic_ids, secure, published_at) "
                "VALUES (%s, %s, 'algebra', '{fractions}', %s, now())",
                [(self.tenant, item, item == SECURE) for item in ITEMS],
            )
        for user in users:
            self.decide(user, "granted")
        self.events: list[dict[str, Any]] = []
        for number, user in enumerate(users):
            self.study(user, first_version=number < size // 2)
        self.send()

    def decide(self, user: str, decision: str) -> None:
        """Grant or withdraw both purposes."""
        self.institution.services.consent.decide(
            self.tenant, self.keys[user], list(PURPOSES), decision, text_version="1", recorded_by="test"  # type: ignore[arg-type]  # tests name the two decisions
        )  # fmt: skip

    def add(self, user: str, name: str, day: float, properties: dict[str, Any] | None = None, **given: object) -> None:
        """One event of a learner; `day` counts from the beginning."""
        at = BEGIN + timedelta(days=day)
        row = event(
            tenant_id=self.tenant, learner_key=self.keys[user], event_name=name, occurred_at=at, course_id="algebra",
            question_id=None, score=None, topic_ids=None, properties=json.dumps(properties or {}),
        )  # fmt: skip
        self.events.append({**row, **given})

    def study(self, user: str, *, first_version: bool) -> None:
        """Registers, opens the video and the page, answers every question; who is able is right more often."""
        chance = self.chance
        day = chance.uniform(1, EDITED - 2) if first_version else chance.uniform(EDITED, EDITED + 20)
        version = {"material_kind": "video", "material_version": "1" if first_version else "2"}
        self.add(user, "course_registered", 0)
        self.add(user, "material_opened", day, version, material_id=VIDEO)
        if chance.random() < (0.35 if first_version else 0.8):
            self.add(user, "material_progressed", day + 0.01, {**version, "media_second": 225}, material_id=VIDEO)
            self.add(user, "material_completed", day + 0.02, version, material_id=VIDEO, duration_seconds=300.0)
        else:
            left = chance.gauss(48, 2) if first_version else chance.uniform(5, 290)
            self.add(user, "material_progressed", day + 0.01, {**version, "media_second": left}, material_id=VIDEO)
        self.add(user, "material_opened", day + 1, {"material_kind": "page"}, material_id=PAGE)
        able = chance.random()
        for number, item in enumerate(ITEMS):
            right = chance.random() < 0.2 + 0.6 * able
            option = "a" if right else chance.choice(("b", "c", "d"))
            answer = {"chosen_options": [option], "item_version": "1"}
            self.add(
                user, "question_submitted", day + 1 + 0.01 * (number + 1), answer,
                question_id=item, score=float(right), attempt_number=1, duration_seconds=30.0,
            )  # fmt: skip

    def send(self) -> None:
        """What was added enters the core."""
        LOG.append(table(self.events))
        self.events = []

    def night(self, at: datetime = NOW) -> JobRun:
        """One run of the nightly job."""
        institution = self.institution
        job = ContentStatisticsJob(
            self.content,
            LearnerBuckets(LOG, institution.services.consent, 500_000),
            PostgresRecords(institution.database, institution.keys),
            PostgresJobRuns(institution.database),
            lambda tenant: events_of_content(list(NAMES)),
            declared_over_content(METRICS),
            clock=lambda: at,
        )
        run = job.run(self.tenant)
        assert run is not None
        return run
