"""Runs of jobs as events of OpenLineage 2-0-2, with schema, columns' lineage, ownership and results of checks.

Plain values in, plain values out; whoever sends or keeps them turns them into JSON. Identifiers follow from what they
name, so that an event that is made again is the same event.

Source: https://openlineage.io/spec/2-0-2/OpenLineage.json and the facets named in `_FACETS`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from akademos.catalogue.declarations import Dataset
from akademos.catalogue.job_flows import JobFlow, inputs_of, outputs_of
from akademos.catalogue.lineage import Lineage

Event = dict[str, Any]

PRODUCER = "https://pypi.org/project/akademos"
SCHEMA_URL = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_SPEC = "https://openlineage.io/spec/facets/{}/{}.json#/$defs/{}"
_FACETS = {
    "schema": ("1-2-0", "SchemaDatasetFacet"),
    "columnLineage": ("1-2-0", "ColumnLineageDatasetFacet"),
    "documentation": ("1-1-0", "DocumentationDatasetFacet"),
    "ownership": ("1-0-1", "OwnershipDatasetFacet"),
    "dataQualityAssertions": ("1-1-0", "DataQualityAssertionsDatasetFacet"),
    "outputStatistics": ("1-0-2", "OutputStatisticsOutputDatasetFacet"),
    "errorMessage": ("1-0-1", "ErrorMessageRunFacet"),
    "jobType": ("2-0-4", "JobTypeJobFacet"),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job as it is recorded: `failure` is its code and reason, of an error of ours only."""

    job: str
    tenant_id: str | None
    started_at: datetime
    finished_at: datetime | None
    outcome: str
    rows_out: int | None
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class Assertion:
    """The newest result of one check of a dataset, and when it was judged."""

    dataset: str
    name: str
    passed: bool
    columns: tuple[str, ...]
    severity: str
    at: datetime


def namespace_of(tenant_id: str | None) -> str:
    """The namespace of a tenant's datasets and jobs."""
    return f"akademos://{tenant_id or 'installation'}"


def run_id(run: Run) -> str:
    """The run's UUID, from its job, tenant and start."""
    return str(uuid5(NAMESPACE_URL, f"{namespace_of(run.tenant_id)}/{run.job}/{run.started_at.isoformat()}"))


def facet(name: str, **content: Any) -> dict[str, Any]:
    """One facet with where it comes from."""
    version, form = _FACETS[name]
    return {"_producer": PRODUCER, "_schemaURL": _SPEC.format(version, form, form), **content}


def events_of(
    run: Run,
    flow: JobFlow,
    datasets: Mapping[str, Dataset],
    lineage: Lineage,
    assertions: Sequence[Assertion] = (),
    *,
    tenant_id: str | None = None,
) -> tuple[Event, ...]:
    """START, and COMPLETE or FAIL once it has ended.

    Args:
        run, flow: a run and its job.
        datasets, lineage: what it is described with.
        assertions: what the run judged; the datasets are among its inputs.
        tenant_id: whose datasets they are, of a run of the installation; else its own.
    """
    start = _event(run, flow, "START", run.started_at)
    if run.finished_at is None:
        return (start,)
    kind = "COMPLETE" if run.outcome == "succeeded" else "FAIL"
    end = _event(run, flow, kind, run.finished_at)
    if run.failure is not None and kind == "FAIL":
        end["run"]["facets"]["errorMessage"] = facet("errorMessage", message=run.failure, programmingLanguage="python")
    space = namespace_of(run.tenant_id or tenant_id)
    read = {*inputs_of(flow, datasets), *(one.dataset for one in assertions)}
    end["inputs"] = [
        {
            "namespace": space,
            "name": name,
            "facets": _described(datasets[name]),
            "inputFacets": _asserted(name, assertions),
        }
        for name in sorted(read)
        if name in datasets
    ]
    outputs = [name for name in outputs_of(flow) if name in datasets]
    for name in outputs:
        facets = _described(datasets[name])
        columns = column_lineage(name, datasets, lineage, space)
        if columns is not None:
            facets["columnLineage"] = columns
        counted = {}
        if run.rows_out is not None and len(outputs) == 1:
            counted["outputStatistics"] = facet("outputStatistics", rowCount=run.rows_out)
        end["outputs"].append({"namespace": space, "name": name, "facets": facets, "outputFacets": counted})
    return start, end


def _event(run: Run, flow: JobFlow, kind: str, at: datetime) -> Event:
    job_type = facet("jobType", processingType="BATCH", integration="AKADEMOS", jobType="JOB")
    return {
        "eventType": kind,
        "eventTime": at.isoformat(),
        "producer": PRODUCER,
        "schemaURL": SCHEMA_URL,
        "run": {"runId": run_id(run), "facets": {}},
        "job": {"namespace": namespace_of(run.tenant_id), "name": flow.job, "facets": {"jobType": job_type}},
        "inputs": [],
        "outputs": [],
    }


def _described(dataset: Dataset) -> dict[str, Any]:
    fields = [
        {"name": one.name, "type": one.type, "description": one.description, "ordinal_position": place}
        for place, one in enumerate(dataset.columns, start=1)
    ]
    return {
        "schema": facet("schema", fields=fields),
        "documentation": facet("documentation", description=dataset.description),
        "ownership": facet("ownership", owners=[{"name": f"team:{dataset.owner}", "type": "OWNER"}]),
    }


def _asserted(name: str, assertions: Iterable[Assertion]) -> dict[str, Any]:
    mine = [one for one in assertions if one.dataset == name]
    if not mine:
        return {}
    listed = [
        {
            "assertion": one.name,
            "success": one.passed,
            "severity": "error" if one.severity != "minor" else "warn",
            **({"column": one.columns[0]} if len(one.columns) == 1 else {}),
        }
        for one in mine
    ]
    return {"dataQualityAssertions": facet("dataQualityAssertions", assertions=listed)}


def column_lineage(name: str, datasets: Mapping[str, Dataset], lineage: Lineage, space: str) -> dict[str, Any] | None:
    """The facet of one dataset; None where no origin of a column is known."""
    fields = {}
    for column in datasets[name].columns:
        origins = {lineage.stored(edge.origin) for edge in lineage.origins(name, column.name)} - {None}
        if origins:
            fields[column.name] = {
                "inputFields": [
                    {"namespace": space, "name": place.node, "field": place.column, "transformations": []}
                    for place in sorted(one for one in origins if one is not None)
                ]
            }
    return facet("columnLineage", fields=fields) if fields else None
