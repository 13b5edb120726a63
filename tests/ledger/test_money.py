"""Amounts in minor units, and parts that sum to their total."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.errors import InputError
from akademos.ledger.money import from_minor, largest_remainder, minor_unit, to_minor

weights = st.lists(st.decimals(min_value=-1000, max_value=1000, places=6), min_size=1, max_size=12)


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("TND", 3), ("CLF", 4)])
def test_minor_units_are_those_of_iso_4217(currency: str, digits: int) -> None:
    assert minor_unit(currency) == digits


@pytest.mark.parametrize("code", ["XAU", "eur", "EURO", "", "XXX"])
def test_what_nobody_pays_in_is_refused(code: str) -> None:
    with pytest.raises(InputError):
        minor_unit(code)


@given(units=st.integers(-(10**20), 10**20), currency=st.sampled_from(["EUR", "JPY", "KWD"]))
def test_minor_units_there_and_back(units: int, currency: str) -> None:
    assert to_minor(from_minor(units, currency), currency) == units


def test_seats_of_a_published_example() -> None:
    """100 seats among votes of 47,000, 16,000, 15,900, 12,000, 6,000 and 3,100; 10 seats by the Hare quota of 10,000.

    Source: Wikipedia, "Quota method", table of the largest remainder method: 5, 2, 1, 1, 1, 0 seats.
    """
    votes = [Decimal(votes) for votes in (47_000, 16_000, 15_900, 12_000, 6_000, 3_100)]
    assert largest_remainder(10, votes) == [5, 2, 1, 1, 1, 0]


@given(total=st.integers(-(10**12), 10**12), parts=weights)
def test_parts_sum_to_the_total_and_are_rounded_shares(total: int, parts: list[Decimal]) -> None:
    whole = sum(parts)
    if not whole:
        with pytest.raises(ValueError, match="zero"):
            largest_remainder(total, parts)
        return
    divided = largest_remainder(total, parts)
    assert sum(divided) == total
    for weight, part in zip(parts, divided, strict=True):
        exact = Decimal(total) * weight / whole
        assert abs(Decimal(part) - exact) < 1 + Decimal("1e-9") * (1 + abs(exact))
