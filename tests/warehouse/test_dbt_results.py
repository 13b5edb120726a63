"""Columns that must be filled, all of a table at once: what is missing is counted column by column."""

from __future__ import annotations

from typing import Any

import duckdb

from akademos.stores.lake.dbt_results import filled_columns
from akademos.stores.ports.warehouse import CheckResult


def declared(column: str, *, severity: str = "ERROR", where: str | None = None, model: str = "one") -> dict[str, Any]:
    config = {"severity": severity, "where": where}
    return {
        "resource_type": "test", "test_metadata": {"name": "not_null"}, "attached_node": model,
        "column_name": column, "config": config,
    }  # fmt: skip


def test_each_column_is_counted_by_its_own_rule() -> None:
    engine = duckdb.connect()
    engine.execute("CREATE SCHEMA txn")
    engine.execute("CREATE TABLE txn.facts AS SELECT * FROM (VALUES (1, 2, NULL), (2, NULL, NULL)) AS t (a, b, c)")
    nodes = {
        "one": {"resource_type": "model", "schema": "txn", "alias": "facts"},
        "two": {"resource_type": "model", "schema": "txn", "alias": "not_made"},
        "a": declared("a"),
        "b": declared("b"),
        "b_of_first": declared("b", where="a = 1"),
        "c": declared("c", severity="warn"),
        "other": declared("a", model="two"),
        "unique": declared("a") | {"test_metadata": {"name": "unique"}},
    }
    results = {
        "results": [{"unique_id": "one", "status": "success"}, {"unique_id": "two", "status": "skipped"}],
    }
    assert list(filled_columns(engine, results, {"nodes": nodes})) == [
        CheckResult("not_null", "txn.facts", "a", "critical", "pass", 0),
        CheckResult("not_null", "txn.facts", "b", "critical", "fail", 1),
        CheckResult("not_null", "txn.facts", "b", "critical", "pass", 0),
        CheckResult("not_null", "txn.facts", "c", "warning", "warn", 2),
    ]
