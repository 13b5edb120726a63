"""What measured usage costs: the declared price of its unit, less the declared discount, before any rounding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from akademos.errors import InputError
from akademos.ledger.money import DIGITS

DECIMALS = Decimal(1).scaleb(-18)

UNITS = {"events": "event", "compute": "second", "storage": "GB-hour", "answers": "answer"}
"""What is metered, and in what: events that came in, seconds of jobs, 10^9 bytes of the core for an hour, answered
questions about people."""


@dataclass(frozen=True, slots=True)
class Usage:
    """So much of one thing in one half-open stretch of time. `item` is the priced thing, `resource` which one."""

    item: str
    resource: str
    quantity: Decimal
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Price:
    """What one unit of an item costs from an instant on, until before another (None: until further notice)."""

    item: str
    unit: str
    currency: str
    price: Decimal
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Discount:
    """A part of an item's price that is left off, 0.1 is ten percent, from `least` units on."""

    item: str
    share: Decimal
    least: Decimal
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """Usage with its cost: at list price, and as charged."""

    usage: Usage
    unit: str
    currency: str
    listed: Decimal
    charged: Decimal


def priced(usage: Usage, prices: Sequence[Price], discounts: Sequence[Discount] = ()) -> Priced:
    """The cost of usage at the price of its beginning; the largest discount that fits is taken.

    Raises:
        InputError: nobody declared a price for it (`price_missing`).

    >>> from datetime import UTC
    >>> may, june = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    >>> cost = priced(
    ...     Usage("storage", "lake", Decimal(100), may, june),
    ...     [Price("storage", "GB-hour", "EUR", Decimal("0.002"), may)],
    ...     [Discount("storage", Decimal("0.1"), Decimal(50), may)],
    ... )
    >>> float(cost.listed), float(cost.charged)
    (0.2, 0.18)
    """
    price = next((one for one in prices if one.item == usage.item and _holds(one, usage.start)), None)
    if price is None:
        raise InputError(
            f"No price is declared for {usage.item} at {usage.start:%Y-%m-%d}.",
            hint="Declare one with `akademos cost declare` (docs/cost.md).",
            code="price_missing",
        )
    fitting = [
        one.share
        for one in discounts
        if one.item == usage.item and _holds(one, usage.start) and usage.quantity >= one.least
    ]
    with localcontext(prec=DIGITS):
        listed = (usage.quantity * price.price).quantize(DECIMALS)
        charged = (listed * (1 - max(fitting, default=Decimal(0)))).quantize(DECIMALS)
    return Priced(usage, price.unit, price.currency, listed, charged)


def _holds(term: Price | Discount, at: datetime) -> bool:
    return term.valid_from <= at and (term.valid_to is None or at < term.valid_to)
