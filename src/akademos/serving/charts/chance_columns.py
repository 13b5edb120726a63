"""How chances are spread: a column for each tenth of the scale, who is on a list below and the others above."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, line, mark, rect
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class ChanceColumn:
    """From `low` to `high` of the scale 0..1: how many are on the list, and how many are not."""

    low: float
    high: float
    listed: int
    others: int


def chance_columns(
    columns: Sequence[ChanceColumn],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[ChanceColumn], str],
    ends_at: float | None = None,
    ends_words: str = "",
) -> str:
    """The picture; `ends_at` is the place of a dashed line, `ends_words` what stands above it."""
    text = canvas.text
    most = max((one.listed + one.others for one in columns), default=0)
    left, right = 4.0, canvas.width - 4.0
    top, bottom = text * 3.4, text * 3.4 + canvas.width * (0.16 if canvas.width > 400 else 0.42)
    x, y = Linear(0, 1, left, right), Linear(0, max(1, most), bottom, top)
    body = line(left, bottom, right, bottom, "axis")
    for one in columns:
        begin, width = x(one.low) + 2, x(one.high) - x(one.low) - 4
        inside = rect(x(one.low), top - text * 1.4, x(one.high) - x(one.low), bottom - top + text * 1.4, "hit")
        middle, count = y(one.listed), one.listed + one.others
        if one.listed:
            inside += rect(begin, middle, width, bottom - middle, "bar", 2)
        if one.others:
            inside += rect(begin, y(count), width, middle - y(count), "track", 2)
        if count:
            inside += label(begin + width / 2, y(count) - text * 0.35, locale.number(count), "b", "middle")
        body += mark(tip(one), inside)
    step = 0.2 if canvas.width > 400 else 0.5
    for at in range(round(1 / step) + 1):
        anchor = "start" if at == 0 else "end" if at == round(1 / step) else "middle"
        body += label(x(at * step), bottom + text * 1.3, locale.percent(at * step), None, anchor)
    if ends_at is not None:
        half = text_width(ends_words, text) / 2
        body += line(x(ends_at), text * 1.4, x(ends_at), bottom, "goal")
        place = min(max(x(ends_at), left + half), right - half)
        body += label(place, text, ends_words, "goalt", "middle")
    return drawing(caption, canvas, bottom + text * 1.9, body)
