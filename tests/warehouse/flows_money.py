"""The schemas cost and txn, filled by loads: every sum is the bill, every cause is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.intake.money_files import write_books
from tests.warehouse.conftest import Site

from akademos.intake.bill_loading import load_bills
from akademos.intake.money_terms import declare_terms
from akademos.intake.payment_files import PaymentKind, keyed_hash, load_payments, read_map
from akademos.jobs.metering import MeteringJob
from akademos.stores.lake.cost_report import WarehouseCosts
from akademos.stores.postgres.money_books import PostgresMoneyBooks
from akademos.stores.postgres.vault import PostgresVault

BY = "command line:tester"
KEYED = keyed_hash(bytes(32))
LATE = """
[[cost_centre]]
name = "languages"
owner = "dean of languages"
monthly_budget = 25
currency = "EUR"
valid_from = 2026-05-15
"""
OTHERS = (
    "reference,merchant,account,product,kind,amount,currency,posted_at,related\n"
    "o-1,A/B,C,algebra,enrolment,100.00,CHF,2026-05-04T10:00:00Z,\n"
    "o-2,A,B/C,algebra,enrolment,100.00,CHF,2026-05-04T10:00:00Z,\n"
    "o-3,A/B,C,algebra,refund,-60.00,CHF,2026-05-05T10:00:00Z,o-1\n"
    "o-4,A/B,C,algebra,refund,-60.00,CHF,2026-05-06T10:00:00Z,o-1\n"
)
"""Two accounts that have the same name if nobody minds the slash, and a payment that is refunded twice."""


def furnish_money(site: Site, folder: Path) -> PostgresMoneyBooks:
    """A bill of each of six months, payments, settlements, balances, rates; and what the platform metered."""
    door, tenant = site.door, site.door.tenant
    books = PostgresMoneyBooks(door.database, door.vault_keys, PostgresVault(door.database, door.vault_keys))
    write_books(folder)
    (folder / "late.toml").write_text(LATE)
    for name in ("terms.toml", "late.toml"):
        declare_terms(folder / name, tenant, books, KEYED, by=BY)
    bill = (folder / "bill.csv").read_text()
    for month in range(1, 6):
        text = bill.replace("2026-05-01,2026-06-01,,", f"2026-0{month}-01,2026-0{month + 1}-01,,")
        text = text.replace("A-1,2026-05-01,2026-06-01", f"A-1,2026-0{month}-01,2026-0{month + 1}-01")
        text = text.replace("90.00,30", f"{90 + month}.00,3{month}")
        (folder / f"bill-{month}.csv").write_text(text)
    load_bills(sorted(folder.glob("bill-*.csv")), tenant, books, KEYED, by=BY)
    (folder / "others.csv").write_text(OTHERS)
    kinds: tuple[tuple[str, PaymentKind], ...] = (
        ("payments", "transactions"), ("others", "transactions"),
        ("settlements", "settlements"), ("balances", "balances"), ("rates", "rates"),
    )  # fmt: skip
    for name, kind in kinds:
        mapping = read_map(folder / "payments.toml" if name == "payments" else None, kind)
        load_payments(folder / f"{name}.csv", kind, tenant, books, KEYED, mapping, by=BY)
    with door.database.pipeline() as transaction:
        transaction.execute("UPDATE tenants SET created_at = now() - interval '1 day', group_floor = 5")
    MeteringJob(books, lambda _: 10**9, lambda _: KEYED, clock=lambda: datetime.now(UTC)).run(tenant, by=BY)
    return books


def expect_money(site: Site) -> None:
    """What was paid is told, and adds up."""
    _sums_are_the_bill(site.query, site.one)
    _causes_are_named(site.query)
    _the_report_reads_all_of_it(site)


def _the_report_reads_all_of_it(site: Site) -> None:
    report = WarehouseCosts(site.reader).report(
        site.door.tenant, since=date(2026, 1, 1), until=date(2026, 7, 1), floor=5
    )
    may = [one for one in report.bills if (one.billing_account, one.period_start) == ("A-1", date(2026, 5, 1))]
    assert sum(one.amount for one in may if one.currency == "EUR") == Decimal("105.00")
    assert {one.bill for one in may if one.currency == "EUR"} == {Decimal("105.00")}
    assert all(one.difference == 0 for one in report.bills)
    spent: dict[tuple[date, str], Decimal] = {}
    for table in (report.cost_centres, report.services):  # used is used, by whatever it is divided
        sums: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
        for one in table:
            sums[one.month, one.currency] += one.effective
        assert not spent or sums.keys() == spent.keys()
        assert all(abs(sums[key] - value) < Decimal("0.01") for key, value in spent.items())
        spent = dict(sums)
    assert {one.currency for one in report.forecast} >= {"EUR"}
    assert {one.cause for one in report.differences} == {"missing_settlement"}
    assert [one.difference for one in report.balances] == [Decimal(0)] * 2
    assert sum(one.lines for one in report.settlements) == 4
    assert report.reconciliations
    assert report.minor_units["JPY"] == 0
    assert report.loaded_at is not None


def _sums_are_the_bill(query: Callable[[str], list[dict[str, Any]]], one: Callable[[str], Any]) -> None:
    assert one("SELECT count(*) FROM cost.audit_allocations WHERE difference <> 0") == 0
    may = query(
        "SELECT allocation_kind, sum(amount) AS amount FROM cost.stage_allocations WHERE billing_account_id = 'A-1' "
        "AND period_start = DATE '2026-05-01' AND currency = 'EUR' GROUP BY ALL ORDER BY 1"
    )
    assert [row["amount"] for row in may] == [Decimal("105.00")] * 2  # 95 + 10 + 0.005 - 0.01 = 104.995, half to even
    paid = query(
        "SELECT cost_center_id, amount FROM cost.fact_monthly_costs "
        "WHERE month = DATE '2026-05-01' AND currency = 'EUR'"
    )
    assert sum(row["amount"] for row in paid) == Decimal("105.00")
    budgets = query(
        "SELECT month, monthly_budget FROM cost.fact_monthly_costs WHERE cost_center_id = 'languages' "
        "AND currency = 'EUR' AND month >= DATE '2026-04-01' ORDER BY month"
    )
    assert [row["monthly_budget"] for row in budgets] == [None, Decimal(25)]  # declared in the middle of May
    assert {row["cost_center_id"] for row in paid} == {"mathematics", "languages", "central IT"}
    assert one("SELECT sum(cost_amount) FROM cost.fact_cost_usage") == one(
        "SELECT sum(effective_cost) FROM cost.stg_billing_records"
    )
    (ahead,) = query("SELECT * FROM cost.stage_forecasts WHERE currency = 'EUR' AND month = DATE '2026-07-01'")
    assert ahead["lower_amount"] <= ahead["expected_amount"] <= ahead["upper_amount"]
    assert ahead["expected_amount"] == Decimal("97.00")  # a euro more each month


def _causes_are_named(query: Callable[[str], list[dict[str, Any]]]) -> None:
    found = query(
        "SELECT t.posted_on, t.amount, r.cause FROM txn.fact_transactions t JOIN txn.stage_reconciliations r "
        "ON r.subject_id = t.transaction_id WHERE t.merchant_id = 'Payline' ORDER BY t.posted_ts"
    )
    assert [(row["amount"], row["cause"]) for row in found] == [
        (Decimal("100.00"), "none"),
        (Decimal("50.00"), "none"),
        (Decimal("-20.00"), "none"),
        (Decimal("30.00"), "none"),
        (Decimal("9.99"), "missing_settlement"),
    ]
    balances = query(
        "SELECT snapshot_on, closing_balance, difference FROM txn.fact_balance_snapshots WHERE currency = 'EUR'"
    )
    assert {str(row["snapshot_on"]): (row["closing_balance"], row["difference"]) for row in balances} == {
        "2026-05-04": (Decimal("150.00"), None),
        "2026-05-05": (Decimal("130.00"), Decimal(0)),
        "2026-05-06": (Decimal("0.00"), None),
        "2026-05-20": (Decimal("9.99"), None),
        "2026-05-31": (Decimal("9.99"), Decimal(0)),  # nothing moved it on that day
    }
    taken_back = query(
        "SELECT amount, exceeds_original FROM txn.stage_adjustments WHERE currency = 'CHF' ORDER BY posted_at"
    )
    assert [(row["amount"], row["exceeds_original"]) for row in taken_back] == [
        (Decimal("-60.00"), False),
        (Decimal("-60.00"), True),  # of a payment of 100
    ]
    accounts = query("SELECT account_id FROM txn.dim_account WHERE merchant <> 'Payline' ORDER BY account_id")
    assert [row["account_id"] for row in accounts] == ["A%2FB/C", "A/B%2FC"]
    assert query("SELECT difference FROM txn.audit_recon WHERE difference <> 0") == []
    customers = query("SELECT customer_id FROM txn.dim_customer WHERE is_known")
    assert len(customers) == 2
    assert all(len(row["customer_id"]) == 32 for row in customers)
