"""Amounts of money: decimal, with their currency, in whole minor units where they are paid."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

from iso4217 import Currency

from akademos.errors import InputError

DIGITS = 60
"""Of intermediate results: bills of 10^20 with 18 decimals are exact."""


def minor_unit(currency: str) -> int:
    """Decimals of a currency, by ISO 4217.

    >>> minor_unit("EUR"), minor_unit("JPY"), minor_unit("KWD")
    (2, 0, 3)

    Raises:
        InputError: there is no such currency, or it is never paid in (metals, test codes).
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise InputError(
            f"`{currency[:16]}` is no currency of ISO 4217 that is paid in.",
            hint="Write a code like EUR.",
            code="currency_unknown",
        )
    return int(exponent)


def decimals(amount: Decimal) -> int:
    """Decimal places that say something.

    >>> decimals(Decimal("12.50")), decimals(Decimal("100")), decimals(Decimal("0.10000000000000000000000000000000001"))
    (1, 0, 35)
    """
    digits, exponent = amount.as_tuple()[1:]
    said = "".join(map(str, digits)).rstrip("0")
    return max(0, len(said) - len(digits) - int(exponent)) if said else 0


def written(number: Decimal) -> str:
    """A number as text, equal ones alike, without an exponent.

    >>> written(Decimal("50.00")), written(Decimal("0.10")), written(Decimal("1E+3"))
    ('50', '0.1', '1000')
    """
    return f"{number:.{decimals(number)}f}"


def to_minor(amount: Decimal, currency: str) -> int:
    """An amount in whole minor units, half to even.

    >>> to_minor(Decimal("12.345"), "EUR"), to_minor(Decimal("12.5"), "JPY")
    (1234, 12)
    """
    with localcontext(prec=DIGITS):
        return int(amount.scaleb(minor_unit(currency)).to_integral_value(ROUND_HALF_EVEN))


def from_minor(units: int, currency: str) -> Decimal:
    """Whole minor units as an amount.

    >>> from_minor(1234, "EUR")
    Decimal('12.34')
    """
    return Decimal(units).scaleb(-minor_unit(currency))


def largest_remainder(total: int, weights: Sequence[Decimal]) -> list[int]:
    """Whole parts of a total in proportion to the weights, which sum to it exactly (Hare and Niemeyer).

    Each part is its exact share rounded down or up; what rounding down leaves goes, one by one, to the largest
    remainders, and among equal ones to the earlier. Weights may be negative (credits), their sum may not be zero.

    >>> largest_remainder(100, [Decimal(1), Decimal(1), Decimal(1)])
    [34, 33, 33]
    >>> largest_remainder(-100, [Decimal(2), Decimal(1)])
    [-67, -33]
    """
    exact = [Fraction(weight) for weight in weights]
    whole = sum(exact, Fraction(0))
    if not whole:
        raise ValueError("weights that sum to zero have no proportion")
    return whole_parts([total * weight / whole for weight in exact])


def whole_parts(shares: Sequence[Fraction]) -> list[int]:
    """Whole numbers in place of shares whose sum is whole, with the same sum; each rounded as in `largest_remainder`.

    >>> whole_parts([Fraction(5, 2), Fraction(5, 2), Fraction(-3)])
    [3, 2, -3]
    """
    total = sum(shares, Fraction(0))
    sign = -1 if total < 0 else 1
    turned = [sign * share for share in shares]
    parts = [share.numerator // share.denominator for share in turned]
    left = int(sign * total) - sum(parts)
    for place in sorted(range(len(parts)), key=lambda place: (parts[place] - turned[place], place))[:left]:
        parts[place] += 1
    return [sign * part for part in parts]
