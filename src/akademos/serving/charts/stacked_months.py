"""Amounts by month, each column divided among a few names, which stand beside the last column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, line, mark, rect
from akademos.serving.charts.scales import Linear
from akademos.serving.charts.weekly_course import nice_ticks

SIGNS = ("k1", "k2", "k3", "k4")
OTHERS = "k5"
"""Colours of the first four names, and of all others together, whose name is the last one."""


@dataclass(frozen=True)
class MonthStack:
    """The parts of a month in the order of the names; a part below zero (a credit) hangs below the line."""

    month: date
    parts: Sequence[float]


def sign_of(place: int) -> str:
    """The colour of a name by its place."""
    return SIGNS[place] if place < len(SIGNS) else OTHERS


def stacked_months(
    stacks: Sequence[MonthStack],
    names: Sequence[str],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    shown: Callable[[float], str],
    tip: Callable[[MonthStack], str],
) -> str:
    """The picture of one or more months, ascending, of at most five names."""
    text = canvas.text
    sums = [sum(part for part in one.parts if part > 0) for one in stacks]
    below = [sum(part for part in one.parts if part < 0) for one in stacks]
    ticks = nice_ticks(sums)
    left = max(text_width(shown(tick), text) for tick in ticks) + 10
    room = min(canvas.width * 0.3, max(text_width(name, text) for name in names))
    right = canvas.width - room - 12
    top, bottom = text * 0.8, canvas.width * (0.42 if canvas.width > 400 else 0.62)
    y = Linear(min([ticks[0], *below]), ticks[-1], bottom, top)
    body = "".join(
        line(left, y(tick), right, y(tick), "rule") + label(left - 7, y(tick) + text * 0.35, shown(tick), anchor="end")
        for tick in ticks
    )
    pitch = (right - left) / len(stacks)
    thick = min(pitch * 0.72, text * 3)
    every = max(1, -(-int(text_width("2026", text) + 8) // max(1, int(pitch))))
    middles: dict[int, float] = {}
    for number, one in enumerate(stacks):
        px = left + pitch * (number + 0.5)
        inside = rect(px - pitch / 2, top, pitch, bottom - top, "hit")
        up, down = 0.0, 0.0
        for place, part in enumerate(one.parts):
            if part == 0:
                continue
            start = up if part > 0 else down
            if part > 0:
                up += part
            else:
                down += part
            high, low = y(max(start, start + part)), y(min(start, start + part))
            inside += rect(px - thick / 2, high, thick, max(0.6, low - high), sign_of(place))
            middles[place] = (high + low) / 2
        body += mark(tip(one), inside)
        if (len(stacks) - 1 - number) % every == 0:
            body += label(px, bottom + text * 1.45, locale.month(one.month), anchor="middle")
    for place, at in _apart(middles, text * 1.25, top + text * 0.5, bottom):
        body += label(right + 10, at + text * 0.35, fit(names[place], room + 1, text))
        body += rect(right + 2, at - text * 0.35, 4, text * 0.7, sign_of(place), 1)
    return drawing(caption, canvas, bottom + text * 1.9, body)


def _apart(middles: dict[int, float], gap: float, top: float, bottom: float) -> list[tuple[int, float]]:
    """Where the names stand: beside their part, and no closer than `gap` to each other, from below upwards."""
    placed: list[tuple[int, float]] = []
    limit = bottom
    for place, at in sorted(middles.items(), key=lambda one: -one[1]):
        here = min(at, limit)
        placed.append((place, here))
        limit = here - gap
    lack = top - min((at for _, at in placed), default=top)
    return [(place, at + max(0.0, lack)) for place, at in placed]
