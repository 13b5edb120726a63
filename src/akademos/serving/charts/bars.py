"""Coverage of many topics: one bar a topic with its likely range, the goal as a dashed line through all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import finite, label, line, mark, rect
from akademos.serving.charts.scales import Linear
from akademos.serving.charts.topic_level import TopicLevel


def bars(
    topics: Sequence[TopicLevel],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[TopicLevel], str],
    goal: float | None = None,
    goal_label: str = "",
) -> str:
    """The picture of 1 to 200 topics in the given order. A topic without an estimate has an empty track."""
    text = canvas.text
    few = len(topics) <= 6
    pitch, thick = (text * 2.7, 16.0) if few else (text * 1.9, 11.0)
    longest = max((text_width(topic.name, text) for topic in topics), default=0.0)
    names = min(canvas.width * (0.48 if few else 0.42), longest)
    left, right = names + 10, canvas.width - text_width("100%", text) - 8
    top = text * 1.7 if goal_label else 4.0
    x = Linear(0, 1, left, right)
    body = ""
    for row, topic in enumerate(topics):
        y = top + row * pitch
        middle = y + pitch / 2
        base = middle + text * 0.35
        inside = rect(0, y, canvas.width, pitch, "hit")
        inside += label(names, base, fit(topic.name, names + 1, text), anchor="end")
        inside += rect(left, middle - thick / 2, right - left, thick, "track", 3)
        if topic.value is not None:
            inside += rect(left, middle - thick / 2, max(1.0, x(topic.value) - left), thick, "bar", 3)
            if topic.low is not None and topic.high is not None:
                inside += rect(x(topic.low), middle - 1, max(1.5, x(topic.high) - x(topic.low)), 2, "whisker", 1)
            inside += label(right + 8, base, locale.percent(topic.value), "b")
        else:
            inside += label(right + 8, base, "\u2013")
        body += mark(tip(topic), inside)
    bottom = top + len(topics) * pitch
    if goal is not None:
        body += line(x(finite(goal)), top, x(goal), bottom, "goal")
        body += label(x(goal), top - text * 0.45, goal_label, "goalt", "middle") if goal_label else ""
    return drawing(caption, canvas, bottom + 4, body)
