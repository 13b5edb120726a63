"""Once a minute: measure, judge, and open or end incidents."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

import structlog

from akademos.catalogue.alert_rules import ALERT_RULES, AlertRule
from akademos.catalogue.job_budgets import FRESHNESS as FRESH_JOBS
from akademos.catalogue.runbooks import PRIORITIES
from akademos.errors import AkademosError
from akademos.jobs.alert_plan import judge
from akademos.stores.ports.incidents import IncidentBook, Measured, StandingAlert, Verdict
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.telemetry import FIGURE, FRESHNESS, INCIDENTS_OPEN

log = structlog.get_logger()

JOB = "alerts"
LOOK_EVERY = timedelta(minutes=1)
KEEP_EVERY = timedelta(minutes=5)
GAP = 3 * LOOK_EVERY
"""Between two looks; what a condition did in a longer one nobody knows."""


class Gauges(Protocol):
    """Something that measures figures of the platform."""

    @property
    def figures(self) -> frozenset[str]:
        """Names of the figures that it measures."""
        ...

    def measure(self, now: datetime) -> Sequence[Measured]:
        """What they are now.

        Raises:
            AkademosError: it cannot be told at the moment.
        """
        ...


class AlertingJob:
    """Judges the platform by its declared rules; every worker measures, one writes down what changed."""

    def __init__(
        self,
        gauges: Sequence[Gauges],
        book: IncidentBook,
        runs: JobRuns,
        *,
        clock: Callable[[], datetime],
        rules: Sequence[AlertRule] = ALERT_RULES,
    ) -> None:
        self._gauges = gauges
        self._book = book
        self._runs = runs
        self._clock = clock
        self._rules = rules
        self._kept_at: datetime | None = None
        self._looked_at: datetime | None = None
        self._watched_since: datetime | None = None

    def look(self) -> JobRun | None:
        """Measure, and write down if there is something new or figures are to be kept again."""
        now = self._clock()
        figures, measured = self._measure(now)
        due = self._kept_at is None or now - self._kept_at >= KEEP_EVERY
        standing = self._book.standing()
        verdicts = self._judge(figures, measured, standing, now)
        _export(figures)
        return self._write(figures, measured) if due or changes(verdicts, standing) else None

    def run(self) -> JobRun | None:
        """Measure and write down; None when another process is at it."""
        return self._write(*self._measure(self._clock()))

    def _write(self, figures: Sequence[Measured], measured: frozenset[str]) -> JobRun | None:
        with self._runs.running(JOB) as run:
            if run is not None:  # judged again: another process may have written meanwhile
                now = self._clock()
                verdicts = self._judge(figures, measured, self._book.standing(), now)
                self._book.write(verdicts, now)
                self._book.keep_figures(figures, now)
                self._kept_at = now
                run.rows_in, run.rows_out = len(figures), len(verdicts)
                run.detail = dict(Counter(_kind(one) for one in verdicts))
                _tell(verdicts)
                standing = self._book.open_by_priority()
                for priority in PRIORITIES:
                    INCIDENTS_OPEN.labels(priority.name).set(standing.get(priority.name, 0))
        return run

    def _judge(
        self,
        figures: Sequence[Measured],
        measured: frozenset[str],
        standing: Sequence[StandingAlert],
        now: datetime,
    ) -> list[Verdict]:
        windows, since = self._book.windows(now), self._watched_since
        return judge(self._rules, figures, measured, standing, windows, now, uuid4, watched_since=since)

    def _measure(self, now: datetime) -> tuple[list[Measured], frozenset[str]]:
        if self._looked_at is None or now - self._looked_at > GAP:
            self._watched_since = now
        self._looked_at = now
        found: list[Measured] = []
        measured: set[str] = set()
        for gauges in self._gauges:
            try:
                figures = gauges.measure(now)
            except AkademosError as refused:
                log.warning("figures_unknown", code=refused.code, reason=refused.reason)
                continue
            found += figures
            measured |= gauges.figures
        return found, frozenset(measured)


def changes(verdicts: Sequence[Verdict], standing: Sequence[StandingAlert]) -> bool:
    """Whether a look has found something that is not written down yet; a figure that only moved is nothing."""
    before = {one.alert_id: one for one in standing}
    for one in verdicts:
        known = before.get(one.alert.alert_id)
        if known is None or one.cleared or one.opens:
            return True
        if (known.fired_at, known.window_id) != (one.alert.fired_at, one.alert.window_id):
            return True
    return False


def _kind(verdict: Verdict) -> str:
    if verdict.cleared:
        return "cleared"
    if verdict.opens:
        return "opened"
    if verdict.alert.window_id:
        return "silenced"
    return "standing" if verdict.alert.fired_at else "pending"


def _tell(verdicts: Sequence[Verdict]) -> None:
    for one in verdicts:
        what = {"rule": one.alert.rule, "subject": one.alert.subject, "tenant": one.alert.tenant_id}
        if one.opens is not None:
            incident = str(one.opens.incident_id)
            log.warning("incident_opened", incident=incident, priority=one.opens.priority, value=one.value, **what)
        if one.resolves is not None:
            log.info("incident_recovered", incident=str(one.resolves), value=one.value, **what)


def _export(figures: Sequence[Measured]) -> None:
    for one in figures:
        FIGURE.labels(one.figure, one.subject, one.tenant_id or "").set(one.value)
        if one.figure == "freshness":
            for dataset in FRESH_JOBS[one.subject]:
                FRESHNESS.labels(dataset, one.tenant_id or "").set(one.value)
