"""Days as binned cells: the past by week columns, the coming days as a calendar sheet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import element, escaped, label, mark, num, rect
from akademos.serving.charts.scales import STEPS, count_step, count_thresholds


def past_calendar(
    counts: Mapping[date, int],
    *,
    first: date,
    last: date,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[date, int], str],
) -> str:
    """Weeks as columns, Monday at the top, from the week of `first` to `last`.

    A day within [first, last] that `counts` lacks counts 0; days outside stay blank, since they are no zeros.
    """
    text = canvas.text
    thresholds = count_thresholds(list(counts.values()))
    start = first - timedelta(days=first.weekday())
    weeks = (last - start).days // 7 + 1
    left = max(text_width(name, text) for name in locale.weekdays) + 8
    pitch = (canvas.width - left) / max(weeks, 20)
    gap = 2.5 if pitch > 14 else 1.5
    top = text * 1.45
    body = "".join(
        label(left - 8, top + pitch * (row + 0.5) + text * 0.35, locale.weekdays[row], anchor="end")
        for row in ((0, 2, 4) if pitch < text * 1.25 else range(0, 7, 2))
    )
    body += _months(start, weeks, left, pitch, text, locale)
    side, corner = num(pitch - gap), num(min(3, pitch / 5))
    size = f'width="{side}" height="{side}" rx="{corner}"'
    columns = [num(left + week * pitch) for week in range(weeks)]
    lines = [num(top + row * pitch) for row in range(7)]
    cells = []
    for offset in range((first - start).days, (last - start).days + 1):
        day = start + timedelta(days=offset)
        count = counts.get(day, 0)
        step = count_step(count, thresholds)
        place = f'x="{columns[offset // 7]}" y="{lines[offset % 7]}"'
        cells.append(f'<rect class="m q{step}" data-tip="{escaped(tip(day, count))}" {place} {size}/>')
    return drawing(caption, canvas, top + 7 * pitch, body + "".join(cells))


def _months(start: date, weeks: int, left: float, pitch: float, text: float, locale: Locale) -> str:
    """A month's name over the first week that begins in it; over the first column only where it fits."""
    columns = [week for week in range(weeks) if not week or (start + timedelta(days=7 * week)).day <= 7]
    names = [locale.months[(start + timedelta(days=7 * week)).month - 1] for week in columns]
    out, free = "", 0.0
    for index, (week, name) in enumerate(zip(columns, names, strict=True)):
        x, end = left + week * pitch, left + week * pitch + text_width(name, text) + 3
        crowds = week == 0 and len(columns) > 1 and end > left + columns[1] * pitch
        if x < free or crowds or (week == weeks - 1 and index):
            continue
        free = end
        out += label(x, text * 0.95, name)
    return out


def coming_calendar(
    counts: Mapping[date, int],
    *,
    first: date,
    last: date,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[date, int], str],
) -> str:
    """Weeks as rows from the week of `first` (today, outlined) to `last`: day of the month and its count."""
    text = canvas.text
    thresholds = count_thresholds(list(counts.values()))
    start = first - timedelta(days=first.weekday())
    gap = 4.0
    pitch = (canvas.width + gap) / 7
    tall = text * 2.75
    top = text * 1.6
    body = "".join(
        label(column * pitch + (pitch - gap) / 2, text * 0.95, name, anchor="middle")
        for column, name in enumerate(locale.weekdays)
    )
    day = first
    row = 0
    while day <= last:
        row, column = divmod((day - start).days, 7)
        x, y = column * pitch, top + row * (tall + gap)
        count = counts.get(day, 0)
        step = count_step(count, thresholds)
        shown = locale.months[day.month - 1] if day.day == 1 else str(day.day)
        inside = rect(x, y, pitch - gap, tall, f"q{step}" if count else "q0", 5)
        if day == first:
            inside += rect(x + 1, y + 1, pitch - gap - 2, tall - 2, "today", 4)
        inside += label(x + 6, y + text * 1.15, shown, f"on{step}")
        if count:
            inside += label(x + pitch - gap - 6, y + text * 2.3, locale.number(count), f"on{step} b", "end")
        body += mark(tip(day, count), inside)
        day += timedelta(days=1)
    return drawing(caption, canvas, top + (row + 1) * (tall + gap), body)


def ramp(thresholds: Sequence[int] | None = None) -> str:
    """The seven colours in a row, for a legend (decorative: the words stand beside it)."""
    steps = STEPS if thresholds is None else len(thresholds) + 1
    cells = "".join(rect(step * 10, 0, 9, 10, f"q{step}", 2) for step in range(steps))
    return element("svg", cells, class_="ramp", viewBox=f"0 0 {steps * 10} 10", aria_hidden="true")
