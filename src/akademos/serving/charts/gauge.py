"""A value on one scale from 0 to 100: half a ring, its likely range as an arc beside it, a mark, and the number."""

from __future__ import annotations

import math
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.marks import finite, label, mark, num, path

_THICK = 17.0
_RANGE_GAP, _RANGE_THICK = 5.0, 6.0


@dataclass(frozen=True)
class Reading:
    """What the gauge shows, in points of 100; `goal` is a point of the same scale (a pass mark), if any."""

    value: float
    low: float | None = None
    high: float | None = None
    goal: float | None = None


def gauge(
    reading: Reading, *, caption: Caption, canvas: Canvas, tip: str, number: str, likely: str, goal_label: str = ""
) -> str:
    """The picture; `number` and `likely` are what stands in its middle, `goal_label` what stands at the mark."""
    text = canvas.text
    room = text_width(goal_label, text) + 12 if reading.goal is not None and goal_label else 12.0
    radius = min(canvas.width * 0.34, canvas.width / 2 - room, 128.0) if canvas.width / 2 - room > 70 else 84.0
    cx, cy = canvas.width / 2, radius + text * 2.2
    body = path(_ring(cx, cy, radius, _THICK, 0, 100), "track")
    inside = path(_ring(cx, cy, radius, _THICK, 0, max(finite(reading.value), 0.5)), "bar")
    if reading.low is not None and reading.high is not None:
        inner = radius - _THICK / 2 - _RANGE_GAP - _RANGE_THICK / 2
        inside += path(_ring(cx, cy, inner, _RANGE_THICK, finite(reading.low), finite(reading.high)), "arc")
    body += mark(tip, inside)
    if reading.goal is not None:
        body += _goal(cx, cy, radius, finite(reading.goal), goal_label, text, canvas.width)
    body += label(cx, cy - radius * 0.16, number, "gauge-n", "middle")
    body += label(cx, cy - radius * 0.16 + text * 1.6, likely, anchor="middle")
    below = cy + text * 1.25
    body += label(cx - radius, below, "0", anchor="middle") + label(cx + radius, below, "100", anchor="middle")
    return drawing(caption, canvas, below + 6, body)


def _at(cx: float, cy: float, radius: float, points: float) -> tuple[float, float]:
    angle = math.pi * (1 - min(max(points, 0.0), 100.0) / 100)
    return cx + radius * math.cos(angle), cy - radius * math.sin(angle)


def _ring(cx: float, cy: float, radius: float, thick: float, start: float, end: float) -> str:
    """Path of a piece of the half ring."""
    outer, inner = radius + thick / 2, radius - thick / 2
    (ax, ay), (bx, by) = _at(cx, cy, outer, start), _at(cx, cy, outer, end)
    (dx, dy), (ex, ey) = _at(cx, cy, inner, end), _at(cx, cy, inner, start)
    return (
        f"M{num(ax)} {num(ay)}A{num(outer)} {num(outer)} 0 0 1 {num(bx)} {num(by)}"
        f"L{num(dx)} {num(dy)}A{num(inner)} {num(inner)} 0 0 0 {num(ex)} {num(ey)}Z"
    )


def _goal(cx: float, cy: float, radius: float, points: float, words: str, text: float, width: float) -> str:
    (ax, ay), (bx, by) = _at(cx, cy, radius - _THICK / 2 - 4, points), _at(cx, cy, radius + _THICK / 2 + 5, points)
    drawn = path(f"M{num(ax)} {num(ay)}L{num(bx)} {num(by)}", "goal solid")
    if not words:
        return drawn
    x, y = _at(cx, cy, radius + _THICK / 2 + 9, points)
    if 40 <= points <= 60:  # above the ring
        half = text_width(words, text) / 2
        return drawn + label(min(max(x, half), width - half), y - text * 0.15, words, "goalt", "middle")
    return drawn + label(x, y, words, "goalt", "end" if points < 50 else None)
