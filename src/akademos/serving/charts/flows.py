"""Ways through steps: columns of what came next, joined by flows as thick as they were frequent; small ones merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, mark, num, path, rect

_SHOWN = 5
_NODE = 8.0


@dataclass(frozen=True)
class Walked:
    """A path: what was passed in order, and by how many."""

    steps: tuple[str, ...]
    people: int


@dataclass(frozen=True)
class Flow:
    """From one place of a column to one of the next: the words for both, and how many."""

    origin: str
    target: str
    people: int


def flows(
    paths: Sequence[Walked],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    others: str,
    tip: Callable[[Flow], str],
) -> str:
    """The picture of paths that begin (or end) with the same step. In a column the five most frequent steps stand by
    themselves, `others` for the rest. Colour says nothing: each place is named beside it."""
    text = canvas.text
    depth = max((len(one.steps) for one in paths), default=1)
    kept = _kept(paths, depth)
    placed = [
        (tuple(step if step in kept[at] else others for at, step in enumerate(one.steps)), one.people) for one in paths
    ]
    columns: list[dict[str, int]] = [defaultdict(int) for _ in range(depth)]
    joins: list[dict[tuple[str, str], int]] = [defaultdict(int) for _ in range(depth)]
    for steps, people in placed:
        for at, step in enumerate(steps):
            columns[at][step] += people
            if at:
                joins[at][steps[at - 1], step] += people
    most = max((sum(column.values()) for column in columns), default=1) or 1
    rows = max((len(column) for column in columns), default=1)
    tall = max(rows * text * 2.8, canvas.width * 0.3)
    gap = text * 1.5
    scale = (tall - gap * max(0, rows - 1)) / most
    wide = (canvas.width - _NODE) / max(1, depth)
    lines, boxes, names = "", "", ""
    tops: list[dict[str, float]] = []
    for at, column in enumerate(columns):
        y, mine = text * 1.2, {}
        for step, people in sorted(column.items(), key=lambda one: (one[0] == others, -one[1], one[0])):
            mine[step] = y
            height = max(2.0, people * scale)
            boxes += rect(at * wide, y, _NODE, height, "bar", 2)
            names += label(at * wide, y - text * 0.25, fit(step, wide - 8, text), "b")
            y += height + gap
        tops.append(mine)
    left: list[dict[str, float]] = [dict(mine) for mine in tops]
    right: list[dict[str, float]] = [dict(mine) for mine in tops]
    for at in range(1, depth):
        in_order = sorted(joins[at], key=lambda pair, at=at: (tops[at - 1][pair[0]], tops[at][pair[1]]))  # type: ignore[misc]  # the default binds the column
        for origin, target in in_order:
            people = joins[at][origin, target]
            thick = max(1.5, people * scale)
            y0, y1 = left[at - 1][origin], right[at][target]
            left[at - 1][origin] += thick
            right[at][target] += thick
            band = _band((at - 1) * wide + _NODE, y0, at * wide, y1, thick)
            lines += mark(tip(Flow(origin, target, people)), path(band, "flow"))
    ends = [y + max(2.0, columns[at][step] * scale) for at, mine in enumerate(tops) for step, y in mine.items()]
    bottom = max(ends, default=tall)
    return drawing(caption, canvas, bottom + 4, lines + boxes + names)


def _kept(paths: Sequence[Walked], depth: int) -> list[frozenset[str]]:
    counted: list[Mapping[str, int]] = []
    for at in range(depth):
        found: dict[str, int] = defaultdict(int)
        for one in paths:
            if at < len(one.steps):
                found[one.steps[at]] += one.people
        counted.append(found)
    return [frozenset(sorted(found, key=lambda step: (-found[step], step))[:_SHOWN]) for found in counted]


def _band(x0: float, y0: float, x1: float, y1: float, thick: float) -> str:
    half = (x0 + x1) / 2
    return (
        f"M{num(x0)} {num(y0)}C{num(half)} {num(y0)} {num(half)} {num(y1)} {num(x1)} {num(y1)}"
        f"V{num(y1 + thick)}C{num(half)} {num(y1 + thick)} {num(half)} {num(y0 + thick)} {num(x0)} {num(y0 + thick)}Z"
    )
