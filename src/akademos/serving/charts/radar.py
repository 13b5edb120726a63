"""Coverage of a handful of topics: one spoke a topic, the goal as a dashed ring."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from akademos.errors import InputError
from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import wrap
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import circle, finite, label, line, mark, path, polyline
from akademos.serving.charts.topic_level import TopicLevel

_RINGS = (0.25, 0.5, 0.75, 1.0)
_UPRIGHT = 1.7  # labels over and under the picture may be wider than those beside it


def radar(
    topics: Sequence[TopicLevel],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[TopicLevel], str],
    goal: float | None = None,
) -> str:
    """The picture of 3 to 12 topics in the given order, the first at the top, clockwise.

    A topic without an estimate has a dashed spoke and no corner: the outline is open there.
    Raises InputError outside 3..12, where a radar cannot be read (`bars` is for that).
    """
    count = len(topics)
    if not 3 <= count <= 12:
        raise InputError(f"A radar was asked to show {count} topics.", hint="Use bars below 3 and above 12 topics.")
    text = canvas.text
    side = canvas.width * 0.23  # room for labels left and right
    radius = canvas.width / 2 - side
    above = max(len(wrap(topics[0].name, side * _UPRIGHT, text)), 1)
    below = max(len(wrap(topic.name, side * _UPRIGHT, text)) for topic in topics[count // 3 : -(count // 3)])
    cx, cy = canvas.width / 2, radius + text * (1.3 + 1.15 * above)
    height = cy + radius + text * (1.5 + 1.15 * max(1, below))

    def spot(index: int, share: float) -> tuple[float, float]:
        angle = 2 * math.pi * index / count
        return cx + radius * share * math.sin(angle), cy - radius * share * math.cos(angle)

    def ring(share: float, class_: str) -> str:
        return path(polyline([spot(index, share) for index in range(count)], close=True), class_)

    body = "".join(ring(share, "rule") for share in _RINGS)
    for index, topic in enumerate(topics):
        body += line(cx, cy, *spot(index, 1), "rule" if topic.value is not None else "rule none")
    if goal is not None:
        body += ring(finite(goal), "goal")
    body += _outline(topics, spot, (cx, cy))
    for index, topic in enumerate(topics):
        body += _labelled(topic, index, count, spot, side, cx, text, locale, tip)
    return drawing(caption, canvas, height, body)


def _outline(
    topics: Sequence[TopicLevel],
    spot: Callable[[int, float], tuple[float, float]],
    middle: tuple[float, float],
) -> str:
    area, edge = "", ""
    for index, topic in enumerate(topics):
        following = (index + 1) % len(topics)
        a, b = topic.value, topics[following].value
        if a is None or b is None:
            continue
        here, there = spot(index, a), spot(following, b)
        area += polyline([middle, here, there], close=True)
        edge += polyline([here, there])
    return (path(area, "area") if area else "") + (path(edge, "line") if edge else "")


def _labelled(
    topic: TopicLevel,
    index: int,
    count: int,
    spot: Callable[[int, float], tuple[float, float]],
    side: float,
    middle: float,
    text: float,
    locale: Locale,
    tip: Callable[[TopicLevel], str],
) -> str:
    angle = 2 * math.pi * index / count
    across, up = math.sin(angle), math.cos(angle)
    upright = abs(across) < 0.12
    x, y = spot(index, 1)
    x += 0 if upright else math.copysign(9, across)
    room = side * _UPRIGHT if upright else min(x, 2 * middle - x)
    rows = wrap(topic.name, room, text)
    level = "\u2013" if topic.value is None else locale.percent(topic.value)
    pitch = text * 1.15
    # The block of name and level stands above a spoke that points up, below one that points down.
    block = pitch * len(rows)
    base = y - block / 2 + text * 0.3 - up * block * 0.35
    if upright:
        base = y - block - 4 if up > 0 else y + text + 3
    anchor = "middle" if upright else ("start" if across > 0 else "end")
    names = "".join(label(x, base + pitch * row, words, anchor=anchor) for row, words in enumerate(rows))
    names += label(x, base + pitch * len(rows), level, "b", anchor)
    dot = "" if topic.value is None else circle(*spot(index, topic.value), 4, "dot on")
    return mark(tip(topic), names + dot)
