"""Days and weeks in a learner's time zone, daylight saving right; rows that know no hour keep their date.

Local dates are numbers of days since 1970-01-01, instants numbers of microseconds since then in UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.errors import InputError

DAY_US = 86_400_000_000
_EPOCH = date(1970, 1, 1)
_EPOCH_INSTANT = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant.

    Raises:
        InputError: the instant has no offset (`naive_time`).
    """
    if instant.tzinfo is None:
        raise InputError(
            f"{instant.isoformat()} has no offset from UTC.", hint="Give an aware instant.", code="naive_time"
        )
    return (instant - _EPOCH_INSTANT) // _MICROSECOND


def instant_of(us: int) -> datetime:
    """The UTC instant of microseconds since 1970."""
    return _EPOCH_INSTANT + timedelta(microseconds=us)


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo:
    """The named IANA zone; UTC for a name that the time zone database does not know."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def local_day(us: int, zone_name: str) -> int:
    """Day number of an instant in a zone."""
    return (instant_of(us).astimezone(zone(zone_name)).date() - _EPOCH).days


@lru_cache(maxsize=65536)
def day_end(day: int, zone_name: str) -> int:
    """The last microsecond of a local day."""
    following = _EPOCH + timedelta(days=day + 1)
    midnight = datetime(following.year, following.month, following.day, tzinfo=zone(zone_name))
    return (midnight.astimezone(UTC) - _EPOCH_INSTANT) // _MICROSECOND - 1


Day = TypeVar("Day", int, npt.NDArray[np.int64])


def week_end(day: Day) -> Day:
    """Day number of the Sunday that ends the ISO week of a day. (1970-01-01 was a Thursday.)"""
    return day + (3 - day) % 7


def with_local_date(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a column `date`: the day of `occurred_at` in `time_zone`; rows of precision `day` keep the UTC
    date, which is the date that their source gave."""
    if not rows.height:
        return rows.with_columns(date=pl.lit(None, dtype=pl.Date))
    zones = rows["time_zone"].unique().to_list()
    local = pl.col("occurred_at").dt.date()
    for name in zones:
        if name != "UTC":
            local = (
                pl.when((pl.col("time_zone") == name) & (pl.col("time_precision") != "day"))
                .then(pl.col("occurred_at").dt.convert_time_zone(name).dt.date())
                .otherwise(local)
            )
    return rows.with_columns(date=local)


def local_microseconds(
    us: npt.NDArray[np.int64], zone_of_row: npt.NDArray[np.int64], zones: list[str]
) -> npt.NDArray[np.int64]:
    """What the wall clock of each row's zone shows at an instant, as microseconds since 1970-01-01 00:00 of that clock.

    Args:
        us: instants, microseconds since 1970 in UTC.
        zone_of_row: number of each row's zone among `zones`.
        zones: IANA names.
    """
    local = us.copy()
    for number in np.unique(zone_of_row).tolist():
        if zones[number] != "UTC":
            rows = np.flatnonzero(zone_of_row == number)
            instants = pl.Series(us[rows]).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(zones[number])
            local[rows] = instants.dt.replace_time_zone(None).dt.epoch("us").to_numpy()
    return local
