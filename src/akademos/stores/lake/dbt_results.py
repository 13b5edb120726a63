"""What dbt reports, as the platform says it: results of checks, and models that could not be built."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from akademos.catalogue.warehouse_checks import recorded_name
from akademos.stores.ports.warehouse import CheckResult

if TYPE_CHECKING:
    import duckdb

_STATUS = {"pass": "pass", "warn": "warn", "fail": "fail"}
LONGEST_MESSAGE = 500
FILLED = "not_null"
"""The check that is made of all columns of a table at once."""


def check_results(results: Mapping[str, Any], manifest: Mapping[str, Any]) -> Iterator[CheckResult]:
    """One for each check that ran.

    Args:
        results: run_results.json.
        manifest: manifest.json of the same run.
    """
    for one in results["results"]:
        node = manifest["nodes"].get(one["unique_id"], {})
        if node.get("resource_type") != "test" or one["status"] not in _STATUS:
            continue
        model = manifest["nodes"].get(node.get("attached_node") or "") or _tested(node, manifest)
        generic = node.get("test_metadata") or {}
        yield CheckResult(
            check_name=recorded_name(generic["name"], generic.get("kwargs", {})) if generic else node["name"],
            dataset=f"{model['schema']}.{model['alias']}" if model else node["name"],
            column_name=node.get("column_name"),
            severity=_severity(node),
            status=_STATUS[one["status"]],
            failures=int(one["failures"] or 0),
        )


def filled_columns(
    engine: duckdb.DuckDBPyConnection, results: Mapping[str, Any], manifest: Mapping[str, Any]
) -> Iterator[CheckResult]:
    """One for each column that is declared to be filled, of the models that were made: `not_null` is three checks of
    four, and a query for each would take longer than all models.

    Args:
        engine: where the models are tables.
        results: run_results.json of the models.
        manifest: manifest.json of the same run.
    """
    made = {one["unique_id"] for one in results["results"] if one["status"] == "success"}
    declared = defaultdict(list)
    for node in manifest["nodes"].values():
        if (node.get("test_metadata") or {}).get("name") == FILLED and node["attached_node"] in made:
            declared[node["attached_node"]].append(node)
    for name, nodes in declared.items():
        dataset = f"{manifest['nodes'][name]['schema']}.{manifest['nodes'][name]['alias']}"
        missing = ", ".join(
            f'count(*) FILTER (WHERE "{node["column_name"]}" IS NULL AND ({node["config"].get("where") or "true"}))'
            for node in nodes
        )
        (counts,) = engine.execute(f"SELECT {missing} FROM {dataset}").fetchall()
        for node, failures in zip(nodes, counts, strict=True):
            severity = _severity(node)
            status = "pass" if not failures else "fail" if severity == "critical" else "warn"
            yield CheckResult(FILLED, dataset, node["column_name"], severity, status, failures)


def _severity(node: Mapping[str, Any]) -> str:
    return "critical" if str(node["config"]["severity"]).lower() == "error" else "warning"


def _tested(node: Mapping[str, Any], manifest: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The model that a check written as a query is about: the last it refers to."""
    named = [one for one in node["depends_on"]["nodes"] if one in manifest["nodes"]]
    return manifest["nodes"][named[-1]] if named else None


def failures(results: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Models and checks that could not run: name and message. A check that found something has run."""
    return [
        (one["unique_id"].split(".")[2], " ".join((one["message"] or "").split())[:LONGEST_MESSAGE])
        for one in results["results"]
        if one["status"] in ("error", "runtime error")
    ]
