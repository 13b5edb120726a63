"""A funnel: aligned bars with how many reached each step, and which share of those before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.marks import label, mark, rect
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class FunnelBar:
    """A step: about how many reached it (None: not known), how that is written, and whether it is a bound only."""

    name: str
    people: float | None
    shown: str
    bound: bool = False


def funnel_bars(
    steps: Sequence[FunnelBar],
    *,
    caption: Caption,
    canvas: Canvas,
    tip: Callable[[FunnelBar], str],
) -> str:
    """The picture of steps in their order, the first one as wide as there is room."""
    text = canvas.text
    most = max([1, *(one.people or 0 for one in steps)])
    pitch, thick = text * 3.6, text * 1.5
    widest = max((text_width(one.shown, text, bold=True) for one in steps), default=0.0)
    x = Linear(0, most, 0, canvas.width - widest - 12)
    body = ""
    for number, one in enumerate(steps):
        top = number * pitch
        inside = rect(0, top, canvas.width, pitch, "hit")
        inside += label(0, top + text * 1.1, fit(f"{number + 1}. {one.name}", canvas.width, text))
        bar = top + text * 1.5
        inside += rect(0, bar, x(most), thick, "track", 3)
        if one.people:
            inside += rect(0, bar, max(2.0, x(one.people)), thick, "q2" if one.bound else "bar", 3)
        inside += label(x(most) + 10, bar + thick * 0.72, one.shown, "b")
        body += mark(tip(one), inside)
    return drawing(caption, canvas, len(steps) * pitch + 2, body)
