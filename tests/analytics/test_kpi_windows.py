"""Terms made of whole weeks: every week is in one, and each sums up its own weeks only."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.kpi_windows import Stretch, Term, of_term, of_week, week_of
from akademos.catalogue.kpi_declaration import require_counted
from akademos.errors import InputError

BERLIN = ZoneInfo("Europe/Berlin")
SPRING, AUTUMN = Term("A", date(2026, 1, 10), date(2026, 5, 31)), Term("B", date(2026, 9, 1), date(2026, 12, 20))


def of_day(day: date, terms: list[Term]) -> Stretch:
    return of_term(week_of(day, BERLIN), terms, BERLIN)


@pytest.mark.parametrize(
    ("week", "terms", "name", "first"),
    [
        (date(2026, 6, 22), [], "2026-1", date(2025, 12, 29)),
        (date(2026, 6, 29), [], "2026-2", date(2026, 6, 29)),  # its Sunday is in July
        (date(2026, 7, 6), [], "2026-2", date(2026, 6, 29)),  # from the same Monday on
        (date(2026, 5, 25), [SPRING, AUTUMN], "A", date(2026, 1, 5)),
        (date(2026, 6, 8), [SPRING, AUTUMN], "2026-1 from 2026-06-01", date(2026, 6, 1)),  # nothing of A again
        (date(2026, 8, 24), [SPRING, AUTUMN], "2026-2", date(2026, 6, 29)),
        (date(2026, 8, 31), [SPRING, AUTUMN], "B", date(2026, 8, 31)),
        (date(2026, 12, 21), [SPRING, AUTUMN], "2026-2 from 2026-12-21", date(2026, 12, 21)),
        (date(2026, 6, 8), [SPRING, Term("year", date(2025, 9, 1), date(2026, 7, 31))], "year from 2026-06-01",
         date(2026, 6, 1)),
        (date(2026, 3, 2), [Term("ever", date.min, date.max)], "ever", date(1999, 12, 27)),
        (date(2026, 1, 2), [Term("2026-1", date(2026, 1, 10), date(2026, 5, 31))], "2026-1 (half year)",
         date(2025, 12, 29)),
    ],
)  # fmt: skip
def test_a_term_is_summed_up_over_its_own_weeks(week: date, terms: list[Term], name: str, first: date) -> None:
    found = of_day(week, terms)
    assert (found.name, found.first) == (name, first)
    assert found.start == datetime.combine(first, datetime.min.time(), BERLIN).astimezone(UTC)
    assert found.last == week_of(week, BERLIN).monday + timedelta(days=6)


_DATES = st.dates(date(2025, 9, 1), date(2026, 12, 31))
_TERMS = st.lists(st.tuples(_DATES, _DATES), max_size=4).map(
    lambda spans: [Term(f"t{n}", min(span), max(span)) for n, span in enumerate(spans)]
)


@given(_TERMS)
def test_of_consecutive_weeks_each_is_in_one_term(terms: list[Term]) -> None:
    weeks = [of_day(date(2025, 12, 29) + timedelta(weeks=n), terms) for n in range(52)]
    starts: dict[str, Stretch] = {}
    for before, week in zip([None, *weeks], weeks, strict=False):
        goes_on = before is not None and before.name == week.name
        assert goes_on or week.name not in starts  # one name, one stretch
        first = starts.setdefault(week.name, week)
        assert (week.first, week.start) == (first.first, first.start)
        assert before is None or goes_on or week.start == before.end  # what the last one held is not in the next


def test_a_week_by_itself() -> None:
    week = of_week(week_of(date(2026, 3, 29), BERLIN))
    assert (week.name, week.first, week.last) == ("2026-03-23", date(2026, 3, 23), date(2026, 3, 29))


@pytest.mark.parametrize("day", [date.min, date(1999, 12, 31), date(2200, 1, 1), date.max])
def test_days_beyond_the_calendar_are_refused(day: date) -> None:
    with pytest.raises(InputError, match=f"`to` is {day}"):
        require_counted(day, "to")
