"""From values to places: linear scales, days, and the seven steps of the sequential colour."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from akademos.serving.charts.marks import finite

STEPS = 7  # of the sequential colour, classes q0..q6


@dataclass(frozen=True)
class Linear:
    """Maps [start, end] onto [first, last]; a domain without length maps to the middle."""

    start: float
    end: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        finite(value)
        if self.end == self.start:
            return (self.first + self.last) / 2
        return self.first + (value - self.start) / (self.end - self.start) * (self.last - self.first)


def days(at: date | datetime) -> float:
    """Days since 0001-01-01 with the time of day as a fraction; an aware moment is taken in UTC."""
    if not isinstance(at, datetime):
        return float(at.toordinal())
    moment = at.astimezone(UTC) if at.tzinfo else at
    return moment.toordinal() + (moment.hour * 3600 + moment.minute * 60 + moment.second) / 86_400


def share_step(share: float | None) -> int | None:
    """The colour step 0..6 of a share 0..1: equal steps; None stays None."""
    if share is None:
        return None
    return min(STEPS - 1, max(0, int(finite(share) * STEPS)))


def count_thresholds(counts: Sequence[int]) -> list[int]:
    """Six ascending least counts of steps 1..6, so that step 0 is none.

    Step 6 starts at the 90th percentile of the days with something, rounded up, so that a single long day does
    not bleach all others; the steps between are even. Where that is six or less, they are 1..6.
    """
    positive = sorted(count for count in counts if count > 0)
    top = _round_up(positive[math.ceil(0.9 * len(positive)) - 1]) if positive else 0
    if top < STEPS:
        return list(range(1, STEPS))
    return sorted({1, *(math.ceil(top * step / (STEPS - 2)) for step in range(1, STEPS - 1))})


def count_step(count: int, thresholds: Sequence[int]) -> int:
    """How many thresholds `count` reaches: 0 for none, 6 for the top step and beyond."""
    return sum(count >= threshold for threshold in thresholds)


def _round_up(value: int) -> int:
    """Up to a multiple of 5, 50, 500.. below a tenth of the value's order, so that fifths are whole."""
    unit: int = 5 * 10 ** max(0, len(str(value)) - 2)
    return max(5, -(-value // unit) * unit)
