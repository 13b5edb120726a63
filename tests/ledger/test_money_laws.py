"""Balances, exchange, forecasts and allocations: a table to read, and the laws."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.ledger.balances import MOVEMENTS, against_stated, movements, snapshots
from akademos.ledger.chargeback import CHARGES, Rule, allocated
from akademos.ledger.exchange import Rate, Rates
from akademos.ledger.forecast import LEAST_MONTHS, forecast, held
from akademos.ledger.money_terms import fees, limit, prices, rule_book, versions

DAY = date(2026, 5, 1)
cents = st.integers(-10_000, 10_000).map(lambda number: Decimal(number) / 100)
moves = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 9), st.sampled_from(["taken", "settled"]), cents), max_size=30
)


def frame(rows: list[tuple[str, int, str, Decimal]]) -> pl.DataFrame:
    return pl.DataFrame(
        [("Payline", account, "EUR", DAY + timedelta(days=day), kind, amount) for account, day, kind, amount in rows],
        schema=MOVEMENTS,
        orient="row",
    )


def test_balances_of_two_days() -> None:
    taken = pl.DataFrame(
        {
            "merchant": "P",
            "account": "main",
            "currency": "EUR",
            "posted_on": [DAY, DAY],
            "amount": [Decimal("10.00")] * 2,
        }
    )
    lines = pl.DataFrame(
        {"merchant": "P", "account": "main", "currency": "EUR", "settled_on": [DAY + timedelta(days=2)],
         "gross": [Decimal("10.00")]}
    )  # fmt: skip
    days = snapshots(movements(taken, lines))
    assert days.select("opening", "taken", "settled", "closing").rows() == [
        (Decimal(0), Decimal(20), Decimal(0), Decimal(20)),
        (Decimal(20), Decimal(0), Decimal(-10), Decimal(10)),
    ]
    stated = pl.DataFrame(
        {
            "merchant": "P",
            "account": "main",
            "currency": "EUR",
            "day": [DAY - timedelta(days=1), DAY + timedelta(days=1), DAY + timedelta(days=2)],
            "balance": [Decimal("0.00"), Decimal("20.00"), Decimal("9.50")],
        }
    )
    assert against_stated(days, stated)["difference"].to_list() == [Decimal(0), Decimal(0), Decimal("-0.50")]


@given(moves, st.integers())
def test_balances_are_sums_of_movements_in_any_order(rows: list[tuple[str, int, str, Decimal]], seed: int) -> None:
    days = snapshots(frame(rows))
    for account in {row[0] for row in rows}:
        mine = days.filter(account=account).sort("day")
        assert mine["closing"][-1] == sum(row[3] for row in rows if row[0] == account)
        assert (mine["closing"] == mine["opening"] + mine["taken"] + mine["settled"]).all()
        assert mine["opening"].to_list()[1:] == mine["closing"].to_list()[:-1]
    mixed = list(rows)
    random.Random(seed).shuffle(mixed)
    assert snapshots(frame(mixed)).equals(days)


def test_a_rate_counts_for_a_week_and_its_inverse_where_there_is_no_other() -> None:
    rates = Rates([Rate("USD", "EUR", DAY, Decimal("0.8")), Rate("USD", "EUR", DAY, Decimal("0.5"))])
    assert rates.at("USD", "EUR", DAY) == Decimal("0.5")
    assert rates.exchange(Decimal("10"), "EUR", "USD", DAY + timedelta(days=7)) == Decimal("20.00")
    assert rates.exchange(Decimal("10"), "EUR", "USD", DAY + timedelta(days=8)) is None
    assert rates.exchange(Decimal("10"), "EUR", "USD", DAY - timedelta(days=1)) is None
    assert rates.exchange(Decimal("10"), "EUR", "EUR", DAY) == Decimal("10.00")
    yen = Rates([Rate("EUR", "JPY", DAY, Decimal("170.55"))])
    assert yen.exchange(Decimal("10.00"), "EUR", "JPY", DAY) == Decimal("1706")


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
def test_the_interval_holds_as_often_as_it_says(level: float) -> None:
    """Over 400 drawn series of changes that have a drift and a spread, the next month is forecast from twelve."""
    chance = random.Random(7)
    inside = 0
    for _ in range(400):
        series = [1_000.0]
        for _ in range(12):
            series.append(series[-1] + chance.gauss(20, 50))
        (made,) = forecast(series[:-1], 1, level)
        inside += made.lower <= series[-1] <= made.upper
    assert abs(inside / 400 - level) < 0.06


def test_too_few_months_have_no_forecast() -> None:
    assert forecast([1.0] * (LEAST_MONTHS - 1), 3) == []
    assert held([1.0, 2.0]).share is None
    steady = held([10.0, 11.0, 12.0, 13.0, 14.0, 15.0])
    assert (steady.inside, steady.tested) == (2, 2)


def test_what_was_never_below_zero_is_not_expected_to_be() -> None:
    falling = forecast([100.0, 70.0, 35.0, 5.0], 2)
    assert [(one.expected, one.lower) for one in falling] == [(0.0, 0.0)] * 2
    assert falling[0].upper == 0
    credited = forecast([100.0, 70.0, 35.0, -5.0], 1)
    assert credited[0].lower < credited[0].expected < -5


@given(st.lists(st.integers(-1000, 1000).map(float), max_size=14))
def test_months_left_out_are_judged_by_the_forecast_made_before_them(months: list[float]) -> None:
    made = [(forecast(months[:known], 1)[0], months[known]) for known in range(LEAST_MONTHS, len(months))]
    found = held(months)
    assert (found.inside, found.tested) == (sum(one.lower <= was <= one.upper for one, was in made), len(made))


def test_the_interval_widens_with_the_distance() -> None:
    widths = [one.upper - one.lower for one in forecast([10.0, 12.0, 11.0, 15.0, 14.0], 6)]
    assert widths == sorted(widths)
    assert widths[0] > 0


thirds = {
    "a": Decimal("0.333333333333333333"),
    "b": Decimal("0.333333333333333333"),
    "c": Decimal("0.333333333333333334"),
}


@given(st.lists(st.tuples(st.sampled_from(["x", "y"]), st.decimals(-1000, 1000, places=18)), max_size=10))
def test_parts_of_a_charge_sum_to_it_exactly(rows: list[tuple[str, Decimal]]) -> None:
    charges = pl.DataFrame(
        [("A", DAY, "EUR", service, None, None, None, False, cost, cost) for service, cost in rows],
        schema=CHARGES,
        orient="row",
    ).with_row_index("charge")
    parts = allocated(charges, [Rule({"service": "x"}, thirds)], "rest")
    sums = parts.group_by("charge").agg(pl.col("effective").sum()).sort("charge")
    assert sums["effective"].to_list() == charges["effective"].to_list()
    assert set(parts.filter(service="y")["cost_centre"]) <= {"rest"}


def terms(*rows: tuple[str, str, int, str, bool]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (kind, key, datetime(2026, month, 1, tzinfo=UTC), body, ended, 1, line, datetime(2026, 7, 1, tzinfo=UTC))
            for line, (kind, key, month, body, ended) in enumerate(rows)
        ],
        schema={
            "kind": pl.String, "key": pl.String, "valid_from": pl.Datetime("us", "UTC"), "body": pl.String,
            "ended": pl.Boolean, "load_id": pl.Int64, "line": pl.Int64, "recorded_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )  # fmt: skip


def test_limits_of_amounts_that_were_declared_without_their_currency_in_the_key_have_it() -> None:
    declared = terms(
        ("limit", "largest_amount", 1, '{"unit": "EUR", "value": "5"}', False),
        ("limit", "largest_amount", 2, '{"unit": "USD", "value": "6"}', False),
        ("limit", "largest_amount/EUR", 3, '{"unit": "EUR", "value": "7"}', False),
        ("limit", "largest_amount", 4, "{}", True),
    )
    found = [(one.key, one.body["value"], one.valid_from.month) for one in versions(declared, "limit")]
    assert found == [("largest_amount/EUR", "5", 1), ("largest_amount/EUR", "7", 3), ("largest_amount/USD", "6", 2)]
    assert [one.valid_to and one.valid_to.month for one in versions(declared, "limit")] == [3, 4, 4]


def test_a_number_that_is_written_in_another_way_is_no_change() -> None:
    declared = terms(
        ("cost_centre", "m", 1, '{"owner": "o", "monthly_budget": "50", "currency": "EUR"}', False),
        ("cost_centre", "m", 3, '{"owner": "o", "monthly_budget": "50.00", "currency": "EUR"}', False),
        ("chargeback_rule", "0001", 1, '{"match": {"service": "x"}, "shares": {"a": "0.50", "b": "0.5"}}', False),
        ("chargeback_rule", "0001", 3, '{"match": {"service": "x"}, "shares": {"a": "0.5", "b": "0.500"}}', False),
    )
    assert [one.valid_to for kind in ("cost_centre", "chargeback_rule") for one in versions(declared, kind)] == [
        None
    ] * 2


def test_terms_hold_from_their_day_until_they_change_or_end() -> None:
    declared = terms(
        ("price", "events", 1, '{"unit": "event", "currency": "EUR", "price": "1"}', False),
        ("price", "events", 3, '{"unit": "event", "currency": "EUR", "price": "2"}', False),
        ("price", "events", 5, "{}", True),
        ("limit", "settlement_days", 1, '{"unit": "days", "value": "3"}', False),
        ("limit", "settlement_days", 6, '{"unit": "days", "value": "1"}', False),
        (
            "fee",
            "cards",
            1,
            '{"merchant": "*", "channel": "*", "kind": "*", "currency": "*", "share": "0.1", "fixed": "0"}',
            False,
        ),
        ("chargeback_rule", "0001", 1, '{"match": {"service": "x"}, "shares": {"a": "1"}}', False),
        ("chargeback_rule", "0001", 4, '{"match": {"service": "x"}, "shares": {"b": "1"}}', False),
        ("chargeback_rule", "unallocated", 1, '{"cost_centre": "rest"}', False),
    )
    assert [(one.price, one.valid_from.month, one.valid_to and one.valid_to.month) for one in prices(declared)] == [
        (Decimal(1), 1, 3),
        (Decimal(2), 3, 5),
    ]
    limits = versions(declared, "limit")
    by_month = [limit(limits, "settlement_days", 9, date(year, month, 1)) for year, month in ((2025, 12), (2026, 1))]
    assert by_month == [9, 3]
    assert limit(limits, "settlement_days", 9, date(2026, 6, 1)) == 1
    assert limit(limits, "rounding_units", 1, DAY) == 1
    assert fees(declared)[0].share == Decimal("0.1")
    rules = versions(declared, "chargeback_rule")
    march, may = (rule_book(rules, datetime(2026, month, 1, tzinfo=UTC)) for month in (3, 5))
    assert (march.rules[0].shares, may.rules[0].shares) == ({"a": Decimal(1)}, {"b": Decimal(1)})
    assert march.unallocated == "rest"
    assert rule_book(rules, datetime(2025, 1, 1, tzinfo=UTC)).rules == ()
