"""The wiring: settings in, every port with its adapter out. Nobody imports this but the command line."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from akademos.adapters import now
from akademos.catalogue.registry import builtin
from akademos.catalogued import Catalogued
from akademos.edges import provider_secret
from akademos.intake.group_commit import GroupCommit
from akademos.intake.rate import TokenBuckets
from akademos.intake.receive import Intake
from akademos.serving.public_rate import PublicRate
from akademos.stores.postgres.audit_trail import PostgresAuditTrail
from akademos.stores.postgres.consent_counts import PostgresConsentCounts
from akademos.stores.postgres.identity import keys_of_person
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.pipeline_health import PostgresPipelineHealth
from akademos.stores.postgres.reading import PostgresReadings

if TYPE_CHECKING:
    from akademos.intake.bulk.run import BulkImport
    from akademos.intake.consent_records import ConsentRecords
    from akademos.jobs.erasure import ErasureJob
    from akademos.jobs.group_statistics import Protection
    from akademos.jobs.journey_answers import JourneyAnswers
    from akademos.jobs.learner_answers import LearnerAnswers
    from akademos.jobs.model_training import TrainingJob
    from akademos.jobs.model_watch import ModelWatch
    from akademos.jobs.mover import Mover
    from akademos.jobs.research_releases import ResearchReleases
    from akademos.jobs.resolved_events import ResolvedCarried, ResolvedEvents
    from akademos.jobs.retention_report import RetentionReport
    from akademos.jobs.risk_scores import RiskScoresJob
    from akademos.jobs.trainers import TrainingSource
    from akademos.jobs.worker import Jobs, Worker
    from akademos.serving.api import Application
    from akademos.serving.principal import Tokens
    from akademos.serving.services import Services
    from akademos.stores.ports.consent import RecordedBasis


PROVIDER_TIMEOUT_S = 5.0
"""How long an identity provider may take to answer."""

WRITERS = 2
"""Of landing, in each process that takes events."""

__all__ = ["System", "now"]


class System(Catalogued):
    """What the commands work with, put together from the adapters."""

    @cached_property
    def buckets(self) -> TokenBuckets:
        """How much every sender may send; the server's further processes are given those of the first."""
        return TokenBuckets()

    @cached_property
    def consent_records(self) -> ConsentRecords:
        """Consent records in and out."""
        from akademos.intake.consent_records import ConsentRecords

        return ConsentRecords(self.consent, self.vault, now)

    def bulk_import(self, basis: RecordedBasis, *, actor: str) -> BulkImport:
        """The bulk path under one basis; `actor` answers for it in the audit log."""
        from akademos.intake.bulk.run import BulkImport
        from akademos.stores.postgres.imports import PostgresImports

        return BulkImport(
            basis=basis,
            registry=self.registries(basis.tenant_id),
            vault=self.vault,
            consent=self.consent,
            core=self.event_log,
            ledger=PostgresImports(self.database),
            records=self.records,
            payload_key=self.keys.derived(basis.tenant_id, "payloads"),
            clock=now,
            actor=actor,
        )

    @cached_property
    def tokens(self) -> Tokens:
        """Signed tokens and sessions."""
        from akademos.serving.principal import Tokens

        return Tokens(self.keys, secure=self.settings.environment != "development", clock=now)

    @cached_property
    def services(self) -> Services:
        """What the routes and the command line answer with."""
        import httpx

        from akademos.marts import cost_reports
        from akademos.serving.badge_issuer import BadgeIssuer
        from akademos.serving.gate import Gate
        from akademos.serving.openid_provider import Providers
        from akademos.serving.openid_sign_in import OpenIdSignIn
        from akademos.serving.principal import Doorkeeper
        from akademos.serving.services import Services, declared_over_content, declared_over_groups, declared_purposes
        from akademos.serving.standing import Standing

        readings = PostgresReadings(self.database, self.keys)
        development = self.settings.environment == "development"
        standing = Standing(self.sessions, now, development=development)
        providers = Providers(httpx.Client(timeout=PROVIDER_TIMEOUT_S), time.monotonic)
        openid = OpenIdSignIn(self.tenant_settings, providers, standing, self.tokens, self.keys, provider_secret, now)
        return Services(
            gate=Gate(readings, self.groups, self.intervention_effects),
            doorkeeper=Doorkeeper(
                self.tokens, self.api_keys, standing.require, openid.access_tokens.read, self.buckets
            ),
            standing=standing,
            openid=openid,
            answers=self.learner_answers,
            peers=self.peers,
            kpis=self.kpis,
            costs=cost_reports(self.settings),
            content=self.content,
            journeys=self.journey_answers,
            content_metrics=declared_over_content(builtin().metrics),
            focus=self.risk,
            alerts=self.alerts,
            mail=self.mail,
            readings=readings,
            trail=PostgresAuditTrail(self.database, self.keys),
            consent=self.consent,
            consent_counts=PostgresConsentCounts(self.database),
            terms=self.consent_terms,
            held=self.held_data,
            rights=self.rights,
            vault=self.vault,
            identity=self.identity,
            event_counts=self.event_counts,
            tenants=self.tenants,
            erasures=self.erasures,
            retention=self.retention_report,
            models=self.models,
            model_looks=self.model_watch,
            releases=self.releases,
            release_files=self.release_files,
            certificates=self.certificates,
            learner_courses=self.learner_courses,
            badges=BadgeIssuer(self.keys),
            public_rate=PublicRate(self.buckets),
            outbox=self.outbox,
            records=self.record_store,
            loads=self.records,
            topics=self.topic_changes,
            audit=self.audit,
            incidents=self.incidents,
            health=PostgresPipelineHealth(self.database),
            catalogue=self.data_catalogue,
            looks=self.dataset_looks,
            quality=self.quality,
            certifications=self.certifications,
            access_requests=self.access_requests,
            purposes=declared_purposes(builtin().metrics),
            group_metrics=declared_over_groups(builtin().metrics),
            clock=now,
            development=development,
            public_url=self.settings.public_url,
        )

    @cached_property
    def research_releases(self) -> ResearchReleases:
        """Makes them, and keeps people out who do not consent any more."""
        from akademos.jobs.research_releases import ResearchReleases

        return ResearchReleases(
            self.releases,
            self.release_files,
            lambda: self.event_log,
            self.job_runs,
            self.registries,
            self.groups.floor,
            clock=now,
        )

    @cached_property
    def resolved_events(self) -> ResolvedEvents:
        """The core as analytics read it: with the topics that stand now."""
        from akademos.jobs.resolved_events import ResolvedEvents

        return ResolvedEvents(self.event_log, self.records)

    @cached_property
    def resolved_carried(self) -> ResolvedCarried:
        """What was carried forward as analytics read it."""
        from akademos.jobs.resolved_events import ResolvedCarried

        return ResolvedCarried(self.carried, self.records)

    @cached_property
    def learner_answers(self) -> LearnerAnswers:
        """Answers about one learner, now and as of the past."""
        from akademos.jobs.learner_answers import LearnerAnswers
        from akademos.jobs.learner_history import PastTables

        tables = PastTables(
            self.resolved_events,
            self.records,
            self.learner_states,
            self.consent,
            self.resolved_carried,
            self.registries,
        )
        return LearnerAnswers(self.records, tables, self.models)

    @cached_property
    def journey_answers(self) -> JourneyAnswers:
        """Answers about journeys, on request."""
        from akademos.jobs.journey_answers import JourneyAnswers
        from akademos.serving.services import declared_over_content

        purposes = sorted({one for metric in declared_over_content(builtin().metrics) for one in metric.purposes})
        return JourneyAnswers(self.journeys, self.event_log, self.consent, self.records, purposes, clock=now)

    @cached_property
    def training(self) -> TrainingJob:
        """Trains models and puts the better ones into service."""
        from akademos.jobs.model_training import TrainingJob

        return TrainingJob(self.models, self._training_source, self.job_runs, clock=now, watch=self.watch)

    @cached_property
    def watch(self) -> ModelWatch:
        """Compares the models in service with their training."""
        from akademos.jobs.model_watch import ModelWatch

        return ModelWatch(self.models, self._training_source, self.model_watch, clock=now)

    @cached_property
    def risk_scores(self) -> RiskScoresJob:
        """Scores who may need help, every week."""
        from akademos.jobs.risk_scores import RiskScoresJob

        return RiskScoresJob(self.risk, self.models, self._training_source, self.job_runs, clock=now)

    @cached_property
    def _training_source(self) -> TrainingSource:
        from akademos.jobs.learner_buckets import LearnerBuckets
        from akademos.jobs.learner_states import ROWS_PER_BUCKET
        from akademos.jobs.trainers import TrainingSource

        buckets = LearnerBuckets(self.resolved_events, self.consent, ROWS_PER_BUCKET)
        return TrainingSource(buckets, self.records, self.learner_states, self.registries, self.risk)

    def jobs(
        self,
        *,
        exactly_once: bool = True,
        fault_point: Callable[[], None] = lambda: None,
        protection: Protection = "full",
    ) -> Jobs:
        """Everything that runs by itself; the arguments are for measuring what the safeguards are for."""
        from akademos.standing_jobs import standing_jobs

        return standing_jobs(self, exactly_once=exactly_once, fault_point=fault_point, protection=protection)

    @cached_property
    def retention_report(self) -> RetentionReport:
        """What is kept for how long, and what went."""
        from akademos.jobs.retention_report import RetentionReport

        return RetentionReport(
            self.retention, lambda: self.event_log, self.job_runs, self.registries, builtin().datasets, clock=now
        )

    def erasure_job(
        self, mover: Mover | None = None, *, fault_point: Callable[[str], None] = lambda _: None
    ) -> ErasureJob:
        """Everything that erases a person, over every place that may hold one."""
        from akademos.jobs.erasure import ErasureJob
        from akademos.jobs.mover import Mover
        from akademos.jobs.outbox import teller
        from akademos.stores.disk.data_folder import LocalDataFolder
        from akademos.stores.postgres.erasing import PostgresEraser
        from akademos.stores.postgres.landing_queue import PostgresLandingQueue
        from akademos.stores.postgres.server_files import WriteAheadLog

        datasets, queue = builtin().datasets, PostgresLandingQueue(self.database)
        eraser = PostgresEraser(
            self.database, self.keys, self._erasure_keys, datasets, clock=now, keys_of=keys_of_person
        )
        embedded = self._embedded
        superuser = None if embedded is None else lambda: embedded.superuser_dsn
        return ErasureJob(
            self.erasures,
            eraser,
            self.event_log,
            WriteAheadLog(self.database, superuser),
            LocalDataFolder([self.settings.data, Path(self.settings.lake.removeprefix("file://"))]),
            queue,
            self.job_runs,
            datasets,
            settle=(mover or Mover(queue, self.event_log, self.registries)).move,
            clock=now,
            recipients={
                "research releases": self.research_releases.tell,
                "outbox consumers": teller(self.outbox_recipients),
            },
            fault_point=fault_point,
        )

    def worker(self, *, exactly_once: bool = True, fault_point: Callable[[], None] = lambda: None) -> Worker:
        """The worker of this process, not yet started."""
        from akademos.jobs.worker import Worker

        jobs = self.jobs(exactly_once=exactly_once, fault_point=fault_point)
        return Worker(jobs, pause_s=self.settings.mover_interval_ms / 1000)

    def application(self) -> Application:
        """The web application of this process, with an intake of its own."""
        from akademos.serving.api import create_app
        from akademos.serving.routes.browser_events import BrowserDoor
        from akademos.serving.routes.event_openapi import openapi_paths
        from akademos.serving.routes.events import EventDoor
        from akademos.serving.user_tokens import UserTokens

        intake, writer = self.intake()
        tokens = UserTokens(self.host_keys, clock=now)
        pages = BrowserDoor(intake, self.api_keys, tokens, self.salts, self.keys, clock=now, buckets=self.buckets)
        door = EventDoor(intake, self.api_keys, pages, buckets=self.buckets)

        @asynccontextmanager
        async def writing(_: object) -> AsyncIterator[None]:
            yield
            await writer.close()

        return create_app(
            self.services,
            intake=intake,
            doors=door.addresses(),
            routes=pages.routes(door),
            openapi_paths=openapi_paths(builtin()),
            usage=self.query_usage,
            lifespans=[writing],
        )

    def intake(self) -> tuple[Intake, GroupCommit]:
        """The HTTP door's pipeline with its writer; one pair a process."""
        landings = [PostgresLanding(self.database, self.vault, self.keys) for _ in range(WRITERS)]
        writer = GroupCommit(landings, queue_depth=self.settings.queue_depth)
        return Intake(self.registries, self.keys, writer, clock=now), writer
