"""What more time gives: a level for each of a ladder of efforts, the goal dashed, the chosen rung filled."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.axes import share_axis
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, finite, label, line, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear

_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True)
class RungLevel:
    """One rung: its effort and the level that it gives, a share 0..1; `chosen` is the plan's."""

    effort: int
    value: float
    chosen: bool


def trade_off(
    rungs: Sequence[RungLevel],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[RungLevel], str],
    goal: float,
    goal_label: str,
    unit: str,
) -> str:
    """The picture of at least one rung, ascending efforts at even distances (a ladder grows by factors).

    `unit` stands under the axis and says what an effort is.
    """
    text = canvas.text
    left = text_width("100%", text) + 10
    right = canvas.width - text_width(goal_label, text) - 10
    top, bottom = text * 0.8, canvas.width * (0.38 if canvas.width > 400 else 0.62)
    y = Linear(0, 1, bottom, top)
    half = (right - left) / len(rungs) / 2
    x = Linear(0, len(rungs) - 1, left + half, right - half)
    body = share_axis(y, _TICKS, left, right, text, locale)
    goal_y = y(finite(goal))
    body += line(left, goal_y, right, goal_y, "goal")
    body += label(right + 7, goal_y + text * 0.35, goal_label, "goalt")
    widest = max(text_width(locale.number(rung.effort), text) for rung in rungs) + 6
    every = max(1, -(-int(widest * len(rungs)) // max(1, int(right - left))))
    places = [(x(n), y(rung.value)) for n, rung in enumerate(rungs)]
    body += path(polyline(places), "line") if len(places) > 1 else ""
    for n, (rung, (px, py)) in enumerate(zip(rungs, places, strict=True)):
        if n % every == 0:
            body += label(px, bottom + text * 1.45, locale.number(rung.effort), anchor="middle")
        strip = rect(px - half, top, 2 * half, bottom - top, "hit")
        dot = circle(px, py, 6, "end") if rung.chosen else circle(px, py, 4, "dot on")
        body += mark(tip(rung), strip + dot)
    body += label((left + right) / 2, bottom + text * 2.9, unit, anchor="middle")
    return drawing(caption, canvas, bottom + text * 3.4, body)
