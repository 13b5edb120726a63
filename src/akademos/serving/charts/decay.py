"""A memory over time: it fades between reviews, jumps at each, and is forecast beyond today."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from akademos.serving.charts.axes import share_axis, time_axis
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, finite, label, line, mark, path, polyline, rect
from akademos.serving.charts.scales import Linear, days

_JUMP = 0.01  # a rise of a hundredth between two points is a review, not noise
_NEAR = 9.0  # units within which reviews share one mark

Place = tuple[float, float]


@dataclass(frozen=True)
class CurvePoint:
    """Retrieval strength (a share 0..1) at a moment."""

    at: datetime
    value: float


@dataclass(frozen=True)
class ReviewPoint:
    """One review and whether the answer was right; None when that is unknown."""

    at: datetime
    correct: bool | None


@dataclass(frozen=True)
class DecayWords:
    """The picture's own words and how its marks speak."""

    today: str
    target: str
    level_tip: Callable[[CurvePoint], str]
    review_tip: Callable[[Sequence[ReviewPoint]], str]


def decay(
    curve: Sequence[CurvePoint],
    reviews: Sequence[ReviewPoint],
    *,
    now: datetime,
    target: float,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    words: DecayWords,
) -> str:
    """The picture of `curve` (ascending; past segments, then the forecast beyond `now`).

    Where the curve rises a review begins a new segment, joined by a dotted line. The scale reaches down to
    the lowest value shown, at least to 60%. An empty curve is an empty plot.
    """
    text = canvas.text
    wide = canvas.width > 400
    lowest = min([point.value for point in curve] + [0.6])
    base = math.floor(max(0.0, finite(lowest)) * 10 + 1e-9) / 10
    gutter = text_width(words.target if wide else "100%", text) + 14
    left, right = text_width("100%", text) + 10, canvas.width - gutter
    top, bottom = text * 1.75, canvas.width * (0.4 if wide else 0.62)
    height = bottom + text * 1.9
    y = Linear(base, 1, bottom, top)
    pace = 0.1 if base >= 0.5 else 0.25 if base < 0.25 else 0.2
    ticks = [1 - pace * step for step in range(int((1 - base) / pace + 1e-9) + 1)]
    axis = share_axis(y, ticks, left, right, text, locale)
    if not curve:
        return drawing(caption, canvas, height, axis)

    first, last = curve[0].at, max(curve[-1].at, now)
    x = Linear(days(first), days(last), left, right)
    today = x(min(max(days(now), days(first)), days(last)))
    body = rect(today, top, max(0.0, right - today), bottom - top, "future") + axis
    body += time_axis(x, _date(first), _date(last), bottom, text, locale)
    body += line(left, y(finite(target)), right, y(target), "goal")
    for class_, d in _strokes(curve, now, x, y):
        body += path(d, class_)
    body += line(today, top - 4, today, bottom, "now")
    half = text_width(words.today, text) / 2
    body += label(min(max(today, left + half), right - half), top - text * 0.55, words.today, "b", "middle")
    body += _levels(curve, x, y, (top, bottom), words)
    body += _reviews(curve, reviews, x, y, words)
    body += _ends(curve, y, right, text, locale, target, words.target if wide else "")
    return drawing(caption, canvas, height, body)


def level_at(curve: Sequence[CurvePoint], at: datetime) -> float | None:
    """The curve's value at `at`, straight between its points, behind an upright jump; None outside the curve."""
    if not curve or at < curve[0].at or at > curve[-1].at:
        return None
    after = bisect_right(curve, at, key=lambda point: point.at)
    before = curve[after - 1]
    if after == len(curve):
        return before.value
    share = (days(at) - days(before.at)) / (days(curve[after].at) - days(before.at))
    return before.value + share * (curve[after].value - before.value)


def _date(at: datetime) -> date:
    return at.date()


def _strokes(curve: Sequence[CurvePoint], now: datetime, x: Linear, y: Linear) -> list[tuple[str, str]]:
    """Solid segments up to now, dotted jumps between them, dashed after now."""
    solid: list[list[Place]] = [[]]
    dashed: list[list[Place]] = [[]]
    jumps: list[list[Place]] = []
    before: CurvePoint | None = None
    for point in curve:
        place = (x(days(point.at)), y(point.value))
        jumped = before is not None and point.value > before.value + _JUMP
        if before is not None and jumped:
            jumps.append([(x(days(before.at)), y(before.value)), place])
            (solid if point.at <= now else dashed).append([])
        elif before is not None and before.at <= now < point.at:
            share = (days(now) - days(before.at)) / (days(point.at) - days(before.at))
            here = (x(days(now)), y(before.value + share * (point.value - before.value)))
            solid[-1].append(here)
            dashed.append([here])
        (solid if point.at <= now else dashed)[-1].append(place)
        before = point
    out = [("jump", polyline(jump)) for jump in jumps]
    out += [("line", polyline(run)) for run in solid if len(run) > 1]
    out += [("line dash", polyline(run)) for run in dashed if len(run) > 1]
    return out


def _levels(curve: Sequence[CurvePoint], x: Linear, y: Linear, down: tuple[float, float], words: DecayWords) -> str:
    """Some forty marks along the curve, the last one among them, each owning the strip around it."""
    step = -(-len(curve) // 40)
    chosen = list(curve)[::-1][::step][::-1]
    places = [x(days(point.at)) for point in chosen]
    out = ""
    for index, (point, px) in enumerate(zip(chosen, places, strict=True)):
        begin = (places[index - 1] + px) / 2 if index else px
        end = (px + places[index + 1]) / 2 if index + 1 < len(places) else px
        strip = rect(begin, down[0], max(1.0, end - begin), down[1] - down[0], "hit")
        out += mark(words.level_tip(point), strip + circle(px, y(point.value), 4, "dot"))
    return out


def _reviews(
    curve: Sequence[CurvePoint], reviews: Sequence[ReviewPoint], x: Linear, y: Linear, words: DecayWords
) -> str:
    """Reviews at the level they reached; those that would overlap share one mark."""
    groups: list[list[ReviewPoint]] = []
    for review in sorted(reviews, key=lambda review: review.at):
        if level_at(curve, review.at) is None:
            continue
        if groups and x(days(review.at)) - x(days(groups[-1][0].at)) < _NEAR:
            groups[-1].append(review)
        else:
            groups.append([review])
    out = ""
    for group in groups:
        at = group[-1].at
        level = level_at(curve, at)
        if level is None:
            continue
        missed = any(review.correct is False for review in group)
        dot = circle(x(days(at)), y(level), 4 if len(group) == 1 else 5, "dot again" if missed else "dot on")
        out += mark(words.review_tip(group), dot)
    return out


def _ends(
    curve: Sequence[CurvePoint],
    y: Linear,
    right: float,
    text: float,
    locale: Locale,
    target: float,
    name: str,
) -> str:
    """The forecast's end and the target's name in the margin, moved apart when they would touch."""
    end_y, target_y = y(curve[-1].value), y(target)
    if name and abs(end_y - target_y) < text * 1.25:
        middle, sign = (end_y + target_y) / 2, (1 if end_y >= target_y else -1)
        end_y, target_y = middle + sign * text * 0.65, middle - sign * text * 0.65
    out = label(right + 8, end_y + text * 0.35, locale.percent(curve[-1].value), "b")
    return out + (label(right + 8, target_y + text * 0.35, name, "goalt") if name else "")
