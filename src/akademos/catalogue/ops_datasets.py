"""Datasets of operations: the platform's own log and figures, alerts, incidents, maintenance. No learner in any."""

from __future__ import annotations

from akademos.catalogue.dataset_columns import may, may_name, must, must_name
from akademos.catalogue.declarations import Basis, Column, Dataset, years
from akademos.catalogue.log_fields import FIGURE_RETENTION, LOAD_RETENTION, LOG_RETENTION

_OWNER = "operations"
_TENANT = may("tenant_id", "string", "tenant that it is about; none for the installation")
_SUBJECT = must("subject", "string", "which one of its kind: a job, a dataset; empty where there is only one")


def _ops(
    name: str, description: str, grain: str, columns: tuple[Column, ...], time_column: str, **more: object
) -> Dataset:
    return Dataset(
        name=name,
        description=description,
        grain=grain,
        owner=_OWNER,
        columns=columns,
        zone="log",
        basis=Basis.LEGITIMATE_INTEREST,
        time_column=time_column,
        **more,  # type: ignore[arg-type]  # retention and upstream only
    )


OPS_DATASETS: tuple[Dataset, ...] = (
    _ops(
        "ops_log_loads",
        "What each process handed over to be kept of its log: how many lines, and that those arrived.",
        "one hand-over of one process",
        (
            must("load_id", "string", "UUID of the hand-over"),
            _TENANT,
            must("service", "string", "kind of process"),
            must("instance", "string", "random name of the process"),
            must("version", "string", "version of the platform"),
            must("region", "string", "where the process runs, as set"),
            must("started_at", "timestamp", "when the process started"),
            must("loaded_at", "timestamp", "when it was handed over"),
            must("offered", "int64", "lines said since the hand-over before", unit="lines"),
            must("kept", "int64", "lines in this one", unit="lines"),
            must("lost", "int64", "lines given up since the hand-over before", unit="lines"),
            must("meant", "string", "checksum of what was meant to be kept, in any order"),
            must("moved", "string", "the same of what the store then held"),
            must("seconds", "float64", "duration", unit="s"),
            must("waiting", "int64", "lines that still waited in the process afterwards", unit="lines"),
            may("oldest_at", "timestamp", "when its oldest line was said; none without lines"),
        ),
        "loaded_at",
        retention=LOAD_RETENTION,
    ),
    _ops(
        "ops_logs",
        "The platform's own log: of each line what an allow list lets pass. Append-only.",
        "one line",
        (
            must("log_id", "int64", "number of the line"),
            _TENANT,
            must("load_id", "string", "hand-over it came with"),
            must("service", "string", "kind of process"),
            must("instance", "string", "random name of the process"),
            must("level", "string", "debug, info, warning, error or critical"),
            must("event", "string", "what happened"),
            must("logged_at", "timestamp", "when it was said"),
            must("fields", "string", "kept fields, as JSON with sorted keys"),
            must("trimmed", "strings", "names of the fields that were left out"),
        ),
        "logged_at",
        retention=LOG_RETENTION,
        upstream=("ops_log_loads",),
    ),
    _ops(
        "ops_figures",
        "What the platform measured of itself, every few minutes.",
        "one figure of one subject at one instant",
        (
            must("figure_id", "int64", "number of the row"),
            _TENANT,
            must("figure", "string", "declared figure"),
            _SUBJECT,
            must("value", "float64", "in the unit of the figure"),
            must("measured_at", "timestamp", "when"),
        ),
        "measured_at",
        retention=FIGURE_RETENTION,
        upstream=(
            "job_runs",
            "landing",
            "held",
            "dead_letters",
            "erasures",
            "outbox",
            "outbox_letters",
            "outbox_notices",
            "ops_log_loads",
            "kpi_snapshots",
            "quality_issues",
            "warehouse_checks",
            "model_watch",
            "event_log",
        ),
    ),
    _ops(
        "ops_alerts",
        "Rules whose condition held, from the first look that saw it until the look that no longer did.",
        "one rule and subject over one stretch of time",
        (
            must("alert_id", "string", "UUID"),
            _TENANT,
            must("rule", "string", "declared alert rule"),
            _SUBJECT,
            must("began_at", "timestamp", "from when on the condition held, as far as the figure tells"),
            must("seen_at", "timestamp", "first look that saw it"),
            may("fired_at", "timestamp", "when it had held for as long as the rule asks"),
            may("cleared_at", "timestamp", "first look that no longer saw it"),
            must("value", "float64", "figure at the last look"),
            must("worst", "float64", "highest figure of all looks"),
            must("threshold", "float64", "what the rule allowed"),
            may("window_id", "string", "maintenance window that keeps it quiet"),
            may("incident_id", "string", "incident that it opened last"),
        ),
        "seen_at",
        retention=years(2),
        upstream=("ops_figures", "ops_maintenance"),
    ),
    _ops(
        "ops_incidents",
        "What an alert opened for people to look at, who took it on, and how it ended.",
        "one incident",
        (
            must("incident_id", "string", "UUID"),
            _TENANT,
            must("rule", "string", "alert rule that opened it"),
            _SUBJECT,
            must("severity", "string", "critical, warning or notice"),
            must("priority", "string", "declared priority"),
            must("team", "string", "who owns it"),
            must("runbook", "string", "page that says what to do"),
            must("began_at", "timestamp", "from when on the condition held"),
            must("opened_at", "timestamp", "when it was detected"),
            may("acknowledged_at", "timestamp", "when somebody took it on"),
            may_name("acknowledged_by", "string", "who, as in the audit log"),
            may("resolved_at", "timestamp", "when it ended"),
            may_name("resolved_by", "string", "who ended it, as in the audit log, or the job that saw it gone"),
            may("resolution", "string", "recovered, mended, false_alarm or accepted"),
        ),
        "opened_at",
        retention=years(2),
        upstream=("ops_alerts",),
    ),
    _ops(
        "ops_maintenance",
        "Windows in which alerts open no incidents.",
        "one window",
        (
            must("window_id", "string", "UUID"),
            _TENANT,
            must("kind", "string", "upgrade, restore, migration, import, test or other"),
            must("rules", "strings", "alert rules that it keeps quiet; empty: all"),
            must("starts_at", "timestamp", "start"),
            must("ends_at", "timestamp", "end"),
            must_name("declared_by", "string", "who declared it, as in the audit log"),
            must("declared_at", "timestamp", "when it was declared"),
            may("cancelled_at", "timestamp", "when it was called off"),
        ),
        "starts_at",
        retention=years(2),
    ),
    _ops(
        "query_usage",
        "How long the server was at the questions of each tenant, as metering charges it; sums of half a minute of one "
        "process, until an answer begins to leave.",
        "one kind of question of one tenant at one hand-over",
        (
            must("usage_id", "int64", "number of the row"),
            must("tenant_id", "string", "tenant that asked"),
            must("query", "string", "method and address as declared"),
            must("answers", "int64", "answers, refusals among them"),
            must("seconds", "float64", "how long they took together", unit="s"),
            must("noted_at", "timestamp", "when it was handed over"),
        ),
        "noted_at",
        retention=LOAD_RETENTION,
    ),
)
