"""What the platform is watched for: the figures it takes of itself, and the rules that raise an alert over them.

Declared once: the job `alerts` judges by these rules, and docs/operations/alerts.yml is made from them for whoever runs
a Prometheus beside (`akademos incidents rules`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from akademos.catalogue.job_budgets import FRESH_HOURS
from akademos.catalogue.kpi_declaration import PARITY_BEYOND
from akademos.catalogue.model_policies import DRIFT
from akademos.catalogue.policies import LIMITS

HOUR = 3600.0
PARITY_LEAST = 1_000
"""Of fewer events in staging nothing is concluded about production."""

_FIGURE = 'akademos_figure{{figure="{}"}}'


@dataclass(frozen=True, slots=True)
class Figure:
    """Something the platform measures of itself; `of` says what it has one of each for."""

    name: str
    description: str
    unit: str
    of: str = "the installation"


FIGURES: tuple[Figure, ...] = (
    Figure("landing_backlog", "accepted events waiting for the mover", "events"),
    Figure("landing_age", "age of the oldest accepted event in landing", "s"),
    Figure("held_age", "age of the oldest event that waits for consent", "s"),
    Figure("dead_letter_age", "age of the oldest dead letter", "s"),
    Figure("erasure_age", "age of the oldest erasure that is not completed", "s"),
    Figure("log_fault", "1 when the last verification found a log changed, cut or forged, else 0", "", "each tenant"),
    Figure("outbox_lag", "age of the oldest record change that a webhook has not taken", "s"),
    Figure("outbox_letters", "events in the dead letters of webhooks", "events"),
    Figure("outbox_unconfirmed", "age of the oldest erasure that a consumer has not confirmed", "s"),
    Figure("core_events", "events that the core holds", "events", "each tenant"),
    Figure("job_failed", "1 when the last run of a job that ended has failed, else 0", "", "each job and tenant"),
    Figure("job_budget_share", "time of the last run over the job's budget", "share", "each job and tenant"),
    Figure("freshness", "time since the last success of a job that data follow", "h", "each such job and tenant"),
    Figure("model_drift", "how far a model in service lies from its training, at the least", "PSI", "each model"),
    Figure("log_lines_lost", "lines of the log that could not be kept, of the last ten minutes", "lines"),
    Figure("disk_used", "used share of the volume of the data folder", "share"),
    Figure("cpu_used", "busy share of the processors of this machine since the last look", "share"),
    Figure("requests_slow", "share of answers that took over a second, since the last look", "share"),
    Figure("requests_failed", "share of answers with a status of 500 and more, since the last look", "share"),
    Figure("cache_missed", "share of answers that were not in the cache, since the last look", "share"),
    Figure("quality_failed", "checks that fail", "checks", "each tenant and dataset of which one fails"),
    Figure("ingestion_apart", "events of production and of staging, apart, over staging's, of a day", "share"),
    Figure(
        "kpi_apart",
        "a KPI of production and of staging, apart, over staging's, of the newest week",
        "share",
        "each tenant and KPI that staging has",
    ),
)

FIGURE_OF = {one.name: one for one in FIGURES}


@dataclass(frozen=True, slots=True)
class AlertRule:
    """One rule: an alert stands while the figure is above `above`, and fires when it has for `holds_for`.

    `metric` is the series that Prometheus knows the figure by; where none is named, the gauge of all figures.
    """

    name: str
    figure: str
    above: float
    priority: str
    team: str
    runbook: str
    summary: str
    holds_for: timedelta = timedelta(0)
    metric: str = ""

    @property
    def severity(self) -> str:
        """critical, warning or notice."""
        return {"P1": "critical", "P2": "warning"}.get(self.priority, "notice")

    @property
    def expression(self) -> str:
        """The condition in Prometheus' language."""
        return f"{self.metric or _FIGURE.format(self.figure)} > {self.above:.12g}"


ALERT_RULES: tuple[AlertRule, ...] = (
    AlertRule(
        "BacklogGrows", "landing_backlog", 10_000, "P2", "data-engineering", "landing",
        "More than 10,000 accepted events wait for the mover. Is a worker running? `akademos doctor` says so.",
        timedelta(minutes=5), "akademos_landing_backlog_events",
    ),
    AlertRule(
        "EventsLate", "landing_age", LIMITS.raw_freshness.total_seconds(), "P2", "data-engineering", "landing",
        "Accepted events are not in the event log within the hour that is promised.",
        metric="akademos_landing_age_seconds",
    ),
    AlertRule(
        "LandingNearsItsLimit", "landing_age", LIMITS.backpressure_hours * HOUR, "P1", "data-engineering", "landing",
        "Accepted events wait for the mover; intake answers 503 by now. Start the worker.",
        metric="akademos_landing_age_seconds",
    ),
    AlertRule(
        "HeldEventsOverdue", "held_age", (LIMITS.landing_hours + 0.5) * HOUR, "P1", "data-protection", "landing",
        "Events without consent are older than a day. Run `akademos jobs run landing_expiry`.",
        metric="akademos_held_age_seconds",
    ),
    AlertRule(
        "DeadLettersWait", "dead_letter_age", LIMITS.dead_letter_alert_hours * HOUR, "P2", "data-engineering",
        "landing", "Rejected input waits for half of its day. Mend the sender or the schema and have it sent again.",
        metric="akademos_dead_letter_age_seconds",
    ),
    AlertRule(
        "IngestionOffBaseline", "ingestion_apart", PARITY_BEYOND, "P2", "data-engineering", "landing",
        "Production takes in over 2% more or fewer events than the staging that mirrors it, over a day.",
        timedelta(minutes=30),
    ),
    AlertRule(
        "KpiOffBaseline", "kpi_apart", PARITY_BEYOND, "P3", "analytics", "landing",
        "A KPI of production lies over 2% away from staging's of the same week. The page KPIs shows both.",
    ),
    AlertRule(
        "WebhookBehind", "outbox_lag", HOUR, "P2", "platform", "delivery",
        "A webhook has not taken an event for an hour. `akademos outbox list` says what its recipient answered last.",
        metric="akademos_outbox_lag_seconds",
    ),
    AlertRule(
        "OutboxDeadLetters", "outbox_letters", 0, "P2", "platform", "delivery",
        "Events could not be delivered. `akademos outbox letters` says why, `akademos outbox replay` sends them again.",
        metric="akademos_outbox_dead_letters",
    ),
    AlertRule(
        "ErasureUnconfirmed", "outbox_unconfirmed", 7 * 24 * HOUR, "P2", "data-protection", "delivery",
        "A consumer has not confirmed an erasure for a week. `akademos outbox notices` names it.",
        metric="akademos_outbox_unconfirmed_seconds",
    ),
    AlertRule(
        "ErasureOverdue", "erasure_age", LIMITS.erasure_overdue.total_seconds(), "P1", "data-protection", "erasure",
        "An erasure is not completed. `akademos erasures list` names its step, `akademos jobs list` the reason.",
        metric="akademos_erasure_age_seconds",
    ),
    AlertRule(
        "LogBroken", "log_fault", 0, "P1", "data-protection", "logs",
        "Audit log or access log is not what was written. `akademos audit verify` names the rows.",
    ),
    AlertRule(
        "JobFailed", "job_failed", 0, "P2", "platform", "jobs",
        "The last run of a job failed. `akademos jobs list` says why, `akademos jobs run NAME` tries again.",
    ),
    AlertRule(
        "JobOverBudget", "job_budget_share", 1, "P3", "platform", "jobs",
        "A job took longer than its budget. `akademos jobs list` shows its runs.",
    ),
    AlertRule(
        "FreshnessMissed", "freshness", FRESH_HOURS, "P2", "analytics", "jobs",
        "What learners and staff see is older than a night. `akademos jobs run NAME` computes it now.",
        timedelta(minutes=30),
    ),
    AlertRule(
        "QualityCheckFailed", "quality_failed", 0, "P2", "analytics", "jobs",
        "Checks of a dataset fail. The page Catalogue and `akademos catalogue issues` name them and their owner.",
    ),
    AlertRule(
        "ModelDrifts", "model_drift", DRIFT.shift, "P3", "analytics", "models",
        "What a model meets or says has moved away from its training. `akademos models watch` names the figures.",
    ),
    AlertRule(
        "LogLinesLost", "log_lines_lost", 0, "P3", "platform", "capacity",
        "Lines of the log could not be kept: the store was away for long, or the disk is full.",
    ),
    AlertRule(
        "DiskNearlyFull", "disk_used", 0.9, "P1", "platform", "capacity",
        "The volume of the data folder is more than 90% full; intake answers 503 when nothing is left.",
    ),
    AlertRule(
        "ProcessorBusy", "cpu_used", 0.8, "P3", "platform", "capacity",
        "The processors of this machine have been over 80% busy for ten minutes.", timedelta(minutes=10),
    ),
    AlertRule(
        "AnswersSlow", "requests_slow", 0.01, "P3", "platform", "answers",
        "More than one answer in a hundred takes over a second, for five minutes.", timedelta(minutes=5),
    ),
    AlertRule(
        "AnswersFail", "requests_failed", 0.01, "P1", "platform", "answers",
        "More than one answer in a hundred is an error of ours, for two minutes.", timedelta(minutes=2),
    ),
    AlertRule(
        "CacheMisses", "cache_missed", 0.5, "P3", "analytics", "answers",
        "More than half of the answers about learners are not in the cache, for half an hour.", timedelta(minutes=30),
    ),
)  # fmt: skip
"""Every rule once, in the order of the way that data take."""

RULE_NAMED = {one.name: one for one in ALERT_RULES}


def prometheus_rules() -> str:
    """The rules as a file of alerting rules for Prometheus (YAML)."""
    lines = [
        "# Alert rules for Prometheus, made from catalogue.alert_rules by `akademos incidents rules`.",
        "groups:",
        "  - name: akademos",
        "    rules:",
    ]
    for rule in ALERT_RULES:
        lines += [f"      - alert: {rule.name}", f"        expr: {rule.expression}"]
        if rule.holds_for:
            lines.append(f"        for: {rule.holds_for // timedelta(minutes=1)}m")
        lines += [
            "        labels:",
            f"          severity: {rule.severity}",
            f"          priority: {rule.priority}",
            f"          team: {rule.team}",
            "        annotations:",
            f'          summary: "{rule.summary}"',
            f"          runbook: docs/operations/{rule.runbook}.md",
        ]
    return "\n".join(lines) + "\n"
