"""Books to compute with, without a database: rows by name, every column that a test does not name filled in."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import polars as pl

from akademos.catalogue.registry import Registry
from akademos.catalogue.warehouse_extracts import extracts
from akademos.jobs.warehouse.computed import Computed, Inputs, computed
from akademos.stores.postgres.money_books import dtype

TODAY = date(2026, 6, 10)
_RECORDED = datetime(2026, 6, 1, tzinfo=UTC)
_USUAL: Mapping[str, Mapping[str, Any]] = {
    "money_terms": {"ended": False, "body": "{}"},
    "transactions": {
        "merchant": "Payline", "account": "main", "channel": "card", "product": "algebra", "kind": "enrolment",
        "currency": "EUR",
    },
    "settlement_lines": {
        "batch": "B-1", "merchant": "Payline", "account": "main", "currency": "EUR", "paid_currency": "EUR",
        "fee": Decimal(0),
    },
    "stated_balances": {"merchant": "Payline", "account": "main", "currency": "EUR"},
    "billing_charges": {
        "provider": "Nimbus", "billing_account": "A-1", "currency": "EUR", "service": "Network",
        "service_category": "Networking", "tags": "{}", "category": "Usage", "correction": False,
    },
}  # fmt: skip


def at(text: str) -> datetime:
    """An instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def inputs(today: date = TODAY, **tables: Sequence[Mapping[str, Any]]) -> Inputs:
    """The books with these rows; the bodies of terms may be tables."""
    declared = {one.name: dict(one.columns) for one in extracts()}

    def frame(name: str) -> pl.DataFrame:
        rows = [
            {
                "row_id": f"{name}-{line}", "load_id": 1, "line": line, "recorded_at": _RECORDED,
                **_USUAL.get(name, {}),
                **{key: json.dumps(value) if isinstance(value, dict) else value for key, value in row.items()},
            }
            for line, row in enumerate(tables.get(name, ()), start=1)
        ]  # fmt: skip
        schema = {column: dtype(kind) for column, kind in declared[name].items()}
        return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)

    return Inputs("college", cast(Registry, None), today, frame)


def rows_of(name: str, given: Inputs) -> list[dict[str, Any]]:
    """The rows of one computed input."""
    one: Computed = next(one for one in computed() if one.name == name)
    found = one.function(given)
    return found.to_dicts() if isinstance(found, pl.DataFrame) else [dict(row) for row in found]
