"""Payments against what payment providers settled: every transaction and every line has one finding, with its cause.

A transaction is matched when one line (or several that sum to it) settles its amount in time, at the declared fee and
at the rate of the day. Where more than one thing is wrong the first of `CAUSES` is the cause; the differences stand in
the finding all the same. A finding is data, not an exception: whoever runs the books works through them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from akademos.ledger.exchange import Rates
from akademos.ledger.fees import Fee, fee_of
from akademos.ledger.money import minor_unit

Cause = Literal[
    "unknown_transaction", "duplicate_settlement", "amount_differs", "account_differs", "rate_missing", "rate_differs",
    "fee_differs", "late", "fx_rounding", "missing_settlement", "not_due", "none", "balance_differs",
]  # fmt: skip
Status = Literal["matched", "open", "mismatch"]

CAUSES: Mapping[Cause, str] = {
    "unknown_transaction": "a line settles a transaction that nobody has booked",
    "duplicate_settlement": "the transaction was settled more than once",
    "amount_differs": "the settled amount is another one, or in another currency",
    "account_differs": "it was settled on another account than it was booked on",
    "rate_missing": "it was exchanged, and there is no rate of that day to check it by",
    "rate_differs": "it was exchanged at another rate than that of the day",
    "fee_differs": "the fee is another one than the schedule's",
    "late": "it was settled after the days that the provider has for it",
    "fx_rounding": "the exchange differs by rounding only",
    "missing_settlement": "the days to settle it are over, and no line settles it",
    "balance_differs": "the provider states another balance than the sum of all movements",
    "not_due": "it is not settled, and need not be yet",
    "none": "everything fits",
}
"""In the order in which they are named, each in words."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A booked transaction; `posted_on` in UTC, refunds below zero."""

    transaction_id: str
    merchant: str
    account: str
    channel: str
    kind: str
    amount: Decimal
    currency: str
    posted_on: date


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a settlement: `gross` in the transaction's currency, the rest in that of the payout."""

    line_id: str
    transaction_id: str
    batch: str
    merchant: str
    account: str
    settled_on: date
    currency: str
    gross: Decimal
    paid_currency: str
    paid_gross: Decimal
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Terms:
    """By what it is judged.

    Attributes:
        days: within which a provider settles; by the day of the booking.
        rounding: by how many minor units an exchange may differ and still be called rounding; likewise.
        fees: the schedule; where no line of it fits, no fee is expected and none is checked.
    """

    days: Callable[[date], int]
    rounding: Callable[[date], int]
    fees: Sequence[Fee]
    rates: Rates


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one transaction, or of a line without one; differences are found less expected.

    Attributes:
        subject: transaction or line; `subject_id` is its id.
        expected, found: gross amounts in `currency`; None where there is none.
        days: from booking to (the first) settlement.
    """

    subject: Literal["transaction", "line"]
    subject_id: str
    merchant: str
    account: str
    currency: str
    status: Status
    cause: Cause
    expected: Decimal | None
    found: Decimal | None
    fee_expected: Decimal | None
    fee_found: Decimal | None
    exchange_difference: Decimal | None
    paid_currency: str | None
    booked_on: date | None
    settled_on: date | None
    batch: str | None
    line_ids: tuple[str, ...]

    @property
    def days(self) -> int | None:
        """From booking to settlement."""
        return None if self.booked_on is None or self.settled_on is None else (self.settled_on - self.booked_on).days


def match_payments(payments: Iterable[Payment], lines: Iterable[Line], terms: Terms, as_of: date) -> list[Finding]:
    """One finding for each transaction and one for each line without a transaction, in the order of their ids.

    Args:
        payments: each transaction_id once.
        as_of: the day until whose end days are waited for. Whoever asks about a day that is over leaves out what came
            after it.
    """
    by_payment: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        by_payment[line.transaction_id].append(line)
    findings = []
    for payment in sorted(payments, key=lambda one: one.transaction_id):
        settled = sorted(by_payment.pop(payment.transaction_id, []), key=lambda one: (one.settled_on, one.line_id))
        findings.append(_finding(payment, settled, terms, as_of))
    orphans = sorted((line for left in by_payment.values() for line in left), key=lambda one: one.line_id)
    return findings + [_orphan(line) for line in orphans]


def counted(findings: Iterable[Finding]) -> Counter[Cause]:
    """How many findings have which cause."""
    return Counter(one.cause for one in findings)


def _orphan(line: Line) -> Finding:
    return Finding(
        "line", line.line_id, line.merchant, line.account, line.currency, "mismatch", "unknown_transaction", None,
        line.gross, None, line.fee, None, line.paid_currency, None, line.settled_on, line.batch, (line.line_id,),
    )  # fmt: skip


def _finding(payment: Payment, lines: Sequence[Line], terms: Terms, as_of: date) -> Finding:
    days = terms.days(payment.posted_on)
    if not lines:
        due = payment.posted_on + timedelta(days=days)
        status, missing = _missing(due, as_of)
        return Finding(
            "transaction", payment.transaction_id, payment.merchant, payment.account, payment.currency, status, missing,
            payment.amount, None, None, None, None, None, payment.posted_on, None, None, (),
        )  # fmt: skip
    first = lines[0]
    found = sum((line.gross for line in lines), Decimal(0))
    fees = _fees(payment, lines, terms)
    scheduled = [fee.expected for fee in fees if fee.expected is not None]
    expected_fee = sum(scheduled, Decimal(0)) if len(scheduled) == len(fees) else None
    exchanged = [_exchange(line, terms) for line in lines]
    known = [one for one in exchanged if one is not None]
    off = sum(known, Decimal(0)) if len(known) == len(lines) else None
    wrong: set[Cause] = set()
    if any(line.currency != payment.currency or _altered(line) for line in lines):
        wrong.add("amount_differs")
    elif found != payment.amount:
        repeated = len(lines) > 1 and all(line.gross == payment.amount for line in lines)
        wrong.add("duplicate_settlement" if repeated else "amount_differs")
    if any(line.account != payment.account for line in lines):
        wrong.add("account_differs")
    if off is None:
        wrong.add("rate_missing")
    elif any(known):
        units = Decimal(terms.rounding(payment.posted_on))
        rounding = all(
            abs(one) <= units.scaleb(-minor_unit(line.paid_currency)) for one, line in zip(known, lines, strict=True)
        )
        wrong.add("fx_rounding" if rounding else "rate_differs")
    if any(fee.differs for fee in fees):
        wrong.add("fee_differs")
    if any((line.settled_on - payment.posted_on).days > days for line in lines):
        wrong.add("late")
    cause: Cause = next((one for one in CAUSES if one in wrong), "none")
    return Finding(
        "transaction", payment.transaction_id, payment.merchant, payment.account, payment.currency,
        "mismatch" if wrong else "matched", cause, payment.amount, found, expected_fee,
        sum((line.fee for line in lines), Decimal(0)), off, first.paid_currency, payment.posted_on, first.settled_on,
        first.batch, tuple(line.line_id for line in lines),
    )  # fmt: skip


def _missing(due: date, as_of: date) -> tuple[Status, Cause]:
    return ("open", "not_due") if due >= as_of else ("mismatch", "missing_settlement")


def _altered(line: Line) -> bool:
    """Whether another amount is paid out than is settled, without any exchange."""
    return line.currency == line.paid_currency and line.gross != line.paid_gross


@dataclass(frozen=True, slots=True)
class _Fee:
    """What the lines of one payout currency should have taken, and took; None where no line of the schedule fits."""

    expected: Decimal | None
    found: Decimal
    rounding: Decimal

    @property
    def differs(self) -> bool:
        return self.expected is not None and abs(self.found - self.expected) > self.rounding


def _fees(payment: Payment, lines: Sequence[Line], terms: Terms) -> list[_Fee]:
    """A transaction has one fee in each currency of its payout, of all that was paid, by the day of the first line; it
    may be off by a minor unit for each further line, since every line is rounded."""
    paid: dict[str, list[Line]] = defaultdict(list)
    for line in lines:
        paid[line.paid_currency].append(line)
    return [
        _Fee(
            fee_of(
                terms.fees,
                merchant=payment.merchant,
                channel=payment.channel,
                kind=payment.kind,
                gross=sum((line.paid_gross for line in mine), Decimal(0)),
                currency=currency,
                day=mine[0].settled_on,
            ),
            sum((line.fee for line in mine), Decimal(0)),
            Decimal(len(mine) - 1).scaleb(-minor_unit(currency)),
        )
        for currency, mine in paid.items()
    ]


def _exchange(line: Line, terms: Terms) -> Decimal | None:
    """What was paid less what the day's rate gives; None where there is none."""
    expected = terms.rates.exchange(line.gross, line.currency, line.paid_currency, line.settled_on)
    return None if expected is None else line.paid_gross - expected
