"""The report of costs as it is answered: which months and currency, rows as JSON and as a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from akademos.catalogue.roles import Question
from akademos.errors import InputError
from akademos.serving.gate import may_ask
from akademos.serving.principal import Principal
from akademos.serving.services import Services
from akademos.stores.ports.cost_report import ROWS, CostReport

MONTHS_SHOWN = 13
"""A year, and the month that runs."""

MOST_MONTHS = 60
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: months by their first days, and one currency, or all (empty)."""

    since: date
    until: date
    currency: str = ""


def wanted(now: datetime, since: str | None, until: str | None, currency: str | None) -> Wanted:
    """What a request asks for.

    Args:
        now: the moment; the month that runs is the last one if not said.
        since, until: months as YYYY-MM.
        currency: by ISO 4217.

    Raises:
        InputError: no month, no currency, or months in the wrong order or too far apart.
    """
    last = _month(until, "to") if until else now.date().replace(day=1)
    first = _month(since, "from") if since else _back(last, MONTHS_SHOWN - 1)
    if first > last or _back(last, MOST_MONTHS - 1) > first:
        raise InputError(
            f"From {first:%Y-%m} to {last:%Y-%m} is no span of at most {MOST_MONTHS} months.",
            hint="Give `from` before `to`.",
            pointer="/query/from",
        )
    if currency and not re.fullmatch(r"[A-Z]{3}", currency, re.ASCII):
        raise InputError(
            "`currency` is none.", hint="Write it by ISO 4217, as EUR.", code="currency_unknown",
            pointer="/query/currency",
        )  # fmt: skip
    return Wanted(first, last, currency or "")


def _month(text: str, name: str) -> date:
    if not _MONTH.fullmatch(text) or text.startswith("0000"):
        raise InputError(f"`{name}` is no month.", hint="Write it as 2026-03.", pointer=f"/query/{name}")
    return date.fromisoformat(f"{text}-01")


def _back(month: date, months: int) -> date:
    count = max(12, month.year * 12 + month.month - 1 - months)  # from the year 1 on
    return date(count // 12, count % 12 + 1, 1)


def costs_of(services: Services, principal: Principal, asked: Wanted) -> CostReport:
    """The report for whoever may ask for it.

    Raises:
        Forbidden: the role does not ask for costs.
        NotFound: there is no warehouse yet.
    """
    may_ask(principal, Question.OPERATIONS)
    floor = services.kpis.floor(principal.tenant_id)
    return services.costs.report(principal.tenant_id, since=asked.since, until=asked.until, floor=floor)


def table_of(report: CostReport, name: str, currency: str = "") -> Sequence[Any]:
    """The rows of one table (`ROWS`), of one currency if one is given; what is of no currency is of each."""
    rows: Sequence[Any] = getattr(report, name)
    return [one for one in rows if not currency or getattr(one, "currency", currency) == currency]


def columns_of(name: str) -> list[str]:
    """The columns of a table."""
    return [one.name for one in fields(ROWS[name])]


def row_of(one: Any) -> dict[str, Any]:
    """A row for JSON: amounts as exact texts, days as ISO dates."""
    return {name: _wire(value) for name, value in asdict(one).items()}


def _wire(value: Any) -> Any:
    if isinstance(value, Decimal):
        return exact(value)
    return value.isoformat() if isinstance(value, date) else value


def exact(value: Decimal) -> str:
    """All digits that count, never as a power of ten.

    Example:
        >>> exact(Decimal("300.0000")), exact(Decimal("-0.010")), exact(Decimal("0E-18"))
        ('300', '-0.01', '0')
    """
    return f"{value.normalize():f}" if value else "0"
