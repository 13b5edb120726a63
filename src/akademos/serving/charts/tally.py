"""A handful of groups and how many each holds: aligned bars with count and percent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, mark, rect
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class Group:
    """One bar; `sign` is a class that colours it."""

    name: str
    count: int
    sign: str = "bar"


def tally(
    groups: Sequence[Group],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[Group], str],
    percent: bool = True,
) -> str:
    """The picture of `groups` in the given order; the longest bar is the greatest count, percents are of all, and left
    out where the groups are no parts of a whole."""
    text = canvas.text
    total = sum(group.count for group in groups)
    names = min(canvas.width * 0.46, max((text_width(group.name, text) for group in groups), default=0.0))
    room = text_width("200 100%", text) + 14
    x = Linear(0, max([1, *(group.count for group in groups)]), names + 10, canvas.width - room)
    pitch = text * 2.1
    body = ""
    for row, group in enumerate(groups):
        y = row * pitch
        base = y + pitch / 2 + text * 0.35
        end = max(x(0) + 2, x(group.count)) if group.count else x(0) - 6
        written = locale.number(group.count)
        share = locale.percent(group.count / total) if total and percent else ""
        inside = rect(0, y, canvas.width, pitch, "hit")
        inside += label(names, base, fit(group.name, names + 2, text), anchor="end")
        if group.count:
            inside += rect(x(0), y + pitch * 0.16, end - x(0), pitch * 0.68, group.sign, 4)
        inside += label(end + 8, base, written, "b")
        inside += label(end + 12 + text_width(written, text), base, share)
        body += mark(tip(group), inside)
    return drawing(caption, canvas, max(1.0, len(groups) * pitch), body)
