"""What is declared of a product KPI: how it is counted, of what, over which time, for which purposes.

A KPI is counted in *units* (an account, a task, an upload): `analytics.kpi_units` has a function of the KPI's name that
finds them, `analytics.kpi_values` makes the number of them. A unit belongs to the week in which its window closes, so
a week that is over never waits for outcomes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from akademos.catalogue.declarations import Metric, Purpose
from akademos.catalogue.policies import LIMITS
from akademos.errors import InputError

KPIS_ADDRESS = "GET /v1/analytics/kpis"
KPI_ADDRESS = "GET /v1/analytics/kpis/{name}"
DIMENSIONS = ("persona", "course", "cohort")
"""By what the people of a KPI are told apart, in the order in which small groups are joined from the last on."""

PARITY_BEYOND = 0.02
"""Production differs from staging when it does by more than this share of staging's value."""

EVER = datetime(1970, 1, 1, tzinfo=UTC)
"""No event is older."""

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
"""Weeks are counted of these days; beyond them calendars end, or nothing was recorded."""

TOO_FEW = "fewer people than the smallest group"
ONE_SIDED = "too few people on one side of the share"
NOT_HALF = "not reached by half of them yet"
"""Why a KPI that was counted has no value."""

NOT_KEPT = "what was published then was not kept"
"""Why a past week of a KPI that is made of published figures has no value."""


class Measure(StrEnum):
    """What is made of the units."""

    SHARE = "share"  # of units that have hit
    MEAN = "mean"  # of the units' values
    QUANTILE = "quantile"  # of the units' values, from counts between edges
    COUNT = "count"  # of people
    SURVIVAL = "survival"  # weeks until half have hit, by Kaplan and Meier; who has not yet is censored
    EFFECT = "effect"  # a difference in differences, made where the groups are known


class Period(StrEnum):
    """What a snapshot sums up."""

    WEEK = "week"  # units whose window closed in the ISO week
    TERM = "term"  # units of the term so far


@dataclass(frozen=True, slots=True)
class Kpi:
    """One KPI.

    Attributes:
        title, question: for people; `definition` says exactly what is counted, `grain` what a unit is.
        unit: of the value: share, points, s, ms, weeks, people, score.
        target: what it should reach; None where only its course matters. `direction` is where better lies.
        purposes: all must be consented by whoever is counted.
        events: names that are read; empty: every event that serves product analytics.
        closes_after: from a unit's beginning until its outcome is known.
        reaches_back: how long before its beginning events matter to a unit; None: always, where a unit is the first of
            its kind. Units are found by these two, so that none is found again in another week.
        edges: between them values are counted (QUANTILE); ascending, the first 0.
        quantile: which one.
        of_people: whether units are of learners, so under disclosure control.
        watch: it watches the software rather than what people do.
        compared: whether staging is a baseline for it; how many people there are, and whom an advisor has, is not.
        waits_for: what has to exist before it can be computed.
    """

    name: str
    title: str
    question: str
    definition: str
    grain: str
    owner: str
    unit: str
    measure: Measure
    direction: Literal["up", "down"]
    target: float | None
    events: tuple[str, ...] = ()
    purposes: tuple[Purpose, ...] = (Purpose.PRODUCT_ANALYTICS,)
    period: Period = Period.WEEK
    closes_after: timedelta = timedelta(0)
    reaches_back: timedelta | None = timedelta(0)
    edges: tuple[float, ...] = ()
    quantile: float = 0.5
    dimensions: tuple[str, ...] = DIMENSIONS
    of_people: bool = True
    watch: bool = False
    compared: bool = True
    waits_for: str = ""
    upstream: tuple[str, ...] = ("event_log",)
    group_floor: int = LIMITS.group_floor_least

    @property
    def function(self) -> str:
        """Where its units are found."""
        return f"akademos.analytics.kpi_units.{self.name}"

    def reads_since(self, start: datetime) -> datetime:
        """From when on events are read for the units whose windows close from an instant on.

        Example:
            >>> days = {"closes_after": timedelta(days=14), "reaches_back": timedelta(days=56)}
            >>> kpi = Kpi(*[""] * 7, Measure.SHARE, "up", None, **days)
            >>> kpi.reads_since(datetime(2026, 3, 12, tzinfo=UTC)).date().isoformat()
            '2026-01-01'
        """
        return EVER if self.reaches_back is None else start - self.closes_after - self.reaches_back

    def metric(self) -> Metric:
        """The same as a metric of the registry."""
        return Metric(
            f"kpi_{self.name}",
            self.question,
            self.definition,
            self.unit,
            f"{self.period}, persona, course, cohort and environment" if self.of_people else f"{self.period}",
            self.purposes,
            upstream=self.upstream,
            endpoints=(KPIS_ADDRESS, KPI_ADDRESS),
            group_floor=self.group_floor,
        )


def require_counted(day: date, name: str, pointer: str | None = None) -> None:
    """Refuse a day of which no weeks are counted.

    Args:
        day, name: the day, and what it was given as.
        pointer: where, for an answer of the API.

    Raises:
        InputError: it is before 2000 or after 2199.
    """
    if not FIRST_DAY <= day <= LAST_DAY:
        raise InputError(
            f"`{name}` is {day}; weeks are counted from {FIRST_DAY} to {LAST_DAY}.",
            hint="Give a day between these.",
            code="day_out_of_range",
            pointer=pointer,
        )
