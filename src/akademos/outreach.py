"""The wiring of alerts and interventions: a part of `system`."""

from __future__ import annotations

from akademos.adapters import now
from akademos.institution import InstitutionAdapters
from akademos.jobs.alert_mail import AlertMailJob
from akademos.jobs.intervention_effects import InterventionEffectsJob
from akademos.jobs.outreach import Outreach
from akademos.jobs.risk_alerts import RiskAlertsJob

PAGE = "/students-in-focus"


def outreach(adapters: InstitutionAdapters) -> Outreach:
    """The jobs about alerts and interventions over an installation's stores."""
    base = adapters.settings.public_url.rstrip("/")
    return Outreach(
        raising=RiskAlertsJob(adapters.risk, adapters.alerts, adapters.job_runs, clock=now),
        mail=AlertMailJob(
            adapters.alert_notices,
            adapters.mail,
            page=f"{base}{PAGE}" if base else "",
            sender_domain=adapters.mail_server.sender_domain,
            clock=now,
        ),
        effects=InterventionEffectsJob(
            adapters.intervention_effects,
            adapters.groups.floor,
            adapters.job_runs,
            clock=now,
        ),
    )
