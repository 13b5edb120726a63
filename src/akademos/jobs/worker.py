"""The worker: the mover, the live refresh, upkeep, and the jobs of the night, each in a thread of its own.

As many workers as wanted may run: locks in the database let one of them move, and one run each job.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import structlog

from akademos.errors import AkademosError
from akademos.jobs.access_seal import AccessSealJob
from akademos.jobs.alerting import JOB as ALERTS
from akademos.jobs.alerting import LOOK_EVERY, AlertingJob
from akademos.jobs.compaction import CompactionJob
from akademos.jobs.content_statistics import JOB as CONTENT_STATISTICS
from akademos.jobs.content_statistics import ContentStatisticsJob
from akademos.jobs.erasure import ErasureJob
from akademos.jobs.every_tenant import of_every_tenant
from akademos.jobs.expiry import ExpiryJobs
from akademos.jobs.group_statistics import JOB as GROUP_STATISTICS
from akademos.jobs.group_statistics import GroupStatisticsJob
from akademos.jobs.kpis import JOB as KPIS
from akademos.jobs.kpis import KpiJob
from akademos.jobs.learner_states import JOB as LEARNER_STATES
from akademos.jobs.learner_states import LearnerStatesJob
from akademos.jobs.log_verification import JOB as LOG_VERIFICATION
from akademos.jobs.log_verification import LogVerificationJob
from akademos.jobs.metering import JOB as METERING
from akademos.jobs.metering import MeteringNight
from akademos.jobs.model_training import JOB as TRAIN
from akademos.jobs.model_training import TrainingJob
from akademos.jobs.mover import Move, Mover
from akademos.jobs.outbox import OutboxJob
from akademos.jobs.outreach import Outreach
from akademos.jobs.peer_comparison import JOB as PEER_COMPARISON
from akademos.jobs.peer_comparison import PeerComparisonJob
from akademos.jobs.plan import (
    SCHEDULE,
    Every,
    History,
    Nightly,
    StatesBasis,
    due,
    follows,
    history_of,
    in_its_hours,
    states_outdated,
)
from akademos.jobs.progress import ProgressJob
from akademos.jobs.progress_events import ProgressEventsJob
from akademos.jobs.quality import JOB as QUALITY
from akademos.jobs.quality import QualityJob
from akademos.jobs.record_expiry import JOB as RECORD_EXPIRY
from akademos.jobs.record_expiry import RecordExpiryJob
from akademos.jobs.refresh import Refresh
from akademos.jobs.research_releases import JOB as RELEASES
from akademos.jobs.research_releases import ResearchReleases
from akademos.jobs.risk_scores import JOB as RISK_SCORES
from akademos.jobs.risk_scores import RiskScoresJob
from akademos.jobs.warehouse.night import JOB as MARTS
from akademos.jobs.warehouse.night import MartsNight
from akademos.jobs.withdraw import WithdrawalsJob
from akademos.stores.ports.access import Tenants
from akademos.stores.ports.event_log import EventLogReader
from akademos.stores.ports.job_runs import JobRun, JobRuns, PastRun
from akademos.stores.ports.landing_queue import LandingQueue
from akademos.stores.ports.records import Records
from akademos.telemetry import JOB_SECONDS

log = structlog.get_logger()

LOOK_EVERY_S = 0.5
NIGHT_LOOK_EVERY_S = 5.0
REFRESH_PAUSE_S = 0.25
"""Marks left by another process wait so long at most; those of this one's mover wake the refresh at once."""

FOLLOW_PAUSE_S = 0.25
"""Between two looks for record changes, for webhooks that are due, and for what moves progress."""

MAIL_PAUSE_S = 2.0
"""Between two looks for messages that are due."""

LONGEST_PAUSE_S = 5.0

WORTH_A_LINE_S = 0.2
"""Jobs that took so long get a line in the log; most looks of the upkeep find nothing to do."""

BUSY_EVENTS = 1_000
BUSY_OVER_S = 10.0
"""It is calm while fewer events wait to be moved, and fewer have been moved over so long."""

PROMISED = ("retention",)
"""Of the jobs of the night, those that do not wait for a calm moment when a night is made up for: a promise to people
hangs on them. The others are heavy, and live states are up to date meanwhile."""

FROM_THE_FIRST = (QUALITY, METERING, LOG_VERIFICATION)
"""Of the jobs of the night by tenant, those that need no night before them."""

UPKEEP = (
    "withdrawals", "erasure", "compaction", "access_seal", "outbox_standing", "alert_mail_standing", "sweep", RELEASES,
    "landing_expiry", RECORD_EXPIRY,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Jobs:
    """Everything that runs by itself."""

    mover: Mover
    refresh: Refresh
    erasure: ErasureJob
    withdrawals: WithdrawalsJob
    compaction: CompactionJob
    expiry: ExpiryJobs
    record_expiry: RecordExpiryJob
    access_seal: AccessSealJob
    log_verification: LogVerificationJob
    alerting: AlertingJob
    learner_states: LearnerStatesJob
    group_statistics: GroupStatisticsJob
    peer_comparison: PeerComparisonJob
    kpis: KpiJob
    content_statistics: ContentStatisticsJob
    training: TrainingJob
    risk_scores: RiskScoresJob
    quality: QualityJob
    metering: MeteringNight
    outreach: Outreach
    releases: ResearchReleases
    outbox: OutboxJob
    progress: ProgressJob
    progress_events: ProgressEventsJob
    marts: MartsNight
    tenants: Tenants
    runs: JobRuns
    queue: LandingQueue
    core: EventLogReader
    records: Records
    clock: Callable[[], datetime]

    def commands(self) -> Mapping[str, Callable[[], list[JobRun | None]]]:
        """Every job by name, to be run now whether it is due or not."""
        return {
            "withdrawals": lambda: [self.withdrawals.run()],
            "erasure": lambda: [self.erasure.run()],
            "compaction": lambda: [self.compaction.run()],
            "access_seal": lambda: [self.access_seal.run()],
            ALERTS: lambda: [self.alerting.run()],
            RECORD_EXPIRY: lambda: [self.record_expiry.run()],
            RELEASES: lambda: [self.releases.run()],
            "landing_expiry": lambda: [self.expiry.expire_landing()],
            "retention": lambda: [self.expiry.enforce_retention()],
            "full_compaction": lambda: [self.compaction.run_fully()],
            **{name: partial(self._of_every_tenant, run) for name, run in self._by_tenant().items()},
        }

    def _by_tenant(self) -> dict[str, Callable[[str], JobRun | None]]:
        return {
            LEARNER_STATES: self.learner_states.run,
            TRAIN: self.training.run,
            "progress": self._rebuild_progress,
            RISK_SCORES: self.risk_scores.run,
            QUALITY: self.quality.run,
            METERING: self.metering.run,
            LOG_VERIFICATION: self.log_verification.run,
            GROUP_STATISTICS: self.group_statistics.run,
            PEER_COMPARISON: self.peer_comparison.run,
            MARTS: self.marts.run,
            KPIS: self.kpis.run,
            CONTENT_STATISTICS: self.content_statistics.run,
            **self.outreach.commands(),
        }

    def risk_and_alerts(self, tenant_id: str) -> None:
        """The week's scores where they are due, and then whatever is to be alerted of."""
        self.risk_scores.run(tenant_id, due_only=True)
        self.outreach.after_scores(tenant_id)

    def _of_every_tenant(self, run: Callable[[str], JobRun | None]) -> list[JobRun | None]:
        return of_every_tenant((tenant.tenant_id for tenant in self.tenants.all()), run)

    def _rebuild_progress(self, tenant_id: str) -> JobRun | None:
        with self.runs.running("progress", tenant_id) as run:
            if run is not None:
                run.rows_in = self.progress.rebuild(tenant_id)
                run.rows_out = self.progress.drain()
        return run


@dataclass
class Worker:
    """Runs the jobs until told to stop; whatever is in hand is finished first."""

    jobs: Jobs
    pause_s: float
    _stop: threading.Event = field(default_factory=threading.Event)
    _wake: threading.Event = field(default_factory=threading.Event)
    _started: dict[str, History] = field(default_factory=dict)
    _failures: list[BaseException] = field(default_factory=list)
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def stop(self) -> None:
        """Ask it to end."""
        self._stop.set()
        self.jobs.marts.leave()
        self._wake.set()

    def run(self) -> None:
        """Work until `stop`. A thread that fails beyond what it handles ends the worker, which raises its failure."""
        threads = [
            threading.Thread(target=self._guarded, args=(name, work), name=name)
            for name, work in (
                ("mover", lambda: self.jobs.mover.run(self._stop, pause_s=self.pause_s, moved=self._moved)),
                ("outbox", partial(self._follow, self.jobs.outbox.sequence)),
                ("webhooks", partial(self._follow, self.jobs.outbox.deliver)),
                ("alert_mail", partial(self._follow, self.jobs.outreach.mail.once, MAIL_PAUSE_S)),
                ("progress", partial(self._follow, self.jobs.progress.once)),
                ("progress_events", self._emit),
                ("refresh", self._refresh),
                ("upkeep", self._upkeep),
                ("night", self._night),
                ("alerts", self._alerts),
            )
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if self._failures:
            raise self._failures[0]

    def _guarded(self, name: str, work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as failure:
            log.exception("worker_thread_failed", thread=name)
            self._failures.append(failure)
        finally:
            self.stop()

    def _moved(self, done: Move) -> None:
        self._recent.append((time.monotonic(), done.moved))
        self._wake.set()

    def _follow(self, work: Callable[[], object], look_again_s: float = FOLLOW_PAUSE_S) -> None:
        """Do `work` while it finds something to do, and look again and again; a store that is down is waited for, and
        what else fails is logged and tried again, so that it never keeps events from moving."""
        pause = look_again_s
        while not self._stop.is_set():
            try:
                while not self._stop.is_set() and work():
                    pass
                pause = look_again_s
            except AkademosError as refused:
                log.warning("following_failed", code=refused.code, reason=refused.reason)
                pause = min(pause * 2, LONGEST_PAUSE_S)
            except Exception:
                log.exception("following_failed")
                pause = LONGEST_PAUSE_S
            self._stop.wait(pause)

    def _emit(self) -> None:
        try:
            self._follow(self.jobs.progress_events.once)
        finally:
            self.jobs.progress_events.close()

    def _refresh(self) -> None:
        self.jobs.refresh.run(self._stop, self._wake, pause_s=REFRESH_PAUSE_S, paused=self.jobs.runs.paused)

    def _calm(self) -> bool:
        while self._recent and time.monotonic() - self._recent[0][0] > BUSY_OVER_S:
            self._recent.popleft()
        moved = sum(events for _, events in tuple(self._recent))
        return moved < BUSY_EVENTS and self.jobs.queue.backlog().events < BUSY_EVENTS

    def _upkeep(self) -> None:
        work: Mapping[str, Callable[[], object]] = {
            "withdrawals": lambda: self.jobs.withdrawals.pending() and self.jobs.withdrawals.run(),
            "erasure": lambda: self.jobs.erasure.pending() and self.jobs.erasure.run(),
            "compaction": lambda: self.jobs.compaction.needed() and self.jobs.compaction.run(),
            "access_seal": lambda: self.jobs.access_seal.needed() and self.jobs.access_seal.run(),
            "outbox_standing": self.jobs.outbox.measure,
            "alert_mail_standing": self.jobs.outreach.mail.measure,
            "sweep": self.jobs.compaction.sweep,
            RELEASES: lambda: self.jobs.releases.pending() and self.jobs.releases.run(),
            "landing_expiry": self.jobs.expiry.expire_landing,
            RECORD_EXPIRY: self.jobs.record_expiry.run,
        }
        schedule = [job for job in SCHEDULE if job.job in UPKEEP]
        self._started["sweep"] = History(self.jobs.clock())
        while not self._stop.wait(LOOK_EVERY_S):
            for name in due(schedule, self._started, self.jobs.clock()):
                if not self._stop.is_set():
                    self._started[name] = History(self.jobs.clock())
                    self._try(name, work[name])

    def _alerts(self) -> None:
        """In a thread of its own, since what it looks for may be what holds the others up."""
        while not self._stop.is_set():
            self._try(ALERTS, self.jobs.alerting.look)
            self._stop.wait(LOOK_EVERY.total_seconds())

    def _night(self) -> None:
        while not self._stop.wait(NIGHT_LOOK_EVERY_S):
            self._try("plan", self._look_at_night)

    def _look_at_night(self) -> None:
        jobs, now = self.jobs, self.jobs.clock()
        if jobs.runs.paused():
            return
        succeeded = jobs.runs.succeeded()
        commands = jobs.commands()
        calm = self._calm()
        for job in SCHEDULE:
            if isinstance(job, Every) or self._stop.is_set():
                continue
            if job.job not in PROMISED and not calm and not in_its_hours(job, now):
                continue
            following: Mapping[str, Callable[[str], object]] = {
                GROUP_STATISTICS: jobs.group_statistics.run,
                PEER_COMPARISON: jobs.peer_comparison.run,
                KPIS: jobs.kpis.run,
                CONTENT_STATISTICS: jobs.content_statistics.run,
                RISK_SCORES: jobs.risk_and_alerts,
            }
            apart: Mapping[str, Callable[[str], object]] = {
                QUALITY: jobs.quality.run,
                METERING: jobs.metering.run,
                LOG_VERIFICATION: jobs.log_verification.run,
                TRAIN: partial(jobs.training.run, due_only=True),
                MARTS: jobs.marts.run,
            }
            if job.job not in (LEARNER_STATES, *following, *apart):
                past = history_of(jobs.runs.last(job.job), succeeded.get((job.job, None)))
                if due([job], {job.job: past}, now):
                    self._try(job.job, commands[job.job])
                continue
            for tenant in jobs.tenants.all():
                if job.job in apart:
                    last = jobs.runs.last(job.job, tenant.tenant_id)
                    done = succeeded.get((job.job, tenant.tenant_id))
                    # Models rest on what the cohort teaches; before its first night the warehouse has nothing to tell.
                    begun = job.job in FROM_THE_FIRST or (LEARNER_STATES, tenant.tenant_id) in succeeded
                    if begun and due([job], {job.job: history_of(last, done)}, now):
                        self._try(job.job, partial(apart[job.job], tenant.tenant_id))
                elif job.job in following:
                    if self._groups_due(job, tenant.tenant_id, succeeded, now):
                        self._try(job.job, partial(following[job.job], tenant.tenant_id))
                elif self._states_due(job, tenant.tenant_id, succeeded.get((job.job, tenant.tenant_id)), now):
                    self._try(job.job, partial(jobs.learner_states.run, tenant.tenant_id))

    def _groups_due(
        self, job: Nightly, tenant_id: str, succeeded: Mapping[tuple[str, str | None], PastRun], now: datetime
    ) -> bool:
        states, groups = (self.jobs.runs.last(name, tenant_id) for name in (LEARNER_STATES, job.job))
        history = history_of(groups, succeeded.get((job.job, tenant_id)))
        ready = states is not None and states.outcome != "running"
        return ready and (follows(states, groups, now) or bool(due([job], {job.job: history}, now)))

    def _states_due(self, job: Nightly, tenant_id: str, succeeded: PastRun | None, now: datetime) -> bool:
        history = history_of(self.jobs.runs.last(job.job, tenant_id), succeeded)
        before = None
        if succeeded is not None and "rows" in succeeded.detail:
            before = StatesBasis(
                succeeded.detail["rows"], succeeded.detail["curriculum"], succeeded.detail.get("tracing")
            )
        present = StatesBasis(
            self.jobs.core.count(tenant_id),
            self.jobs.records.curriculum_version(tenant_id),
            self.jobs.learner_states.tracing_version(tenant_id),
        )
        if present.rows == 0 and before is None:
            return False
        return bool(due([job], {job.job: history}, now)) or states_outdated(before, present, history, now)

    def _try(self, name: str, work: Callable[[], object]) -> None:
        started = time.monotonic()
        outcome = "failed"
        try:
            work()
            outcome = "succeeded"
        except Exception:  # recorded with the run; a job that fails must not end the mover
            log.exception("job_failed", job=name)
        finally:
            seconds = time.monotonic() - started
            JOB_SECONDS.labels(name, outcome).observe(seconds)
            if seconds >= WORTH_A_LINE_S:
                log.info("job_ended", job=name, outcome=outcome, seconds=round(seconds, 3))
