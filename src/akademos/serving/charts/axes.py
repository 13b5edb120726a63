"""Grid lines and labels of the vertical share axis and of the time axis."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, line
from akademos.serving.charts.scales import Linear

_DAY_STEPS = (1, 2, 7, 14)
_MONTH_STEPS = (1, 2, 3, 6, 12)


def share_axis(y: Linear, ticks: Sequence[float], left: float, right: float, text: float, locale: Locale) -> str:
    """Horizontal grid lines at shares 0..1 with their percent at the left."""
    return "".join(
        line(left, y(tick), right, y(tick), "rule")
        + label(left - 7, y(tick) + text * 0.35, locale.percent(tick), anchor="end")
        for tick in ticks
    )


def time_ticks(first: date, last: date, room: int) -> list[date]:
    """At most `room` evenly spaced days within [first, last]: days, weeks, or first days of months."""
    span = (last - first).days
    for step in _DAY_STEPS:
        if span // step + 1 <= room:
            return [first + timedelta(days=offset) for offset in range(0, span + 1, step)]
    for step in _MONTH_STEPS:
        months = _month_starts(first, last, step)
        if len(months) <= room:
            break
    return months[:: max(1, -(-len(months) // room))] or [first]


def time_axis(x: Linear, first: date, last: date, baseline: float, text: float, locale: Locale) -> str:
    """Labels under the plot, as many as fit without touching."""
    widest = text_width("28 Mar", text) + 12
    room = max(1, int((x.last - x.first + widest * 0.5) / widest))
    ticks = time_ticks(first, last, room)
    by_month = len(ticks) > 1 and all(tick.day == 1 for tick in ticks)
    out = []
    for tick in ticks:
        words = locale.month(tick) if by_month else locale.day(tick)
        out.append(label(x(tick.toordinal()), baseline + text * 1.45, words, anchor="middle"))
    return "".join(out)


def _month_starts(first: date, last: date, step: int) -> list[date]:
    starts = []
    year, month = first.year, first.month
    while (day := date(year, month, 1)) <= last:
        if day >= first and (month - 1) % step == 0:
            starts.append(day)
        month += 1
        if month > 12:
            year, month = year + 1, 1
    return starts
