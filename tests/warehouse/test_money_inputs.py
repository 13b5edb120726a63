"""Computed inputs of the schemas cost and txn on small books."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from time import monotonic
from typing import Any

from tests.warehouse.money_inputs import at, inputs, rows_of

from akademos.jobs.warehouse.computed_cost import monthly
from akademos.jobs.warehouse.computed_txn import until_today

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


def test_a_day_that_is_over_is_reconciled_as_it_stood() -> None:
    books: dict[str, list[dict[str, Any]]] = {
        "transactions": [
            {"row_id": "t-1", "amount": Decimal(100), "posted_at": at("2026-05-01")},
            {"row_id": "t-2", "amount": Decimal(70), "posted_at": at("2026-05-10T23:59")},
            {"row_id": "t-3", "amount": Decimal(70), "posted_at": at("2026-05-11")},
        ],
        "settlement_lines": [{"transaction_id": "t-1", **SETTLED}],
        "stated_balances": [{"stated_on": date(2026, 5, 31), "balance": Decimal(0)}],
    }

    def causes(day: date) -> list[tuple[str, str]]:
        found = rows_of("txn_findings", until_today(inputs(day, **books)))
        return [(one["subject"], one["cause"]) for one in found]

    assert causes(date(2026, 5, 8)) == [("transaction", "not_due")]
    assert causes(date(2026, 5, 10)) == [("transaction", "missing_settlement"), ("transaction", "not_due")]
    assert causes(date(2026, 5, 31))[0] == ("transaction", "late")
    assert causes(date(2026, 5, 31))[-1] == ("balance", "balance_differs")


def test_a_stated_day_without_movements_has_its_balance_and_the_difference() -> None:
    given = inputs(
        transactions=[{"row_id": "t", "amount": Decimal(100), "posted_at": at("2026-05-01")}],
        stated_balances=[
            {"stated_on": date(2026, 4, 30), "balance": Decimal(0)},
            {"stated_on": date(2026, 5, 31), "balance": Decimal("96.50")},
        ],
    )
    found = [
        (str(one["day"]), one["opening"], one["closing"], one["stated"]) for one in rows_of("txn_snapshots", given)
    ]
    assert found == [
        ("2026-04-30", Decimal(0), Decimal(0), Decimal(0)),
        ("2026-05-01", Decimal(0), Decimal(100), None),
        ("2026-05-31", Decimal(100), Decimal(100), Decimal("96.50")),
    ]
    days = [one["day"] for one in rows_of("txn_days", given)]
    assert (days[0], days[-1]) == (date(2026, 4, 30), date(2026, 12, 31))


def test_an_account_that_is_billed_in_two_currencies_has_both_whatever_came_last() -> None:
    may = {"period_start": date(2026, 5, 1), "period_end": date(2026, 6, 1)}
    given = inputs(
        billing_charges=[
            {**may, "load_id": 1, "currency": "USD"},
            {**may, "load_id": 2, "currency": "EUR"},
            {"period_start": date(2026, 6, 1), "period_end": date(2026, 7, 1), "load_id": 3, "currency": "EUR"},
        ]
    )
    found = [(one["valid_from"].month, one["currencies"]) for one in rows_of("cost_account_versions", given)]
    assert found == [(5, "EUR, USD"), (6, "EUR")]


def test_a_month_is_rounded_once_however_many_bills_it_has() -> None:
    may = {"period_start": date(2026, 5, 1), "period_end": date(2026, 6, 1), "currency": "EUR"}
    charges = [{**may, "billing_account": name, "effective": Decimal("0.004")} for name in "abcde"]
    assert monthly(inputs(date(2026, 7, 1), billing_charges=charges)) == {"EUR": [(date(2026, 5, 1), Decimal("0.02"))]}


def billed(account: str, amount: int, *months: int, year: int = 2026) -> list[dict[str, Any]]:
    return [
        {"period_start": date(year, month, 1), "period_end": date(year, month + 1, 1), "billing_account": account,
         "billed": Decimal(amount), "effective": Decimal(amount)}
        for month in months
    ]  # fmt: skip


def test_a_month_whose_bill_has_not_come_is_no_fall() -> None:
    """On 2 June there is metering of May, and no bill; in July the account is known to have ended."""
    cloud, metered = billed("cloud", 1000, 1, 2, 3, 4), billed("akademos/college", 10, 1, 2, 3, 4, 5)
    june = inputs(date(2026, 6, 2), billing_charges=[*cloud, *metered])
    assert [one[0].month for one in monthly(june)["EUR"]] == [1, 2, 3, 4]
    ahead = rows_of("cost_forecasts", june)
    assert [(one["month"].month, one["expected"]) for one in ahead] == [(6, Decimal(1010)), (7, Decimal(1010))]
    more = billed("akademos/college", 10, 6)
    july = inputs(date(2026, 7, 2), billing_charges=[*cloud, *metered, *more])
    assert [int(amount) for _, amount in monthly(july)["EUR"]] == [1010, 1010, 1010, 1010, 10, 10]


def test_a_month_of_long_ago_that_the_books_keep_delays_no_build() -> None:
    charges = [*billed("cloud", 100, 5, year=1), *billed("cloud", 100, 1, 2, 3, 4)]
    began = monotonic()
    ahead = rows_of("cost_forecasts", inputs(date(2026, 5, 2), billing_charges=charges))
    assert (ahead[0]["month"], ahead[0]["months_known"]) == (date(2026, 5, 1), 24_300)
    assert monotonic() - began < 10  # minutes, if every month were forecast from all before it


def test_months_that_are_over_are_not_forecast() -> None:
    charges = billed("cloud", 100, 1, 2, 3, 4, 5, 6, year=2025)
    months = {
        day: [one["month"].month for one in rows_of("cost_forecasts", inputs(day, billing_charges=charges))]
        for day in (date(2025, 7, 1), date(2025, 8, 1), date(2025, 9, 30), date(2025, 10, 1), date(2026, 6, 10))
    }
    assert list(months.values()) == [[7, 8, 9], [8, 9], [9], [], []]


def test_a_charge_whose_course_is_empty_or_null_is_of_no_course() -> None:
    """As the books have it from before such tags were left out."""
    may = {"period_start": date(2026, 5, 1), "period_end": date(2026, 6, 1)}
    tags: tuple[dict[str, str], ...] = ({"course": "algebra"}, {"course": ""}, {"course": "null"}, {"course": " "}, {})
    charges = [{**may, "tags": one, "billed": Decimal(10), "effective": Decimal(10)} for one in tags]
    found = rows_of("cost_course_parts", inputs(billing_charges=charges))
    assert [(one["course_id"], one["amount"]) for one in found] == [("algebra", Decimal(10)), (None, Decimal(40))]


def test_a_course_with_a_credit_has_its_credit() -> None:
    may = {"period_start": date(2026, 5, 1), "period_end": date(2026, 6, 1)}
    charges = [
        {
            **may,
            "tags": {"course": course} if course else {},
            "billed": Decimal(billed),
            "effective": Decimal(effective),
        }
        for course, billed, effective in (("", 1200, 0), ("algebra", 100, 100), ("french", -99, -99))
    ]
    found = rows_of("cost_course_parts", inputs(billing_charges=charges))
    assert [(one["course_id"], one["amount"]) for one in found] == [
        ("algebra", Decimal(1300)), ("french", Decimal(-99)), (None, Decimal(0))
    ]  # fmt: skip


def test_keys_of_two_accounts_are_never_the_same() -> None:
    given = inputs(
        stated_balances=[
            {"merchant": merchant, "account": account, "stated_on": date(2026, 5, 31), "balance": Decimal(0)}
            for merchant, account in (("A/B", "C"), ("A", "B/C"), ("A%2FB", "C"))
        ]
    )
    assert len({one["finding_id"] for one in rows_of("txn_findings", given)}) == 3


def test_accounts_and_providers_have_a_version_for_what_is_used_with_them() -> None:
    """USD comes in by a settlement on 15 May; a payment of 2 May is loaded late, and moves EUR back to its day."""
    given = inputs(
        transactions=[
            {"amount": Decimal(1), "posted_at": at("2026-05-04T10:00"), "recorded_at": at("2026-05-05")},
            {"amount": Decimal(1), "posted_at": at("2026-05-02T10:00"), "recorded_at": at("2026-05-20")},
        ],
        settlement_lines=[{**SETTLED, "currency": "USD"}, {**SETTLED, "account": "second"}],
    )
    accounts = sorted(
        (one["account"], one["valid_from"].day, one["valid_to"] and one["valid_to"].day, one["currencies"])
        for one in rows_of("txn_account_versions", given)
    )
    assert accounts == [("main", 2, 15, "EUR"), ("main", 15, None, "EUR, USD"), ("second", 15, None, "EUR")]
    merchants = sorted(
        (one["valid_from"].day, one["accounts"], one["currencies"], one["is_current"])
        for one in rows_of("txn_merchant_versions", given)
    )
    assert merchants == [(2, "main", "EUR", False), (15, "main, second", "EUR, USD", True)]
