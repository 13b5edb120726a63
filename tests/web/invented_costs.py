"""Invented bills of a year: a report with everything in it, and one without anything."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from tests.web.invented_forms import NOW

from akademos.serving.pages.costs import CostView
from akademos.stores.ports.cost_report import (
    BillPart,
    CentreMonth,
    CostReport,
    CourseMonth,
    Findings,
    ForecastMonth,
    LearnerMonth,
    Reconciled,
    ServiceMonth,
    SettledMonth,
    StatedBalance,
)

CENTRES = ("teaching", "central IT", "the library and its reading rooms", "research", "student services")
SERVICES = ("Virtual Machines", "Object Storage", "Network", "Support", "Event intake", "Jobs", "Answers")


def _month(number: int) -> date:
    count = NOW.year * 12 + NOW.month - 1 + number
    return date(count // 12, count % 12 + 1, 1)


MONTHS = [_month(number) for number in range(-12, 1)]


def _amount(month: int, place: int) -> Decimal:
    return Decimal(300 + 11 * month - 55 * place) + Decimal("0.37") * place


BILL = Decimal("12345.67")
REPORT = CostReport(
    cost_centres=[
        CentreMonth(month, "EUR", name, _amount(n, place), _amount(n, place), Decimal(300) if place < 2 else None,
                    None if place > 1 else _amount(n, place) > 300)
        for n, month in enumerate(MONTHS) for place, name in enumerate(CENTRES)
    ],
    services=[
        ServiceMonth(month, "EUR", name, "teaching", Decimal(-20) if name == "Support" else _amount(n, place))
        for n, month in enumerate(MONTHS) for place, name in enumerate(SERVICES)
    ],
    forecast=[
        ForecastMonth(_month(n), "EUR", Decimal(1500 + 20 * n), Decimal(1400 - 30 * n), Decimal(1600 + 70 * n), 0.8, 12,
                      8, 6)
        for n in range(3)
    ],
    bills=[
        BillPart(month, "nimbus-4711", "EUR", name, _amount(n, place), _amount(n, place), BILL, Decimal(0),
                 Decimal("-7.33"))
        for n, month in enumerate(MONTHS) for place, name in enumerate(CENTRES)
    ],
    learners=[
        LearnerMonth(month, "EUR", BILL, 270 + 5 * n, Decimal("1.4723") - Decimal("0.01") * n)
        for n, month in enumerate(MONTHS)
    ],
    courses=[
        CourseMonth(MONTHS[-2], "EUR", name, Decimal(140 - 9 * n), None if name is None else 115,
                    None if name is None else Decimal("0.0064"))
        for n, name in enumerate(("algebra", "anatomy", "an introduction to data analysis", None))
    ],
    differences=[
        Findings("transaction", "mismatch", cause, cause, "EUR", n + 1, Decimal("-3.50"), None, Decimal("0.01"))
        for n, cause in enumerate(("late", "fee_differs", "missing_settlement", "of_another_release"))
    ] + [Findings("transaction", "open", "not_due", "x", "USD", 3, None, None, None)],
    balances=[StatedBalance(MONTHS[-1], "Payline/main", "EUR", Decimal(-30), Decimal("-33.5"), Decimal("-3.5"),
                            "balance_differs")],
    settlements=[
        SettledMonth(month, "Payline", "EUR", 8, 12, Decimal("15778.00"), Decimal("328.86"), Decimal("15449.14"), 1)
        for month in MONTHS
    ],
    reconciliations=[
        Reconciled("transactions EUR", Decimal("19088.5"), Decimal("19088.5"), Decimal(0), "balanced", None),
        Reconciled("settlement lines", Decimal(493), Decimal(492), Decimal(1), "unexplained", "one is not there"),
    ],
    minor_units={"EUR": 2, "USD": 2},
    charges=112,
    loads=27,
    loaded_at=datetime(2026, 3, 1, tzinfo=UTC),
)  # fmt: skip
NOTHING = CostReport([], [], [], [], [], [], [], [], [], [], {}, 0, 0, None)
FULL = CostView(REPORT, "EUR", ["EUR", "USD"], MONTHS[0], MONTHS[-1])
EMPTY = CostView(NOTHING, "", [], MONTHS[0], MONTHS[-1])
