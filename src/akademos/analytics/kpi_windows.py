"""ISO weeks and terms in the time zone of an institution, and which of them are over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Week:
    """An ISO week; `start` and `end` (excluded) are instants in UTC."""

    monday: date
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Term:
    """A stretch of teaching, both days included."""

    name: str
    first: date
    last: date


def week_of(day: date, zone: ZoneInfo) -> Week:
    """The ISO week that a local day lies in.

    Example:
        >>> week_of(date(2026, 10, 25), ZoneInfo("Europe/Berlin")).end.isoformat()
        '2026-10-25T23:00:00+00:00'
    """
    monday = day - timedelta(days=day.isoweekday() - 1)
    return Week(monday, midnight(monday, zone), midnight(monday + WEEK, zone))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """When a local day begins, in UTC."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def closed_weeks(first: date, now: datetime, zone: ZoneInfo) -> Iterator[Week]:
    """The weeks from the one of `first` on that are over, ascending."""
    week = week_of(first, zone)
    while week.end <= now:
        yield week
        week = week_of(week.monday + WEEK, zone)


def term_of(day: date, terms: Sequence[Term]) -> Term:
    """The shortest of the terms that holds a day; the half year where none does.

    Example:
        >>> term_of(date(2026, 10, 25), []).name
        '2026-2'
    """
    holding = [one for one in terms if one.first <= day <= one.last]
    if holding:
        return min(holding, key=lambda one: (one.last - one.first, one.name))
    half = 1 if day.month <= 6 else 2
    first = date(day.year, 6 * half - 5, 1)
    last = date(day.year, 6, 30) if half == 1 else date(day.year, 12, 31)
    return Term(f"{day.year}-{half}", first, last)
