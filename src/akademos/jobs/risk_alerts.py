"""After the weekly scores: alert advisors of learners who are new in focus or whose risk has risen sharply.

Run as often as one likes: an alert that is open, or was raised a short while ago, is not raised again (policy
`risk_alert`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from akademos.analytics.risk_alerts import Estimate, risk_alert
from akademos.catalogue.alert_reasons import AlertFacts, reason_of
from akademos.jobs.risk_scores import monday
from akademos.stores.ports.alerts import AlertDraft, AlertLedger
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.risk import RiskLedger, RiskScore

JOB = "risk_alerts"
TRIGGER = "dropout_risk"


class RiskAlertsJob:
    """Raises the alerts of a tenant.

    Args:
        risk, alerts, runs: the stores.
        clock: the installation's.
    """

    def __init__(self, risk: RiskLedger, alerts: AlertLedger, runs: JobRuns, *, clock: Callable[[], datetime]) -> None:
        self._risk = risk
        self._alerts = alerts
        self._runs = runs
        self._clock = clock

    def run(self, tenant_id: str) -> JobRun | None:
        """One run over the scores of this week; None when another process is at it."""
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                week = monday(self._clock().date())
                scores = self._risk.of_week(tenant_id, week)
                before = self._risk.of_week(tenant_id, week - timedelta(days=7))
                drafts = [draft for key, one in sorted(scores.items()) if (draft := _draft(one, before.get(key)))]
                run.rows_in += len(scores)
                run.rows_out += self._alerts.raise_alerts(tenant_id, drafts, source_trigger=TRIGGER)
                run.detail |= {"week": week.isoformat(), "drafts": len(drafts)}
        return run


def _draft(now: RiskScore, before: RiskScore | None) -> AlertDraft | None:
    same = before is not None and (before.basis, before.model_version) == (now.basis, now.model_version)
    past = None if before is None else Estimate(before.level, before.risk)
    alert = risk_alert(Estimate(now.level, now.risk), past, comparable=same)
    if alert is None:
        return None
    facts = AlertFacts(
        alert.kind,
        "rule" if now.risk is None else "hazard" if now.basis == "hazard" else "model",
        None if now.risk is None else round(100 * now.risk),
        alert.points if alert.points is not None and alert.points > 0 else None,
        tuple(str(one["theme"]) for one in now.reasons),
    )
    return AlertDraft(
        learner_key=now.learner_key,
        course_id=now.course_id,
        kind=alert.kind,
        severity=alert.severity,
        reason=reason_of(facts),
        source=f"risk_scores/{now.as_of.isoformat()}",
    )
