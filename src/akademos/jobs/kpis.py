"""Product KPIs by week, published under disclosure control: the only place that makes them.

Each week that is over has a snapshot of every KPI, made when it has ended and made anew for some weeks after, because
events may arrive late. People are counted in blocks (docs/decisions/0007) of one KPI, period and environment: no unit
counts in two of them. Whoever withdraws takes the block along, in every week, at the next run. A KPI of a term sums up
the term so far; its weeks are made in order, and one that was published stays.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from akademos.analytics.kpi_units import UNITS_OF, Sources, Span
from akademos.analytics.kpi_values import Added, added, total, width
from akademos.analytics.kpi_windows import (
    WEEK,
    Stretch,
    Term,
    Week,
    closed_weeks,
    of_term,
    of_week,
    week_of,
)
from akademos.catalogue.declarations import Purpose
from akademos.catalogue.kpi_declaration import PARITY_BEYOND, Kpi, Measure, Period, require_counted
from akademos.catalogue.kpis import KPIS
from akademos.catalogue.policies import LIMITS
from akademos.errors import InputError
from akademos.jobs.kpi_publication import Run, of_nobody, of_people
from akademos.jobs.kpi_sources import KpiReaders, KpiSources
from akademos.privacy.disclosure_blocks import Ledger, Tally, advance
from akademos.privacy.disclosure_slices import nested_blocks, written
from akademos.privacy.disclosure_tables import capped, rounded
from akademos.stores.ports.job_runs import JobRun, JobRuns
from akademos.stores.ports.kpis import PRODUCTION, Crowd, KpiLedgers, Snapshot

JOB = "kpis"
ITEM = "kpi"
LATE_WEEKS = 5
"""Events may be sent 30 days late: so many weeks are made anew every night."""

FIRST_WEEKS = 16
"""So many weeks are made when there is none yet; `akademos kpi backfill` makes more."""

MOST_WEEKS = 260


class Effects(Protocol):
    """Figures that are no sums over units, from what others publish."""

    def lines(self, tenant_id: str, kpi: Kpi, run: Run) -> list[Snapshot]:
        """The lines of a week."""
        ...


class Uptake(Protocol):
    """Publishes what became of recommendations, into the same tables by the same rules."""

    def publish(self, tenant_id: str, now: datetime, run: JobRun) -> None:
        """Publish anew."""
        ...


@dataclass(frozen=True)
class _Night:
    """One run for a tenant: what holds for all its KPIs and weeks."""

    tenant_id: str
    now: datetime
    floor: int
    zone: ZoneInfo
    terms: Sequence[Term]
    sources: KpiSources
    run: JobRun
    crowds: dict[tuple[tuple[Purpose, ...], date], Crowd] = field(default_factory=dict)


class KpiJob:
    """Makes the snapshots of a tenant.

    Args:
        ledgers, runs: the stores.
        readers: what units are found in.
        effects: figures that others publish.
        clock: the installation's.
        kpis: which ones.
        uptake: of recommendations, published with them every night.
    """

    def __init__(
        self,
        ledgers: KpiLedgers,
        runs: JobRuns,
        readers: KpiReaders,
        *,
        effects: Effects,
        clock: Callable[[], datetime],
        kpis: Sequence[Kpi] = KPIS,
        uptake: Uptake | None = None,
    ) -> None:
        self._ledgers = ledgers
        self._runs = runs
        self._readers = readers
        self._effects = effects
        self._clock = clock
        self._kpis = kpis
        self._uptake = uptake

    def run(self, tenant_id: str) -> JobRun | None:
        """The weeks that are over and not made yet, and those that late events may have changed; None when another
        process is at it."""
        return self._run(tenant_id, None, None)

    def backfill(self, tenant_id: str, first: date, last: date) -> JobRun | None:
        """The weeks from the one of a day to the one of another; those that stand are made anew, and stay as they are
        where nothing came to light since.

        Raises:
            InputError: the days are in the wrong order or too far apart, or no days that weeks are counted of.
        """
        for day, option in ((first, "--from"), (last, "--to")):
            require_counted(day, option)
        if last < first or (last - first).days > 7 * MOST_WEEKS:
            raise InputError(
                f"The days {first} and {last} span no weeks, or more than {MOST_WEEKS}.",
                hint="Give the earlier day first, in several steps if need be.",
            )
        return self._run(tenant_id, first, last)

    def _run(self, tenant_id: str, first: date | None, last: date | None) -> JobRun | None:
        with self._runs.running(JOB, tenant_id) as run:
            if run is not None:
                calendar, now = self._ledgers.calendar(tenant_id), self._clock()
                night = _Night(
                    tenant_id,
                    now,
                    self._ledgers.floor(tenant_id),
                    ZoneInfo(calendar.time_zone),
                    [Term(*one) for one in calendar.terms],
                    KpiSources(self._readers, tenant_id, now),
                    run,
                )
                for kpi in self._kpis:
                    self._make(kpi, night, first, last)
                    self._keep_out(kpi, night)
                if self._uptake is not None and first is None:
                    self._uptake.publish(tenant_id, now, run)
                beyond = self._ledgers.compare(
                    tenant_id, PARITY_BEYOND, [kpi.name for kpi in self._kpis if kpi.compared]
                )
                run.detail |= {
                    "floor": night.floor,
                    "parity_beyond": [{"kpi": kpi, "week": week.isoformat()} for kpi, week in beyond],
                }
        return run

    def _make(self, kpi: Kpi, night: _Night, first: date | None, last: date | None) -> None:
        made = self._ledgers.weeks(night.tenant_id).get(kpi.name)
        today = night.now.astimezone(night.zone).date()
        if first is None:
            back = today - FIRST_WEEKS * WEEK
            first = back if made is None else min(made[1] + WEEK, today - LATE_WEEKS * WEEK)
        if made is not None and kpi.period is Period.TERM:
            first = max(first, made[1])  # what was published of a term stays
        weeks = list(closed_weeks(first, night.now, night.zone))
        for week in weeks:
            # What others had published when a week was over nobody can say later: but for the newest it stays.
            stays = kpi.measure is Measure.EFFECT and made is not None and week.monday <= made[1] and week != weeks[-1]
            if not stays and (last is None or week.monday <= last):
                self._week(kpi, week, night)

    def _week(self, kpi: Kpi, week: Week, night: _Night) -> None:
        sunday = week.monday + timedelta(days=6)
        stretch = _stretch(kpi, week, night)
        crowd = self._crowd(kpi, sunday, night)
        floor = max(night.floor, kpi.group_floor)
        share = _consenting(crowd, floor) if kpi.of_people else None
        if kpi.measure is Measure.EFFECT:
            run = Run(week.monday, PRODUCTION, stretch.name, night.now, floor, share)
            self._publish(night, None, None, self._effects.lines(night.tenant_id, kpi, run))
            return
        found = night.sources.read(kpi, stretch, crowd)
        for environment in sorted(found):
            run = Run(week.monday, environment, stretch.name, night.now, floor, share)
            people = self._units(kpi, found[environment], Span(stretch.start, stretch.end), night)
            if kpi.of_people:
                self._of_people(kpi, people, crowd, run, night)
            else:
                self._publish(night, None, None, of_nobody(kpi, total(people, kpi), run))

    def _crowd(self, kpi: Kpi, on: date, night: _Night) -> Crowd:
        """Who may be counted; looked up once a run for each set of purposes and day."""
        if not kpi.of_people:
            return Crowd({}, 0)
        if (kpi.purposes, on) not in night.crowds:
            night.crowds[kpi.purposes, on] = self._ledgers.crowd(night.tenant_id, kpi.purposes, on)
        return night.crowds[kpi.purposes, on]

    def _units(self, kpi: Kpi, sources: Sources, span: Span, night: _Night) -> dict[str, Added]:
        units = UNITS_OF[kpi.name](sources, span)
        night.run.rows_in += units.height
        return added(kpi, units)

    def _of_people(self, kpi: Kpi, people: Mapping[str, Added], crowd: Crowd, run: Run, night: _Night) -> None:
        scope = f"{kpi.name}/{run.period}/{run.environment}"
        before = self._ledgers.ledger(night.tenant_id, scope)
        if not people and not before.blocks:
            self._publish(night, None, None, of_people(kpi, {}, run))
            return
        labels = {
            key: written((one.persona, one.course, one.cohort))
            for key, one in crowd.people.items()
            if key in people
        }  # fmt: skip
        ledger = advance(
            before,
            may_stay=crowd.people,
            may_enter=labels,
            records={ITEM: {key: Tally(one.value, one.numbers, one.evidence) for key, one in people.items()}},
            floor=run.floor,
            as_of=night.now,
            bands=width(kpi),
            form=nested_blocks,
        )
        counted = {key for block in ledger.blocks.values() for key in block.people}
        lines = of_people(kpi, ledger.rows(ITEM), run, waiting=len(labels.keys() - counted))
        self._publish(night, scope, ledger, lines)

    def _keep_out(self, kpi: Kpi, night: _Night) -> None:
        """Make those scopes anew that still count somebody who may not be counted any more; no events are read."""
        if not kpi.of_people or kpi.measure is Measure.EFFECT:
            return
        for scope in self._ledgers.shaken(night.tenant_id, kpi.purposes, f"{kpi.name}/"):
            period, _, environment = scope.removeprefix(f"{kpi.name}/").rpartition("/")
            newest = self._ledgers.weeks(night.tenant_id).get(kpi.name)
            if newest is None:
                continue
            week = newest[1] if kpi.period is Period.TERM else date.fromisoformat(period)
            crowd = self._crowd(kpi, week + timedelta(days=6), night)
            floor = max(night.floor, kpi.group_floor)
            run = Run(week, environment, period, night.now, floor, _consenting(crowd, floor))
            ledger = advance(
                self._ledgers.ledger(night.tenant_id, scope),
                may_stay=crowd.people,
                may_enter={},
                records={},
                floor=floor,
                as_of=night.now,
                bands=width(kpi),
            )
            of_this_week = _stretch(kpi, week_of(week, night.zone), night).name == period
            lines = of_people(kpi, ledger.rows(ITEM), run, waiting=1) if of_this_week else []
            self._publish(night, scope, ledger, lines)

    def _publish(self, night: _Night, scope: str | None, ledger: Ledger | None, lines: Sequence[Snapshot]) -> None:
        night.run.rows_out += self._ledgers.publish(night.tenant_id, scope, ledger, lines)


def _stretch(kpi: Kpi, week: Week, night: _Night) -> Stretch:
    return of_week(week) if kpi.period is Period.WEEK else of_term(week, night.terms, night.zone)


def _consenting(crowd: Crowd, floor: int) -> float | None:
    """Share of learners who consent to be counted, rounded and capped; None where too few are on either side."""
    count = len(crowd.people)
    if min(count, crowd.learners - count) >= floor:
        return capped(rounded(count) / rounded(crowd.learners))
    if crowd.learners * LIMITS.share_lowest >= floor:
        return LIMITS.share_highest if count >= floor else LIMITS.share_lowest
    return None
