"""From what blocks of people add to a KPI to the lines that are published of it.

People and units are rounded, a share is made of rounded counts and capped, so is its interval; other values are rounded
to what their sums could not tell more of. Slices are sums over cells of which none is telling
(`privacy.disclosure_slices`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

from akademos.analytics.kpi_values import HITS, OF, WITH_HIT, WITH_MISS, Added, Figure, figure
from akademos.catalogue.kpi_declaration import NOT_HALF, ONE_SIDED, TOO_FEW, Kpi, Measure
from akademos.privacy.disclosure_blocks import Sums
from akademos.privacy.disclosure_slices import bound_of_share, one_sided, safe_cells, slices
from akademos.privacy.disclosure_tables import capped, rounded
from akademos.stores.ports.kpis import Snapshot

MEAN_STEP = 0.5
"""Means of points 0..100 are published to the half point."""


@dataclass(frozen=True, slots=True)
class Run:
    """What all lines of one KPI, week and environment share."""

    week: date
    environment: str
    period: str
    computed_at: datetime
    floor: int
    consenting: float | None = None

    def line(self, kpi: Kpi) -> Snapshot:
        """The line about everybody, of which nothing is known yet."""
        return Snapshot(
            kpi.name,
            self.week,
            self.environment,
            "",
            "",
            self.period,
            self.computed_at,
            "no_data",
            consenting=self.consenting,
        )


def of_people(kpi: Kpi, rows: Mapping[str, Sums], run: Run, *, waiting: int = 0) -> list[Snapshot]:
    """Lines of a KPI over people.

    Args:
        kpi: which one.
        rows: sums of its blocks by written label.
        run: what the lines share.
        waiting: people with units who are in no block.
    """
    line = run.line(kpi)
    if not rows:
        return [replace(line, status="withheld", reason=TOO_FEW) if waiting else line]
    line = replace(line, smallest_group=run.floor)
    everybody = slices({(text,): sums for text, sums in rows.items()}, ())[0].sums
    if kpi.measure is not Measure.SHARE:
        found = slices(safe_cells(rows, lambda _: False), kpi.dimensions)
        return [_told(kpi, line, one.dimension, one.member, one.sums) for one in found]
    cells = safe_cells(rows, lambda sums: one_sided(sums, WITH_HIT, WITH_MISS, run.floor))
    if cells:
        return [_told(kpi, line, one.dimension, one.member, one.sums) for one in slices(cells, kpi.dimensions)]
    bound = bound_of_share(everybody, WITH_HIT, WITH_MISS, run.floor)
    counted = replace(line, people=rounded(everybody.people))
    # The bound holds of people; a few may have so many units that it does not hold of the units, which the share is of.
    share = everybody.bands[HITS] / everybody.bands[OF]
    if bound is None or (share < bound if bound > 0.5 else share > bound):
        return [replace(counted, status="withheld", reason=ONE_SIDED)]
    return [replace(counted, status="ok", value=bound, bound="least" if bound > 0.5 else "most")]


def _told(kpi: Kpi, line: Snapshot, dimension: str, member: str, sums: Sums) -> Snapshot:
    people = rounded(sums.people)
    numbers = list(sums.bands)
    if kpi.measure is Measure.SHARE:
        numbers[OF], numbers[HITS] = rounded(numbers[OF]), rounded(numbers[HITS])
    found = figure(kpi, people, sums.value, numbers)
    shown = _as_published(kpi, found)
    return replace(
        line,
        dimension=dimension,
        member=member,
        status="no_data" if shown.value is None else "ok",
        reason=NOT_HALF if shown.value is None else None,
        value=shown.value,
        low=shown.low,
        high=shown.high,
        people=people,
        units=None if kpi.measure is Measure.COUNT else rounded(numbers[OF]),
    )


def _as_published(kpi: Kpi, found: Figure) -> Figure:
    def shown(value: float | None) -> float | None:
        if value is None:
            return None
        if kpi.measure is Measure.SHARE:
            return capped(value)
        if kpi.measure is Measure.MEAN:
            return round(value / MEAN_STEP) * MEAN_STEP
        if kpi.measure is Measure.QUANTILE:
            step = kpi.edges[1] - kpi.edges[0]
            return round(round(value / step * 5) * step / 5, 6)
        return value

    return Figure(shown(found.value), shown(found.low), shown(found.high))


def of_nobody(kpi: Kpi, total: Added, run: Run) -> list[Snapshot]:
    """The line of a KPI whose units are no people's: exact."""
    found = figure(kpi, 0, total.value, total.numbers)
    line = run.line(kpi)
    if found.value is None:
        return [line]
    return [
        replace(line, status="ok", value=found.value, low=found.low, high=found.high, units=total.numbers[OF])
    ]  # fmt: skip


def not_available(kpi: Kpi, run: Run) -> list[Snapshot]:
    """The line of a KPI that waits for something."""
    return [replace(run.line(kpi), status="not_available", reason=f"it waits for {kpi.waits_for}")]
