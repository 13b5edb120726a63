"""Every topic at once: a binned cell a topic, gathered under the topic they belong to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width, wrap
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, mark, rect
from akademos.serving.charts.scales import share_step
from akademos.serving.charts.topic_level import TopicLevel

NAMED_AT_MOST = 40  # topics: beyond, cells carry the level only


def hierarchy_heatmap(
    topics: Sequence[TopicLevel],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[TopicLevel], str],
) -> str:
    """The picture of 1 to 200 topics, rows by `group` in the given order.

    Up to 40 topics a cell carries name and level, beyond only the level; without an estimate it is outlined.
    """
    text = canvas.text
    named = len(topics) <= NAMED_AT_MOST
    roomy = canvas.width > 400
    groups = [(group, list(members)) for group, members in groupby(topics, key=lambda topic: topic.group)]
    titled = any(group for group, _ in groups)
    beside = titled and roomy
    left = canvas.width * 0.15 + 8 if beside else 0.0
    largest = max((len(members) for _, members in groups), default=1)
    per_row = (min(5, max(3, largest)) if roomy else 2) if named else (10 if roomy else 6)
    gap = 3.0
    width = (canvas.width - left - gap * (per_row - 1)) / per_row
    lines = 2 if any(text_width(topic.name, text) > width - 11 for topic in topics) else 1
    tall = text * (1.6 + 1.15 * lines if named else 1.85)
    y = 0.0
    body = ""
    for group, members in groups:
        rows = -(-len(members) // per_row)
        if titled and not beside:
            body += label(0, y + text, fit(group, canvas.width, text), "b")
            y += text * 1.5
        elif beside:
            for row, words in enumerate(wrap(group, left - 12, text)):
                body += label(left - 10, y + text * (1.2 + 1.15 * row), words, anchor="end")
        for index, topic in enumerate(members):
            x = left + (index % per_row) * (width + gap)
            top = y + (index // per_row) * (tall + gap)
            body += mark(tip(topic), _cell(topic, x, top, width, tall, text, locale, lines if named else 0))
        y += rows * (tall + gap) + (text * 0.55 if titled else 0)
        if beside and rows == 1 and not named:
            y += text * 0.6 if len(wrap(group, left - 12, text)) > 1 else 0
    return drawing(caption, canvas, max(y, tall), body)


def _cell(
    topic: TopicLevel,
    x: float,
    y: float,
    width: float,
    height: float,
    text: float,
    locale: Locale,
    lines: int,
) -> str:
    step = share_step(topic.value)
    ink = "on-x" if step is None else f"on{step}"
    level = "\u2013" if topic.value is None else locale.percent(topic.value)
    box = rect(x, y, width, height, "qx" if step is None else f"q{step}", 4)
    if not lines:
        return box + label(x + width / 2, y + height / 2 + text * 0.35, level, ink, "middle")
    rows = wrap(topic.name, width - 11, text, lines)
    names = "".join(label(x + 6, y + text * (1.2 + 1.15 * row), words, ink) for row, words in enumerate(rows))
    return box + names + label(x + 6, y + height - text * 0.45, level, f"{ink} b")
