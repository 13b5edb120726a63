"""Numbers of unlike scales with their intervals, one below the other, each on a scale of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.marks import circle, finite, label, line, mark, rect
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class MetricInterval:
    """One number with its interval (None: none is known) on its scale.

    `shown` is how both are written, `ends` how the ends of the scale are; `against` is a value that it is held
    against, if there is one: what guessing gives, what was promised.
    """

    name: str
    value: float
    low: float | None
    high: float | None
    start: float
    end: float
    shown: str
    ends: tuple[str, str]
    against: float | None = None


def metric_intervals(
    rows: Sequence[MetricInterval],
    *,
    caption: Caption,
    canvas: Canvas,
    tip: Callable[[MetricInterval], str],
) -> str:
    """The picture; what lies beyond a scale is drawn at its end, and written as it is."""
    text = canvas.text
    narrow = canvas.width < 400  # what is written stands under the name there
    pitch, left, right = text * (5.5 if narrow else 4.3), 6.0, canvas.width - 6
    body = ""
    for number, one in enumerate(rows):
        top = pitch * number
        middle = top + text * (3.45 if narrow else 2.25)
        x = Linear(one.start, one.end, left, right)
        taken = 0.0 if narrow else text_width(one.shown, text, bold=True) + 14
        inside = rect(0, top, canvas.width, pitch, "hit")
        inside += label(0, top + text * 1.15, fit(one.name, canvas.width - taken, text))
        inside += (
            label(0, top + text * 2.35, one.shown, "b")
            if narrow
            else label(canvas.width, top + text * 1.15, one.shown, "b", "end")
        )
        inside += line(left, middle, right, middle, "rule")
        if one.against is not None:
            inside += line(x(one.against), middle - 8, x(one.against), middle + 8, "goal solid")
        if one.low is not None and one.high is not None:
            inside += line(_at(x, one.low), middle, _at(x, one.high), middle, "whisker-line")
        inside += circle(_at(x, one.value), middle, 5, "end")
        inside += label(0, middle + text * 1.45, one.ends[0]) + label(
            canvas.width, middle + text * 1.45, one.ends[1], anchor="end"
        )
        body += mark(tip(one), inside)
    return drawing(caption, canvas, pitch * len(rows), body)


def _at(x: Linear, value: float) -> float:
    return x(min(max(finite(value), x.start), x.end))
