"""Small pictures of a priority list: how urgent (a meter of four), how far to go (a range on a track)."""

from __future__ import annotations

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.marks import circle, element, finite, line, rect
from akademos.serving.charts.scales import Linear

LEVELS = ("low", "medium", "high", "critical")
TRACK = Canvas("gaptrack", 200, 0)


def severity_meter(severity: str | None) -> str:
    """One to four filled bars of rising height, none without a severity; the word stands beside it."""
    filled = LEVELS.index(severity) + 1 if severity in LEVELS else 0
    bars = "".join(
        rect(index * 6, 9 - 3 * index, 4, 5 + 3 * index, "on" if index < filled else "off", 1) for index in range(4)
    )
    return element("svg", bars, class_="meter", viewBox="0 0 22 14", aria_hidden="true")


def goal_track(value: float | None, low: float | None, high: float | None, *, goal: float, caption: Caption) -> str:
    """Where a topic stands on the way to its goal: dot, likely range, goal tick, on a track from 0 to 1."""
    x = Linear(0, 1, 1, TRACK.width - 1)
    body = rect(x(0), 6, x(1) - x(0), 6, "track", 3)
    if low is not None and high is not None:
        body += rect(x(low), 6, max(2.0, x(high) - x(low)), 6, "band", 3)
    body += line(x(finite(goal)), 2, x(goal), 16, "goal solid")
    if value is not None:
        body += circle(x(value), 9, 4.5, "end")
    return drawing(caption, TRACK, 18, body)
