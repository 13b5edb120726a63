"""From units of a KPI to what each person adds, and from sums over people to the KPI's value with its interval.

Everything is a sum: of units, of hits, of people with a hit and with a miss, of values, and of counts between edges. So
a value can be made of any group of people whose sums are known, and two groups add up.

* share: hits / units; Wilson interval with as many trials as there are people (units of one person go together, so
  units would make it too narrow), or units where they are nobody's.
* mean: sum of values / units.
* quantile: from counts between edges, even within a step; the interval is that of the order statistics, ranks
  n q -/+ z sqrt(n q (1 - q)).
* survival: weeks until half have hit (`cohort_comparison.time_to_mastery`).
* count: people.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import polars as pl

from akademos.analytics.cohort_comparison import time_band, time_to_mastery
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.proportions import wilson, z_of
from akademos.catalogue.kpi_declaration import Kpi, Measure

COVERAGE = 0.95
OF, HITS, WITH_HIT, WITH_MISS, FIRST_STEP = range(5)
"""Places of the counts: units, hits, people with a hit, people with a miss; from the last on, the steps."""


@dataclass(frozen=True, slots=True)
class Added:
    """What one person adds: the sum of values, the counts, and how much evidence they rest on."""

    value: float
    numbers: tuple[int, ...]
    evidence: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A value with its interval; None where nothing follows."""

    value: float | None
    low: float | None = None
    high: float | None = None


def width(kpi: Kpi) -> int:
    """How many counts there are."""
    steps = 2 * len(DEFAULT.comparison.weeks) if kpi.measure is Measure.SURVIVAL else len(kpi.edges)
    return FIRST_STEP + steps


def added(kpi: Kpi, units: pl.DataFrame) -> dict[str, Added]:
    """By person (`""`: nobody) what their units (`kpi_units.UNITS`) add."""
    found: dict[str, Added] = {}
    for (key,), rows in units.with_columns(pl.col("learner_key").fill_null("")).group_by("learner_key"):
        numbers = [0] * width(kpi)
        numbers[OF], numbers[HITS] = int(rows["of"].sum()), int(rows["hits"].sum())
        numbers[WITH_HIT] = int(numbers[HITS] > 0)
        numbers[WITH_MISS] = int(numbers[HITS] < numbers[OF])
        evidence = numbers[OF] + numbers[HITS]
        if kpi.measure is Measure.QUANTILE:
            for value in rows["value"]:
                numbers[FIRST_STEP + max(bisect_right(kpi.edges, value) - 1, 0)] += 1
        if kpi.measure is Measure.SURVIVAL:
            for weeks, hit in rows.select("value", "hit").iter_rows():
                numbers[FIRST_STEP + time_band(int(weeks), mastered=hit)] += 1
            evidence = int(rows["value"].sum())
        found[str(key)] = Added(float(rows["value"].sum()), tuple(numbers), evidence)
    return found


def total(parts: Mapping[str, Added], kpi: Kpi) -> Added:
    """The sum of everybody."""
    numbers = [sum(at) for at in zip(*(one.numbers for one in parts.values()), strict=True)] or [0] * width(kpi)
    return Added(sum(one.value for one in parts.values()), tuple(numbers), sum(one.evidence for one in parts.values()))


def figure(kpi: Kpi, people: int, value: float, numbers: Sequence[int]) -> Figure:
    """The KPI of a group.

    Args:
        kpi: which one.
        people: how many are in it; for units that are nobody's, 0.
        value, numbers: their sums, as `added` lays them out.
    """
    if kpi.measure is Measure.COUNT:
        return Figure(float(people))
    if not numbers[OF]:
        return Figure(None)
    if kpi.measure is Measure.SHARE:
        share = numbers[HITS] / numbers[OF]
        return Figure(share, *wilson(share, people or numbers[OF], z_of(COVERAGE)))
    if kpi.measure is Measure.MEAN:
        return Figure(value / numbers[OF])
    if kpi.measure is Measure.QUANTILE:
        return _quantile(kpi.edges, numbers[FIRST_STEP:], kpi.quantile)
    found = time_to_mastery(numbers[FIRST_STEP:])
    return Figure(*(None if one is None else float(one) for one in (found.weeks, found.low, found.high)))


def _quantile(edges: Sequence[float], counts: Sequence[int], at: float) -> Figure:
    """Of values counted between edges; above the last edge everything lies on it."""
    of = sum(counts)
    reach = z_of(COVERAGE) * sqrt(of * at * (1 - at))
    bounds = [min(max(rank, 0.0), float(of)) for rank in (of * at, of * at - reach, of * at + reach)]
    return Figure(*(_at_rank(edges, counts, rank) for rank in bounds))


def _at_rank(edges: Sequence[float], counts: Sequence[int], rank: float) -> float:
    below = 0
    for place, count in enumerate(counts):
        if count and below + count >= rank:
            width_here = edges[place + 1] - edges[place] if place + 1 < len(edges) else 0.0
            return edges[place] + width_here * max(rank - below, 0.0) / count
        below += count
    return edges[-1]
