"""A share along a scale of numbers: straight between its points, or in steps; its likely range as a band."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from akademos.serving.charts.axes import share_axis
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, label, line, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)
SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
HUNDREDTHS = (5, 10, 20, 25, 50)
DAYS = (1, 7, 14, 28, 56, 112)
"""Distances between two places that are named on a scale."""


@dataclass(frozen=True)
class SharePoint:
    """A share 0..1 at a place of the scale, and its likely range."""

    at: float
    value: float
    low: float | None = None
    high: float | None = None


def share_curve(
    points: Sequence[SharePoint],
    *,
    end: float,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[SharePoint], str],
    place: Callable[[float], str],
    every: Sequence[int],
    steps: bool = False,
) -> str:
    """The picture of points in order, from 0 to `end` of the scale.

    Args:
        points: the first at the beginning of the scale.
        end: where the scale ends, beyond the last point.
        caption, canvas, locale: as everywhere.
        tip: what a point says.
        place: the words for a place on the scale.
        every: distances between two named places to choose from.
        steps: whether the share stays until the next point.
    """
    text = canvas.text
    left = text_width("100%", text) + 10
    right = canvas.width - max(text_width("100%", text) + 12, text_width(place(end), text) / 2 + 2)
    top, bottom = text * 0.8, canvas.width * (0.36 if canvas.width > 400 else 0.58)
    x, y = Linear(0, end, left, right), Linear(0, 1, bottom, top)
    body = share_axis(y, _TICKS, left, right, text, locale) + _axis(x, end, bottom, text, place, every)
    if not points:
        return drawing(caption, canvas, bottom + text * 1.9, body)
    drawn = [*points, SharePoint(end, points[-1].value, points[-1].low, points[-1].high)] if steps else list(points)
    band = [one for one in drawn if one.low is not None and one.high is not None]
    if len(band) > 1:
        upper = _through([(x(one.at), y(one.high or 0)) for one in band], steps=steps)
        lower = _through([(x(one.at), y(one.low or 0)) for one in band], steps=steps)
        body += path(polyline(upper + lower[::-1], close=True), "band")
    body += path(polyline(_through([(x(one.at), y(one.value)) for one in drawn], steps=steps)), "line")
    places = [x(one.at) for one in points]
    for index, (point, px) in enumerate(zip(points, places, strict=True)):
        begin = (places[index - 1] + px) / 2 if index else left
        until = (px + places[index + 1]) / 2 if index + 1 < len(places) else right
        strip = rect(begin, top, max(1, until - begin), bottom - top, "hit")
        body += mark(tip(point), strip + circle(px, y(point.value), 4, "dot"))
    last = drawn[-1]
    body += circle(x(last.at), y(last.value), 4, "end")
    body += label(x(last.at) + 9, y(last.value) + text * 0.35, locale.percent(last.value), "b")
    return drawing(caption, canvas, bottom + text * 1.9, body)


def _through(places: list[tuple[float, float]], *, steps: bool) -> list[tuple[float, float]]:
    if not steps:
        return places
    found = places[:1]
    for (_, before), (px, py) in pairwise(places):
        found += [(px, before), (px, py)]
    return found


def _axis(
    x: Linear, end: float, baseline: float, text: float, place: Callable[[float], str], every: Sequence[int]
) -> str:
    room = max(1, int((x.last - x.first) / (text_width(place(end), text) + 14)))
    step = next((one for one in every if end / one <= room), max(1.0, end))
    found, at = "", 0.0
    while at <= end + 1e-9:
        found += line(x(at), baseline, x(at), baseline + 3, "rule")
        found += label(x(at), baseline + text * 1.45, place(at), anchor="middle")
        at += step
    return found
