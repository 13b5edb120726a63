"""Differences with their likely range around nothing, one below the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, label, line, mark, rect
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class Difference:
    """A difference of shares, -1..1, with its range; `shown` is how it is written."""

    name: str
    value: float
    low: float
    high: float
    shown: str


def differences(
    rows: Sequence[Difference],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[Difference], str],
) -> str:
    """The picture of one or more differences on one scale, as wide as the widest range."""
    text = canvas.text
    reach = min(1.0, max([0.2, *(max(abs(one.low), abs(one.high)) for one in rows)]))
    above = canvas.width < 400  # names over their lines, where there is no room beside
    names = 0.0 if above else min(canvas.width * 0.4, max((text_width(one.name, text) for one in rows), default=0.0))
    shown = max((text_width(one.shown, text, bold=True) for one in rows), default=0.0)
    left, right = names + 12, canvas.width - shown - 12
    pitch, top = text * (3.6 if above else 2.6), 4.0
    bottom = top + pitch * len(rows)
    x = Linear(-reach, reach, left, right)
    body = ""
    for at in (-reach, 0.0, reach):
        body += line(x(at), top, x(at), bottom, "now" if at == 0 else "rule")
        written = locale.number(100 * at)
        body += label(x(at), bottom + text * 1.45, f"+{written}" if at > 0 else written, anchor="middle")
    for number, one in enumerate(rows):
        middle = top + pitch * (number + (0.7 if above else 0.5))
        inside = rect(0, top + pitch * number, canvas.width, pitch, "hit")
        if above:
            inside += label(0, top + pitch * number + text * 1.1, fit(one.name, canvas.width, text))
        else:
            inside += label(names, middle + text * 0.35, fit(one.name, names + 1, text), anchor="end")
        inside += line(x(max(one.low, -reach)), middle, x(min(one.high, reach)), middle, "whisker-line")
        inside += circle(x(max(-reach, min(reach, one.value))), middle, 5, "end")
        inside += label(right + 10, middle + text * 0.35, one.shown, "b")
        body += mark(tip(one), inside)
    return drawing(caption, canvas, bottom + text * 1.9, body)
