"""Quiet hours by the clock of the person, over midnight and over changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.jobs.quiet_hours import quiet_until

ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe"])
CLOCK = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda at: f"{at[0]:02}:{at[1]:02}")
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001


@given(MOMENTS, ZONES, CLOCK, CLOCK)
def test_quiet_hours_end_within_a_day_and_then_they_are_over(now: datetime, zone: str, start: str, end: str) -> None:
    until = quiet_until(now, zone, start, end)
    here = now.astimezone(ZoneInfo(zone)).strftime("%H:%M")
    quiet = start <= here < end if start <= end else here >= start or here < end
    if not quiet:
        assert until is None
    if until is not None:
        assert now < until <= now + timedelta(hours=26)
        again = quiet_until(until, zone, start, end)
        assert again is None or again <= until + timedelta(hours=1), "but for an hour that the clocks repeat"


@pytest.mark.parametrize(("start", "end"), [(None, None), ("07:00", "07:00")])
def test_none_where_none_are_set(start: str | None, end: str | None) -> None:
    assert quiet_until(datetime(2026, 3, 10, tzinfo=UTC), "UTC", start, end) is None


def test_the_night_in_which_clocks_go_forward() -> None:
    night = datetime(2026, 3, 28, 21, 0, tzinfo=UTC)
    assert quiet_until(night, "Europe/Berlin", "21:00", "07:00") == datetime(2026, 3, 29, 5, 0, tzinfo=UTC)


def test_an_end_that_the_clocks_leap_over_comes_all_the_same() -> None:
    night = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    until = quiet_until(night, "Europe/Berlin", "22:00", "02:30")
    assert until is not None
    assert until <= datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
