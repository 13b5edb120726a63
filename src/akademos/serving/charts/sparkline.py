"""A small line without axes, to stand beside a figure."""

from __future__ import annotations

from collections.abc import Sequence

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.marks import circle, finite, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear

SPARK = Canvas("spark", 112, 0)
_HEIGHT = 34.0


def sparkline(
    values: Sequence[float | None], tips: Sequence[str], *, caption: Caption, floor: float | None = None
) -> str:
    """The course of evenly spaced `values` (None leaves a gap), from `floor` or their least upwards.

    `tips` say each value in words, one a value.
    """
    known = [finite(value) for value in values if value is not None]
    if not known:
        return drawing(caption, SPARK, _HEIGHT, "")
    low = min(known) if floor is None else min(floor, *known)
    y = Linear(low, max(known), _HEIGHT - 5, 5) if max(known) > low else Linear(0, 1, _HEIGHT / 2, _HEIGHT / 2)
    x = Linear(0, max(1, len(values) - 1), 3, SPARK.width - 6)
    runs: list[list[tuple[float, float]]] = [[]]
    for index, value in enumerate(values):
        if value is None:
            runs.append([])
        else:
            runs[-1].append((x(index), y(value)))
    body = ""
    for run in runs:
        if len(run) > 1:
            feet = [(run[-1][0], _HEIGHT - 1), (run[0][0], _HEIGHT - 1)]
            body += path(polyline(run + feet, close=True), "area") + path(polyline(run), "line")
    last = [run for run in runs if run][-1][-1]
    body += circle(*last, 3, "end")
    width = (x.last - x.first) / max(1, len(values) - 1)
    for index, (value, tip) in enumerate(zip(values, tips, strict=True)):
        if value is not None:
            strip = rect(x(index) - width / 2, 0, width, _HEIGHT, "hit")
            body += mark(tip, strip + circle(x(index), y(value), 3, "dot"))
    return drawing(caption, SPARK, _HEIGHT, body)
