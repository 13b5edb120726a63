"""Days and weeks in a time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.analytics.clock import day_end, instant_of, local_day, microseconds, week_end, with_local_date, zone
from akademos.errors import InputError

EPOCH = date(1970, 1, 1)
ZONES = st.sampled_from(("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Pacific/Auckland"))


@pytest.mark.parametrize(
    ("name", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),  # clocks go forward
        ("Europe/Berlin", date(2026, 10, 25), 25),  # and back
        ("Europe/Berlin", date(2026, 6, 1), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("UTC", date(2026, 3, 29), 24),
    ],
)
def test_a_day_is_as_long_as_its_clock_says(name: str, day: date, hours: int) -> None:
    number = (day - EPOCH).days
    assert day_end(number, name) - day_end(number - 1, name) == hours * 3_600_000_000


@given(st.integers(0, 40 * 365 * 24 * 3600), ZONES)
def test_an_instant_lies_within_its_local_day(seconds: int, name: str) -> None:
    instant = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    us = microseconds(instant)
    day = local_day(us, name)
    assert day_end(day - 1, name) < us <= day_end(day, name)
    assert EPOCH + timedelta(days=day) == instant.astimezone(ZoneInfo(name)).date()
    assert instant_of(us) == instant


@given(st.integers(0, 40_000))
def test_iso_weeks_end_on_sunday(day: int) -> None:
    end = EPOCH + timedelta(days=week_end(day))
    assert end.isoweekday() == 7
    assert 0 <= week_end(day) - day <= 6
    assert end.isocalendar()[:2] == (EPOCH + timedelta(days=day)).isocalendar()[:2]


def test_late_evening_belongs_to_the_local_day_and_day_rows_keep_their_date() -> None:
    rows = pl.DataFrame(
        {
            "occurred_at": [datetime(2026, 7, 1, 23, 30, tzinfo=UTC), datetime(2026, 7, 2, tzinfo=UTC)] * 2,
            "time_zone": ["Europe/Berlin", "Europe/Berlin", "America/New_York", "America/New_York"],
            "time_precision": ["exact", "day", "exact", "day"],
        },
        schema_overrides={"occurred_at": pl.Datetime("us", "UTC")},
    )
    found = with_local_date(rows)["date"].to_list()
    assert found == [date(2026, 7, 2), date(2026, 7, 2), date(2026, 7, 1), date(2026, 7, 2)]


def test_an_unknown_zone_is_utc_and_a_naive_instant_is_refused() -> None:
    assert zone("Mars/Olympus").key == "UTC"
    assert zone("").key == "UTC"
    with pytest.raises(InputError) as refused:
        microseconds(datetime(2026, 1, 1))  # noqa: DTZ001  a naive time is the point
    assert refused.value.code == "naive_time"
