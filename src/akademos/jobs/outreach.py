"""The jobs about alerts and interventions, as the worker runs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from akademos.jobs.alert_mail import AlertMailJob
from akademos.jobs.intervention_effects import JOB as EFFECTS
from akademos.jobs.intervention_effects import InterventionEffectsJob
from akademos.jobs.risk_alerts import JOB as ALERTS
from akademos.jobs.risk_alerts import RiskAlertsJob
from akademos.stores.ports.job_runs import JobRun


@dataclass(frozen=True, slots=True)
class Outreach:
    """What follows the weekly scores, and what tells advisors of it."""

    raising: RiskAlertsJob
    mail: AlertMailJob
    effects: InterventionEffectsJob

    def commands(self) -> Mapping[str, Callable[[str], JobRun | None]]:
        """The jobs of one tenant, by name."""
        return {ALERTS: self.raising.run, EFFECTS: self.effects.run}

    def after_scores(self, tenant_id: str) -> None:
        """What is done when the scores of a week stand; as often as one likes."""
        for run in self.commands().values():
            run(tenant_id)
