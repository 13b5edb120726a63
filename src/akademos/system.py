"""The wiring: settings in, every port with its adapter out. Nobody imports this but the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cached_property
from types import TracebackType

from akademos.catalogue.registry import Registry
from akademos.edges import TenantRegistries, master_key
from akademos.intake.group_commit import GroupCommit
from akademos.intake.receive import Intake
from akademos.privacy.consent import mask
from akademos.privacy.pseudonyms import Keys
from akademos.settings import Settings
from akademos.stores.postgres.api_keys import PostgresApiKeys
from akademos.stores.postgres.consent import PostgresConsent
from akademos.stores.postgres.database import Database
from akademos.stores.postgres.embedded import EmbeddedPostgres
from akademos.stores.postgres.landing import PostgresLanding
from akademos.stores.postgres.migrate import migrate
from akademos.stores.postgres.records import PostgresRecords
from akademos.stores.postgres.vault import PostgresVault


class System:
    """One installation, opened. Use as a context manager; adapters are made when first asked for."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._embedded = None if settings.database_url else EmbeddedPostgres(settings.data / "postgres")

    def __enter__(self) -> System:
        self.settings.data.mkdir(parents=True, exist_ok=True)
        self._dsn = self.settings.database_url or (self._embedded.start() if self._embedded else "")
        migrate(self._dsn)
        self.database.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
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
    def consent(self) -> PostgresConsent:
        """Who consents to what."""
        return PostgresConsent(self.database, self._event_purposes)

    @cached_property
    def api_keys(self) -> PostgresApiKeys:
        """Keys of sending applications."""
        return PostgresApiKeys(self.database)

    @cached_property
    def records(self) -> PostgresRecords:
        """Curriculum, enrolments, assignments."""
        return PostgresRecords(self.database)

    def intake(self) -> tuple[Intake, GroupCommit]:
        """The HTTP door's pipeline with its writer, not yet started; one pair a process."""
        landing = PostgresLanding(self.database, self.vault, self.keys)
        writer = GroupCommit(landing, queue_depth=self.settings.queue_depth)
        return Intake(self.registries, self.keys, writer, clock=now), writer

    def _event_purposes(self, tenant_id: str, wire_name: str) -> int:
        known = self.registries(tenant_id).lookup(wire_name)
        return mask(known.event.purposes) if known else 0


def now() -> datetime:
    """The installation's clock."""
    return datetime.now(UTC)
