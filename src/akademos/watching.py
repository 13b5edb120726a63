"""The wiring of what watches the platform itself: the job that looks, and what keeps the log of each process."""

from __future__ import annotations

from uuid import uuid4

from akademos import __version__
from akademos.adapters import now
from akademos.institution import InstitutionAdapters
from akademos.jobs.alerting import AlertingJob, Gauges
from akademos.jobs.core_gauges import CoreGauges
from akademos.jobs.log_keeper import LogKeeper
from akademos.jobs.parity_gauges import ParityGauges
from akademos.jobs.request_gauges import RequestGauges
from akademos.stores.disk.host_gauges import HostGauges
from akademos.stores.ports.ops_logs import Process
from akademos.stores.postgres.kpi_gauges import KpiGauges
from akademos.stores.postgres.model_watch import ModelGauges
from akademos.stores.postgres.platform_gauges import PlatformGauges
from akademos.stores.postgres.quality_gauges import QualityGauges


def alerting_job(adapters: InstitutionAdapters) -> AlertingJob:
    """Looks after the platform; figures that are differences begin with it."""
    gauges: list[Gauges] = [
        PlatformGauges(adapters.database),
        QualityGauges(adapters.database),
        CoreGauges(adapters.event_log, adapters.tenants),
        HostGauges(adapters.settings.data),
        RequestGauges(),
        ParityGauges(),
        KpiGauges(adapters.database),
        ModelGauges(adapters.database),
    ]
    return AlertingJob(gauges, adapters.incidents, adapters.job_runs, clock=now)


def log_keeper(adapters: InstitutionAdapters, service: str) -> LogKeeper:
    """Keeps what this process logs, once it is entered."""
    process = Process(service, uuid4().hex[:12], __version__, adapters.settings.region, now())
    return LogKeeper(adapters.ops_logs, process, clock=now)
