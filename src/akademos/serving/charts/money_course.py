"""An amount by month: a line of what was, then, dashed and with its interval, what is to be expected."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, label, line, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear
from akademos.serving.charts.weekly_course import nice_ticks


@dataclass(frozen=True)
class MonthPoint:
    """The amount of a month; with an interval where it is expected only."""

    month: date
    value: float
    low: float | None = None
    high: float | None = None

    @property
    def expected(self) -> bool:
        """Whether it is a forecast."""
        return self.low is not None


def money_course(
    points: Sequence[MonthPoint],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    shown: Callable[[float], str],
    tip: Callable[[MonthPoint], str],
) -> str:
    """The picture of one or more months, ascending; those expected stand last. The axis begins at zero."""
    text = canvas.text
    values = [bound for one in points for bound in (one.value, one.low, one.high) if bound is not None]
    ticks = nice_ticks(values)
    was = [one for one in points if not one.expected]
    newest = shown((was or points)[-1].value)
    left = max(text_width(shown(tick), text) for tick in ticks) + 10
    right = canvas.width - text * 1.6
    top, bottom = text * 2.2, canvas.width * (0.38 if canvas.width > 400 else 0.56)
    y = Linear(ticks[0], ticks[-1], bottom, top)
    x = Linear(points[0].month.toordinal(), points[-1].month.toordinal(), left, right)

    def at(one: MonthPoint) -> tuple[float, float]:
        return x(one.month.toordinal()), y(one.value)

    body = "".join(
        line(left, y(tick), right, y(tick), "rule") + label(left - 7, y(tick) + text * 0.35, shown(tick), anchor="end")
        for tick in ticks
    )
    every = max(1, -(-len(points) * int(text_width("2026", text) + 12) // max(1, int(right - left))))
    body += "".join(
        label(x(one.month.toordinal()), bottom + text * 1.45, locale.month(one.month), anchor="middle")
        for number, one in enumerate(points)
        if (len(points) - 1 - number) % every == 0
    )
    ahead = [*was[-1:], *(one for one in points if one.expected)]
    if len(ahead) > 1:
        upper = [(x(one.month.toordinal()), y(one.value if one.high is None else one.high)) for one in ahead]
        lower = [(x(one.month.toordinal()), y(one.value if one.low is None else one.low)) for one in ahead]
        body += path(polyline(upper + lower[::-1], close=True), "band")
        body += path(polyline([at(one) for one in ahead]), "line dash")
    if len(was) > 1:
        body += path(polyline([at(one) for one in was]), "line")
    places = [at(one)[0] for one in points]
    for index, (one, px) in enumerate(zip(points, places, strict=True)):
        begin = (places[index - 1] + px) / 2 if index else left
        end = (px + places[index + 1]) / 2 if index + 1 < len(places) else right
        strip = rect(begin, top, max(1, end - begin), bottom - top, "hit")
        body += mark(tip(one), strip + circle(px, at(one)[1], 4, "dot"))
    if was:
        px, py = at(was[-1])
        body += circle(px, py, 4, "end")
        wide = text_width(newest, text, bold=True) / 2
        body += label(min(max(px, left + wide), right - wide), py - text * 0.8, newest, "b", "middle")
    return drawing(caption, canvas, bottom + text * 1.9, body)
