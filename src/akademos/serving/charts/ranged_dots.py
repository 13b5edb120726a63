"""Things by one number on one scale: a dot each with its range, held against a line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.marks import circle, finite, label, line, mark, rect
from akademos.serving.charts.scales import Linear
from akademos.serving.charts.weekly_course import nice_ticks


@dataclass(frozen=True)
class RangedDot:
    """One thing: its number, its range (None: none is known), how it is written."""

    name: str
    value: float
    low: float | None
    high: float | None
    shown: str


@dataclass(frozen=True)
class Yardstick:
    """What the dots are held against; the range around it is a band. A `limit` is dashed."""

    value: float
    low: float | None = None
    high: float | None = None
    limit: bool = False


def ranged_dots(
    rows: Sequence[RangedDot],
    against: Yardstick,
    *,
    caption: Caption,
    canvas: Canvas,
    written: Callable[[float], str],
    tip: Callable[[RangedDot], str],
    ticks: Sequence[float] = (),
) -> str:
    """The picture of at least one thing.

    `written` is how the numbers of the scale are written; without `ticks`, which hold all that is drawn, the scale
    begins at zero, or below where a number does.
    """
    text = canvas.text
    values = [against.value, *(one for one in (against.low, against.high) if one is not None)]
    values += [end for one in rows for end in (one.value, one.low, one.high) if end is not None]
    ticks = ticks or nice_ticks([finite(one) for one in values])
    above = canvas.width < 400  # names over their lines, where there is no room beside
    names = 0.0 if above else min(canvas.width * 0.36, max(text_width(one.name, text) for one in rows))
    edge = text_width(written(ticks[-1]), text) / 2 + 2
    left = max(names + 12, text_width(written(ticks[0]), text) / 2)
    right = canvas.width - max(edge, max(text_width(one.shown, text, bold=True) for one in rows) + 12)
    pitch = text * (3.2 if above else 2.2)
    bottom = 4 + pitch * len(rows)
    x = Linear(ticks[0], ticks[-1], left, right)
    body = ""
    for number in range(len(rows)):  # the scale leaves out the names
        foot = 4 + pitch * (number + 1)
        head = foot - (pitch - text * 1.5 if above else pitch)
        if against.low is not None and against.high is not None:
            body += rect(x(against.low), head, max(2.0, x(against.high) - x(against.low)), foot - head, "band")
        body += "".join(line(x(tick), head, x(tick), foot, "rule") for tick in ticks)
        body += line(x(against.value), head, x(against.value), foot, "goal" if against.limit else "now")
    body += "".join(label(x(tick), bottom + text * 1.45, written(tick), anchor="middle") for tick in ticks)
    for number, one in enumerate(rows):
        top = 4 + pitch * number
        middle = top + pitch * (0.7 if above else 0.5)
        inside = rect(0, top, canvas.width, pitch, "hit")
        if above:
            inside += label(0, top + text * 1.1, fit(one.name, canvas.width, text))
        else:
            inside += label(names, middle + text * 0.35, fit(one.name, names + 1, text), anchor="end")
        if one.low is not None and one.high is not None:
            inside += line(x(one.low), middle, x(one.high), middle, "whisker-line")
        inside += circle(x(one.value), middle, 5, "end")
        inside += label(canvas.width, middle + text * 0.35, one.shown, "b", "end")
        body += mark(tip(one), inside)
    return drawing(caption, canvas, bottom + text * 1.9, body)
