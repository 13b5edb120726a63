"""Where one stands: how the levels of many are spread, their middle shaded, the own level on it. No rank.

The spread is drawn as steps, as it is published: a band's area is its share. A curve through the middles of the bands
leads the eye; it says nothing that the steps do not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, finite, label, line, mark, num, path, polyline, rect
from akademos.serving.charts.scales import Linear

_TICKS = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


@dataclass(frozen=True)
class SpreadBand:
    """Levels from `low` to `high`, and the share of people in them; all 0..1."""

    low: float
    high: float
    share: float


@dataclass(frozen=True)
class OwnLevel:
    """The own level and its likely range, as shares 0..1, and what it is called."""

    value: float
    low: float
    high: float
    name: str


def standing(
    bands: Sequence[SpreadBand],
    middle: tuple[float, float],
    own: OwnLevel | None,
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[SpreadBand], str],
    own_tip: str = "",
    middle_label: str = "",
) -> str:
    """The picture of ascending bands that leave no gap; `middle` is shaded, `own` stands on it."""
    text = canvas.text
    left, right = text * 1.2, canvas.width - text * 1.6
    top, bottom = text * 3.6, canvas.width * (0.36 if canvas.width > 400 else 0.62)
    height = bottom + text * 4.4
    x = Linear(0, 1, left, right)
    density = [finite(band.share, "share") / (band.high - band.low) for band in bands]
    y = Linear(0, max(density) * 1.08, bottom, top)
    body = rect(x(middle[0]), top, x(middle[1]) - x(middle[0]), bottom - top, "future", 4)
    body += "".join(label(x(tick), bottom + text * 1.45, locale.percent(tick), anchor="middle") for tick in _TICKS)
    body += line(left, bottom, right, bottom, "rule")
    steps, centres = "", []
    for band, dense in zip(bands, density, strict=True):
        begin, end, at = x(band.low), x(band.high), y(dense)
        strip = rect(begin, top, end - begin, bottom - top, "hit")
        steps += mark(tip(band), strip + rect(begin + 1, at, max(1, end - begin - 2), bottom - at, "q2", 2))
        centres.append(((begin + end) / 2, at))
    body += steps + path(_smooth([(left, bottom), *centres, (right, bottom)]), "line")
    if middle_label:
        half = text_width(middle_label, text) / 2
        at = min(max(x(sum(middle) / 2), left + half), right - half)
        body += label(at, bottom + text * 3.2, middle_label, anchor="middle")
        body += line(x(middle[0]), bottom + text * 2.0, x(middle[1]), bottom + text * 2.0, "whisker-line")
    if own is not None:
        body += _own(own, x, top, bottom, (left, right), text, own_tip)
    return drawing(caption, canvas, height, body)


def _own(
    own: OwnLevel, x: Linear, top: float, bottom: float, across: tuple[float, float], text: float, tip: str
) -> str:
    """A line at the own level with its likely range on top, and its name where it fits."""
    at, half = x(finite(own.value)), text_width(own.name, text) / 2
    reach = line(x(own.low), top - text * 0.6, x(own.high), top - text * 0.6, "whisker-line")
    inside = line(at, top - text * 0.6, at, bottom, "now") + reach + circle(at, top - text * 0.6, 4.5, "end")
    name = label(min(max(at, across[0] + half), across[1] - half), top - text * 1.7, own.name, "b", "middle")
    return mark(tip, rect(at - 8, top - text, 16, bottom - top + text, "hit") + inside + name)


def _smooth(points: list[tuple[float, float]]) -> str:
    """A curve through points of ascending x that never overshoots between them: horizontal control points."""
    if len(points) < 3:
        return polyline(points)
    text = f"M{num(points[0][0])} {num(points[0][1])}"
    for (x0, y0), (x1, y1) in pairwise(points):
        half = (x0 + x1) / 2
        text += f"C{num(half)} {num(y0)} {num(half)} {num(y1)} {num(x1)} {num(y1)}"
    return text
