"""Hours of the week as binned cells: weekdays as rows, hours as columns; chosen hours outlined."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import escaped, label, num, rect
from akademos.serving.charts.scales import count_step, count_thresholds

HOURS = 24
Cell = tuple[int, int]
"""Weekday (0 is Monday) and hour."""


def weekday_hours(
    amounts: Mapping[Cell, int],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[Cell, int], str],
    outlined: Collection[Cell] = (),
) -> str:
    """The picture of whole amounts by weekday and hour; a cell that `amounts` lacks counts 0."""
    text = canvas.text
    thresholds = count_thresholds(list(amounts.values()))
    left = max(text_width(name, text) for name in locale.weekdays) + 8
    pitch = (canvas.width - left) / HOURS
    tall = max(pitch, text * 1.35)
    gap = 2.0 if pitch > 14 else 1.2
    top = text * 1.5
    step = 3 if pitch * 3 > text_width("00", text) + 6 else 6
    body = "".join(label(left + hour * pitch, text * 0.95, f"{hour:02d}") for hour in range(0, HOURS, step))
    size = f'width="{num(pitch - gap)}" height="{num(tall - gap)}" rx="{num(min(3, pitch / 5))}"'
    for weekday, name in enumerate(locale.weekdays):
        y = top + weekday * tall
        body += label(left - 8, y + (tall - gap) / 2 + text * 0.35, name, anchor="end")
        for hour in range(HOURS):
            cell = weekday, hour
            amount = amounts.get(cell, 0)
            place = f'x="{num(left + hour * pitch)}" y="{num(y)}"'
            said = escaped(tip(cell, amount))
            body += f'<rect class="m q{count_step(amount, thresholds)}" data-tip="{said}" {place} {size}/>'
    for weekday, hour in sorted(outlined):
        x, y = left + hour * pitch, top + weekday * tall
        body += rect(x - 0.5, y - 0.5, pitch - gap + 1, tall - gap + 1, "today", 3)
    return drawing(caption, canvas, top + 7 * tall, body)
