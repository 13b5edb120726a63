"""Uptake of recommendations, published under disclosure control: part of the nightly run of the KPIs.

People are counted in blocks of one term (docs/decisions/0007); what one of them adds to a kind and trigger is one row
of counts, taken as a whole, so that shares published side by side rest on the same people at the same moment. The
shares make a tree: seen into accepted, dismissed and neither; accepted into completed and not; either side into
resolved and not. Each is published only where at least k people lie on each of its sides; what was dismissed only where
as many ignored something, too, since that share follows from the other two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from akademos.analytics.clock import day_end, instant_of
from akademos.analytics.kpi_units import Span
from akademos.analytics.kpi_windows import Stretch, Term, closed_weeks, of_term
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.recommendation_uptake import CLOCK, EVENT_NAMES, EVENTS, POINTS, SEEN_BEFORE, uptake_units
from akademos.catalogue.kpi_declaration import Kpi
from akademos.catalogue.recommendation_uptake import (
    ACCEPTED,
    COMPLETED,
    DIMENSION,
    DISMISSED,
    PURPOSES,
    RESOLVED,
    RESOLVED_OTHERWISE,
    UPTAKE,
)
from akademos.jobs.evaluated_states import evaluated_states
from akademos.jobs.kpi_publication import Run, of_people
from akademos.jobs.kpi_sources import KpiReaders, attributed
from akademos.privacy.disclosure_blocks import Ledger, Sums, Tally, advance
from akademos.privacy.disclosure_slices import UNTOLD, written
from akademos.stores.ports.job_runs import JobRun
from akademos.stores.ports.kpis import PRODUCTION, Crowd, Snapshot

SCOPE = "recommendation_uptake"
NOBODY_APART = written((UNTOLD,))
"""The label of everybody: people are not told apart, kinds and triggers are."""

_TOLD = {"recommendation_id": pl.String, "recommendation_kind": pl.String, "source_trigger": pl.String}
_READ = (*(name for name in EVENTS if name not in _TOLD), "environment", "properties")
_COLUMNS = ("seen", "accepted", "dismissed", "ignored", "completed", "uncompleted",
            "yes_known", "yes_resolved", "yes_open", "no_known", "no_resolved", "no_open")  # fmt: skip
"""What is counted, of units first and then, in the same order, of people with such a unit."""


@dataclass(frozen=True, slots=True)
class _Share:
    """Where a share stands in the counts: its units, its hits, its misses; a third side that follows from others."""

    of: str
    hits: str
    misses: tuple[str, ...]
    beside: str | None = None


_SHARES: Mapping[Kpi, _Share] = {
    ACCEPTED: _Share("seen", "accepted", ("dismissed", "ignored")),
    DISMISSED: _Share("seen", "dismissed", ("accepted", "ignored"), beside="ignored"),
    COMPLETED: _Share("accepted", "completed", ("uncompleted",)),
    RESOLVED: _Share("yes_known", "yes_resolved", ("yes_open",)),
    RESOLVED_OTHERWISE: _Share("no_known", "no_resolved", ("no_open",)),
}


class RecommendationUptake:
    """Publishes the term so far, up to the newest week that is over."""

    def __init__(self, readers: KpiReaders) -> None:
        """`readers` are those of the KPIs."""
        self._readers = readers

    def publish(self, tenant_id: str, now: datetime, run: JobRun) -> None:
        """Publish anew, and take out of every term who may not be counted any more."""
        ledgers = self._readers.ledgers
        calendar = ledgers.calendar(tenant_id)
        zone = ZoneInfo(calendar.time_zone)
        week = list(closed_weeks(now.astimezone(zone).date() - timedelta(days=14), now, zone))[-1]
        sunday = week.monday + timedelta(days=6)
        term = of_term(week, [Term(*one) for one in calendar.terms], zone)
        crowd = ledgers.crowd(tenant_id, PURPOSES, sunday)
        floor = max(ledgers.floor(tenant_id), *(one.group_floor for one in UPTAKE))
        scope = f"{SCOPE}/{term.name}/{PRODUCTION}"
        records = self._records(tenant_id, crowd, term, now, run)
        head = Run(week.monday, PRODUCTION, term.name, now, floor)
        for one in sorted({scope, *ledgers.shaken(tenant_id, PURPOSES, f"{SCOPE}/")}):
            counted = records if one == scope else {}
            ledger = _advanced(ledgers.ledger(tenant_id, one), crowd, counted, floor, now)
            lines = list(_lines(ledger, counted, head)) if one == scope else []
            run.rows_out += ledgers.publish(tenant_id, one, ledger, lines)

    def _records(
        self, tenant_id: str, crowd: Crowd, term: Stretch, now: datetime, run: JobRun
    ) -> dict[str, dict[str, Tally]]:
        person_of = {key: person for person, one in crowd.people.items() for key in one.keys}
        span = Span(term.start, term.end)
        since = span.start - timedelta(days=DEFAULT.recommendations.outcome_days) - SEEN_BEFORE
        found = pl.DataFrame(
            self._readers.core.between(tenant_id, since, term.end, columns=_READ, event_names=EVENT_NAMES)
        ).filter(pl.col("environment") == PRODUCTION)
        rows = attributed(found, person_of, keep_nobody=False)
        run.rows_in += rows.height
        told = pl.Struct(_TOLD)
        properties = pl.col("properties").str.json_decode(told) if rows.height else pl.lit(None, told)
        events = rows.with_columns(told=properties).unnest("told").select(EVENTS.names())
        points = self._points(tenant_id, events["learner_key"].unique().sort().to_list(), now)
        reach = now - timedelta(weeks=DEFAULT.mastery.history_weeks)
        return tallies(uptake_units(events, points, span, DEFAULT, points_since=reach))

    def _points(self, tenant_id: str, keys: Sequence[str], now: datetime) -> pl.DataFrame:
        """The weekly points of these learners' topics, as known now."""
        known = evaluated_states(self._readers.records, self._readers.states, tenant_id, keys, now, ("mastery",))
        return pl.concat([pl.DataFrame(schema=POINTS), *(week_ends(one) for one in known)])


def week_ends(known: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """The weekly points of some learners with the instants at which their days ended.

    The last point of a topic is of now, on a day that is not over: no window that has closed holds its end.
    """
    points = known["history"].join(known["learner"].select("learner_key", "time_zone"), on="learner_key")
    days = points.select("date", "time_zone").unique()
    ends = [
        instant_of(day_end(day, zone))
        for day, zone in days.select(pl.col("date").cast(pl.Int32), "time_zone").iter_rows()
    ]
    ended = days.with_columns(ended_at=pl.Series(ends, dtype=CLOCK))
    return points.join(ended, on=("date", "time_zone")).select(POINTS.names())


def tallies(units: pl.DataFrame) -> dict[str, dict[str, Tally]]:
    """By kind and trigger, by person what they add: `_COLUMNS` of units, then of people."""
    accepted, known = pl.col("accepted"), pl.col("resolved").is_not_null()
    resolved = pl.col("resolved").fill_null(value=False)
    each: dict[str, pl.Expr] = {
        "seen": accepted.is_not_null(),
        "accepted": accepted,
        "dismissed": pl.col("dismissed"),
        "ignored": ~accepted & ~pl.col("dismissed"),
        "completed": pl.col("completed"),
        "uncompleted": accepted & ~pl.col("completed"),
        "yes_known": accepted & known,
        "yes_resolved": accepted & resolved,
        "yes_open": accepted & known & ~resolved,
        "no_known": ~accepted & known,
        "no_resolved": ~accepted & resolved,
        "no_open": ~accepted & known & ~resolved,
    }
    counts = (
        units.with_columns(member=pl.concat_str("kind", "trigger", separator="/"))
        .group_by("member", "learner_key")
        .agg(each[name].cast(pl.Int64).sum().alias(name) for name in _COLUMNS)
        .sort("member", "learner_key")
    )
    found: dict[str, dict[str, Tally]] = {}
    for member, key, *numbers in counts.select("member", "learner_key", *_COLUMNS).iter_rows():
        people = [int(number > 0) for number in numbers]
        by_name = dict(zip(_COLUMNS, numbers, strict=True))
        evidence = sum(by_name[name] for name in ("seen", "accepted", "completed", "yes_known", "no_known"))
        found.setdefault(member, {})[key] = Tally(0.0, (*numbers, *people), evidence)
    return found


def _advanced(
    before: Ledger, crowd: Crowd, records: Mapping[str, Mapping[str, Tally]], floor: int, now: datetime
) -> Ledger:
    with_units = {key for of_member in records.values() for key in of_member}
    return advance(
        before,
        may_stay=crowd.people,
        may_enter={key: NOBODY_APART for key in sorted(with_units) if key in crowd.people},
        records=records,
        floor=floor,
        as_of=now,
        bands=2 * len(_COLUMNS),
    )


def _lines(ledger: Ledger, records: Mapping[str, Mapping[str, Tally]], head: Run) -> Iterator[Snapshot]:
    """Of each share a line a kind and trigger that so many people have met as may be counted, since a name alone would
    tell that somebody has; where there is none, one line."""
    members = ledger.items()
    for kpi, share in _SHARES.items():
        for member in members:
            (line,) = of_people(kpi, _rows(ledger.rows(member)[NOBODY_APART], share, head.floor), head, waiting=1)
            yield replace(line, dimension=DIMENSION, member=member)
        if not members:
            (line,) = of_people(kpi, {}, head, waiting=len(records))
            yield replace(line, dimension=DIMENSION)


def _rows(summed: Sums, share: _Share, floor: int) -> dict[str, Sums]:
    """The counts of a share as `kpi_publication` wants them; nothing where a side that follows from others is small."""
    units = dict(zip(_COLUMNS, summed.bands[: len(_COLUMNS)], strict=True))
    people = dict(zip(_COLUMNS, summed.bands[len(_COLUMNS) :], strict=True))
    if people[share.of] < floor or (share.beside is not None and people[share.beside] < floor):
        return {}
    # People with a miss of several sorts count once at least: the largest sort is what is certain.
    missed = max(people[name] for name in share.misses)
    counted = (units[share.of], units[share.hits], people[share.hits], missed)
    return {NOBODY_APART: Sums(summed.as_of, people[share.of], 0.0, counted)}
