"""Inputs of the schema `ops`: the platform's own log, figures, alerts, incidents and maintenance.

Rows of the installation (no tenant) belong to the warehouse of every tenant: they say how the platform was that all of
them use, and nothing about any of them. Who acted stays in the database; here is only in what capacity.
"""

from __future__ import annotations

from akademos.catalogue.log_fields import LOG_RETENTION
from akademos.catalogue.warehouse_extracts import Extract

_OURS = "(tenant_id = %(tenant)s OR tenant_id IS NULL)"
_SCOPE = "CASE WHEN tenant_id IS NULL THEN 'installation' ELSE 'tenant' END AS scope"

EXTRACTS: tuple[Extract, ...] = (
    Extract(
        name="ops_log_lines",
        description="The kept log, line by line.",
        query=f"""
            SELECT log_id, load_id::text AS load_id, service, instance, level, event, logged_at, {_SCOPE}, fields,
                fields::jsonb ->> 'code' AS error_code, fields::jsonb ->> 'exception' AS exception,
                fields::jsonb ->> 'job' AS job, array_to_string(trimmed, ',') AS trimmed,
                cardinality(trimmed) AS trimmed_fields
            FROM ops_logs WHERE {_OURS}
        """,
        columns=(
            ("log_id", "int64"),
            ("load_id", "string"),
            ("service", "string"),
            ("instance", "string"),
            ("level", "string"),
            ("event", "string"),
            ("logged_at", "timestamp"),
            ("scope", "string"),
            ("fields", "string"),
            ("error_code", "string"),
            ("exception", "string"),
            ("job", "string"),
            ("trimmed", "string"),
            ("trimmed_fields", "int32"),
        ),
        upstream=("ops_logs",),
    ),
    Extract(
        name="ops_log_loads",
        description="Hand-overs of log lines by each process, and where their lines are. A hand-over has lines of "
        "every tenant: of those it says how many.",
        query=f"""
            SELECT load_id::text AS load_id, service, instance, version, region, started_at, loaded_at, offered, kept,
                lost, waiting, held, expired, abs(kept - held - expired)
                    + abs(waited_before + offered - kept - lost - waiting) AS unnamed, meant, moved, seconds
            FROM (
                SELECT l.*, coalesce(h.held, 0) AS held,
                    coalesce(lag(waiting) OVER (PARTITION BY instance ORDER BY loaded_at, load_id), 0) AS waited_before,
                    CASE WHEN coalesce(oldest_at, loaded_at) < now() - interval '{LOG_RETENTION.days} days'
                        THEN greatest(kept - coalesce(h.held, 0), 0) ELSE 0 END AS expired
                FROM ops_log_loads l
                LEFT JOIN (SELECT load_id, count(*) AS held FROM ops_logs GROUP BY load_id) AS h USING (load_id)
                WHERE {_OURS}
            ) AS counted
        """,
        columns=(
            ("load_id", "string"),
            ("service", "string"),
            ("instance", "string"),
            ("version", "string"),
            ("region", "string"),
            ("started_at", "timestamp"),
            ("loaded_at", "timestamp"),
            ("offered", "int64"),
            ("kept", "int64"),
            ("lost", "int64"),
            ("waiting", "int64"),
            ("held", "int64"),
            ("expired", "int64"),
            ("unnamed", "int64"),
            ("meant", "string"),
            ("moved", "string"),
            ("seconds", "float64"),
        ),
        upstream=("ops_log_loads", "ops_logs"),
    ),
    Extract(
        name="ops_measured",
        description="Figures as the platform measured them of itself.",
        query=f"SELECT figure_id, figure, subject, {_SCOPE}, value, measured_at FROM ops_figures WHERE {_OURS}",
        columns=(
            ("figure_id", "int64"),
            ("figure", "string"),
            ("subject", "string"),
            ("scope", "string"),
            ("value", "float64"),
            ("measured_at", "timestamp"),
        ),
        upstream=("ops_figures",),
    ),
    Extract(
        name="ops_alerts",
        description="Alerts, standing and cleared.",
        query=f"""
            SELECT alert_id::text AS alert_id, rule, subject, {_SCOPE}, began_at, seen_at, fired_at, cleared_at, value,
                worst, threshold, window_id::text AS window_id, incident_id::text AS incident_id
            FROM ops_alerts WHERE {_OURS}
        """,
        columns=(
            ("alert_id", "string"),
            ("rule", "string"),
            ("subject", "string"),
            ("scope", "string"),
            ("began_at", "timestamp"),
            ("seen_at", "timestamp"),
            ("fired_at", "timestamp"),
            ("cleared_at", "timestamp"),
            ("value", "float64"),
            ("worst", "float64"),
            ("threshold", "float64"),
            ("window_id", "string"),
            ("incident_id", "string"),
        ),
        upstream=("ops_alerts",),
    ),
    Extract(
        name="ops_incidents",
        description="Incidents; of who acted only the capacity: person, command line or job.",
        query=f"""
            SELECT incident_id::text AS incident_id, rule, subject, {_SCOPE}, severity, priority, team, runbook,
                began_at, opened_at, acknowledged_at, split_part(acknowledged_by, ':', 1) AS acknowledged_as,
                resolved_at, split_part(resolved_by, ':', 1) AS resolved_as, resolution
            FROM ops_incidents WHERE {_OURS}
        """,
        columns=(
            ("incident_id", "string"),
            ("rule", "string"),
            ("subject", "string"),
            ("scope", "string"),
            ("severity", "string"),
            ("priority", "string"),
            ("team", "string"),
            ("runbook", "string"),
            ("began_at", "timestamp"),
            ("opened_at", "timestamp"),
            ("acknowledged_at", "timestamp"),
            ("acknowledged_as", "string"),
            ("resolved_at", "timestamp"),
            ("resolved_as", "string"),
            ("resolution", "string"),
        ),
        upstream=("ops_incidents",),
    ),
    Extract(
        name="ops_maintenance",
        description="Maintenance windows.",
        query=f"""
            SELECT window_id::text AS window_id, {_SCOPE}, kind, array_to_string(rules, ',') AS rules, starts_at,
                ends_at, split_part(declared_by, ':', 1) AS declared_as, declared_at, cancelled_at
            FROM ops_maintenance WHERE {_OURS}
        """,
        columns=(
            ("window_id", "string"),
            ("scope", "string"),
            ("kind", "string"),
            ("rules", "string"),
            ("starts_at", "timestamp"),
            ("ends_at", "timestamp"),
            ("declared_as", "string"),
            ("declared_at", "timestamp"),
            ("cancelled_at", "timestamp"),
        ),
        upstream=("ops_maintenance",),
    ),
)
