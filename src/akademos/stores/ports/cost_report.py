"""Port of the report of costs: what the published warehouse says of bills, who pays them, and what comes next.

One definition for the page, /v1/costs, its files and `akademos cost report`. Amounts are exact decimals in a currency;
nothing is exchanged or added up across currencies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class CentreMonth:
    """What a cost centre used (`effective`) and pays (`amount`, its parts of the month's bills) in a month."""

    month: date
    currency: str
    cost_centre: str
    effective: Decimal
    amount: Decimal
    budget: Decimal | None
    over_budget: bool | None


@dataclass(frozen=True, slots=True)
class ServiceMonth:
    """What a service cost a cost centre in a month, as used."""

    month: date
    currency: str
    service: str
    cost_centre: str
    effective: Decimal


@dataclass(frozen=True, slots=True)
class ForecastMonth:
    """Effective cost that is to be expected of a month, with its interval of `level`; such an interval held in
    `months_inside` of the `months_tested` months that were left out."""

    month: date
    currency: str
    expected: Decimal
    lower: Decimal
    upper: Decimal
    level: float
    months_known: int
    months_tested: int
    months_inside: int


@dataclass(frozen=True, slots=True)
class BillPart:
    """A cost centre's part of a bill; `difference` is what the bill has and its parts have not, 0 when they sum to
    it, `corrections` what the bill brings of earlier periods."""

    period_start: date
    billing_account: str
    currency: str
    cost_centre: str
    effective: Decimal
    amount: Decimal
    bill: Decimal
    difference: Decimal
    corrections: Decimal


@dataclass(frozen=True, slots=True)
class LearnerMonth:
    """The bills of a month over its active learners, who are rounded to five."""

    month: date
    currency: str
    amount: Decimal
    active_learners: int
    per_learner: Decimal


@dataclass(frozen=True, slots=True)
class CourseMonth:
    """A course's part of the bills of a month; `course` None is what no course is charged for. Without learners where
    charges name the course only."""

    month: date
    currency: str
    course: str | None
    amount: Decimal
    active_learners: int | None
    per_learner: Decimal | None


@dataclass(frozen=True, slots=True)
class Findings:
    """How many transactions, lines of settlements and balances fit or do not, by cause."""

    subject: str
    status: str
    cause: str
    explanation: str
    currency: str
    findings: int
    difference: Decimal | None
    fee_difference: Decimal | None
    exchange_difference: Decimal | None


@dataclass(frozen=True, slots=True)
class StatedBalance:
    """A balance that a provider states, and the sum of all movements."""

    stated_on: date
    account: str
    currency: str
    summed: Decimal | None
    stated: Decimal | None
    difference: Decimal | None
    cause: str


@dataclass(frozen=True, slots=True)
class SettledMonth:
    """What a provider paid out in a month."""

    month: date
    merchant: str
    currency: str
    payouts: int
    lines: int
    gross: Decimal
    fees: Decimal
    net: Decimal
    lines_without_transaction: int


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One equation of the books: what was meant, what was found, and the cause of a difference."""

    reconciliation: str
    meant: Decimal
    found: Decimal
    difference: Decimal
    status: str
    cause: str | None


@dataclass(frozen=True, slots=True)
class CostReport:
    """All of it, months ascending. `minor_units` are the decimals of currencies; the books held `charges` in `loads`,
    the newest of which came at `loaded_at`, when the warehouse was built."""

    cost_centres: Sequence[CentreMonth]
    services: Sequence[ServiceMonth]
    forecast: Sequence[ForecastMonth]
    bills: Sequence[BillPart]
    learners: Sequence[LearnerMonth]
    courses: Sequence[CourseMonth]
    differences: Sequence[Findings]
    balances: Sequence[StatedBalance]
    settlements: Sequence[SettledMonth]
    reconciliations: Sequence[Reconciled]
    minor_units: Mapping[str, int]
    charges: int
    loads: int
    loaded_at: datetime | None


ROWS: Mapping[str, type] = {
    "cost_centres": CentreMonth,
    "services": ServiceMonth,
    "forecast": ForecastMonth,
    "bills": BillPart,
    "learners": LearnerMonth,
    "courses": CourseMonth,
    "differences": Findings,
    "balances": StatedBalance,
    "settlements": SettledMonth,
    "reconciliations": Reconciled,
}
"""The tables of the report by name."""


class CostReports(Protocol):
    """Reads the report."""

    def report(self, tenant_id: str, *, since: date, until: date, floor: int) -> CostReport:
        """Months from the one of a day to the one of another; forecast, differences and reconciliations are of all
        time, as they stand. Fewer than `floor` learners are not told of, nor is anything that was divided by them.

        Raises:
            NotFound: there is no warehouse yet, or none of this release.
        """
        ...
