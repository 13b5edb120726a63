"""A number of the product by week: line, likely range, dashed target, marks where something was noted.

The axis begins at zero for what is counted or lasts, unless a value lies below it, so that a small change looks small.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from akademos.serving.charts.axes import time_axis
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, finite, label, line, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear

_TICKS = 4
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True)
class WeekPoint:
    """A week's value and likely range; None where there is none: a gap."""

    week: date
    value: float | None
    low: float | None = None
    high: float | None = None


def weekly_course(
    points: Sequence[WeekPoint],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    shown: Callable[[float], str],
    tip: Callable[[WeekPoint], str],
    target: float | None = None,
    noted: Sequence[tuple[date, str]] = (),
) -> str:
    """The picture of `points` (ascending weeks, at least one with a value).

    `shown` writes a value; `noted` are days with what happened on them.
    """
    known = [point for point in points if point.value is not None]
    values = [bound for point in known for bound in (point.value, point.low, point.high) if bound is not None]
    ticks = nice_ticks([finite(value) for value in values] + ([] if target is None else [target]))
    text = canvas.text
    left = max(text_width(shown(tick), text) for tick in ticks) + 10
    right = canvas.width - text_width(shown(known[-1].value or 0.0) if known else "", text) - 14
    top, bottom = text * 1.2, canvas.width * (0.38 if canvas.width > 400 else 0.52)
    y = Linear(ticks[0], ticks[-1], bottom, top)
    body = "".join(
        line(left, y(tick), right, y(tick), "rule") + label(left - 7, y(tick) + text * 0.35, shown(tick), anchor="end")
        for tick in ticks
    )
    first, last = points[0].week, points[-1].week
    x = Linear(first.toordinal(), last.toordinal(), left, right)
    body += time_axis(x, first, last, bottom, text, locale)
    for day, words in noted:
        if first <= day <= last:
            px = x(day.toordinal())
            strip = rect(px - 4, top, 8, bottom - top, "hit")
            body += mark(words, strip + line(px, top, px, bottom, "now") + circle(px, top, 3.5, "end"))
    if target is not None:
        body += line(left, y(target), right, y(target), "goal")
    for run in _runs(points):
        body += _run(run, x, y)
    body += _marks(known, x, y, (left, right), (top, bottom), tip)
    if known:
        end = known[-1]
        px, py = x(end.week.toordinal()), y(end.value or 0.0)
        body += circle(px, py, 4, "end") + label(px + 8, py + text * 0.35, shown(end.value or 0.0), "b")
    return drawing(caption, canvas, bottom + text * 1.9, body)


def nice_ticks(values: Sequence[float]) -> list[float]:
    """Evenly spaced round numbers from zero (or below) to the greatest value or beyond.

    Example:
        >>> nice_ticks([0.62, 0.81])
        [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    low, high = min([0.0, *values]), max([0.0, *values])
    if high == low:
        high = low + 1.0
    rough = (high - low) / _TICKS
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * one for one in _STEPS if unit * one >= rough * (1 - 1e-9))
    begin = math.floor(low / step + 1e-9)
    end = math.ceil(high / step - 1e-9)
    return [round(step * place, 10) for place in range(begin, end + 1)]


def _runs(points: Sequence[WeekPoint]) -> list[list[WeekPoint]]:
    runs: list[list[WeekPoint]] = [[]]
    for point in points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _run(run: Sequence[WeekPoint], x: Linear, y: Linear) -> str:
    places = [(x(point.week.toordinal()), y(point.value or 0.0)) for point in run]
    ranged = [point for point in run if point.low is not None and point.high is not None]
    upper = [(x(point.week.toordinal()), y(point.high or 0.0)) for point in ranged]
    lower = [(x(point.week.toordinal()), y(point.low or 0.0)) for point in ranged]
    band = path(polyline(upper + lower[::-1], close=True), "band") if len(ranged) > 1 else ""
    if len(places) == 1:
        return band + circle(*places[0], 3.5, "end")
    return band + path(polyline(places), "line")


def _marks(
    known: Sequence[WeekPoint],
    x: Linear,
    y: Linear,
    across: tuple[float, float],
    down: tuple[float, float],
    tip: Callable[[WeekPoint], str],
) -> str:
    """Each point owns the strip around it."""
    places = [x(point.week.toordinal()) for point in known]
    out = []
    for index, (point, px) in enumerate(zip(known, places, strict=True)):
        begin = (places[index - 1] + px) / 2 if index else across[0]
        end = (px + places[index + 1]) / 2 if index + 1 < len(places) else across[1]
        strip = rect(begin, down[0], max(1, end - begin), down[1] - down[0], "hit")
        out.append(mark(tip(point), strip + circle(px, y(point.value or 0.0), 4, "dot")))
    return "".join(out)
