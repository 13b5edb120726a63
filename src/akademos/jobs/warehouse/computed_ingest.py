"""Inputs of the schema `ingest` that the registry says, and the history of business units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from akademos.catalogue.warehouse.parsing_errors import PARSING_ERRORS
from akademos.catalogue.warehouse.statuses import statuses
from akademos.jobs.warehouse.computed import Computed, Inputs
from akademos.ledger import scd2

INSTITUTION = "institution"


def status_rows(_: Inputs) -> list[Mapping[str, object]]:
    """The conformed statuses."""
    return [
        {
            "status_key": f"{one.kind}/{one.status}",
            "kind": one.kind,
            "status": one.status,
            "description": one.description,
            "is_final": one.final,
            "is_problem": one.problem,
        }
        for one in statuses()
    ]


def parsing_error_rows(_: Inputs) -> list[Mapping[str, object]]:
    """Codes of intake with their rules and hints."""
    return [one._asdict() for one in PARSING_ERRORS]


def event_schema_rows(inputs: Inputs) -> list[Mapping[str, object]]:
    """Every version of every event type that is in force."""
    return [
        {
            "wire_name": event.wire_name,
            "event_name": event.name,
            "version": event.version,
            "family": event.family,
            "owner": event.owner,
            "zone": event.zone.value,
            "basis": event.basis.value,
            "purposes": ",".join(one.value for one in event.purposes),
            "essential": event.essential,
            "retention_days": event.retention // timedelta(days=1),
            "review_by": event.review_by,
            "properties": len(event.properties),
            "latest": inputs.registry.by_wire_name[event.wire_name].latest,
            "description": event.description,
        }
        for event in inputs.registry.events
    ]


def event_property_rows(inputs: Inputs) -> list[Mapping[str, object]]:
    """Every property of every version of every event type."""
    return [
        {
            "wire_name": event.wire_name,
            "position": position,
            "property": rule.name,
            "type": rule.kind.value,
            "required": rule.required,
            "unit": rule.unit,
            "allowed_values": ",".join(rule.values) or None,
            "minimum": rule.minimum,
            "maximum": rule.maximum,
            "free_text": rule.free_text is not None,
            "core_column": rule.column,
            "description": rule.description,
        }
        for event in inputs.registry.events
        for position, rule in enumerate(event.properties, start=1)
    ]


def owner_rows(inputs: Inputs) -> list[Mapping[str, object]]:
    """Who owns datasets and events, as the registry names them."""
    owners: dict[str, list[int]] = {}
    for one in inputs.registry.datasets:
        owners.setdefault(one.owner, [0, 0])[0] += 1
    for event in inputs.registry.events:
        owners.setdefault(event.owner, [0, 0])[1] += 1
    return [
        {"owner": name, "datasets": datasets, "event_types": events}
        for name, (datasets, events) in sorted(owners.items())
    ]


def business_units(inputs: Inputs) -> pl.DataFrame:
    """Versions of the institution, its organisations and their units (slowly changing dimension type 2)."""
    tenant = inputs.frame("tenants").row(0, named=True)
    changes = inputs.frame("business_unit_changes")
    root = pl.DataFrame(
        {
            "unit_key": [INSTITUTION],
            "parent_key": [None],
            "name": [tenant["name"]],
            "kind": [INSTITUTION],
            "status": ["active"],
            "changed_at": [tenant["created_at"]],
            "position": [0],
        },
        schema=changes.schema,
    )
    log = (
        pl.concat([root, changes])
        .with_columns(
            pl.when(pl.col("unit_key") == INSTITUTION)
            .then(None)
            .otherwise(pl.col("parent_key").fill_null(INSTITUTION))
            .alias("parent_key")
        )
        .rename({"changed_at": "recorded_at"})
        .with_columns(pl.col("recorded_at").alias("valid_at"), pl.lit(value=False).alias("ended"))
    )
    return scd2.history(log, ["unit_key"], ["parent_key", "name", "kind", "status"])


COMPUTED: tuple[Computed, ...] = (
    Computed(
        name="statuses",
        description="The conformed statuses of all schemas.",
        function=status_rows,
        columns=(
            ("status_key", "string"),
            ("kind", "string"),
            ("status", "string"),
            ("description", "string"),
            ("is_final", "bool"),
            ("is_problem", "bool"),
        ),
    ),
    Computed(
        name="parsing_errors",
        description="Codes of refusals with their rules and hints.",
        function=parsing_error_rows,
        columns=(("code", "string"), ("verdict", "string"), ("rule", "string"), ("hint", "string")),
    ),
    Computed(
        name="event_schemas",
        description="Event types by version, from the dictionary that is in force.",
        function=event_schema_rows,
        columns=(
            ("wire_name", "string"),
            ("event_name", "string"),
            ("version", "int32"),
            ("family", "string"),
            ("owner", "string"),
            ("zone", "string"),
            ("basis", "string"),
            ("purposes", "string"),
            ("essential", "bool"),
            ("retention_days", "int32"),
            ("review_by", "date"),
            ("properties", "int32"),
            ("latest", "bool"),
            ("description", "string"),
        ),
    ),
    Computed(
        name="event_properties",
        description="Properties of event types.",
        function=event_property_rows,
        columns=(
            ("wire_name", "string"),
            ("position", "int32"),
            ("property", "string"),
            ("type", "string"),
            ("required", "bool"),
            ("unit", "string"),
            ("allowed_values", "string"),
            ("minimum", "float64"),
            ("maximum", "float64"),
            ("free_text", "bool"),
            ("core_column", "string"),
            ("description", "string"),
        ),
    ),
    Computed(
        name="owners",
        description="Owners of datasets and event types.",
        function=owner_rows,
        columns=(("owner", "string"), ("datasets", "int32"), ("event_types", "int32")),
    ),
    Computed(
        name="business_units",
        description="History of the institution, its organisations and their units.",
        function=business_units,
        columns=(
            ("version_key", "string"),
            ("unit_key", "string"),
            ("parent_key", "string"),
            ("name", "string"),
            ("kind", "string"),
            ("status", "string"),
            ("valid_from", "timestamp"),
            ("valid_to", "timestamp"),
            ("is_current", "bool"),
            ("recorded_at", "timestamp"),
        ),
        upstream=("tenants", "record_changes"),
    ),
)
