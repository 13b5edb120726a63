"""What measured usage costs: the declared price of its unit, less the declared discount, before any rounding."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext

from akademos.errors import InputError
from akademos.ledger.money import DIGITS

DECIMALS = Decimal(1).scaleb(-18)

LEAST_CREDIT = Decimal(1).scaleb(-12)
"""Less is left of rounding the charges of a day one by one."""

UNITS = {"events": "event", "compute": "second", "storage": "GB-hour", "answers": "answer"}
"""What is metered, and in what: events that came in, seconds of jobs and questions, 10^9 bytes of the core for an hour,
answered questions about people."""


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
    """A part of an item's price that is left off, 0.1 is ten percent, on days with `least` units of it or more."""

    item: str
    share: Decimal
    least: Decimal
    valid_from: datetime
    valid_to: datetime | None = None


@dataclass(frozen=True, slots=True)
class Priced:
    """Usage with its cost: at list price, and as charged. Quantity 0 is a credit for what was charged before."""

    usage: Usage
    unit: str
    currency: str
    listed: Decimal
    charged: Decimal


@dataclass(frozen=True, slots=True)
class Standing:
    """What the books charge already for one thing on one day, all stretches of it together."""

    item: str
    resource: str
    unit: str
    currency: str
    quantity: Decimal
    listed: Decimal
    charged: Decimal


def priced(usage: Usage, prices: Sequence[Price], share: Decimal = Decimal(0)) -> Priced:
    """The cost of usage at the price of its beginning, less `share` of it.

    Raises:
        InputError: nobody declared a price for it (`price_missing`).

    >>> from datetime import UTC
    >>> may, june = datetime(2026, 5, 1, tzinfo=UTC), datetime(2026, 6, 1, tzinfo=UTC)
    >>> used = Usage("storage", "lake", Decimal(100), may, june)
    >>> cost = priced(used, [Price("storage", "GB-hour", "EUR", Decimal("0.002"), may)], Decimal("0.1"))
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
    with localcontext(prec=DIGITS):
        listed = (usage.quantity * price.price).quantize(DECIMALS)
        charged = (listed * (1 - share)).quantize(DECIMALS)
    return Priced(usage, price.unit, price.currency, listed, charged)


def priced_day(
    used: Sequence[Usage], standing: Sequence[Standing], prices: Sequence[Price], discounts: Sequence[Discount]
) -> list[Priced]:
    """The cost of what was used in one stretch of a day (UTC), with discounts by all that the day has of the item.

    A discount is reached by the units of an item on the day, whatever resources and stretches they come from. What
    stands at more than the day's discount leaves is credited: usage of quantity 0 with a cost below zero. So a day
    costs the same however often it was metered.

    Args:
        used: not charged yet, all of one stretch.
        standing: what is charged already for the same day.

    Raises:
        InputError: as `priced`.
    """
    if not used:
        return []
    start, end = used[0].start, used[0].end
    quantities: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(prec=DIGITS):
        for item, quantity in ((one.item, one.quantity) for ones in (used, standing) for one in ones):
            quantities[item] += quantity
    shares = {item: _share(item, quantity, start, discounts) for item, quantity in quantities.items()}
    found = [priced(one, prices, shares[one.item]) for one in used]
    for one in standing:
        with localcontext(prec=DIGITS):
            credit = (one.listed * (1 - shares[one.item])).quantize(DECIMALS) - one.charged
        if credit <= -LEAST_CREDIT:
            nothing = Usage(one.item, one.resource, Decimal(0), start, end)
            found.append(Priced(nothing, one.unit, one.currency, Decimal(0), credit))
    return found


def _share(item: str, quantity: Decimal, at: datetime, discounts: Sequence[Discount]) -> Decimal:
    """The largest discount that so much of an item reaches."""
    reached = [one.share for one in discounts if one.item == item and _holds(one, at) and quantity >= one.least]
    return max(reached, default=Decimal(0))


def _holds(term: Price | Discount, at: datetime) -> bool:
    return term.valid_from <= at and (term.valid_to is None or at < term.valid_to)
