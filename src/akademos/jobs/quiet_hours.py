"""When somebody wants to be left alone: pure, by their own clock."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


def quiet_until(now: datetime, time_zone: str, start: str | None, end: str | None) -> datetime | None:
    """The end of the quiet hours that hold at `now` (UTC); None when there are none.

    Args:
        time_zone: of the two times (IANA).
        start, end: times of day as HH:MM; the second may lie on the next day. Equal: no quiet hours.

    Example:
        >>> night = datetime(2026, 3, 10, 22, 30, tzinfo=UTC)
        >>> quiet_until(night, "Europe/Berlin", "20:00", "07:00")
        datetime.datetime(2026, 3, 11, 6, 0, tzinfo=datetime.timezone.utc)
        >>> quiet_until(night, "America/New_York", "20:00", "07:00") is None
        True
    """
    if start is None or end is None or start == end:
        return None
    zone = ZoneInfo(time_zone)
    here = now.astimezone(zone)
    begins, ends, clock = time.fromisoformat(start), time.fromisoformat(end), here.time()
    over_midnight = ends < begins
    quiet = (clock >= begins or clock < ends) if over_midnight else begins <= clock < ends
    if not quiet:
        return None
    day = here.date() + timedelta(days=1 if over_midnight and clock >= begins else 0)
    # In the hour that a change of the clocks repeats, the end may already lie behind: then it is the second one.
    first = datetime.combine(day, ends, zone).astimezone(UTC)
    second = datetime.combine(day, ends.replace(fold=1), zone).astimezone(UTC)
    return first if first > now else second if second > now else None
