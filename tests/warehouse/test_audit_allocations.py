"""The audit of allocations, as the model has it: what a bill is, is told by its charges, and a lost one is found."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from akademos.jobs.sql_lineage import packaged_macros, packaged_models, plain_sql
from akademos.ledger.money import from_minor, minor_unit, to_minor

MAY = date(2026, 5, 1)
CHARGE = (
    "billing_account text, period_start date, currency text, billed decimal(38, 18), effective decimal(38, 18), "
    "correction boolean"
)
PART = "allocation_kind text, billing_account_id text, period_start date, currency text, amount decimal(38, 18)"
USAGE = "billing_account_id text, period_start date, currency text, cost_amount decimal(38, 18)"


@pytest.fixture(scope="module")
def audit() -> str:
    (model,) = (one for one in packaged_models() if one.name == "cost.audit_allocations")
    return plain_sql(model, packaged_macros())


def audited(
    audit: str, bills: dict[str, tuple[str, str]], parts: list[tuple[str, str, str]], used: list[str]
) -> dict[tuple[str, str], tuple[Decimal, Decimal, int, str]]:
    """(bill, allocated, parts, status) by kind and account; `bills` are (currency, billed) by account."""
    with duckdb.connect() as books:
        books.execute("CREATE SCHEMA cost")
        for name, columns in (
            ("input__billing_charges", CHARGE), ("cost.stage_allocations", PART), ("cost.fact_cost_usage", USAGE),
            ("input__money_currencies", "currency text, minor_unit integer"),
        ):  # fmt: skip
            books.execute(f"CREATE TABLE {name} ({columns})")
        for currency in {currency for currency, _ in bills.values()}:
            books.execute("INSERT INTO input__money_currencies VALUES (?, ?)", [currency, minor_unit(currency)])
        for account, (currency, billed) in bills.items():
            books.execute(
                "INSERT INTO input__billing_charges VALUES (?, ?, ?, ?, 1, false)",
                [account, MAY, currency, Decimal(billed)],
            )
        for kind, account, amount in parts:
            currency = bills[account][0]
            books.execute(
                "INSERT INTO cost.stage_allocations VALUES (?, ?, ?, ?, ?)",
                [kind, account, MAY, currency, Decimal(amount)],
            )
        for account in used:
            books.execute("INSERT INTO cost.fact_cost_usage VALUES (?, ?, ?, 1)", [account, MAY, bills[account][0]])
        found = books.execute(
            f"SELECT allocation_kind, billing_account_id, bill, allocated, parts, status_key, difference FROM ({audit})"
        ).fetchall()
    assert all(difference == bill - allocated for *_, bill, allocated, _, _, difference in found)
    return {
        (kind, account): (bill, allocated, parts, status.partition("/")[2])
        for kind, account, bill, allocated, parts, status, _ in found
    }


def test_a_bill_that_was_lost_is_a_difference_of_every_kind(audit: str) -> None:
    bills = {"A": ("EUR", "10"), "B": ("EUR", "20"), "C": ("EUR", "0")}
    found = audited(audit, bills, [("cost_center", "A", "4"), ("cost_center", "A", "6"), ("course", "A", "10")], ["A"])
    ten, twenty, none, one = Decimal(10), Decimal(20), Decimal(0), Decimal(1)
    assert found == {
        ("cost_center", "A"): (ten, ten, 2, "balanced"),
        ("course", "A"): (ten, ten, 1, "balanced"),
        ("charge", "A"): (one, one, 1, "balanced"),
        ("cost_center", "B"): (twenty, none, 0, "unexplained"),
        ("course", "B"): (twenty, none, 0, "unexplained"),
        ("charge", "B"): (one, none, 0, "unexplained"),
        ("cost_center", "C"): (none, none, 0, "unexplained"),
        ("course", "C"): (none, none, 0, "unexplained"),
        ("charge", "C"): (one, none, 0, "unexplained"),
    }


@pytest.mark.parametrize("currency", ["EUR", "JPY", "KWD"])
def test_a_bill_is_rounded_half_to_even_as_the_ledger_does(audit: str, currency: str) -> None:
    digits = minor_unit(currency)
    written = [
        f"{sign}{whole}.{unit:0{digits}d}{rest}" if digits else f"{sign}{whole}.{rest}"
        for sign in ("", "-")
        for whole in ("0", "7", "8", "9999999999999999999")
        for unit in (0, 1, 2)
        for rest in ("5", "500000000000001", "499999999999999", "0", "9")
    ]
    bills = {str(number): (currency, amount) for number, amount in enumerate(dict.fromkeys(written))}
    found = audited(audit, bills, [], [])
    for account, (_, billed) in bills.items():
        assert found["cost_center", account][0] == from_minor(to_minor(Decimal(billed), currency), currency)
