"""A handful of amounts as aligned bars, each with its amount, and where it is part of a larger one, with that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.marks import label, mark, rect
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class AmountBar:
    """One bar; `shown` is how its amount is written, `whole` what it is a part of (None: it is nothing's part)."""

    name: str
    value: float
    shown: str
    whole: float | None = None

    @property
    def reach(self) -> float:
        """How far the bar and what it is a part of go."""
        return max(self.value, self.whole or 0.0)


def amount_bars(rows: Sequence[AmountBar], *, caption: Caption, canvas: Canvas, tip: Callable[[AmountBar], str]) -> str:
    """The picture of one or more amounts in the given order, from zero; one below zero has no bar."""
    text = canvas.text
    names = min(canvas.width * 0.42, max(text_width(one.name, text) for one in rows))
    written = max(text_width(one.shown, text, bold=True) for one in rows)
    x = Linear(0, max(1e-9, *(one.reach for one in rows)), names + 10, canvas.width - written - 12)
    pitch = text * 2.3
    body = ""
    for number, one in enumerate(rows):
        top = number * pitch
        base = top + pitch / 2 + text * 0.35
        end = max(x(0.0) + 2, x(one.reach)) if one.reach > 0 else x(0.0)
        inside = rect(0, top, canvas.width, pitch, "hit")
        inside += label(names, base, fit(one.name, names + 2, text), anchor="end")
        if one.reach > one.value:
            inside += rect(x(0.0), top + pitch * 0.18, end - x(0.0), pitch * 0.64, "q2", 4)
        if one.value > 0:
            wide = max(2.0, x(one.value) - x(0.0))
            inside += rect(x(0.0), top + pitch * 0.18, wide, pitch * 0.64, "bar", 4)
        inside += label(end + 8, base, one.shown, "b")
        body += mark(tip(one), inside)
    return drawing(caption, canvas, len(rows) * pitch, body)
