"""The wiring: settings in, every port with its adapter out. Nobody imports this but the command line."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import httpx

from akademos.catalogue.registry import Registry, builtin
from akademos.edges import TenantRegistries, master_key, provider_secret
from akademos.intake.group_commit import GroupCommit
from akademos.intake.receive import Intake
from akademos.privacy.consent import mask
from akademos.privacy.pseudonyms import Keys
from akademos.serving.gate import Gate
from akademos.serving.openid_provider import Providers
from akademos.serving.openid_sign_in import OpenIdSignIn
from akademos.serving.principal import Doorkeeper, Tokens
from akademos.serving.services import Services, declared_over_groups, declared_purposes
from akademos.serving.standing import Standing
from akademos.settings import Settings
from akademos.stores.disk.erasure_keys import FileErasureKeys
from akademos.stores.postgres.access import PostgresTenants
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.audit import PostgresAuditLog
from akademos.stores.postgres.audit_trail import PostgresAuditTrail
from akademos.stores.postgres.chains import PostgresChains
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.consent_terms import PostgresConsentTerms
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.erasures import PostgresErasures
from akademos.stores.postgres.groups import PostgresGroups
from akademos.stores.postgres.held_data import PostgresHeldData
from akademos.stores.postgres.host_keys import PostgresHostKeys
from akademos.stores.postgres.identity import PostgresIdentity, keys_of_person
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.learner_state import PostgresLearnerStates
from akademos.stores.postgres.legal_holds import PostgresLegalHolds
from akademos.stores.postgres.locks import LakeLocks
from akademos.stores.postgres.migrate import migrate
from akademos.stores.postgres.models import PostgresModels
from akademos.stores.postgres.noise import PostgresNoise
from akademos.stores.postgres.reading import PostgresReadings
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.retention import PostgresRetention
from akademos.stores.postgres.rights import PostgresRights
from akademos.stores.postgres.role_grants import PostgresRoleGrants
from akademos.stores.postgres.salts import PostgresSalts
from akademos.stores.postgres.sign_in import PostgresSessions
from akademos.stores.postgres.tenant_settings import PostgresTenantSettings
from akademos.stores.postgres.vault import PostgresVault

if TYPE_CHECKING:
    from akademos.intake.bulk.run import BulkImport
    from akademos.intake.consent_records import ConsentRecords
    from akademos.jobs.erasure import ErasureJob
    from akademos.jobs.group_statistics import Protection
    from akademos.jobs.learner_answers import LearnerAnswers
    from akademos.jobs.mover import Mover
    from akademos.jobs.retention_report import RetentionReport
    from akademos.jobs.worker import Jobs, Worker
    from akademos.serving.api import Application
    from akademos.stores.lake.event_log import LakeEventLog
    from akademos.stores.ports.consent import RecordedBasis
    from akademos.stores.ports.event_log import Compaction


SORTED_ROWS_PER_FILE = 125_000
"""After an import: about 8 MB. An erasure rewrites a file a month of whoever goes, whole."""

PROVIDER_TIMEOUT_S = 5.0
"""How long an identity provider may take to answer."""

WRITERS = 3
"""Of landing, in each process that takes events."""


class System:
    """One installation, opened. Use as a context manager; adapters are made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._embedded = None if settings.database_url else EmbeddedPostgres(settings.data / "postgres")

    def __enter__(self) -> System:
        self.settings.data.mkdir(parents=True, exist_ok=True)
        self._dsn = self.settings.database_url or (self._embedded.start() if self._embedded else "")
        migrate(self._dsn, lambda: self.keys)
        self.database.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if "event_log" in self.__dict__:
            self.event_log.close()
        self.database.close()
        if self._embedded is not None:
            self._embedded.stop()

    @cached_property
    def database(self) -> Database:
        """Connections to PostgreSQL."""
        return Database(self._dsn)

    @cached_property
    def keys(self) -> Keys:
        """Everything secret is derived from the master key."""
        return Keys(master_key(self.settings.master_key_path))

    @cached_property
    def registries(self) -> Callable[[str], Registry]:
        """A tenant's registry: the built-in dictionary and the tenant's own events."""
        return TenantRegistries(self.settings.data / "tenants")

    @cached_property
    def vault(self) -> PostgresVault:
        """Who is behind a learner_key."""
        return PostgresVault(self.database, self.keys)

    @cached_property
    def identity(self) -> PostgresIdentity:
        """Which keys are one person."""
        return PostgresIdentity(self.database, self.keys)

    @cached_property
    def salts(self) -> PostgresSalts:
        """What clients put into their hashes."""
        return PostgresSalts(self.database)

    @cached_property
    def host_keys(self) -> PostgresHostKeys:
        """What hosts sign the tokens of their users with."""
        return PostgresHostKeys(self.database, self.keys)

    @cached_property
    def consent(self) -> PostgresConsent:
        """Who consents to what."""
        return PostgresConsent(self.database, self._event_purposes, self.keys)

    @cached_property
    def consent_terms(self) -> PostgresConsentTerms:
        """What people are asked, and from which age they decide alone."""
        return PostgresConsentTerms(self.database, self.keys)

    @cached_property
    def held_data(self) -> PostgresHeldData:
        """Everything that is held about one person."""

        def core_events(tenant_id: str, learner_key: str) -> Iterator[dict[str, Any]]:
            for batch in self.event_log.learner_events(tenant_id, [learner_key]).to_batches(max_chunksize=1_000):
                yield from batch.to_pylist()

        return PostgresHeldData(self.database, self.keys, builtin().datasets, core_events)

    @cached_property
    def rights(self) -> PostgresRights:
        """Requests by right."""
        return PostgresRights(self.database, self.keys)

    @cached_property
    def consent_records(self) -> ConsentRecords:
        """Consent records in and out."""
        from akademos.intake.consent_records import ConsentRecords

        return ConsentRecords(self.consent, self.consent_terms, self.vault, now)

    @cached_property
    def api_keys(self) -> PostgresApiKeys:
        """Keys of sending applications."""
        return PostgresApiKeys(self.database)

    @cached_property
    def records(self) -> PostgresRecords:
        """Curriculum, enrolments, assignments."""
        return PostgresRecords(self.database, self.keys)

    @cached_property
    def event_log(self) -> LakeEventLog:
        """The consented core."""
        # The engines of the lake are imported only by commands that use it.
        from akademos.stores.lake.event_log import LakeEventLog

        locks = LakeLocks(self.database)
        return LakeEventLog(self.settings.lake, locks, memory_limit_mb=self.settings.memory_limit_mb)

    def sort_core(self) -> Compaction:
        """Compact the core completely, in a command that has the machine to itself."""
        from akademos.stores.lake.event_log import LakeEventLog

        memory = self.settings.memory_limit_mb
        log = LakeEventLog(
            self.settings.lake,
            LakeLocks(self.database),
            rewrite_memory_mb=memory,
            rewrite_threads=2,
            rows_per_file=SORTED_ROWS_PER_FILE,
        )
        with closing(log):
            return log.compact(minimum_files=2)

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
    def tenants(self) -> PostgresTenants:
        """The tenants, and who of them may sign in."""
        return PostgresTenants(self.database, self.keys)

    @cached_property
    def tokens(self) -> Tokens:
        """Signed tokens and sessions."""
        return Tokens(self.keys, secure=self.settings.environment != "development", clock=now)

    @cached_property
    def tenant_settings(self) -> PostgresTenantSettings:
        """What tenants have set for themselves."""
        return PostgresTenantSettings(self.database)

    @cached_property
    def role_grants(self) -> PostgresRoleGrants:
        """Roles that tenants give to people."""
        return PostgresRoleGrants(self.database, self.keys, self.vault)

    @cached_property
    def sessions(self) -> PostgresSessions:
        """Sessions of browsers."""
        return PostgresSessions(self.database, self.keys)

    @cached_property
    def services(self) -> Services:
        """What the routes and the command line answer with."""
        readings = PostgresReadings(self.database, self.keys)
        development = self.settings.environment == "development"
        standing = Standing(self.sessions, now, development=development)
        providers = Providers(httpx.Client(timeout=PROVIDER_TIMEOUT_S), time.monotonic)
        openid = OpenIdSignIn(self.tenant_settings, providers, standing, self.tokens, self.keys, provider_secret, now)
        return Services(
            gate=Gate(readings, self.groups),
            doorkeeper=Doorkeeper(self.tokens, self.api_keys, standing.require, openid.access_tokens.read),
            standing=standing,
            openid=openid,
            answers=self.learner_answers,
            readings=readings,
            trail=PostgresAuditTrail(self.database, self.keys),
            consent=self.consent,
            terms=self.consent_terms,
            held=self.held_data,
            rights=self.rights,
            vault=self.vault,
            identity=self.identity,
            event_counts=self.event_counts,
            tenants=self.tenants,
            erasures=self.erasures,
            retention=self.retention_report,
            purposes=declared_purposes(builtin().metrics),
            group_metrics=declared_over_groups(builtin().metrics),
            clock=now,
            development=development,
            public_url=self.settings.public_url,
        )

    @cached_property
    def learner_states(self) -> PostgresLearnerStates:
        """The precomputed learner analytics."""
        return PostgresLearnerStates(self.database)

    @cached_property
    def groups(self) -> PostgresGroups:
        """Answers over groups, and the memory of the guard behind them."""
        return PostgresGroups(self.database, self.keys)

    @cached_property
    def noise(self) -> PostgresNoise:
        """Budgets of releases with noise."""
        return PostgresNoise(self.database)

    @cached_property
    def learner_answers(self) -> LearnerAnswers:
        """Answers about one learner, now and as of the past."""
        from akademos.jobs.learner_answers import LearnerAnswers
        from akademos.jobs.past_tables import PastTables

        return LearnerAnswers(self.records, PastTables(self.event_log, self.records, self.learner_states, self.consent))

    @cached_property
    def audit(self) -> PostgresAuditLog:
        """Entries about acts that change no table."""
        return PostgresAuditLog(self.database)

    @cached_property
    def chains(self) -> PostgresChains:
        """The chained logs, to be verified and exported."""
        return PostgresChains(self.database)

    @cached_property
    def job_runs(self) -> PostgresJobRuns:
        """The record of jobs."""
        return PostgresJobRuns(self.database)

    def jobs(
        self,
        *,
        exactly_once: bool = True,
        fault_point: Callable[[], None] = lambda: None,
        protection: Protection = "full",
    ) -> Jobs:
        """Everything that runs by itself; the arguments are for measuring what the safeguards are for."""
        from akademos.jobs.access_seal import AccessSealJob
        from akademos.jobs.compaction import CompactionJob
        from akademos.jobs.expiry import ExpiryJobs
        from akademos.jobs.group_statistics import GroupStatisticsJob
        from akademos.jobs.learner_states import LearnerStatesJob
        from akademos.jobs.mover import Mover
        from akademos.jobs.past_tables import PastTables
        from akademos.jobs.refresh import Refresh
        from akademos.jobs.withdraw import WithdrawalsJob
        from akademos.jobs.worker import Jobs
        from akademos.stores.postgres.access_seals import PostgresAccessSeals
        from akademos.stores.postgres.landing_queue import PostgresLandingQueue

        core, consent, states, runs = self.event_log, self.consent, self.learner_states, self.job_runs
        queue, registries = PostgresLandingQueue(self.database), self.registries
        processes = self.settings.analytics_processes
        mover = Mover(queue, core, registries, exactly_once=exactly_once, fault_point=fault_point)
        return Jobs(
            mover=mover,
            refresh=Refresh(states, PastTables(core, self.records, states, consent), consent, clock=now),
            erasure=self.erasure_job(mover),
            withdrawals=WithdrawalsJob(core, consent, queue, states, runs, registries),
            compaction=CompactionJob(core, runs),
            expiry=ExpiryJobs(queue, core, self.tenants, runs, self.retention, registries, clock=now),
            access_seal=AccessSealJob(PostgresAccessSeals(self.database), runs, clock=now),
            learner_states=LearnerStatesJob(
                core, self.records, states, consent, runs, registries, self.models, clock=now, processes=processes
            ),
            group_statistics=GroupStatisticsJob(
                self.groups, runs, declared_over_groups(builtin().metrics), clock=now, protection=protection
            ),
            tenants=self.tenants,
            runs=runs,
            queue=queue,
            core=core,
            records=self.records,
            clock=now,
        )

    @cached_property
    def erasures(self) -> PostgresErasures:
        """Requests to erase a person, and their receipts."""
        return PostgresErasures(self.database, self.keys, self._erasure_keys, clock=now)

    @cached_property
    def retention(self) -> PostgresRetention:
        """How long tables are kept."""
        return PostgresRetention(self.database, builtin().datasets)

    @cached_property
    def retention_report(self) -> RetentionReport:
        """What is kept for how long, and what went."""
        from akademos.jobs.retention_report import RetentionReport

        return RetentionReport(
            self.retention, lambda: self.event_log, self.job_runs, self.registries, builtin().datasets, clock=now
        )

    @cached_property
    def models(self) -> PostgresModels:
        """Whose rows trained which model."""
        return PostgresModels(self.database, self.keys)

    @cached_property
    def legal_holds(self) -> PostgresLegalHolds:
        """What may not be deleted."""
        return PostgresLegalHolds(self.database, self.keys)

    @cached_property
    def _erasure_keys(self) -> FileErasureKeys:
        return FileErasureKeys(self.settings.data / "erasures")

    def erasure_job(
        self, mover: Mover | None = None, *, fault_point: Callable[[str], None] = lambda _: None
    ) -> ErasureJob:
        """Everything that erases a person, over every place that may hold one."""
        from akademos.jobs.erasure import ErasureJob
        from akademos.jobs.mover import Mover
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
        pages = BrowserDoor(intake, self.api_keys, tokens, self.salts, self.keys, clock=now)
        door = EventDoor(intake, self.api_keys, pages)

        @asynccontextmanager
        async def writing(_: object) -> AsyncIterator[None]:
            yield
            await writer.close()

        return create_app(
            self.services,
            doors=door.addresses(),
            routes=pages.routes(door),
            openapi_paths=openapi_paths(builtin()),
            lifespans=[writing],
        )

    def intake(self) -> tuple[Intake, GroupCommit]:
        """The HTTP door's pipeline with its writer; one pair a process."""
        landings = [PostgresLanding(self.database, self.vault, self.keys) for _ in range(WRITERS)]
        writer = GroupCommit(landings, queue_depth=self.settings.queue_depth)
        return Intake(self.registries, self.keys, writer, clock=now), writer

    def event_counts(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, int]:
        """How many events of each type the core holds under some keys."""
        found = self.event_log.learner_events(tenant_id, learner_keys, columns=["event_name"])
        counted = found.group_by("event_name").aggregate([([], "count_all")]).sort_by("event_name")
        return dict(zip(counted["event_name"].to_pylist(), counted["count_all"].to_pylist(), strict=True))

    def _event_purposes(self, tenant_id: str, wire_name: str) -> int:
        known = self.registries(tenant_id).lookup(wire_name)
        return mask(known.event.purposes) if known else 0


def now() -> datetime:
    """The installation's clock."""
    return datetime.now(UTC)
