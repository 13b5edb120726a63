"""Inputs of the schema `ops` that the catalogue says, and the history of the platform's services."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

import polars as pl

from akademos.catalogue.alert_rules import ALERT_RULES, FIGURES
from akademos.catalogue.error_codes import error_codes
from akademos.catalogue.log_fields import LEVELS, SERVICES
from akademos.catalogue.runbooks import PRIORITIES, RUNBOOKS, TEAMS
from akademos.jobs.warehouse.computed import Computed, Inputs
from akademos.ledger import scd2

Row = Mapping[str, object]


def service_versions(inputs: Inputs) -> pl.DataFrame:
    """Services by version and region over time (SCD2), from what each process handed over."""
    loads = inputs.frame("ops_log_loads").select(
        "service", "version", "region", "load_id",
        pl.col("started_at").alias("valid_at"), pl.col("loaded_at").alias("recorded_at"),
    )  # fmt: skip
    starts = loads.group_by("service", "version", "region", "valid_at").agg(
        pl.col("recorded_at").min(), pl.col("load_id").min()
    )
    log = starts.sort("recorded_at", "load_id").with_row_index("position").with_columns(ended=pl.lit(value=False))
    versions = scd2.history(log, ["service"], ["version", "region"])
    declared = pl.DataFrame(
        [{"service": one.name, "description": one.description, "team": one.team} for one in SERVICES]
    )
    return versions.join(declared, on="service", how="left").with_columns(
        pl.col("description").fill_null("a process that is not declared"), pl.col("team").fill_null("platform")
    )


def level_rows(_: Inputs) -> list[Row]:
    """Levels of the log."""
    return [asdict(one) for one in LEVELS]


def error_code_rows(_: Inputs) -> list[Row]:
    """Codes with their meaning and runbook."""
    return [asdict(one) for one in error_codes()]


def team_rows(_: Inputs) -> list[Row]:
    """Who owns incidents."""
    return [asdict(one) for one in TEAMS]


def priority_rows(_: Inputs) -> list[Row]:
    """Priorities and their targets in seconds."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "rank": one.rank,
            "acknowledge_within_s": one.acknowledge_within.total_seconds(),
            "resolve_within_s": one.resolve_within.total_seconds(),
        }
        for one in PRIORITIES
    ]


def runbook_rows(_: Inputs) -> list[Row]:
    """Runbooks with the rules and codes that lead to them."""
    return [
        {
            "name": one.name,
            "title": one.title,
            "page": one.page,
            "codes": ",".join(sorted(one.codes)),
            "rules": ",".join(sorted(rule.name for rule in ALERT_RULES if rule.runbook == one.name)),
        }
        for one in RUNBOOKS
    ]


def rule_rows(_: Inputs) -> list[Row]:
    """Alert rules with their figures."""
    units = {one.name: one.unit for one in FIGURES}
    return [
        {
            "rule": one.name,
            "figure": one.figure,
            "unit": units[one.figure],
            "above": float(one.above),
            "holds_for_s": one.holds_for.total_seconds(),
            "priority": one.priority,
            "severity": one.severity,
            "team": one.team,
            "runbook": one.runbook,
            "summary": one.summary,
        }
        for one in ALERT_RULES
    ]


def retention_rows(inputs: Inputs) -> list[Row]:
    """How long each dataset is kept."""
    return [
        {
            "dataset": one.name,
            "zone": one.zone,
            "owner": one.owner,
            "basis": one.basis.value,
            "counted_from": one.time_column,
            "retention_days": None if one.retention is None else one.retention // timedelta(days=1),
            "limited": one.retention is not None,
        }
        for one in inputs.registry.datasets
        if one.available
    ]


def _strings(*names: str) -> tuple[tuple[str, str], ...]:
    return tuple((name, "string") for name in names)


COMPUTED: tuple[Computed, ...] = (
    Computed(
        "ops_service_versions",
        (
            *_strings("version_key", "service", "version", "region", "description", "team"),
            ("valid_from", "timestamp"),
            ("valid_to", "timestamp"),
            ("is_current", "bool"),
            ("recorded_at", "timestamp"),
        ),
        service_versions,
        "Services by version and region over time.",
        ("ops_log_loads",),
    ),
    Computed("ops_levels", (("name", "string"), ("rank", "int32"), ("description", "string")), level_rows, "Levels."),
    Computed(
        "ops_error_codes",
        (*_strings("code", "meaning"), ("status", "int32"), ("transient", "bool"), ("runbook", "string")),
        error_code_rows,
        "Codes of refusals.",
    ),
    Computed("ops_teams", _strings("name", "title", "description"), team_rows, "Teams that own incidents."),
    Computed(
        "ops_priorities",
        (
            *_strings("name", "title"),
            ("rank", "int32"),
            ("acknowledge_within_s", "float64"),
            ("resolve_within_s", "float64"),
        ),
        priority_rows,
        "Priorities and their targets.",
    ),
    Computed("ops_runbooks", _strings("name", "title", "page", "codes", "rules"), runbook_rows, "Runbooks."),
    Computed(
        "ops_rules",
        (
            *_strings("rule", "figure", "unit"),
            ("above", "float64"),
            ("holds_for_s", "float64"),
            *_strings("priority", "severity", "team", "runbook", "summary"),
        ),
        rule_rows,
        "Alert rules.",
    ),
    Computed(
        "ops_retention",
        (
            *_strings("dataset", "zone", "owner", "basis", "counted_from"),
            ("retention_days", "int32"),
            ("limited", "bool"),
        ),
        retention_rows,
        "Retention of every dataset, as declared.",
    ),
)
