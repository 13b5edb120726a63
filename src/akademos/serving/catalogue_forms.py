"""The catalogue as JSON: a line of the list, a dataset whole, a product, lineage; what the API gives, and the pages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from akademos.catalogue.dataset_rights import grantable
from akademos.catalogue.declarations import Term
from akademos.catalogue.lineage import ColumnEdge, Lineage, NodeKind
from akademos.catalogue.products import DataProduct
from akademos.catalogue.roles import Role
from akademos.stores.ports.access_requests import AccessRequest
from akademos.stores.ports.catalogue import CatalogueEntry, Certification, FoundBeside, Sample, Standing, Use
from akademos.stores.ports.quality import QualityIssue, QualityResult

Json = dict[str, Any]


def instant(at: datetime | None) -> str | None:
    """An instant in ISO 8601."""
    return None if at is None else at.isoformat()


def line(entry: CatalogueEntry, role: Role) -> Json:
    """A dataset in the list."""
    one = entry.dataset
    return {
        "name": one.name,
        "description": one.description,
        "grain": one.grain,
        "owner": one.owner,
        "zone": one.zone,
        "available": one.available,
        "classification": entry.classification.value,
        "sensitivity": entry.sensitivity.value,
        "tags": list(entry.tags),
        "quality": entry.quality,
        "open_issues": len(entry.issues),
        "freshness": freshness(entry),
        "certification": None if not entry.certification_stands else certification(entry.certification),
        "rows_open_to_you": role in entry.readers,
        "requestable": role not in entry.readers and grantable(one),
    }


def freshness(entry: CatalogueEntry) -> Json:
    """Whether it is as fresh as promised."""
    level = entry.service_level
    return {
        "state": level.state,
        "promise": entry.dataset.service_level or None,
        "within_hours": None if level.promise is None else level.promise.total_seconds() / 3600,
        "job": level.job,
        "last_success": instant(level.last_success),
    }


def certification(said: Certification | None) -> Json | None:
    """What a steward says."""
    if said is None:
        return None
    return {
        "level": said.level,
        "statement": said.statement,
        "decided_by": said.decided_by,
        "decided_at": instant(said.decided_at),
        "valid_until": instant(said.valid_until),
    }


def detail(
    entry: CatalogueEntry,
    role: Role,
    lineage: Lineage,
    *,
    standing: Standing | None,
    shown_rows: int | None,
    use: Sequence[Use],
    products: Iterable[DataProduct],
) -> Json:
    """A dataset whole. `shown_rows` is its number of rows as this reader may have it. The types of the warehouse's
    columns are known once it is published."""
    one = entry.dataset
    types = {} if standing is None else standing.types
    return line(entry, role) | {
        "basis": one.basis.value,
        "purposes": [purpose.value for purpose in one.purposes],
        "retention_days": None if one.retention is None else one.retention.days,
        "time_column": one.time_column,
        "certification_lapsed": entry.certification is not None and not entry.certification_stands,
        "terms": [{"name": term.name, "meaning": term.meaning} for term in entry.terms],
        "columns": [
            {
                "name": column.name,
                "type": types.get(column.name) if "." in one.name else column.type,
                "description": column.description,
                "unit": column.unit,
                "nullable": column.nullable,
                "personal": column.personal,
                "made_from": [origin(edge) for edge in lineage.origins(one.name, column.name)],
                "used_by": [target(edge) for edge in lineage.uses(one.name, column.name)],
            }
            for column in one.columns
        ],
        "checks": checks(entry),
        "issues": [issue(found) for found in entry.issues],
        "rows": shown_rows,
        "rows_counted": None if standing is None or shown_rows is None else standing.counted,
        "newest": None if standing is None else instant(standing.newest),
        "use_30_days": use_by_role(use),
        "lineage": graph(one.name, lineage),
        "products": [{"name": each.name, "title": each.title} for each in products if one.name in each.datasets],
        "readers": sorted(entry.readers),
    }


def use_by_role(use: Sequence[Use]) -> list[Json]:
    """Reads by role, most first."""
    return [{"role": by.role, "reads": by.reads, "last_at": instant(by.last_at)} for by in use]


def checks(entry: CatalogueEntry) -> list[Json]:
    """Declared checks and what the newest run found; those that are enforced never run."""
    latest = {one.check: one for one in entry.results}
    found = [result(one) for one in entry.results]
    found += [
        {"name": one.name, "kind": one.kind.value, "severity": one.severity.value, "statement": one.statement,
         "status": "enforced" if one.kind.value == "enforced" else "not_run", "offending": None, "sample": [],
         "said": "", "checked_at": None}
        for one in entry.dataset.checks
        if one.name not in latest
    ]  # fmt: skip
    return found


def result(one: QualityResult) -> Json:
    """What one check found."""
    return {
        "name": one.check,
        "kind": one.kind,
        "severity": one.severity,
        "statement": one.statement,
        "status": one.status,
        "offending": one.offending,
        "sample": list(one.sample),
        "said": one.said,
        "checked_at": instant(one.checked_at),
    }


def issue(one: QualityIssue) -> Json:
    """A failing check."""
    return {
        "issue_id": one.issue_id,
        "dataset": one.dataset,
        "check": one.check,
        "severity": one.severity,
        "owner": one.owner,
        "opened_at": instant(one.opened_at),
        "last_seen_at": instant(one.last_seen_at),
        "offending": one.offending,
        "closed_at": instant(one.closed_at),
    }


def origin(edge: ColumnEdge) -> Json:
    """What a column is made from."""
    return {"node": edge.origin.node, "column": edge.origin.column, "how": edge.how.value}


def target(edge: ColumnEdge) -> Json:
    """What is made from a column."""
    return {"node": edge.target.node, "column": edge.target.column, "how": edge.how.value}


def graph(name: str, lineage: Lineage, depth: int | None = None) -> Json:
    """What is upstream and downstream of a node, with the edges among all of it."""
    up, down = lineage.upstream(name, depth), lineage.downstream(name, depth)
    nodes = {name, *up, *down}
    return {
        "upstream": [_node(one, lineage, steps) for one, steps in sorted(up.items(), key=_near)],
        "downstream": [_node(one, lineage, steps) for one, steps in sorted(down.items(), key=_near)],
        "edges": [
            {"from": one, "to": other} for one, other in sorted(lineage.edges) if one in nodes and other in nodes
        ],
    }


def _near(item: tuple[str, int]) -> tuple[int, str]:
    return item[1], item[0]


def _node(name: str, lineage: Lineage, steps: int) -> Json:
    return {"name": name, "kind": lineage.kinds.get(name, NodeKind.DATASET).value, "steps": steps}


def sample(found: Sample) -> Json:
    """Some rows."""
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
    return {"columns": list(found.columns), "rows": rows, "left_out": list(found.left_out)}


def product(one: DataProduct, entries: Mapping[str, CatalogueEntry], role: Role) -> Json:
    """A product with its contract: schema, freshness and quality of what it is made of."""
    parts = [entries[name] for name in one.datasets if name in entries]
    return {
        "name": one.name,
        "title": one.title,
        "description": one.description,
        "owner": one.owner,
        "domain": one.domain,
        "version": one.version,
        "purposes": [purpose.value for purpose in one.purposes],
        "used_by": list(one.used_by),
        "door": one.door,
        "metrics": list(one.metrics),
        "yours": role in one.used_by,
        "requestable": one.opens is not None and role not in one.used_by,
        "state": state(parts),
        "contract": [
            {
                "dataset": part.dataset.name,
                "grain": part.dataset.grain,
                "columns": len(part.dataset.columns),
                "freshness": freshness(part),
                "quality": part.quality,
                "checks": len(part.dataset.checks),
                "certification": None if not part.certification_stands else certification(part.certification),
            }
            for part in parts
        ],
    }


def state(parts: Sequence[CatalogueEntry]) -> Json:
    """How a product stands: by the part that stands worst, with the names of the parts that say so.

    `certified` counts the parts that a steward certified; a product is certified when all of them are.
    """
    late = [one.dataset.name for one in parts if one.service_level.state == "late"]
    waiting = [one.dataset.name for one in parts if one.service_level.state == "never"]
    promised = any(one.service_level.state == "fresh" for one in parts)
    failing = [one.dataset.name for one in parts if one.quality == "failed"]
    checked = sum(one.quality != "unchecked" for one in parts)
    said = [one.certification.level for one in parts if one.certification is not None and one.certification_stands]
    return {
        "freshness": "late" if late else "never" if waiting else "fresh" if promised else "no promise",
        "late": [*late, *waiting],
        "quality": "failed" if failing else "passed" if checked else "unchecked",
        "failing": failing,
        "checked": checked,
        "certified": said.count("certified"),
        "deprecated": said.count("deprecated"),
        "parts": len(parts),
    }


def term(one: Term) -> Json:
    """A word of the glossary."""
    return {"name": one.name, "meaning": one.meaning, "see_also": list(one.see_also)}


def beside(found: FoundBeside) -> Json:
    """What a query finds beside datasets."""
    return {
        "products": [{"name": one.name, "title": one.title, "description": one.description} for one in found.products],
        "metrics": [
            {"name": one.name, "description": one.description, "endpoints": list(one.endpoints)}
            for one in found.metrics
        ],
        "terms": [term(one) for one in found.terms],
    }


def request(one: AccessRequest, now: datetime, *, with_person: bool) -> Json:
    """A request; the person only for those who decide."""
    return {
        "request_id": one.request_id,
        "kind": one.kind,
        "name": one.name,
        "requester": one.requester if with_person else None,
        "role": one.role,
        "reason": one.reason,
        "requested_at": instant(one.requested_at),
        "status": "ended" if one.status == "approved" and not one.stands(now) else one.status,
        "answer": one.answer,
        "decided_at": instant(one.decided_at),
        "valid_until": instant(one.valid_until),
    }
