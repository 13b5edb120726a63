"""Fees of payment providers by their schedule: a part of the payment, and a fixed amount."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from akademos.ledger.money import DIGITS, from_minor, to_minor

ANY = "*"


@dataclass(frozen=True, slots=True)
class Fee:
    """One line of a schedule. `merchant`, `channel`, `kind` and `currency` (of the payout) may be `ANY`.

    Attributes:
        share: part of the gross amount, 0.029 is 2.9 percent.
        fixed: beside it, in the payout's currency, per transaction.
        valid_from, valid_to: days of the settlement, half-open; None is until further notice.
    """

    merchant: str
    channel: str
    kind: str
    currency: str
    share: Decimal
    fixed: Decimal
    valid_from: date
    valid_to: date | None = None

    def fits(self, merchant: str, channel: str, kind: str, currency: str, day: date) -> bool:
        """Whether it is for such a transaction, settled on that day."""
        wanted = ((self.merchant, merchant), (self.channel, channel), (self.kind, kind), (self.currency, currency))
        named = all(mine in (ANY, theirs) for mine, theirs in wanted)
        return named and self.valid_from <= day and (self.valid_to is None or day < self.valid_to)

    @property
    def named(self) -> int:
        """How many of its four conditions name something."""
        return sum(one != ANY for one in (self.merchant, self.channel, self.kind, self.currency))


def fee_of(
    schedule: Sequence[Fee], *, merchant: str, channel: str, kind: str, gross: Decimal, currency: str, day: date
) -> Decimal | None:
    """The fee that a schedule asks for, in whole minor units, never less than zero; None where no line fits.

    The line that names most decides, among equal ones the first. A gross amount below zero (a refund) pays the fixed
    part only: what the share of the payment was is not given back.

    >>> line = Fee("*", "card", "*", "EUR", Decimal("0.029"), Decimal("0.30"), date(2026, 1, 1))
    >>> def fee(gross: str, channel: str) -> Decimal | None:
    ...     known = {"merchant": "m", "kind": "enrolment", "currency": "EUR", "day": date(2026, 5, 1)}
    ...     return fee_of([line], channel=channel, gross=Decimal(gross), **known)
    >>> fee("100", "card"), fee("-100", "card"), fee("100", "transfer")
    (Decimal('3.20'), Decimal('0.30'), None)
    """
    fitting = [line for line in schedule if line.fits(merchant, channel, kind, currency, day)]
    if not fitting:
        return None
    line = max(fitting, key=lambda one: one.named)
    with localcontext(prec=DIGITS):
        part = to_minor(max(gross, Decimal(0)) * line.share, currency) + to_minor(line.fixed, currency)
    return from_minor(max(part, 0), currency)
