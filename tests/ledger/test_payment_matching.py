"""Payments against settlements: each cause once, and the laws that hold whatever came."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.ledger.exchange import Rate, Rates
from akademos.ledger.fees import Fee, fee_of
from akademos.ledger.payment_matching import CAUSES, Line, Payment, Terms, counted, match_payments

DAY = date(2026, 5, 4)
RATES = Rates([Rate("USD", "EUR", DAY, Decimal("0.9"))])
FEE = Fee("*", "card", "*", "EUR", Decimal("0.02"), Decimal("0.25"), date(2026, 1, 1))
TERMS = Terms(days=lambda _: 3, rounding=lambda _: 1, fees=(FEE,), rates=RATES)
AS_OF = DAY + timedelta(days=30)


def payment(amount: str = "100.00", currency: str = "EUR", name: str = "t-1", day: date = DAY) -> Payment:
    kind = "enrolment" if Decimal(amount) > 0 else "refund"
    return Payment(name, "Payline", "main", "card", kind, Decimal(amount), currency, day)


def line(
    gross: str = "100.00",
    currency: str = "EUR",
    paid: str | None = None,
    fee: str = "2.25",
    days: int = 1,
    name: str = "t-1",
    line_id: str = "l-1",
) -> Line:
    settled = DAY + timedelta(days=days)
    return Line(
        line_id, name, "B-1", "Payline", "main", settled, currency, Decimal(gross), "EUR", Decimal(paid or gross),
        Decimal(fee),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("payments", "lines", "cause", "status"),
    [
        ([payment()], [line()], "none", "matched"),
        ([payment()], [line("40.00", fee="1.05"), line("60.00", fee="1.20", line_id="l-2")], "none", "matched"),
        ([payment()], [line("40.00", fee="1.05"), line("60.00", fee="1.45", line_id="l-2")], "fee_differs", "mismatch"),
        ([payment("-20.00")], [line("-20.00", fee="0.25")], "none", "matched"),
        ([payment()], [], "missing_settlement", "mismatch"),
        ([payment(day=AS_OF)], [], "not_due", "open"),
        ([payment(day=AS_OF - timedelta(days=3))], [], "not_due", "open"),
        ([payment(day=AS_OF - timedelta(days=4))], [], "missing_settlement", "mismatch"),
        ([payment()], [line(), line(line_id="l-2")], "duplicate_settlement", "mismatch"),
        ([payment()], [line("99.00", fee="2.23")], "amount_differs", "mismatch"),
        ([payment()], [line("100.00", "USD", "90.00", fee="2.05")], "amount_differs", "mismatch"),
        ([payment()], [replace(line(), account="other")], "account_differs", "mismatch"),
        ([payment()], [line(fee="2.50")], "fee_differs", "mismatch"),
        ([payment()], [line(days=4)], "late", "mismatch"),
        ([payment("30.00", "USD")], [line("30.00", "USD", "27.00", fee="0.79")], "none", "matched"),
        ([payment("30.00", "USD")], [line("30.00", "USD", "27.01", fee="0.79")], "fx_rounding", "mismatch"),
        ([payment("30.00", "USD")], [line("30.00", "USD", "28.00", fee="0.81")], "rate_differs", "mismatch"),
        ([payment("30.00", "CHF")], [line("30.00", "CHF", "28.00", fee="0.81")], "rate_missing", "mismatch"),
        ([], [line()], "unknown_transaction", "mismatch"),
    ],
)
def test_each_cause(payments: list[Payment], lines: list[Line], cause: str, status: str) -> None:
    (found,) = match_payments(payments, lines, TERMS, AS_OF)
    assert (found.cause, found.status) == (cause, status)
    assert cause in CAUSES


def test_the_gravest_thing_is_the_cause_and_all_differences_stand() -> None:
    (found,) = match_payments([payment()], [line("99.00", fee="9.99", days=9)], TERMS, AS_OF)
    assert found.cause == "amount_differs"
    assert (found.fee_expected, found.fee_found, found.days) == (Decimal("2.23"), Decimal("9.99"), 9)


def test_a_payment_that_is_settled_in_parts_has_one_fee() -> None:
    """1.4 percent of 100.00, and 0.25 once; by line 0.84 and 0.56 beside it, of three parts 0.47, 0.47, 0.47."""
    terms = replace(TERMS, fees=(replace(FEE, share=Decimal("0.014")),))

    def settled(*parts: tuple[str, str]) -> tuple[str, Decimal | None, Decimal | None]:
        lines = [line(gross, fee=fee, line_id=f"l-{place}") for place, (gross, fee) in enumerate(parts)]
        (found,) = match_payments([payment()], lines, terms, AS_OF)
        return found.cause, found.fee_expected, found.fee_found

    once = Decimal("1.65")
    assert settled(("60.00", "1.09"), ("40.00", "0.56")) == ("none", once, once)
    assert settled(("60.00", "1.09"), ("40.00", "0.81")) == ("fee_differs", once, Decimal("1.90"))
    by_line = settled(("33.33", "0.72"), ("33.33", "0.47"), ("33.34", "0.47"))
    assert by_line == ("none", once, Decimal("1.66"))  # every line is rounded
    assert settled(("100.00", "1.66"))[0] == "fee_differs"


def test_without_a_line_of_the_schedule_no_fee_is_checked() -> None:
    terms = Terms(TERMS.days, TERMS.rounding, (), RATES)
    (found,) = match_payments([payment()], [line(fee="50.00")], terms, AS_OF)
    assert (found.status, found.fee_expected) == ("matched", None)


def test_the_line_that_names_most_decides_a_fee() -> None:
    general = Fee("*", "*", "*", "EUR", Decimal("0.05"), Decimal(0), date(2026, 1, 1))
    known = {"merchant": "m", "kind": "refund", "gross": Decimal(100), "currency": "EUR", "day": DAY}
    assert fee_of([general, FEE], channel="card", **known) == Decimal("2.25")  # type: ignore[arg-type]
    assert fee_of([general, FEE], channel="cash", **known) == Decimal("5.00")  # type: ignore[arg-type]
    assert fee_of([FEE], channel="card", **{**known, "day": date(2025, 12, 31)}) is None  # type: ignore[arg-type]


def test_a_payment_is_judged_by_the_limit_of_its_booking_day() -> None:
    """Sixty days until the end of May, one from June on."""
    terms = Terms(lambda day: 60 if day.month < 6 else 1, TERMS.rounding, (), RATES)
    june = payment(name="t-2", day=date(2026, 6, 2))
    found = match_payments([payment(), june], [line(days=20), line(days=32, name="t-2", line_id="l-2")], terms, AS_OF)
    assert [one.cause for one in found] == ["none", "late"]


amounts = st.integers(-5000, 5000).filter(bool).map(lambda cents: Decimal(cents) / 100)
books = st.lists(st.tuples(amounts, st.sampled_from(["EUR", "USD", "JPY"]), st.integers(0, 20)), max_size=12)
settled = st.lists(
    st.tuples(st.integers(0, 14), amounts, st.sampled_from(["EUR", "USD"]), st.integers(0, 9), amounts), max_size=16
)


@given(books, settled, st.integers())
def test_every_transaction_and_line_is_in_exactly_one_finding_in_any_order(
    booked: list[tuple[Decimal, str, int]], lines: list[tuple[int, Decimal, str, int, Decimal]], seed: int
) -> None:
    payments = [
        payment(str(amount), currency, f"t-{number}", DAY + timedelta(days=after))
        for number, (amount, currency, after) in enumerate(booked)
    ]
    lines_of = [
        line(str(gross), currency, str(paid), "0.25", days, f"t-{which}", f"l-{number}")
        for number, (which, gross, currency, days, paid) in enumerate(lines)
    ]
    found = match_payments(payments, lines_of, TERMS, AS_OF)
    assert Counter(one.subject_id for one in found if one.subject == "transaction") == Counter(
        one.transaction_id for one in payments
    )
    assert Counter(name for one in found for name in one.line_ids) == Counter(one.line_id for one in lines_of)
    assert sum(counted(found).values()) == len(found)
    for one in found:
        assert (one.status == "matched") == (one.cause == "none")
        if one.status == "matched":
            assert one.expected == one.found
    mixed = random.Random(seed)
    mixed.shuffle(payments)
    mixed.shuffle(lines_of)
    assert match_payments(payments, lines_of, TERMS, AS_OF) == found
