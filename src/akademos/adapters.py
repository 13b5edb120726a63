"""Every port with its adapter, made when first asked for: the lower half of the wiring."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from akademos.catalogue.records import RECORDS
from akademos.catalogue.registry import Registry, builtin
from akademos.edges import TenantRegistries, master_key
from akademos.outbox.selection import published_records
from akademos.privacy.consent import mask
from akademos.privacy.pseudonyms import Keys
from akademos.settings import Settings
from akademos.stores.disk.erasure_keys import FileErasureKeys
from akademos.stores.postgres.access import PostgresTenants
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.audit import PostgresAuditLog
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.certificates import PostgresCertificates
from akademos.stores.postgres.chains import PostgresChains
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.consent_terms import PostgresConsentTerms
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.erasures import PostgresErasures
from akademos.stores.postgres.held_data import PostgresHeldData
from akademos.stores.postgres.host_keys import PostgresHostKeys
from akademos.stores.postgres.identity import PostgresIdentity
from akademos.stores.postgres.job_runs import PostgresJobRuns
from akademos.stores.postgres.learner_courses import PostgresLearnerCourses
from akademos.stores.postgres.legal_holds import PostgresLegalHolds
from akademos.stores.postgres.locks import LakeLocks
from akademos.stores.postgres.migrate import migrate
from akademos.stores.postgres.model_watch import PostgresModelWatch
from akademos.stores.postgres.outbox import PostgresOutbox
from akademos.stores.postgres.outbox_recipients import PostgresRecipients
from akademos.stores.postgres.record_store import PostgresRecordStore
from akademos.stores.postgres.releases import PostgresReleases
from akademos.stores.postgres.retention import PostgresRetention
from akademos.stores.postgres.rights import PostgresRights
from akademos.stores.postgres.role_grants import PostgresRoleGrants
from akademos.stores.postgres.salts import PostgresSalts
from akademos.stores.postgres.sign_in import PostgresSessions
from akademos.stores.postgres.tenant_settings import PostgresTenantSettings
from akademos.stores.postgres.vault import PostgresVault

if TYPE_CHECKING:
    from akademos.stores.disk.release_files import LocalReleaseFiles
    from akademos.stores.http.webhooks import HttpWebhooks
    from akademos.stores.lake.event_log import LakeEventLog
    from akademos.stores.ports.event_log import Compaction
    from akademos.stores.ports.job_runs import JobRuns
    from akademos.stores.postgres.carried import PostgresCarriedForward
    from akademos.stores.postgres.learner_state import PostgresLearnerStates
    from akademos.stores.postgres.models import PostgresModels
    from akademos.stores.postgres.records import PostgresRecords
    from akademos.stores.postgres.roster import PostgresRosters
    from akademos.stores.postgres.topic_changes import PostgresTopicChanges


SORTED_ROWS_PER_FILE = 125_000
"""After an import: about 8 MB. An erasure rewrites a file a month of whoever goes, whole."""


def now() -> datetime:
    """The installation's clock."""
    return datetime.now(UTC)


class Adapters:
    """One installation, opened. Use as a context manager; adapters are made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._embedded = None if settings.database_url else EmbeddedPostgres(settings.data / "postgres")

    def __enter__(self) -> Self:
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
    def api_keys(self) -> PostgresApiKeys:
        """Keys of sending applications."""
        return PostgresApiKeys(self.database)

    @cached_property
    def records(self) -> PostgresRecords:
        """Curriculum, enrolments, assignments."""
        from akademos.stores.postgres.records import PostgresRecords

        return PostgresRecords(self.database, self.keys)

    @cached_property
    def rosters(self) -> PostgresRosters:
        """OneRoster sets as they came."""
        from akademos.stores.postgres.roster import PostgresRosters

        return PostgresRosters(self.database, self.keys, self.records)

    @cached_property
    def topic_changes(self) -> PostgresTopicChanges:
        """Topics merged and split."""
        from akademos.stores.postgres.topic_changes import PostgresTopicChanges

        return PostgresTopicChanges(self.database, self.records)

    @cached_property
    def record_store(self) -> PostgresRecordStore:
        """The learning records, one row at a time."""
        return PostgresRecordStore(self.database, self.keys, self.vault, behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS)

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

    @cached_property
    def tenants(self) -> PostgresTenants:
        """The tenants, and who of them may sign in."""
        return PostgresTenants(self.database, self.keys)

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
    def learner_states(self) -> PostgresLearnerStates:
        """The precomputed learner analytics."""
        from akademos.stores.postgres.learner_state import PostgresLearnerStates

        return PostgresLearnerStates(self.database)

    @cached_property
    def carried(self) -> PostgresCarriedForward:
        """What is carried forward of events whose retention ended."""
        from akademos.stores.postgres.carried import PostgresCarriedForward

        return PostgresCarriedForward(self.database)

    @cached_property
    def releases(self) -> PostgresReleases:
        """The register of research releases."""
        return PostgresReleases(self.database, self.keys)

    @cached_property
    def release_files(self) -> LocalReleaseFiles:
        """Their files."""
        from akademos.stores.disk.release_files import LocalReleaseFiles

        return LocalReleaseFiles(self.settings.data / "releases", self.keys)

    @cached_property
    def certificates(self) -> PostgresCertificates:
        """Certificates as holders and strangers see them."""
        return PostgresCertificates(self.database)

    @cached_property
    def learner_courses(self) -> PostgresLearnerCourses:
        """How far learners are."""
        return PostgresLearnerCourses(self.database)

    @cached_property
    def audit(self) -> PostgresAuditLog:
        """Entries about acts that change no table."""
        return PostgresAuditLog(self.database)

    @cached_property
    def chains(self) -> PostgresChains:
        """The chained logs, to be verified and exported."""
        return PostgresChains(self.database)

    @cached_property
    def job_runs(self) -> JobRuns:
        """The record of jobs; where a file for them is set, each run's lineage goes there too."""
        runs = PostgresJobRuns(self.database)
        if self.settings.openlineage_file is None:
            return runs
        from akademos.jobs.lineage_events import EmittingRuns, packaged_description

        return EmittingRuns(runs, self.settings.openlineage_file, packaged_description, clock=now)

    @cached_property
    def erasures(self) -> PostgresErasures:
        """Requests to erase a person, and their receipts."""
        return PostgresErasures(self.database, self.keys, self._erasure_keys, clock=now)

    @cached_property
    def webhooks(self) -> HttpWebhooks:
        """Deliveries over HTTP."""
        from akademos.stores.http.webhooks import HttpWebhooks

        development = self.settings.environment == "development"
        return HttpWebhooks(self.settings.webhook_hosts, development=development)

    @cached_property
    def outbox(self) -> PostgresOutbox:
        """Who follows record changes."""
        published = published_records(RECORDS)
        return PostgresOutbox(self.database, self.keys, published, check_url=self.webhooks.check)

    @cached_property
    def outbox_recipients(self) -> PostgresRecipients:
        """Who of them is told of erasures."""
        return PostgresRecipients(self.database, self.keys)

    @cached_property
    def retention(self) -> PostgresRetention:
        """How long tables are kept."""
        return PostgresRetention(self.database, builtin().datasets)

    @cached_property
    def models(self) -> PostgresModels:
        """Whose rows trained which model."""
        from akademos.stores.postgres.models import PostgresModels

        return PostgresModels(self.database, self.keys)

    @cached_property
    def model_watch(self) -> PostgresModelWatch:
        """How far models in service lie from their training."""
        return PostgresModelWatch(self.database)

    @cached_property
    def legal_holds(self) -> PostgresLegalHolds:
        """What may not be deleted."""
        return PostgresLegalHolds(self.database, self.keys)

    @cached_property
    def _erasure_keys(self) -> FileErasureKeys:
        return FileErasureKeys(self.settings.data / "erasures")

    def event_counts(self, tenant_id: str, learner_keys: Sequence[str]) -> dict[str, int]:
        """How many events of each type the core holds under some keys."""
        found = self.event_log.learner_events(tenant_id, learner_keys, columns=["event_name"])
        counted = found.group_by("event_name").aggregate([([], "count_all")]).sort_by("event_name")
        return dict(zip(counted["event_name"].to_pylist(), counted["count_all"].to_pylist(), strict=True))

    def _event_purposes(self, tenant_id: str, wire_name: str) -> int:
        known = self.registries(tenant_id).lookup(wire_name)
        return mask(known.event.purposes) if known else 0
