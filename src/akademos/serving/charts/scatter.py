"""Many things by two numbers: a dot each with its likely ranges, those to look at drawn apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, label, line, mark
from akademos.serving.charts.scales import Linear


@dataclass(frozen=True)
class Spot:
    """One thing: its numbers with ranges, and whether it is to be looked at."""

    key: str
    across: float
    across_low: float
    across_high: float
    up: float
    up_low: float
    up_high: float
    wanted: bool


@dataclass(frozen=True)
class ScatterWords:
    """What stands at the axes and at the line that is to be reached."""

    across: str
    up: str
    goal: str


def scatter(
    spots: Sequence[Spot],
    *,
    goal: float,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    words: ScatterWords,
    tip: Callable[[Spot], str],
) -> str:
    """The picture; `across` from 0 to 1, `up` from below 0 to 1, with a line at `goal`.

    Ranges are drawn of the spots to be looked at; of all others the tip and the table tell them, since hundreds of
    crosses hide each other.
    """
    text = canvas.text
    lowest = min([0.0, *(one.up for one in spots), *(one.up_low for one in spots if one.wanted)])
    base = int(lowest * 5 - 0.999) / 5 if lowest < 0 else 0.0
    left, right = text_width("\u22120.8", text) + 10, canvas.width - text
    top, bottom = text * 2.2, canvas.width * (0.4 if canvas.width > 400 else 0.95)
    x, y = Linear(0, 1, left, right), Linear(base, 1, bottom, top)
    body = ""
    for step in range(round((1 - base) * 5) + 1):
        at = base + step / 5
        body += line(left, y(at), right, y(at), "rule")
        body += label(left - 7, y(at) + text * 0.35, locale.number(at, 1), anchor="end")
    for step in range(0, 11, 2):
        body += label(x(step / 10), bottom + text * 1.45, locale.percent(step / 10), anchor="middle")
    body += line(left, y(goal), right, y(goal), "goal") + label(left, top - text * 0.9, words.up, "b")
    body += label(right, y(goal) - text * 0.4, words.goal, "goalt", "end")
    body += label((left + right) / 2, bottom + text * 2.9, words.across, "b", "middle")
    for one in sorted(spots, key=lambda one: (one.wanted, one.across)):
        px, py = x(one.across), y(one.up)
        inside = ""
        if one.wanted:
            inside += line(x(one.across_low), py, x(one.across_high), py, "whisker-thin")
            inside += line(px, y(max(one.up_low, base)), px, y(one.up_high), "whisker-thin")
        inside += circle(px, py, 4.2 if one.wanted else 3.4, "dot again" if one.wanted else "spot")
        body += mark(tip(one), inside)
    return drawing(caption, canvas, bottom + text * 3.4, body)
