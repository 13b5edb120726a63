"""Who is old enough to decide alone."""

from __future__ import annotations

from datetime import date


def years_old(born_on: date, today: date) -> int:
    """Completed years of life. Whoever was born on 29 February is a year older from 1 March of a common year.

    Example:
        >>> years_old(date(2010, 5, 2), date(2026, 5, 1)), years_old(date(2010, 5, 2), date(2026, 5, 2))
        (15, 16)
    """
    return today.year - born_on.year - ((today.month, today.day) < (born_on.month, born_on.day))
