"""A level over time: line, likely range as a band, dashed goal, labelled end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from akademos.serving.charts.axes import share_axis, time_axis
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, finite, label, line, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
_MOST_MARKS = 53


@dataclass(frozen=True)
class BandPoint:
    """One day's level and likely range as shares 0..1; None where there is no estimate: a gap."""

    day: date
    value: float | None
    low: float | None = None
    high: float | None = None


def line_band(
    points: Sequence[BandPoint],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[BandPoint], str],
    goal: float | None = None,
    goal_label: str = "",
) -> str:
    """The picture of `points` (ascending days); a single one is a dot with its range, none an empty plot."""
    text = canvas.text
    end_gap = text_width("100%", text) + 12
    gutter = max(end_gap, text_width(goal_label, text) + 10 if goal_label else 0)
    left, right = text_width("100%", text) + 10, canvas.width - gutter
    top, bottom = text * 0.8, canvas.width * (0.38 if canvas.width > 400 else 0.58)
    height = bottom + text * 1.9
    y = Linear(0, 1, bottom, top)
    body = share_axis(y, _TICKS, left, right, text, locale)
    goal_y = None if goal is None else y(finite(goal))
    if goal_y is not None:
        body += line(left, goal_y, right, goal_y, "goal")
    if not points:
        return drawing(caption, canvas, height, body)

    first, last = points[0].day, points[-1].day
    x = Linear(first.toordinal(), last.toordinal(), left, right)
    body += time_axis(x, first, last, bottom, text, locale)
    for run in _runs(points):
        body += _run(run, x, y)
    known = [point for point in points if point.value is not None]
    body += _marks(known, x, y, (left, right), (top, bottom), tip)
    body += _end_labels(known, x, y, right, text, locale, goal_y, goal_label)
    return drawing(caption, canvas, height, body)


def _runs(points: Sequence[BandPoint]) -> list[list[BandPoint]]:
    runs: list[list[BandPoint]] = [[]]
    for point in points:
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _run(run: Sequence[BandPoint], x: Linear, y: Linear) -> str:
    places = [(x(p.day.toordinal()), y(p.value)) for p in run if p.value is not None]
    upper = [(x(p.day.toordinal()), y(p.high)) for p in run if p.high is not None and p.low is not None]
    lower = [(x(p.day.toordinal()), y(p.low)) for p in run if p.high is not None and p.low is not None]
    if len(places) == 1:
        (px, py) = places[0]
        bar = rect(px - 3, upper[0][1], 6, max(1, lower[0][1] - upper[0][1]), "band", 3) if upper else ""
        return bar + circle(px, py, 3.5, "end")
    band = path(polyline(upper + lower[::-1], close=True), "band") if len(upper) > 1 else ""
    return band + path(polyline(places), "line")


def _marks(
    known: Sequence[BandPoint],
    x: Linear,
    y: Linear,
    across: tuple[float, float],
    down: tuple[float, float],
    tip: Callable[[BandPoint], str],
) -> str:
    """At most 53 marks (a year of weeks), the last point always among them; each owns the strip around it."""
    step = -(-len(known) // _MOST_MARKS) if known else 1
    chosen = list(known)[::-1][::step][::-1]
    places = [x(point.day.toordinal()) for point in chosen]
    out = []
    for index, (point, px) in enumerate(zip(chosen, places, strict=True)):
        begin = (places[index - 1] + px) / 2 if index else across[0]
        end = (px + places[index + 1]) / 2 if index + 1 < len(places) else across[1]
        strip = rect(begin, down[0], max(1, end - begin), down[1] - down[0], "hit")
        out.append(mark(tip(point), strip + circle(px, y(point.value or 0), 4, "dot")))
    return "".join(out)


def _end_labels(
    known: Sequence[BandPoint],
    x: Linear,
    y: Linear,
    right: float,
    text: float,
    locale: Locale,
    goal_y: float | None,
    goal_label: str,
) -> str:
    """The last value beside its point and the goal beside its line, moved apart when they would touch."""
    out = ""
    goal_at = goal_y
    if known and known[-1].value is not None:
        end = known[-1]
        px, py = x(end.day.toordinal()), y(end.value or 0)
        value_at = py
        if goal_y is not None and goal_label and abs(py - goal_y) < text * 1.25:
            middle, sign = (py + goal_y) / 2, (1 if py >= goal_y else -1)
            value_at, goal_at = middle + sign * text * 0.65, middle - sign * text * 0.65
        out += circle(px, py, 4, "end")
        out += label(right + 9, value_at + text * 0.35, locale.percent(end.value or 0), "b")
    if goal_at is not None and goal_label:
        out += label(right + 9, goal_at + text * 0.35, goal_label, "goalt")
    return out
