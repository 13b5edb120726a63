"""Exchange at the rate of a day: rounded once, half to even, to the minor unit of what one gets."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext

from akademos.ledger.money import DIGITS, from_minor, to_minor

OLDEST = timedelta(days=7)
"""An older rate is none: weekends and holidays have no rate of their own, a week without one is a gap."""


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `base` is in `quote`, from the day `rated_on`."""

    base: str
    quote: str
    rated_on: date
    rate: Decimal
    source: str = ""


class Rates:
    """Rates to look up by day; of two of one day and pair the later given counts."""

    def __init__(self, rates: Iterable[Rate]) -> None:
        by_pair: dict[tuple[str, str], dict[date, Rate]] = defaultdict(dict)
        for one in rates:
            by_pair[one.base, one.quote][one.rated_on] = one
        self._by_pair = {pair: [days[day] for day in sorted(days)] for pair, days in by_pair.items()}

    def at(self, base: str, quote: str, day: date) -> Decimal | None:
        """Units of `quote` for one of `base`: the newest rate up to that day, the inverse pair where there is no
        other; None where none is younger than `OLDEST`."""
        if base == quote:
            return Decimal(1)
        direct = self._newest(base, quote, day)
        if direct is not None:
            return direct.rate
        inverse = self._newest(quote, base, day)
        if inverse is None:
            return None
        with localcontext(prec=DIGITS):
            return 1 / inverse.rate

    def _newest(self, base: str, quote: str, day: date) -> Rate | None:
        known = self._by_pair.get((base, quote), [])
        place = bisect_right(known, day, key=lambda rate: rate.rated_on)
        if not place or day - known[place - 1].rated_on > OLDEST:
            return None
        return known[place - 1]

    def exchange(self, amount: Decimal, base: str, quote: str, day: date) -> Decimal | None:
        """An amount in another currency, in whole minor units; None where there is no rate.

        >>> rates = Rates([Rate("USD", "EUR", date(2026, 5, 4), Decimal("0.9"))])
        >>> rates.exchange(Decimal("10.05"), "USD", "EUR", date(2026, 5, 6))
        Decimal('9.04')
        """
        rate = self.at(base, quote, day)
        if rate is None:
            return None
        with localcontext(prec=DIGITS):
            return from_minor(to_minor(amount * rate, quote), quote)
