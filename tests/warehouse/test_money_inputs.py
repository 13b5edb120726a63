"""Computed inputs of the schemas cost and txn on small books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from tests.warehouse.money_inputs import at, inputs, rows_of

SETTLED = {"settled_on": date(2026, 5, 15), "gross": Decimal(100), "paid_gross": Decimal(100), "net": Decimal(100)}


def test_a_limit_of_the_future_judges_no_payment_of_today() -> None:
    given = inputs(
        money_terms=[
            {"kind": "limit", "key": "settlement_days", "valid_from": at("2026-01-01"), "body": {"value": "60"}},
            {"kind": "limit", "key": "settlement_days", "valid_from": at("2030-01-01"), "body": {"value": "1"}},
        ],
        transactions=[{"row_id": "t", "amount": Decimal(100), "posted_at": at("2026-05-01")}],
        settlement_lines=[{"transaction_id": "t", **SETTLED}],
    )
    (found,) = rows_of("txn_findings", given)
    assert found["cause"] == "none"
    assert [one["is_current"] for one in rows_of("txn_limit_versions", given)] == [True, False]
