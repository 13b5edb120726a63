"""ISO weeks and terms in the time zone of an institution, and which of them are over."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from akademos.catalogue.kpi_declaration import FIRST_DAY

DAY, WEEK = timedelta(days=1), timedelta(days=7)


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


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole weeks that are summed up: from a Monday to a Sunday, and the same as instants in UTC, `end` excluded."""

    name: str
    first: date
    last: date
    start: datetime
    end: datetime


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


def of_week(week: Week) -> Stretch:
    """A week by itself."""
    return Stretch(week.monday.isoformat(), week.monday, week.monday + WEEK - DAY, week.start, week.end)


def of_term(week: Week, terms: Sequence[Term], zone: ZoneInfo) -> Stretch:
    """The term of a week, up to the week's end.

    A week belongs to the term of its Sunday (`term_of`), as a whole; a term is summed up over the weeks in a row that
    belong to it, so no week is in two. Weeks that come after another term in the midst of it are named by the first of
    them.

    Example:
        >>> spring = Term("spring", date(2026, 1, 10), date(2026, 5, 31))
        >>> gap = of_term(week_of(date(2026, 6, 10), ZoneInfo("UTC")), [spring], ZoneInfo("UTC"))
        >>> gap.name, gap.first.isoformat(), gap.last.isoformat()
        ('2026-1 from 2026-06-01', '2026-06-01', '2026-06-14')
    """
    last = week.monday + WEEK - DAY
    term, monday = term_of(last, terms), week.monday
    while monday > max(term.first, FIRST_DAY) and term_of(monday - DAY, terms) == term:
        monday -= WEEK
    name = term.name if monday <= max(term.first, FIRST_DAY) else f"{term.name} from {monday}"
    return Stretch(name, monday, last, midnight(monday, zone), week.end)


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
    name = f"{day.year}-{half}"
    return Term(f"{name} (half year)" if any(one.name == name for one in terms) else name, first, last)
