"""Inputs of the schema `gov` that the registry says, and the history of datasets."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta

import polars as pl

from akademos.catalogue.catalogue_content import columns_fingerprint, fingerprint, policy_content
from akademos.catalogue.classification import (
    MEANING,
    SAYS,
    classification_of,
    sensitivity_of,
    tags_of,
)
from akademos.catalogue.column_lineage import parsed_edges
from akademos.catalogue.declarations import Dataset
from akademos.catalogue.job_flows import flow_of
from akademos.catalogue.lineage import lineage_of
from akademos.catalogue.standards import STANDARDS
from akademos.jobs.warehouse.computed import Computed, Inputs
from akademos.jobs.warehouse_models import warehouse_models
from akademos.ledger import scd2

Rows = list[Mapping[str, object]]

_ATTRIBUTES = (
    "owner",
    "zone",
    "description",
    "grain",
    "classification",
    "sensitivity",
    "basis",
    "retention_days",
    "column_count",
    "columns_fingerprint",
)


def _datasets(inputs: Inputs) -> tuple[Dataset, ...]:
    return (*inputs.registry.datasets, *warehouse_models())


def dataset_history(inputs: Inputs) -> pl.DataFrame:
    """Versions of every dataset (slowly changing dimension type 2), from what was recorded of the catalogue."""
    log = (
        inputs.frame("catalogue_versions")
        .filter(pl.col("kind") == "dataset")
        .with_columns(
            valid_at=pl.col("recorded_at"), position=pl.col("version_id"), ended=pl.lit(value=False)
        )
    )  # fmt: skip
    return scd2.history(log, ["name"], list(_ATTRIBUTES))


def tag_rows(inputs: Inputs) -> Rows:
    """Tags, with how many datasets carry each."""
    counted = Counter(tag for one in _datasets(inputs) for tag in tags_of(one))
    return [
        {"tag": tag, "kind": tag.partition(":")[0] if ":" in tag else "mark", "datasets": count}
        for tag, count in sorted(counted.items())
    ]


def policy_rows(inputs: Inputs) -> Rows:
    """Policies as the code enforces them."""
    return [
        {
            "policy": one.name,
            "description": one.description,
            "value": one.value,
            "enforced_by": one.enforced_by,
            "source": one.source,
            "fingerprint": fingerprint(policy_content(one)),
        }
        for one in inputs.registry.policies
    ]


def control_rows(inputs: Inputs) -> Rows:
    """What enforces each policy, and what is checked of each dataset: one control a place or check."""
    rows: Rows = [
        {"control_id": f"policy/{one.name}/{place.strip()}", "kind": "policy", "subject": one.name,
         "enforced_by": place.strip(), "statement": one.description}
        for one in inputs.registry.policies
        for place in one.enforced_by.split(",")
    ]  # fmt: skip
    seen: set[str] = set()
    for one in _datasets(inputs):
        for check in one.checks:
            control = f"check/{one.name}/{check.name}"
            if control not in seen:
                seen.add(control)
                where = "constraint or writing code" if check.kind.value == "enforced" else "checks"
                rows.append({"control_id": control, "kind": check.kind.value, "subject": one.name, "enforced_by": where,
                             "statement": check.statement})  # fmt: skip
    return rows


def lineage_rows(inputs: Inputs) -> Rows:
    """Edges between nodes, and between columns where they are known."""
    registry = inputs.registry
    graph = lineage_of(registry.newest(), _datasets(inputs), registry.metrics, parsed_edges())
    rows: Rows = [
        {"edge_id": f"{one}->{other}", "grain": "node", "from_node": one, "from_kind": graph.kinds[one].value,
         "from_column": None, "to_node": other, "to_kind": graph.kinds[other].value, "to_column": None, "how": None}
        for one, other in sorted(graph.edges)
    ]  # fmt: skip
    rows += [
        {
            "edge_id": f"{edge.how}:{edge.origin.node}.{edge.origin.column}->{edge.target.node}.{edge.target.column}",
            "grain": "column",
            "from_node": edge.origin.node,
            "from_kind": graph.kinds[edge.origin.node].value,
            "from_column": edge.origin.column,
            "to_node": edge.target.node,
            "to_kind": graph.kinds[edge.target.node].value,
            "to_column": edge.target.column,
            "how": edge.how.value,
        }
        for edge in graph.columns
        if edge.origin.node in graph.kinds and edge.target.node in graph.kinds
    ]
    return rows


def handling_rows(inputs: Inputs) -> Rows:
    """Classes and sensitivities with their meanings, and how many datasets have each."""
    datasets = _datasets(inputs)
    classes = Counter(classification_of(one) for one in datasets)
    says = Counter(sensitivity_of(one) for one in datasets)
    rows: Rows = [
        {"scale": "classification", "value": one.value, "position": place, "meaning": meaning, "datasets": classes[one]}
        for place, (one, meaning) in enumerate(MEANING.items(), start=1)
    ]
    return rows + [
        {"scale": "sensitivity", "value": one.value, "position": place, "meaning": meaning, "datasets": says[one]}
        for place, (one, meaning) in enumerate(SAYS.items(), start=1)
    ]


def sla_rows(inputs: Inputs) -> Rows:
    """What is promised of each dataset's freshness."""
    rows: Rows = []
    for one in _datasets(inputs):
        flow = flow_of(one.name)
        if one.service_level or (flow is not None and flow.promise is not None):
            within = None if flow is None or flow.promise is None else flow.promise / timedelta(hours=1)
            rows.append({"dataset": one.name, "promise": one.service_level or None, "within_hours": within,
                         "job": None if flow is None else flow.job, "owner": one.owner})  # fmt: skip
    return rows


def present_rows(inputs: Inputs) -> Rows:
    """Datasets as they are declared now: against what certifications were given for."""
    return [
        {"dataset": one.name, "columns_fingerprint": columns_fingerprint(one), "available": one.available}
        for one in _datasets(inputs)
    ]


def standard_rows(_: Inputs) -> Rows:
    """Standards that are followed."""
    return [
        {"standard_id": one.standard_id, "title": one.title, "issuer": one.issuer, "version": one.version,
         "used_for": one.used_for, "followed_in": one.followed_in}
        for one in STANDARDS
    ]  # fmt: skip


COMPUTED: tuple[Computed, ...] = (
    Computed(
        name="gov_datasets",
        description="History of the datasets.",
        function=dataset_history,
        columns=(
            ("version_key", "string"),
            ("name", "string"),
            ("owner", "string"),
            ("zone", "string"),
            ("description", "string"),
            ("grain", "string"),
            ("classification", "string"),
            ("sensitivity", "string"),
            ("basis", "string"),
            ("retention_days", "int32"),
            ("column_count", "int32"),
            ("columns_fingerprint", "string"),
            ("valid_from", "timestamp"),
            ("valid_to", "timestamp"),
            ("is_current", "bool"),
            ("recorded_at", "timestamp"),
        ),
        upstream=("catalogue_versions",),
    ),
    Computed(
        name="gov_tags",
        description="Tags of datasets.",
        function=tag_rows,
        columns=(("tag", "string"), ("kind", "string"), ("datasets", "int32")),
    ),
    Computed(
        name="gov_policies",
        description="Policies that the code enforces.",
        function=policy_rows,
        columns=(
            ("policy", "string"),
            ("description", "string"),
            ("value", "string"),
            ("enforced_by", "string"),
            ("source", "string"),
            ("fingerprint", "string"),
        ),
    ),
    Computed(
        name="gov_controls",
        description="What enforces policies and checks datasets.",
        function=control_rows,
        columns=(
            ("control_id", "string"),
            ("kind", "string"),
            ("subject", "string"),
            ("enforced_by", "string"),
            ("statement", "string"),
        ),
    ),
    Computed(
        name="gov_lineage",
        description="Edges of the lineage.",
        function=lineage_rows,
        columns=(
            ("edge_id", "string"),
            ("grain", "string"),
            ("from_node", "string"),
            ("from_kind", "string"),
            ("from_column", "string"),
            ("to_node", "string"),
            ("to_kind", "string"),
            ("to_column", "string"),
            ("how", "string"),
        ),
    ),
    Computed(
        name="gov_handling",
        description="Classes and sensitivities.",
        function=handling_rows,
        columns=(
            ("scale", "string"),
            ("value", "string"),
            ("position", "int32"),
            ("meaning", "string"),
            ("datasets", "int32"),
        ),
    ),
    Computed(
        name="gov_sla",
        description="Promises of freshness.",
        function=sla_rows,
        columns=(
            ("dataset", "string"),
            ("promise", "string"),
            ("within_hours", "float64"),
            ("job", "string"),
            ("owner", "string"),
        ),
    ),
    Computed(
        name="gov_present",
        description="Datasets as they are declared now.",
        function=present_rows,
        columns=(("dataset", "string"), ("columns_fingerprint", "string"), ("available", "bool")),
    ),
    Computed(
        name="gov_standards",
        description="Standards that are followed.",
        function=standard_rows,
        columns=(
            ("standard_id", "string"),
            ("title", "string"),
            ("issuer", "string"),
            ("version", "string"),
            ("used_for", "string"),
            ("followed_in", "string"),
        ),
    ),
)
