"""Forecast of monthly amounts with an interval, by drift; how often such intervals held on months that it had not seen.

The next month is the last one plus the mean change of all months; the interval is that of a random walk with drift,
with Student's quantile of the changes' own spread: s * sqrt(h * (1 + h / (n - 1))) for the h-th month after n.
It needs no season and few months, and widens with the distance; what is new (a contract, a course) it cannot know.
Where no month was below zero, none is expected to be: a falling trend ends at nothing.

Source: Hyndman and Athanasopoulos, Forecasting: Principles and Practice, 3rd edition (2021), 5.2 and 5.5.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

LEAST_MONTHS = 4
"""With fewer there are no three changes, and no spread worth an interval."""

METHOD = "random walk with drift"


@dataclass(frozen=True, slots=True)
class Forecast:
    """One month ahead: `step` 1 is the next; amounts in the unit of the series."""

    step: int
    expected: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Held:
    """How often the interval of the next month held, over months that were left out: `inside` of `tested`."""

    inside: int
    tested: int

    @property
    def share(self) -> float | None:
        """None where nothing could be tested."""
        return self.inside / self.tested if self.tested else None


def forecast(months: Sequence[float], ahead: int, level: float = 0.8) -> list[Forecast]:
    """The next months of a series without gaps; none where it has fewer than `LEAST_MONTHS`.

    Args:
        months: amounts in their order.
        ahead: how many months.
        level: how often the interval should hold, 0..1.

    >>> [round(one.expected) for one in forecast([10.0, 12.0, 13.0, 16.0], 2)]
    [18, 20]
    """
    walks = list(_walks(months))
    return _ahead(walks[-1], ahead, level) if walks else []


def held(months: Sequence[float], level: float = 0.8) -> Held:
    """Whether the interval made of the months before held each month, from the first that has `LEAST_MONTHS` before."""
    inside = tested = 0
    for walk, month in zip(_walks(months), months[LEAST_MONTHS:], strict=False):
        (made,) = _ahead(walk, 1, level)
        tested += 1
        inside += made.lower <= month <= made.upper
    return Held(inside, tested)


@dataclass(frozen=True, slots=True)
class _Walk:
    """What is known of some months: the last, the least, and the number, mean and spread of their changes."""

    last: float
    least: float
    count: int
    drift: float
    spread: float


def _walks(months: Sequence[float]) -> Iterator[_Walk]:
    """What is known after each month from the `LEAST_MONTHS`-th on, in one pass (Welford)."""
    least, drift, squares = months[0] if months else 0.0, 0.0, 0.0
    for count, (earlier, later) in enumerate(pairwise(months), start=1):
        change, least = later - earlier, min(least, later)
        off = change - drift
        drift += off / count
        squares += off * (change - drift)
        if count >= LEAST_MONTHS - 1:
            yield _Walk(later, least, count, drift, math.sqrt(squares / (count - 1)))


def _ahead(walk: _Walk, ahead: int, level: float) -> list[Forecast]:
    from scipy.special import stdtrit

    quantile = float(stdtrit(walk.count - 1, 0.5 + level / 2))
    floor = 0.0 if walk.least >= 0 else -math.inf
    found = []
    for step in range(1, ahead + 1):
        expected = walk.last + step * walk.drift
        half = quantile * walk.spread * math.sqrt(step * (1 + step / walk.count))
        found.append(Forecast(step, *(max(one, floor) for one in (expected, expected - half, expected + half))))
    return found
