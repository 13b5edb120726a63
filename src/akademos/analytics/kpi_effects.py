"""KPIs that are made of figures which are published already: of contents, and of interventions.

They are no sums over people, so nothing of `kpi_values` fits; what they are made of was put under disclosure control
where it was published.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, sqrt
from statistics import median

from akademos.analytics.kpi_values import COVERAGE, Figure
from akademos.analytics.proportions import wilson, z_of


@dataclass(frozen=True, slots=True)
class HelpEffect:
    """A published effect with its 95% interval, and how many were helped."""

    helped: int
    effect: float
    low: float
    high: float


def median_of_contents(gains: Sequence[float]) -> Figure:
    """The median over contents with the interval of its order statistics, ranks n/2 -/+ z sqrt(n)/2; with fewer than
    six contents that is as wide as their values.

    Example:
        >>> median_of_contents([0.01, 0.05, 0.02])
        Figure(value=0.02, low=0.01, high=0.05)
    """
    if not gains:
        return Figure(None)
    ordered, count = sorted(gains), len(gains)
    reach = z_of(COVERAGE) * sqrt(count) / 2
    low = max(floor(count / 2 - reach), 0)
    high = min(ceil(count / 2 + reach), count - 1)
    return Figure(median(ordered), ordered[low], ordered[high])


def share_of_contents(fit: int, of: int) -> Figure:
    """A share of contents with Wilson's interval.

    Example:
        >>> share_of_contents(0, 0).value, share_of_contents(6, 8).value
        (None, 0.75)
    """
    if not of:
        return Figure(None)
    return Figure(fit / of, *wilson(fit / of, of, z_of(COVERAGE)))


def pooled_effect(effects: Sequence[HelpEffect]) -> Figure:
    """The mean effect over all who were helped: effects weighted by how many were; the interval as if no learner were
    counted in two of them, from the widths of theirs.

    Example:
        >>> pooled_effect([HelpEffect(30, -0.12, -0.2, -0.04), HelpEffect(10, 0.0, -0.1, 0.1)]).value
        -0.09
    """
    helped = sum(one.helped for one in effects)
    if not helped:
        return Figure(None)
    value = sum(one.helped * one.effect for one in effects) / helped
    reach = sqrt(sum((one.helped * (one.high - one.low) / 2) ** 2 for one in effects)) / helped
    return Figure(value, value - reach, value + reach)
