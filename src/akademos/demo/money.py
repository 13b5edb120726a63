"""What the invented institution pays and is paid: bills in FOCUS of two providers and currencies with corrections, the
payments of its learners, and what a payment provider settled of them, with one mismatch of each cause in it.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from akademos.demo.courses import COURSES
from akademos.demo.population import NEVER
from akademos.demo.randomness import stream
from akademos.demo.simulation import History

MONTHS = 12
PROVIDER, ABROAD = "Nimbus Cloud", "Pacifica Hosting"
MERCHANT, ACCOUNT = "Payline", "main"
SHARE, FIXED = Decimal("0.014"), Decimal("0.25")
SETTLED_AFTER, SETTLEMENT_DAYS = 2, 5
ENROLMENT, CERTIFICATE, SUBSCRIPTION = Decimal("49.00"), Decimal("35.00"), Decimal("9.99")
_CENT = Decimal("0.01")

TERMS = f"""# Terms of money of the demo institution.
{{rules}}
[[unallocated]]
cost_centre = "central IT"
valid_from = 2020-01-01
[[chargeback_rule]]
number = 90
match = {{{{ service = "Object Storage" }}}}
shares = {{{{ "central IT" = 0.4, "teaching" = 0.6 }}}}
valid_from = 2020-01-01
[[cost_centre]]
name = "central IT"
owner = "head of IT"
monthly_budget = 400
currency = "EUR"
valid_from = 2020-01-01
[[cost_centre]]
name = "teaching"
owner = "vice dean for teaching"
monthly_budget = 300
currency = "EUR"
valid_from = 2020-01-01
[[price]]
item = "events"
unit = "event"
currency = "EUR"
price = 0.00001
valid_from = 2020-01-01
[[price]]
item = "compute"
unit = "second"
currency = "EUR"
price = 0.00002
valid_from = 2020-01-01
[[price]]
item = "storage"
unit = "GB-hour"
currency = "EUR"
price = 0.00003
valid_from = 2020-01-01
[[price]]
item = "answers"
unit = "answer"
currency = "EUR"
price = 0.0001
valid_from = 2020-01-01
[[discount]]
item = "events"
share = 0.2
least = 100000
valid_from = 2020-01-01
[[fee]]
name = "cards"
merchant = "{MERCHANT}"
channel = "card"
currency = "EUR"
share = {SHARE}
fixed = {FIXED}
valid_from = 2020-01-01
[[limit]]
name = "settlement_days"
unit = "days"
value = {SETTLEMENT_DAYS}
valid_from = 2020-01-01
[[limit]]
name = "rounding_units"
unit = "minor units"
value = 1
valid_from = 2020-01-01
[[limit]]
name = "largest_amount"
unit = "EUR"
value = 500
valid_from = 2020-01-01
"""


@dataclass(frozen=True, slots=True)
class MoneyFiles:
    """Where the files are, by the command that takes them."""

    terms: Path
    bills: tuple[Path, ...]
    rates: Path
    payments: Path
    settlements: Path
    balances: Path


@dataclass(frozen=True, slots=True)
class _Payment:
    reference: str
    day: date
    user_id: str
    product: str
    course_id: str
    kind: str
    amount: Decimal
    currency: str
    related: str = ""


def write_money(history: History, folder: Path) -> MoneyFiles:
    """All files; equal for equal seeds and instants."""
    folder.mkdir(parents=True, exist_ok=True)
    today = history.now.astimezone(UTC).date()
    rates = dict(_rates(history.seed, today))
    payments = list(_payments(history, today))
    lines = list(_settlements(payments, rates, today))
    files = MoneyFiles(
        folder / "terms.toml",
        tuple(_bills(history.seed, today, folder)),
        folder / "rates.csv",
        folder / "payments.csv",
        folder / "settlements.csv",
        folder / "balances.csv",
    )
    files.terms.write_text(TERMS.format(rules=_rules()), encoding="utf-8")
    _write(
        files.rates,
        ("base", "quote", "rated_on", "rate", "source"),
        [("USD", "EUR", day, rate, "demo bank") for day, rate in rates.items()],
    )
    _write(
        files.payments,
        ("reference", "merchant", "channel", "product", "course_id", "kind", "amount", "currency", "posted_at",
         "related", "user_id"),
        [
            (one.reference, MERCHANT, "card", one.product, one.course_id, one.kind, one.amount, one.currency,
             f"{one.day}T12:00:00Z", one.related, one.user_id)
            for one in payments
        ],
    )  # fmt: skip
    header = ("batch", "merchant", "reference", "settled_on", "currency", "gross", "paid_currency", "paid_gross", "fee",
              "net", "account")  # fmt: skip
    _write(files.settlements, header, lines)
    _write(files.balances, ("merchant", "currency", "stated_on", "balance"), _balances(payments, lines, today))
    return files


def _rules() -> str:
    return "\n".join(
        f'[[chargeback_rule]]\nnumber = {number}\nmatch = {{ "tag.course" = {json.dumps(course.course_id)} }}\n'
        'cost_centre = "teaching"\nvalid_from = 2020-01-01'
        for number, course in enumerate(COURSES, start=1)
    )


def _rates(seed: int, today: date) -> Iterator[tuple[date, Decimal]]:
    chance = stream(seed, "exchange rates")
    rate = 0.92
    for back in range(32 * MONTHS, -1, -1):
        day = today - timedelta(days=back)
        rate *= 1 + chance.normal(0, 0.003)
        if day.isoweekday() <= 5:
            yield day, Decimal(f"{rate:.4f}")


def _months(today: date) -> list[date]:
    month, found = today.replace(day=1), []
    for _ in range(MONTHS):
        month = (month - timedelta(days=1)).replace(day=1)
        found.append(month)
    return found[::-1]


def _bills(seed: int, today: date, folder: Path) -> Iterator[Path]:
    chance = stream(seed, "bills")
    header = (
        "ProviderName", "BillingAccountId", "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart",
        "ChargePeriodEnd", "BillingCurrency", "ServiceName", "ServiceCategory", "ResourceId", "RegionId", "Tags",
        "ChargeCategory", "ChargeClass", "BilledCost", "EffectiveCost", "ListCost", "ConsumedQuantity", "ConsumedUnit",
    )  # fmt: skip
    months = _months(today)
    for number, month in enumerate(months):
        after = (month + timedelta(days=31)).replace(day=1)

        def charge(
            service: str,
            category: str,
            cost: float,
            *,
            course: str = "",
            effective: float | None = None,
            kind: str = "Usage",
            corrects: date | None = None,
            provider: tuple[str, str, str, str] = (PROVIDER, "nimbus-4711", "EUR", "eu-central"),
            period: tuple[date, date] = (month, after),
        ) -> Sequence[object]:
            name, account, currency, region = provider
            tags = json.dumps({"course": course, "stage": "production"} if course else {"stage": "production"})
            billed = Decimal(f"{cost:.6f}")
            spread = billed if effective is None else Decimal(f"{effective:.6f}")
            begins = corrects or period[0]
            ends = (begins + timedelta(days=31)).replace(day=1)
            return (
                name, account, *period, begins, ends, currency, service, category, service.lower(),
                region, tags, kind, "Correction" if corrects else "", billed, spread, billed * 2,
                f"{abs(cost) * 3:.3f}", "hours",
            )  # fmt: skip

        growth = 1 + 0.03 * number
        rows = [
            charge("Virtual Machines", "Compute", growth * chance.normal(70, 4), course=one.course_id)
            for one in COURSES
        ]
        rows += [
            charge("Object Storage", "Storage", growth * chance.normal(60, 3)),
            charge("Network", "Networking", growth * chance.normal(35, 4)),
            charge("Reserved Machines", "Compute", 240.0 if number == 0 else 0.0, effective=20.0, kind="Purchase"),
            charge("Support", "Other", -12.5, kind="Credit"),
        ]
        if number % 4 == 3:
            rows.append(charge("Network", "Networking", -7.333333, corrects=months[number - 1]))
        file = folder / f"bill-{month:%Y-%m}.csv"
        _write(file, header, rows)
        yield file
        abroad = (ABROAD, "pacifica-12", "USD", "us-west")
        file = folder / f"bill-abroad-{month:%Y-%m}.csv"
        _write(file, header, [charge("Video Delivery", "Media", growth * chance.normal(45, 5), provider=abroad)])
        yield file


def _payments(history: History, today: date) -> Iterator[_Payment]:
    learners, chance = history.learners, stream(history.seed, "payments")
    number = 0
    for who, user_id in enumerate(learners.user_ids):
        paid: list[_Payment] = []
        for at, course in enumerate(COURSES):
            if learners.enrolled[who, at]:
                number += 1
                began = (today - history.first_day).days if learners.starts[who] >= NEVER else learners.starts[who]
                day = history.first_day + timedelta(days=int(began))
                paid.append(
                    _Payment(f"pay-{number:06d}", min(day, today), user_id, course.course_id, course.course_id,
                             "enrolment", ENROLMENT, "EUR")
                )  # fmt: skip
        if chance.random() < 0.2:
            number += 1
            day = today - timedelta(days=int(chance.integers(12, 60)))
            paid.append(_Payment(f"pay-{number:06d}", day, user_id, "premium", "", "subscription", SUBSCRIPTION, "USD"))
        if paid and paid[0].currency == "EUR" and chance.random() < 0.08:
            number += 1
            first = paid[0]
            kind = "refund" if number % 3 else "chargeback"
            day = min(first.day + timedelta(days=9), today)
            paid.append(
                _Payment(f"pay-{number:06d}", day, user_id, first.product, first.course_id, kind, -ENROLMENT, "EUR",
                         first.reference)
            )  # fmt: skip
        yield from paid
    booked = today - timedelta(days=40)
    some = learners.user_ids[0]
    for cause in WRONG:
        number += 1
        currency = {"rate_missing": "CHF", "rate_differs": "USD", "fx_rounding": "USD"}.get(cause, "EUR")
        yield _Payment(
            f"pay-{number:06d}-{cause}", booked, some, "certificate", "", "certification_fee", CERTIFICATE, currency
        )
    yield _Payment(f"pay-{number + 1:06d}", today, some, "certificate", "", "adjustment", Decimal("-1.00"), "EUR",
                   f"pay-{number:06d}-{WRONG[-1]}")  # fmt: skip


WRONG = (
    "missing_settlement", "duplicate_settlement", "amount_differs", "account_differs", "fee_differs", "late",
    "fx_rounding", "rate_differs", "rate_missing",
)  # fmt: skip
"""One payment each is settled so; a line that settles nothing and a stated balance that is off come beside them."""

_Line = tuple[str, str, str, date, str, Decimal, str, Decimal, Decimal, Decimal, str]


def _settlements(payments: Sequence[_Payment], rates: dict[date, Decimal], today: date) -> Iterator[_Line]:
    def line(
        one: _Payment,
        gross: Decimal,
        day: date,
        *,
        off: Decimal = Decimal(0),
        fee_off: Decimal = Decimal(0),
        account: str = ACCOUNT,
    ) -> _Line:
        rate = Decimal(1) if one.currency == "EUR" else _newest(rates, day)
        paid = (gross * rate).quantize(_CENT, ROUND_HALF_EVEN) + off
        fee = (max(paid, Decimal(0)) * SHARE).quantize(_CENT, ROUND_HALF_EVEN) + FIXED + fee_off
        batch, net = f"S-{day:%Y%m%d}", paid - fee
        return (batch, MERCHANT, one.reference, day, one.currency, gross, "EUR", paid, fee, net, account)

    for one in payments:
        day, cause = one.day + timedelta(days=SETTLED_AFTER), one.reference.partition("-")[2].partition("-")[2]
        if day > today or cause == "missing_settlement":
            continue
        if cause == "amount_differs":
            yield line(one, one.amount - 5, day)
        elif cause == "account_differs":
            yield line(one, one.amount, day, account="library")
        elif cause == "fee_differs":
            yield line(one, one.amount, day, fee_off=Decimal("0.40"))
        elif cause == "late":
            yield line(one, one.amount, day + timedelta(days=SETTLEMENT_DAYS))
        elif cause == "fx_rounding":
            yield line(one, one.amount, day, off=_CENT)
        elif cause == "rate_differs":
            yield line(one, one.amount, day, off=Decimal("1.50"))
        else:
            yield line(one, one.amount, day)
        if cause == "duplicate_settlement":
            yield line(one, one.amount, day + timedelta(days=1))
    stray = _Payment("pay-of-somebody-else", today, "", "", "", "", CERTIFICATE, "EUR")
    yield line(stray, CERTIFICATE, today - timedelta(days=30))


def _newest(rates: dict[date, Decimal], day: date) -> Decimal:
    return rates[max(one for one in rates if one <= day)]


def _balances(payments: Sequence[_Payment], lines: Sequence[_Line], today: date) -> Iterator[tuple[object, ...]]:
    """At the ends of the last two months, as the sums say; the last one a little off."""
    newest = today.replace(day=1) - timedelta(days=1)
    for day, off in ((newest.replace(day=1) - timedelta(days=1), Decimal(0)), (newest, Decimal("-3.50"))):
        taken = sum((one.amount for one in payments if one.currency == "EUR" and one.day <= day), Decimal("0.00"))
        mine = (one for one in lines if one[-1] == ACCOUNT)
        settled = sum((one[5] for one in mine if one[4] == "EUR" and one[3] <= day), Decimal("0.00"))
        yield (MERCHANT, "EUR", day, taken - settled + off)


def _write(file: Path, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened)
        writer.writerow(header)
        writer.writerows(rows)
