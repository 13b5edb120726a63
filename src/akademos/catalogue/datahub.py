"""The catalogue as metadata change proposals of DataHub: datasets with columns, owners, tags, terms, lineage and
checks; glossary; data products; jobs with what they read and write.

The form is the one that DataHub's `file` source reads: one object a proposal, the aspect as `{"json": ...}`. Every
proposal is an UPSERT whose URN follows from the name, so loading a file again changes nothing.

Source: https://docs.datahub.com/docs/generated/metamodel/entities/dataset and its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from akademos.catalogue.classification import classification_of, sensitivity_of, tags_of, terms_of
from akademos.catalogue.declarations import Column, Dataset, Term
from akademos.catalogue.job_flows import JOB_FLOWS, JobFlow, inputs_of, outputs_of
from akademos.catalogue.lineage import REGISTER, Lineage, NodeKind
from akademos.catalogue.products import DataProduct

Proposal = dict[str, Any]

PLATFORM = "urn:li:dataPlatform:akademos"
ENVIRONMENT = "PROD"
_ACTOR = "urn:li:corpuser:akademos"
_TYPES: Mapping[str, str] = {
    "string": "StringType",
    "strings": "ArrayType",
    "int32": "NumberType",
    "int64": "NumberType",
    "float64": "NumberType",
    "bool": "BooleanType",
    "timestamp": "TimeType",
    "date": "DateType",
    "json": "RecordType",
    "bytes": "BytesType",
}


def dataset_urn(tenant_id: str, name: str) -> str:
    """The URN of a tenant's dataset."""
    return f"urn:li:dataset:({PLATFORM},{tenant_id}.{name},{ENVIRONMENT})"


def proposals(
    tenant_id: str,
    datasets: Sequence[Dataset],
    lineage: Lineage,
    terms: Sequence[Term],
    products: Sequence[DataProduct],
    *,
    at_ms: int,
) -> Iterator[Proposal]:
    """Everything, entity by entity; `at_ms` is the instant of the export in milliseconds since 1970."""
    stamp = {"time": at_ms, "actor": _ACTOR}
    there = {one.name: one for one in datasets if one.available}
    yield _proposal("dataPlatform", PLATFORM, "dataPlatformInfo", {
        "name": "akademos", "displayName": "Akademos", "type": "OTHERS", "datasetNameDelimiter": ".",
    })  # fmt: skip
    for owner in sorted({one.owner for one in there.values()} | {one.owner for one in products}):
        group: dict[str, Any] = {"displayName": owner, "admins": [], "members": [], "groups": []}
        yield _proposal("corpGroup", _group(owner), "corpGroupInfo", group)
    for tag in sorted({tag for one in there.values() for tag in tags_of(one)} | _handling_of(there.values())):
        yield _proposal("tag", _tag(tag), "tagProperties", {"name": tag})
    for term in terms:
        info = {"name": term.name, "definition": term.meaning, "termSource": "INTERNAL", "customProperties": {}}
        yield _proposal("glossaryTerm", _term(term), "glossaryTermInfo", info)
    for one in there.values():
        yield from _dataset(tenant_id, one, there, lineage, terms, stamp)
    for product in products:
        yield from _product(tenant_id, product, there, stamp)
    yield from _jobs(tenant_id, there)


def _proposal(kind: str, urn: str, aspect: str, content: Mapping[str, Any]) -> Proposal:
    return {
        "entityType": kind,
        "entityUrn": urn,
        "changeType": "UPSERT",
        "aspectName": aspect,
        "aspect": {"json": dict(content)},
    }


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")


def _group(owner: str) -> str:
    return f"urn:li:corpGroup:{_slug(owner)}"


def _tag(tag: str) -> str:
    return f"urn:li:tag:{tag.replace(':', '.')}"


def _term(term: Term) -> str:
    return f"urn:li:glossaryTerm:akademos.{_slug(term.name)}"


def _handling(one: Dataset) -> set[str]:
    return {f"classification:{classification_of(one).value}", f"sensitivity:{sensitivity_of(one).value}"}


def _handling_of(datasets: Iterable[Dataset]) -> set[str]:
    return {tag for one in datasets for tag in _handling(one)}


def _owners(owner: str, stamp: Mapping[str, Any]) -> dict[str, Any]:
    return {"owners": [{"owner": _group(owner), "type": "DATAOWNER"}], "ownerTypes": {}, "lastModified": stamp}


def _dataset(
    tenant_id: str,
    one: Dataset,
    there: Mapping[str, Dataset],
    lineage: Lineage,
    terms: Sequence[Term],
    stamp: Mapping[str, Any],
) -> Iterator[Proposal]:
    urn = dataset_urn(tenant_id, one.name)
    facts = {
        "grain": one.grain,
        "zone": one.zone,
        "basis": one.basis.value,
        "retention_days": "" if one.retention is None else str(one.retention.days),
        "service_level": one.service_level,
        "checks": "; ".join(check.statement for check in one.checks),
    }
    yield _proposal("dataset", urn, "status", {"removed": False})
    yield _proposal("dataset", urn, "datasetProperties", {
        "name": one.name, "description": one.description, "tags": [],
        "customProperties": {name: value for name, value in facts.items() if value},
    })  # fmt: skip
    yield _proposal("dataset", urn, "schemaMetadata", {
        "schemaName": one.name, "platform": PLATFORM, "version": 0, "hash": "", "created": stamp, "lastModified": stamp,
        "platformSchema": {"com.linkedin.schema.OtherSchema": {"rawSchema": ""}},
        "fields": [_field(column) for column in one.columns],
    })  # fmt: skip
    yield _proposal("dataset", urn, "ownership", _owners(one.owner, stamp))
    tags = sorted({*tags_of(one), *_handling(one)})
    yield _proposal("dataset", urn, "globalTags", {"tags": [{"tag": _tag(tag)} for tag in tags]})
    used = terms_of(one, terms)
    if used:
        said = {"terms": [{"urn": _term(term)} for term in used], "auditStamp": stamp}
        yield _proposal("dataset", urn, "glossaryTerms", said)
    before = lineage.upstream(one.name, 1)
    models = {REGISTER} if any(lineage.kinds.get(name) is NodeKind.MODEL for name in before) else set[str]()
    origins = sorted(name for name in {*before, *models} if name in there and name != one.name)
    if origins:
        yield _proposal("dataset", urn, "upstreamLineage", {
            "upstreams": [
                {"auditStamp": stamp, "dataset": dataset_urn(tenant_id, name), "type": "TRANSFORMED"}
                for name in origins
            ],
            "fineGrainedLineages": list(_columns(tenant_id, one, there, lineage)),
        })  # fmt: skip


def _field(column: Column) -> dict[str, Any]:
    kind = _TYPES.get(column.type, "NumberType" if column.type.startswith("decimal") else "StringType")
    shown = {kind: {"nestedType": ["string"]} if kind == "ArrayType" else {}}
    return {
        "fieldPath": column.name,
        "nullable": column.nullable,
        "description": column.description + (f" ({column.unit})" if column.unit else ""),
        "type": {"type": {f"com.linkedin.schema.{name}": content for name, content in shown.items()}},
        "nativeDataType": column.type,
        "recursive": False,
    }


def _columns(tenant_id: str, one: Dataset, there: Mapping[str, Dataset], lineage: Lineage) -> Iterator[dict[str, Any]]:
    for column in one.columns:
        stored = {lineage.stored(edge.origin) for edge in lineage.origins(one.name, column.name)}
        origins = sorted(place for place in stored if place is not None and place.node in there)
        if origins:
            yield {
                "upstreamType": "FIELD_SET",
                "upstreams": [_column_urn(tenant_id, origin.node, origin.column) for origin in origins],
                "downstreamType": "FIELD",
                "downstreams": [_column_urn(tenant_id, one.name, column.name)],
                "confidenceScore": 1.0,
            }


def _column_urn(tenant_id: str, dataset: str, column: str) -> str:
    return f"urn:li:schemaField:({dataset_urn(tenant_id, dataset)},{column})"


def _product(
    tenant_id: str, product: DataProduct, there: Mapping[str, Dataset], stamp: Mapping[str, Any]
) -> Iterator[Proposal]:
    urn = f"urn:li:dataProduct:{tenant_id}.{product.name}"
    yield _proposal("dataProduct", urn, "dataProductProperties", {
        "name": product.title, "description": product.description,
        "assets": [{"destinationUrn": dataset_urn(tenant_id, name)} for name in product.datasets if name in there],
        "customProperties": {"version": str(product.version), "domain": product.domain, "door": product.door},
    })  # fmt: skip
    yield _proposal("dataProduct", urn, "ownership", _owners(product.owner, stamp))


def _jobs(tenant_id: str, there: Mapping[str, Dataset]) -> Iterator[Proposal]:
    flow_urn = f"urn:li:dataFlow:(akademos,{tenant_id},{ENVIRONMENT})"
    yield _proposal("dataFlow", flow_urn, "dataFlowInfo", {
        "name": tenant_id, "description": "What runs by itself.", "customProperties": {},
    })  # fmt: skip
    for job in JOB_FLOWS:
        urn = f"urn:li:dataJob:({flow_urn},{job.job})"
        yield _proposal("dataJob", urn, "dataJobInfo", {
            "name": job.job, "type": {"string": "COMMAND"}, "description": job.description, "customProperties": {},
        })  # fmt: skip
        yield _proposal("dataJob", urn, "dataJobInputOutput", _reads_and_writes(tenant_id, job, there))


def _reads_and_writes(tenant_id: str, job: JobFlow, there: Mapping[str, Dataset]) -> dict[str, Any]:
    return {
        "inputDatasets": [dataset_urn(tenant_id, name) for name in inputs_of(job, there) if name in there],
        "outputDatasets": [dataset_urn(tenant_id, name) for name in outputs_of(job) if name in there],
    }
