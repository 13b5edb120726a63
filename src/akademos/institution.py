"""The adapters behind the institution's view: figures over groups, contents, risk, money, operations, catalogue."""

from __future__ import annotations

from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING

from akademos.adapters import Adapters
from akademos.jobs.dataset_looks import EveryLook
from akademos.stores.lake.warehouse_looks import WarehouseLooks
from akademos.stores.postgres.access_requests import PostgresAccessRequests
from akademos.stores.postgres.alert_notices import PostgresAlertNotices
from akademos.stores.postgres.alerts import PostgresAlerts
from akademos.stores.postgres.behaviours import BEHAVIOURS, SUBSCRIBERS
from akademos.stores.postgres.catalogue_versions import PostgresCatalogueVersions
from akademos.stores.postgres.certifications import PostgresCertifications
from akademos.stores.postgres.content import PostgresContent
from akademos.stores.postgres.dataset_looks import PostgresDatasetLooks
from akademos.stores.postgres.incidents import PostgresIncidents
from akademos.stores.postgres.intervention_effects import PostgresInterventionEffects
from akademos.stores.postgres.journeys import PostgresJourneys
from akademos.stores.postgres.kpis import PostgresKpis
from akademos.stores.postgres.noise import PostgresNoise
from akademos.stores.postgres.ops_logs import PostgresOpsLogs
from akademos.stores.postgres.peers import PostgresPeers
from akademos.stores.postgres.quality import PostgresQuality
from akademos.stores.postgres.query_usage import PostgresQueryUsage
from akademos.stores.smtp.mail import MailServer, SmtpMail

if TYPE_CHECKING:
    from akademos.stores.lake.warehouse import DuckDbWarehouse
    from akademos.stores.postgres.groups import PostgresGroups
    from akademos.stores.postgres.money_books import PostgresMoneyBooks
    from akademos.stores.postgres.risk import PostgresRisk


class InstitutionAdapters(Adapters):
    """An installation, opened, with what institutions look at."""

    @cached_property
    def groups(self) -> PostgresGroups:
        """Answers over groups, and the memory of the guard behind them."""
        from akademos.stores.postgres.groups import PostgresGroups

        return PostgresGroups(self.database, self.keys)

    @cached_property
    def kpis(self) -> PostgresKpis:
        """Product KPIs: the guard's memory, snapshots and notes."""
        return PostgresKpis(self.database)

    @cached_property
    def peers(self) -> PostgresPeers:
        """Comparison with peers, and the memory of the guard behind it."""
        return PostgresPeers(self.database)

    @cached_property
    def money_books(self) -> PostgresMoneyBooks:
        """Bills, terms, rates, payments, settlements and balances."""
        from akademos.stores.postgres.money_books import PostgresMoneyBooks

        return PostgresMoneyBooks(self.database, self.keys, self.vault)

    @cached_property
    def content(self) -> PostgresContent:
        """Statistics of contents and items, and the memory of the guard behind them."""
        return PostgresContent(self.database)

    @cached_property
    def journeys(self) -> PostgresJourneys:
        """Who is counted in journeys, and what was answered."""
        return PostgresJourneys(self.database)

    @cached_property
    def risk(self) -> PostgresRisk:
        """Weekly risk, and what it rests on."""
        from akademos.stores.postgres.risk import PostgresRisk

        return PostgresRisk(self.database)

    @cached_property
    def alerts(self) -> PostgresAlerts:
        """Alerts, and how advisors want to be told."""
        return PostgresAlerts(self.database, self.keys, behaviours=BEHAVIOURS, subscribers=SUBSCRIBERS)

    @cached_property
    def alert_notices(self) -> PostgresAlertNotices:
        """Messages to the owners of alerts."""
        return PostgresAlertNotices(self.database, self.keys)

    @cached_property
    def intervention_effects(self) -> PostgresInterventionEffects:
        """What interventions brought about."""
        return PostgresInterventionEffects(self.database)

    @cached_property
    def mail_server(self) -> MailServer:
        """Where mail goes."""
        chosen = self.settings
        return MailServer(
            chosen.smtp_host,
            chosen.smtp_port,
            chosen.smtp_security,
            chosen.smtp_user,
            chosen.smtp_password,
            chosen.mail_from,
            chosen.mail_domains,
        )

    @cached_property
    def mail(self) -> SmtpMail:
        """Sends it."""
        return SmtpMail(self.mail_server, development=self.settings.environment == "development")

    @cached_property
    def noise(self) -> PostgresNoise:
        """Budgets of releases with noise."""
        return PostgresNoise(self.database)

    @cached_property
    def incidents(self) -> PostgresIncidents:
        """Alerts, incidents and maintenance windows."""
        return PostgresIncidents(self.database)

    @cached_property
    def ops_logs(self) -> PostgresOpsLogs:
        """What is kept of the log."""
        return PostgresOpsLogs(self.database)

    @cached_property
    def query_usage(self) -> PostgresQueryUsage:
        """What questions took, by tenant."""
        return PostgresQueryUsage(self.database)

    @cached_property
    def quality(self) -> PostgresQuality:
        """Results of checks, and issues."""
        return PostgresQuality(self.database)

    @cached_property
    def certifications(self) -> PostgresCertifications:
        """What stewards say of datasets."""
        return PostgresCertifications(self.database)

    @cached_property
    def catalogue_versions(self) -> PostgresCatalogueVersions:
        """What the catalogue said, and since when."""
        return PostgresCatalogueVersions(self.database)

    @cached_property
    def warehouse(self) -> DuckDbWarehouse:
        """Queries on what is published."""
        from akademos.marts import warehouse

        return warehouse(self.settings)

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:

        if "warehouse" in self.__dict__:
            self.warehouse.close()
        super().__exit__(kind, value, trace)

    @cached_property
    def dataset_looks(self) -> EveryLook:
        """Rows, samples and use of one dataset."""

        return EveryLook(PostgresDatasetLooks(self.database), WarehouseLooks(self.warehouse))

    @cached_property
    def access_requests(self) -> PostgresAccessRequests:
        """Who asked for access, and what stewards granted."""
        return PostgresAccessRequests(self.database, self.keys, self.vault)
