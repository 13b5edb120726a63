"""What was said against what came of it: chances by bins, beside the line on which both are the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.axes import share_axis
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, label, line, mark, path, polyline
from akademos.serving.charts.scales import Linear

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class ReliabilityBin:
    """Learners of whom about the same was said: its mean, the share it came true of (0..1), how many they are."""

    said: float
    came: float
    learners: int


def reliability(
    bins: Sequence[ReliabilityBin],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    axes: tuple[str, str],
    joined: bool,
    tip: Callable[[ReliabilityBin], str],
) -> str:
    """The picture; `axes` say what stands below and at the left; bins of one ladder are `joined` by a line."""
    text = canvas.text
    left, right = text_width("100%", text) + 10, canvas.width - text_width("100%", text) / 2
    top, bottom = text * 2.2, canvas.width * (0.42 if canvas.width > 400 else 0.85)
    x, y = Linear(0, 1, left, right), Linear(0, 1, bottom, top)
    body = share_axis(y, _TICKS, left, right, text, locale)
    for tick in _TICKS:
        body += label(x(tick), bottom + text * 1.45, locale.percent(tick), anchor="middle")
    body += line(x(0), y(0), x(1), y(1), "goal")
    ordered = sorted(bins, key=lambda one: one.said)
    places = [(x(one.said), y(one.came)) for one in ordered]
    body += path(polyline(places), "line") if joined and len(places) > 1 else ""
    for one, (px, py) in zip(ordered, places, strict=True):
        body += mark(tip(one), circle(px, py, 12, "hit") + circle(px, py, 5, "end"))
    body += label(0, top - text * 0.9, axes[1], "b")
    body += label((left + right) / 2, bottom + text * 2.9, axes[0], "b", "middle")
    return drawing(caption, canvas, bottom + text * 3.4, body)
