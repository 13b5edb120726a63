"""The wiring of everything that runs by itself: a part of `system`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from akademos.adapters import now
from akademos.catalogue.registry import builtin
from akademos.jobs.access_seal import AccessSealJob
from akademos.jobs.carry_forward import CarryForward
from akademos.jobs.compaction import CompactionJob
from akademos.jobs.content_statistics import ContentStatisticsJob, events_of_content
from akademos.jobs.expiry import ExpiryJobs
from akademos.jobs.group_statistics import GroupStatisticsJob
from akademos.jobs.kpi_effects import PublishedEffects
from akademos.jobs.kpi_sources import KpiReaders
from akademos.jobs.kpis import KpiJob
from akademos.jobs.learner_buckets import LearnerBuckets
from akademos.jobs.learner_history import PastTables
from akademos.jobs.learner_states import ROWS_PER_BUCKET, LearnerStatesJob
from akademos.jobs.log_verification import LogVerificationJob
from akademos.jobs.mover import Mover
from akademos.jobs.outbox import OutboxJob
from akademos.jobs.peer_comparison import PeerComparisonJob
from akademos.jobs.progress import ProgressJob
from akademos.jobs.progress_events import ProgressEventsJob
from akademos.jobs.recommendation_uptake import RecommendationUptake
from akademos.jobs.record_expiry import RecordExpiryJob
from akademos.jobs.refresh import Refresh
from akademos.jobs.served_tracing import TracingInService
from akademos.jobs.warehouse.night import MartsNight
from akademos.jobs.withdraw import WithdrawalsJob
from akademos.jobs.worker import Jobs
from akademos.marts import build_apart
from akademos.money import metering
from akademos.outreach import outreach
from akademos.serving.services import declared_among_peers, declared_over_content, declared_over_groups
from akademos.stores.postgres.access_seals import PostgresAccessSeals
from akademos.stores.postgres.landing_queue import PostgresLandingQueue
from akademos.stores.postgres.outbox_deliveries import PostgresDeliveries
from akademos.stores.postgres.progress import PostgresProgress
from akademos.stores.postgres.progress_events import PostgresProgressEvents
from akademos.stores.postgres.record_expiry import PostgresRecordExpiry
from akademos.watching import alerting_job

if TYPE_CHECKING:
    from akademos.jobs.group_statistics import Protection
    from akademos.system import System


def standing_jobs(
    system: System, *, exactly_once: bool, fault_point: Callable[[], None], protection: Protection
) -> Jobs:
    """Everything that the worker runs. The arguments are for measuring what the safeguards are for."""
    core, consent, states, runs = system.event_log, system.consent, system.learner_states, system.job_runs
    queue, registries = PostgresLandingQueue(system.database), system.registries
    processes, tracing = system.settings.analytics_processes, TracingInService(system.models)
    resolved = system.resolved_events
    intake, writer = system.intake()
    kpi_readers = KpiReaders(core, system.kpis, states, system.records, registries)
    carry = CarryForward(core, system.carried, consent, states, registries)
    mover = Mover(queue, core, registries, exactly_once=exactly_once, fault_point=fault_point)
    tables = PastTables(resolved, system.records, states, consent, system.resolved_carried, registries)
    return Jobs(
        mover=mover,
        refresh=Refresh(states, tables, consent, clock=now, tracing=tracing.at),
        erasure=system.erasure_job(mover),
        withdrawals=WithdrawalsJob(core, consent, queue, states, runs, registries, system.carried),
        compaction=CompactionJob(core, runs),
        expiry=ExpiryJobs(queue, core, system.tenants, runs, system.retention, registries, carry, clock=now),
        record_expiry=RecordExpiryJob(PostgresRecordExpiry(system.database, system.keys), runs, clock=now),
        access_seal=AccessSealJob(PostgresAccessSeals(system.database), runs, clock=now),
        log_verification=LogVerificationJob(system.chains, system.audit, runs),
        alerting=alerting_job(system),
        learner_states=LearnerStatesJob(
            resolved,
            system.records,
            states,
            consent,
            runs,
            registries,
            system.models,
            system.resolved_carried,
            clock=now,
            tracing=tracing,
            processes=processes,
        ),
        group_statistics=GroupStatisticsJob(
            system.groups, runs, declared_over_groups(builtin().metrics), clock=now, protection=protection
        ),
        peer_comparison=PeerComparisonJob(
            system.peers,
            states,
            system.records,
            runs,
            declared_among_peers(builtin().metrics),
            clock=now,
            protection=protection,
        ),
        kpis=KpiJob(
            system.kpis,
            runs,
            kpi_readers,
            effects=PublishedEffects(system.content, system.intervention_effects),
            clock=now,
            uptake=RecommendationUptake(kpi_readers),
        ),
        content_statistics=ContentStatisticsJob(
            system.content,
            LearnerBuckets(core, consent, ROWS_PER_BUCKET),
            system.records,
            runs,
            lambda tenant_id: events_of_content([event.name for event in registries(tenant_id).newest()]),
            declared_over_content(builtin().metrics),
            clock=now,
        ),
        training=system.training,
        risk_scores=system.risk_scores,
        quality=system.quality_job,
        metering=metering(system),
        outreach=outreach(system),
        releases=system.research_releases,
        outbox=OutboxJob(
            system.outbox, PostgresDeliveries(system.database, system.keys, system.outbox), system.webhooks, clock=now
        ),
        progress=ProgressJob(PostgresProgress(system.database), core, consent, clock=now),
        progress_events=ProgressEventsJob(PostgresProgressEvents(system.database, system.keys), intake, writer.close),
        marts=MartsNight(partial(build_apart, system.settings), runs),
        tenants=system.tenants,
        runs=runs,
        queue=queue,
        core=core,
        records=system.records,
        clock=now,
    )
