"""A small institution behind the real gate: two courses, two tenants, known people, answers made up and countable."""

from __future__ import annotations

import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from starlette.testclient import TestClient
from tests.contracts.polars_event_log import PolarsEventLog

from akademos.catalogue.declarations import Purpose
from akademos.catalogue.metrics import METRICS
from akademos.catalogue.records import RECORDS
from akademos.catalogue.registry import builtin
from akademos.catalogue.roles import RULE_OF, Role, Source
from akademos.edges import provider_secret
from akademos.errors import NotFound
from akademos.jobs.data_catalogue import PutTogether
from akademos.jobs.journey_answers import JourneyAnswers
from akademos.jobs.retention_report import RetentionReport
from akademos.jobs.warehouse_models import warehouse_models
from akademos.outbox.selection import published_records
from akademos.privacy.pseudonyms import Keys
from akademos.serving.api import create_app
from akademos.serving.badge_issuer import BadgeIssuer
from akademos.serving.gate import Gate
from akademos.serving.openid_provider import BACK_OFF_S, Providers
from akademos.serving.openid_sign_in import OpenIdSignIn
from akademos.serving.principal import Doorkeeper, Tokens
from akademos.serving.services import Services, declared_over_content, declared_over_groups, declared_purposes
from akademos.serving.standing import Standing
from akademos.stores.disk.erasure_keys import FileErasureKeys
from akademos.stores.disk.release_files import LocalReleaseFiles
from akademos.stores.http.webhooks import HttpWebhooks
from akademos.stores.lake.cost_report import WarehouseCosts
from akademos.stores.lake.warehouse import DuckDbWarehouse
from akademos.stores.ports.answers import Answer, AnswerName, Question
from akademos.stores.ports.identity import Identifier
from akademos.stores.ports.learner_state import LearnerState
from akademos.stores.ports.retention import Age
from akademos.stores.postgres.access import PostgresTenants
from akademos.stores.postgres.access_requests import PostgresAccessRequests
from akademos.stores.postgres.alerts import PostgresAlerts
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.audit import PostgresAuditLog, name_of
from akademos.stores.postgres.audit_trail import PostgresAuditTrail
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.certificates import PostgresCertificates
from akademos.stores.postgres.certifications import PostgresCertifications
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.consent_counts import PostgresConsentCounts
from akademos.stores.postgres.consent_terms import PostgresConsentTerms
from akademos.stores.postgres.content import PostgresContent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.dataset_looks import PostgresDatasetLooks
from akademos.stores.postgres.erasures import PostgresErasures
from akademos.stores.postgres.groups import PostgresGroups
from akademos.stores.postgres.held_data import PostgresHeldData
from akademos.stores.postgres.identity import PostgresIdentity
from akademos.stores.postgres.incidents import PostgresIncidents
from akademos.stores.postgres.intervention_effects import PostgresInterventionEffects
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.journeys import PostgresJourneys
from akademos.stores.postgres.kpis import PostgresKpis
from akademos.stores.postgres.learner_courses import PostgresLearnerCourses
from akademos.stores.postgres.model_watch import PostgresModelWatch
from akademos.stores.postgres.models import PostgresModels
from akademos.stores.postgres.outbox import PostgresOutbox
from akademos.stores.postgres.peers import PostgresPeers
from akademos.stores.postgres.pipeline_health import PostgresPipelineHealth
from akademos.stores.postgres.quality import PostgresQuality
from akademos.stores.postgres.reading import PostgresReadings
from akademos.stores.postgres.record_store import PostgresRecordStore
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.releases import PostgresReleases
from akademos.stores.postgres.retention import PostgresRetention
from akademos.stores.postgres.rights import PostgresRights
from akademos.stores.postgres.risk import PostgresRisk
from akademos.stores.postgres.role_grants import PostgresRoleGrants
from akademos.stores.postgres.sign_in import PostgresSessions
from akademos.stores.postgres.tenant_settings import PostgresTenantSettings
from akademos.stores.postgres.topic_changes import PostgresTopicChanges
from akademos.stores.postgres.vault import PostgresVault
from akademos.stores.smtp.mail import MailServer, SmtpMail

NOW = datetime(2026, 3, 10, 12, 1, tzinfo=UTC)
TOPICS = ("fractions", "decimals/2")
MAIL_SERVER = MailServer("127.0.0.1", 1, "none", "", "", "Akademos <akademos@college.example>", "college.example")
"""Declared, and nobody answers there."""
SECRET = "SECRET-OF-THE-LEARNER"

ANSWER_PATHS = (
    "/v1/analytics/dashboard",
    "/v1/analytics/mastery",
    "/v1/analytics/mastery/fractions",
    "/v1/analytics/reviews",
    "/v1/analytics/knowledge-gaps",
    "/v1/analytics/exam-plan",
    "/v1/analytics/study-efficiency",
    "/v1/analytics/study-patterns",
    "/v1/analytics/exam-readiness",
    "/v1/analytics/recommendations",
)


@dataclass
class CountingAnswers:
    """An AnswerSource that counts, and that can be held in the middle of an answer."""

    made: int = 0
    entered: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event | None = None

    def now(
        self, question: Question, names: Sequence[AnswerName], state: LearnerState | None
    ) -> dict[AnswerName, Answer]:
        """Answers that hold the secret and the state's version."""
        return self._answers(question, names, 0 if state is None else state.version)

    def past(self, question: Question, names: Sequence[AnswerName]) -> dict[AnswerName, Answer]:
        """The same, as if from the core."""
        return self._answers(question, names, -1)

    def _answers(self, question: Question, names: Sequence[AnswerName], version: int) -> dict[AnswerName, Answer]:
        topic = question.particulars.topic
        if topic is not None and topic not in TOPICS:
            raise NotFound("There is no such topic.", hint="See /v1/analytics/mastery.", code="unknown_topic")
        self.made += 1
        self.entered.set()
        if self.go_on is not None:
            assert self.go_on.wait(20)
        answer: dict[str, Any] = {
            "learner": {"key": question.learner_key, "display_name": None},
            "as_of": question.as_of.isoformat(),
            "computed_at": question.as_of.isoformat(),
            "clock": "exact",
            "time_zone": question.time_zone,
            "provenance": {"events": version, "answers": 7, "note": SECRET},
            "gaps": [],
            "status": "no_data",
            "version": version,
        }
        return {name: dict(answer) for name in names}


@dataclass
class Institution:
    """The application with its stores, and what a test says about people."""

    app: FastAPI
    services: Services
    answers: CountingAnswers
    database: Database
    keys: Keys
    tenant: str
    elsewhere: str
    people: dict[str, str]
    clock: list[datetime]
    grants: PostgresRoleGrants

    def client(self) -> TestClient:
        """A browser or program without credentials."""
        return TestClient(self.app, follow_redirects=False)

    def token(self, user_id: str, role: Role = "learner", *, tenant: str | None = None) -> str:
        """A signed token."""
        return self.services.doorkeeper.tokens.issue(tenant or self.tenant, role, user_id, lifetime=timedelta(hours=1))

    def as_(self, user_id: str, role: Role = "learner", *, tenant: str | None = None) -> TestClient:
        """A program that sends this person's token; a role that only a grant can give was granted long ago."""
        if RULE_OF[role].source is Source.GRANT:
            self.give(user_id, role, tenant=tenant)
        client = self.client()
        client.headers["Authorization"] = f"Bearer {self.token(user_id, role, tenant=tenant)}"
        return client

    def signed_in(self, user_id: str, role: Role = "learner") -> TestClient:
        """A browser in which this person has signed in."""
        tokens, standing = self.services.doorkeeper.tokens, self.services.standing
        principal = standing.role_for(self.tenant, user_id, role, ())
        client = self.client()
        client.cookies.set(tokens.session_cookie, standing.start_session(tokens, principal))
        return client

    def give(self, user_id: str, role: Role, *, tenant: str | None = None) -> None:
        """A grant that stands since before the test, unless the tenant has decided about this role already."""
        home, who = tenant or self.tenant, Identifier("user", user_id)
        person = self.services.vault.ensure(home, [who], kind="staff")[who]
        with self.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO role_grants (tenant_id, learner_key, role, granted, decided_by, decided_at) "
                "VALUES (%s, %s, %s, true, 'before', now()) ON CONFLICT DO NOTHING",
                (home, person.learner_key, role),
            )

    def decide(
        self,
        user_id: str,
        decision: str,
        *,
        tenant: str | None = None,
        purpose: Purpose = Purpose.LEARNING_SUPPORT,
    ) -> None:
        """A consent decision, as another process would make it."""
        self.services.consent.decide(
            tenant or self.tenant,
            self.people[user_id],
            [purpose],
            decision,  # type: ignore[arg-type]  # tests name the two decisions
            text_version="1",
            recorded_by="test",
        )

    def write_state(self, user_id: str, *, tenant: str | None = None) -> None:
        """A new state, as the worker would write it after an event."""
        with self.database.pipeline() as transaction:
            transaction.execute(
                "INSERT INTO learner_state (tenant_id, learner_key, version, computed_at, computed_as_of, definition, "
                "events, last_event_at, packed) VALUES (%s, %s, 1, %s, %s, 'mastery/1', 7, %s, %s) "
                "ON CONFLICT (tenant_id, learner_key) DO UPDATE SET version = learner_state.version + 1",
                (tenant or self.tenant, self.people[user_id], NOW, NOW, NOW, SECRET.encode()),
            )

    def audit_name(self, user_id: str, *, tenant: str | None = None) -> str:
        """Under which name the logs know somebody, as hex."""
        with self.database.pipeline() as transaction:
            name = name_of(transaction, self.keys, tenant or self.tenant, self.people[user_id])
        assert name is not None
        return name.hex()

    def log(self, tenant: str | None = None) -> list[tuple[Any, ...]]:
        """The access log, oldest first."""
        with self.database.pipeline() as transaction:
            return transaction.execute(
                "SELECT actor, role, encode(subject, 'hex'), what, purpose, reason, decision FROM access_log "
                "WHERE tenant_id = %s ORDER BY access_id",
                (tenant or self.tenant,),
            ).fetchall()


LOG = PolarsEventLog()
"""The core of every institution: each keeps to its own tenants."""


class NoEvents:
    """A core without events, for the report of retention."""

    def event_ages(self, tenant_id: str, cutoffs: Mapping[str, datetime]) -> dict[str, Age]:
        return {}


def services_on(
    database: Database,
    keys: Keys,
    answers: CountingAnswers,
    clock: Callable[[], datetime],
    *,
    development: bool = True,
    secure: bool = False,
    back_off_s: float = BACK_OFF_S,
) -> Services:
    """Services over real stores and made-up answers."""
    readings = PostgresReadings(database, keys)
    tokens = Tokens(keys, secure=secure, clock=clock)
    standing = Standing(PostgresSessions(database, keys), clock, development=development)
    providers = Providers(httpx.Client(timeout=5), time.monotonic, back_off_s=back_off_s)
    openid = OpenIdSignIn(PostgresTenantSettings(database), providers, standing, tokens, keys, provider_secret, clock)
    return Services(
        gate=Gate(readings, PostgresGroups(database, keys), PostgresInterventionEffects(database)),
        doorkeeper=Doorkeeper(tokens, PostgresApiKeys(database), standing.require, openid.access_tokens.read),
        standing=standing,
        openid=openid,
        answers=answers,
        peers=PostgresPeers(database),
        kpis=PostgresKpis(database),
        costs=WarehouseCosts(DuckDbWarehouse(Path(tempfile.gettempdir()) / "no-warehouses")),
        content=PostgresContent(database),
        journeys=JourneyAnswers(
            PostgresJourneys(database),
            LOG,
            PostgresConsent(database, lambda tenant, event: 0b1111, keys),
            PostgresRecords(database, keys),
            sorted({one for metric in declared_over_content(METRICS) for one in metric.purposes}),
            clock=clock,
        ),
        focus=PostgresRisk(database),
        alerts=PostgresAlerts(database, keys, behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS),
        mail=SmtpMail(MAIL_SERVER, development=True),
        readings=readings,
        trail=PostgresAuditTrail(database, keys),
        consent=PostgresConsent(database, lambda tenant, event: 0b1111, keys),
        consent_counts=PostgresConsentCounts(database),
        terms=PostgresConsentTerms(database, keys),
        held=PostgresHeldData(
            database, keys, builtin().datasets, lambda tenant, key: [{"event_name": f"event of {key}"}]
        ),
        rights=PostgresRights(database, keys),
        vault=PostgresVault(database, keys),
        identity=PostgresIdentity(database, keys),
        event_counts=lambda tenant, learner_keys: {},
        tenants=PostgresTenants(database, keys),
        retention=RetentionReport(
            PostgresRetention(database, builtin().datasets),
            NoEvents,
            PostgresJobRuns(database),
            lambda _: builtin(),
            builtin().datasets,
            clock=clock,
        ),
        erasures=PostgresErasures(database, keys, FileErasureKeys(Path(tempfile.mkdtemp())), clock=clock),
        models=PostgresModels(database, keys),
        model_looks=PostgresModelWatch(database),
        releases=PostgresReleases(database, keys),
        release_files=LocalReleaseFiles(Path(tempfile.mkdtemp()) / "releases", keys),
        loads=PostgresRecords(database, keys),
        topics=PostgresTopicChanges(database, PostgresRecords(database, keys)),
        audit=PostgresAuditLog(database),
        incidents=PostgresIncidents(database),
        health=PostgresPipelineHealth(database),
        catalogue=PutTogether(
            lambda _: builtin(),
            warehouse_models,
            PostgresQuality(database),
            PostgresCertifications(database),
            PostgresJobRuns(database),
            clock=clock,
        ),
        looks=PostgresDatasetLooks(database),
        quality=PostgresQuality(database),
        certifications=PostgresCertifications(database),
        access_requests=PostgresAccessRequests(database, keys, PostgresVault(database, keys)),
        certificates=PostgresCertificates(database),
        learner_courses=PostgresLearnerCourses(database),
        badges=BadgeIssuer(keys),
        records=PostgresRecordStore(
            database, keys, PostgresVault(database, keys), behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS
        ),
        outbox=PostgresOutbox(database, keys, published_records(RECORDS), check_url=HttpWebhooks("").check),
        purposes=declared_purposes(METRICS),
        group_metrics=declared_over_groups(METRICS),
        content_metrics=declared_over_content(METRICS),
        clock=clock,
        development=development,
        public_url="http://127.0.0.1",
    )


def furnish(database: Database, keys: Keys) -> Institution:
    """Two new tenants in a database that other tests use too.

    Ada and Ben study algebra, Cy geometry; prof teaches algebra, ann advises Ada and Ben; Ben has not consented;
    Eve and dean are elsewhere. root and boss are granted admin.
    """
    answers = CountingAnswers()
    clock = [NOW]
    services = services_on(database, keys, answers, lambda: clock[0])
    mark = uuid.uuid4().hex[:8]
    tenant, elsewhere = f"college-{mark}", f"elsewhere-{mark}"
    services.tenants.create(tenant, "A college", actor="test")
    services.tenants.create(elsewhere, "Elsewhere", actor="test")
    people: dict[str, str] = {}
    for user_id, kind in (
        ("ada", "learner"),
        ("ben", "learner"),
        ("cy", "learner"),
        ("prof", "staff"),
        ("ann", "staff"),
    ):
        people[user_id] = _person(services, tenant, user_id, kind)
    for user_id, kind in (("eve", "learner"), ("dean", "staff")):
        people[user_id] = _person(services, elsewhere, user_id, kind)
    services.vault.describe(tenant, {people["ada"]: "Ada L.", people["prof"]: "Prof. P."})
    with database.pipeline() as transaction:
        cursor = transaction.cursor()
        cursor.executemany(
            "INSERT INTO learning_courses (tenant_id, course_id, title) VALUES (%s, %s, %s)",
            [(tenant, "algebra", "Algebra"), (tenant, "geometry", "Geometry"), (elsewhere, "algebra", "Algebra")],
        )
        cursor.executemany(
            "INSERT INTO enrolments (tenant_id, learner_key, course_id) VALUES (%s, %s, %s)",
            [
                (tenant, people["ada"], "algebra"),
                (tenant, people["ben"], "algebra"),
                (tenant, people["cy"], "geometry"),
                (elsewhere, people["eve"], "algebra"),
            ],
        )
        cursor.executemany(
            "INSERT INTO staff_assignments (tenant_id, learner_key, course_id, role) VALUES (%s, %s, %s, 'instructor')",
            [(tenant, people["prof"], "algebra"), (elsewhere, people["dean"], "algebra")],
        )
        cursor.executemany(
            "INSERT INTO advisee_assignments (tenant_id, advisor_key, learner_key) VALUES (%s, %s, %s)",
            [(tenant, people["ann"], people["ada"]), (tenant, people["ann"], people["ben"])],
        )
    grants = PostgresRoleGrants(database, keys, PostgresVault(database, keys))
    institution = Institution(
        create_app(services), services, answers, database, keys, tenant, elsewhere, people, clock, grants
    )
    for user_id, home in (("root", tenant), ("boss", elsewhere)):
        institution.give(user_id, "admin", tenant=home)
    for user_id, home in (("ada", tenant), ("cy", tenant), ("eve", elsewhere)):
        institution.decide(user_id, "granted", tenant=home)
        institution.write_state(user_id, tenant=home)
    return institution


def _person(services: Services, tenant: str, user_id: str, kind: Any) -> str:
    who = Identifier("user", user_id)
    return services.vault.ensure(tenant, [who], kind=kind)[who].learner_key
