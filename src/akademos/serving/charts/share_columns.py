"""How shares are spread: a column for each tenth of the scale, those that are marked below and the others above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import finite, label, line, mark, rect
from akademos.serving.charts.scales import Linear

TENTHS = 10


@dataclass(frozen=True)
class ShareColumn:
    """From `low` to `high` of the scale 0..1: how many are marked, and how many are not."""

    low: float
    high: float
    marked: int
    others: int


def tenths(shares: Iterable[tuple[float, bool]]) -> list[ShareColumn]:
    """Shares 0..1, each with whether it is marked, counted by tenths; 1 is in the last one.

    Example:
        >>> [(one.marked, one.others) for one in tenths([(0.05, True), (0.9, False), (1.0, False)])][::9]
        [(1, 0), (0, 2)]
    """
    counts = [[0, 0] for _ in range(TENTHS)]
    for share, marked in shares:
        counts[min(int(finite(share) * TENTHS), TENTHS - 1)][not marked] += 1
    return [ShareColumn(n / TENTHS, (n + 1) / TENTHS, *counts[n]) for n in range(TENTHS)]


def share_columns(
    columns: Sequence[ShareColumn],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[ShareColumn], str],
    line_at: float | None = None,
    line_words: str = "",
) -> str:
    """The picture; `line_at` is the place of a dashed line, `line_words` what stands above it."""
    text = canvas.text
    most = max((one.marked + one.others for one in columns), default=0)
    left, right = 4.0, canvas.width - 4.0
    top, bottom = text * 3.4, text * 3.4 + canvas.width * (0.16 if canvas.width > 400 else 0.42)
    x, y = Linear(0, 1, left, right), Linear(0, max(1, most), bottom, top)
    body = line(left, bottom, right, bottom, "axis")
    for one in columns:
        begin, width = x(one.low) + 2, x(one.high) - x(one.low) - 4
        inside = rect(x(one.low), top - text * 1.4, x(one.high) - x(one.low), bottom - top + text * 1.4, "hit")
        middle, count = y(one.marked), one.marked + one.others
        if one.marked:
            inside += rect(begin, middle, width, bottom - middle, "bar", 2)
        if one.others:
            inside += rect(begin, y(count), width, middle - y(count), "q3", 2)
        if count:
            inside += label(begin + width / 2, y(count) - text * 0.35, locale.number(count), "b", "middle")
        body += mark(tip(one), inside)
    step = 0.2 if canvas.width > 400 else 0.5
    for at in range(round(1 / step) + 1):
        anchor = "start" if at == 0 else "end" if at == round(1 / step) else "middle"
        body += label(x(at * step), bottom + text * 1.3, locale.percent(at * step), None, anchor)
    if line_at is not None:
        half = text_width(line_words, text) / 2
        body += line(x(line_at), text * 1.4, x(line_at), bottom, "goal")
        place = min(max(x(line_at), left + half), right - half)
        body += label(place, text, line_words, "goalt", "middle")
    return drawing(caption, canvas, bottom + text * 1.9, body)
