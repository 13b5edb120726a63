"""Bills divided among cost centres: a table to read, and the laws."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.ledger.chargeback import CHARGES, Rule, chargeback
from akademos.ledger.money import to_minor

MAY = date(2026, 5, 1)
RULES = (
    Rule({"tag.course": "algebra"}, {"mathematics": Decimal(1)}),
    Rule({"service": "Object Storage"}, {"mathematics": Decimal("0.25"), "languages": Decimal("0.75")}),
)


def charges(*rows: tuple[str, str | None, str, str, bool], currency: str = "EUR") -> pl.DataFrame:
    """(service, tags, billed, effective, correction) of one bill."""
    return pl.DataFrame(
        [
            ("A-1", MAY, currency, service, None, None, tags, correction, Decimal(billed), Decimal(effective))
            for service, tags, billed, effective, correction in rows
        ],
        schema=CHARGES,
        orient="row",
    )


def pays(result: pl.DataFrame) -> dict[str, str]:
    return {row["cost_centre"]: f"{row['amount'].normalize():f}" for row in result.iter_rows(named=True)}


def test_a_bill_of_one_month() -> None:
    """Billed 90.00 + 10.00 + 0.005 - 0.01 = 99.995, so 100.00. Allocated: 30 to mathematics by the tag, 40 by the
    storage rule (10 and 30), 20 to nobody: 40, 30, 20 of 90."""
    result = chargeback(
        charges(
            ("Virtual Machines", '{"course": "algebra"}', "90", "30", False),
            ("Object Storage", '{"course": "french"}', "10", "40", False),
            ("Network", None, "0.005", "20", False),
            ("Network", None, "-0.01", "0", True),
        ),
        RULES,
        "central IT",
    )
    assert pays(result) == {"central IT": "22.22", "languages": "33.33", "mathematics": "44.45"}
    assert set(result["bill"].to_list()) == {Decimal("100.00")}
    assert set(result["correction"].to_list()) == {Decimal("-0.01")}


def test_a_bill_of_which_nothing_is_allocated_is_nobodys() -> None:
    result = chargeback(charges(("Network", None, "5", "3", False), ("Network", None, "0", "-3", False)), (), "IT")
    assert pays(result) == {"IT": "5"}
    result = chargeback(charges(("Object Storage", None, "7", "0", False)), RULES, "IT")
    assert pays(result) == {"IT": "7", "languages": "0", "mathematics": "0"}


@pytest.mark.parametrize(("refund", "math"), [("-99", "1300"), ("-100", "1300"), ("-101", "1300")])
def test_where_one_has_a_credit_each_pays_its_own_and_the_rest_is_of_those_who_used(refund: str, math: str) -> None:
    """A purchase of 1200 that is spread elsewhere, 100 used, about as much given back: no proportion of 1, 0 or -1."""
    rules = (Rule({"service": "VM"}, {"math": Decimal(1)}), Rule({"service": "Refund"}, {"lang": Decimal(1)}))
    bill = charges(
        ("Reserved", None, "1200", "0", False), ("VM", None, "100", "100", False),
        ("Refund", None, refund, refund, False),
    )  # fmt: skip
    assert pays(chargeback(bill, rules, "IT")) == {"IT": "0", "lang": refund, "math": math}


def test_what_is_prepaid_is_no_more_than_what_was_used() -> None:
    bill = charges(("Object Storage", None, "0", "100", False), ("Network", None, "-1", "-1", False))
    assert pays(chargeback(bill, RULES, "IT")) == {"IT": "-1", "languages": "0", "mathematics": "0"}


def test_currencies_are_bills_of_their_own() -> None:
    both = pl.concat([charges(("Network", None, "5.5", "1", False), currency=currency) for currency in ("EUR", "JPY")])
    result = chargeback(both, (), "IT")
    assert result.select("currency", pl.col("amount").cast(pl.Float64)).rows() == [("EUR", 5.5), ("JPY", 6.0)]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Object Storage", "Network"]),
            st.sampled_from([None, '{"course": "algebra"}', '{"course": null}', "{}"]),
            st.decimals(-1000, 1000, places=5).map(str),
            st.decimals(-1000, 1000, places=5).map(str),
            st.booleans(),
        ),
        min_size=1,
        max_size=12,
    ),
    st.randoms(use_true_random=False),
)
def test_parts_sum_to_the_bill_whatever_the_order(rows: list[tuple[str, str | None, str, str, bool]], chance) -> None:  # type: ignore[no-untyped-def]  # hypothesis' own Random
    result = chargeback(charges(*rows), RULES, "central IT")
    total = sum((Decimal(billed) for _, _, billed, _, _ in rows), Decimal(0))
    assert sum(to_minor(amount, "EUR") for amount in result["amount"]) == to_minor(total, "EUR")
    sums = result["effective"].to_list()
    if min(sums) < 0 < max(sums):  # nobody pays further from its own than bill and allocation differ
        beside = abs(total - sum(sums)) + Decimal("0.02")
        assert all(abs(paid - own) <= beside for paid, own in zip(result["amount"], sums, strict=True))
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert chargeback(charges(*shuffled), RULES, "central IT").equals(result)


def test_rules_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match="parts of 1"):
        Rule({"service": "x"}, {"a": Decimal("0.5"), "b": Decimal("0.4")})
    with pytest.raises(InputError, match="know no `colour`"):
        chargeback(charges(("Network", None, "1", "1", False)), (Rule({"colour": "red"}, {"a": Decimal(1)}),), "IT")
