"""What builds on what: boxes in layers from left to right, edges that never pass behind a box.

An edge over several layers runs through lanes that are kept free in the layers between, so every stretch is
either a curve in the gap between two layers or a straight line in its own lane. On a narrow canvas the boxes
stand in one column in the order of learning, and the edges run in lanes at their left.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, line, mark, num, path, rect
from akademos.serving.charts.scales import share_step

_SWEEPS = 6
_LANE = 9.0


@dataclass(frozen=True)
class GraphNode:
    """A topic as a box: its level 0..1 decides the colour, None is outlined; `note` follows the level. `said` stands in
    the level's place where a box is of another kind."""

    node_id: str
    name: str
    value: float | None
    note: str = ""
    said: str | None = None


@dataclass
class _Slot:
    """A place in a layer: a box, or the lane of a long edge from `source`."""

    node: GraphNode | None
    source: str
    height: float
    y: float = 0.0
    before: list[_Slot] = field(default_factory=list)
    after: list[_Slot] = field(default_factory=list)

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


def drawable(node_ids: Sequence[str], edges: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The edges between given nodes, each once, without loops and without those that close a cycle."""
    known = set(node_ids)
    following: dict[str, list[str]] = {node_id: [] for node_id in node_ids}
    kept = []
    for origin, target in dict.fromkeys(edges):
        if origin in known and target in known and not _reaches(following, target, origin):
            following[origin].append(target)
            kept.append((origin, target))
    return kept


def layers_of(node_ids: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The layer of each node: the length of the longest way to it. `edges` hold no cycle (see `drawable`)."""
    needs: dict[str, list[str]] = {node_id: [] for node_id in node_ids}
    for origin, target in edges:
        needs[target].append(origin)
    layer: dict[str, int] = {}
    for node_id in node_ids:
        pending = [node_id]
        while pending:
            missing = [need for need in needs[pending[-1]] if need not in layer]
            if missing:
                pending += missing
            else:
                done = pending.pop()
                layer[done] = max((layer[need] + 1 for need in needs[done]), default=0)
    return layer


def layered_graph(
    nodes: Sequence[GraphNode],
    edges: Sequence[tuple[str, str]],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[GraphNode], str],
) -> str:
    """The picture of `nodes` and of those edges (from what is learned first) that `drawable` keeps."""
    edges = drawable([node.node_id for node in nodes], edges)
    layer = layers_of([node.node_id for node in nodes], edges)
    if canvas.width < 600:
        return _column(nodes, edges, layer, caption, canvas, locale, tip)
    slots = _slots(nodes, edges, layer, canvas.text * 2.9)
    _order(slots)
    height = _place(slots, canvas.text)
    count = max(1, len(slots))
    box = min(230.0, (canvas.width - (count - 1) * 52.0) / count)
    step = (canvas.width - box) / (count - 1) if count > 1 else 0.0
    arrows: set[tuple[float, float]] = set()
    lines, boxes = "", ""
    for index, row in enumerate(slots):
        x = index * step
        for slot in row:
            if slot.node is not None:
                boxes += _box(slot.node, x, slot.y, box, slot.height, canvas.text, locale, tip)
            elif slot.after:
                lines += line(x, slot.middle, x + box, slot.middle, "edge")
            for after in slot.after:
                begin, end = x + box, x + step - (6 if after.node else 0)
                bend = (begin + end) / 2
                lines += path(
                    f"M{num(begin)} {num(slot.middle)}C{num(bend)} {num(slot.middle)} "
                    f"{num(bend)} {num(after.middle)} {num(end)} {num(after.middle)}",
                    "edge",
                )
                if after.node:
                    arrows.add((x + step, after.middle))
    tips = "".join(_arrow(x, y) for x, y in sorted(arrows))
    return drawing(caption, canvas, height, lines + tips + boxes)


def _reaches(following: Mapping[str, Sequence[str]], start: str, goal: str) -> bool:
    pending, seen = [start], {start}
    while pending:
        node = pending.pop()
        if node == goal:
            return True
        fresh = [after for after in following[node] if after not in seen]
        seen.update(fresh)
        pending += fresh
    return False


def _slots(
    nodes: Sequence[GraphNode], edges: Sequence[tuple[str, str]], layer: Mapping[str, int], tall: float
) -> list[list[_Slot]]:
    """Boxes and lanes by layer; long edges of one source share their lanes."""
    slots: list[list[_Slot]] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    boxes = {node.node_id: _Slot(node, node.node_id, tall) for node in nodes}
    for node in nodes:
        slots[layer[node.node_id]].append(boxes[node.node_id])
    lanes: dict[tuple[str, int], _Slot] = {}
    for origin, target in sorted(edges, key=lambda edge: layer[edge[0]]):
        here = boxes[origin]
        for between in range(layer[origin] + 1, layer[target]):
            lane = lanes.get((origin, between))
            if lane is None:
                lane = lanes[origin, between] = _Slot(None, origin, _LANE)
                slots[between].append(lane)
                _join(here, lane)
            here = lane
        _join(here, boxes[target])
    return slots


def _join(before: _Slot, after: _Slot) -> None:
    before.after.append(after)
    after.before.append(before)


def _order(slots: list[list[_Slot]]) -> None:
    """Few crossings: layers sorted by their neighbours' mean place, both ways (Sugiyama's barycentre)."""
    for sweep in range(_SWEEPS):
        forth = sweep % 2 == 0
        for row in slots[1:] if forth else slots[-2::-1]:
            place = {id(slot): index for layer in slots for index, slot in enumerate(layer)}

            def key(slot: _Slot, place: dict[int, int] = place, forth: bool = forth) -> float:
                near = slot.before if forth else slot.after
                return sum(place[id(other)] for other in near) / len(near) if near else place[id(slot)]

            row.sort(key=key)


def _place(slots: list[list[_Slot]], text: float) -> float:
    """Heights: stacked without overlap, drawn towards the neighbours' mean; returns the height of all."""
    gap = text * 0.95
    for row in slots:
        y = 0.0
        for slot in row:
            slot.y = y
            y += slot.height + gap
    tallest = max((row[-1].y + row[-1].height for row in slots), default=0.0)
    for row in slots:
        spare = (tallest - (row[-1].y + row[-1].height)) / 2
        for slot in row:
            slot.y += spare
    for sweep in range(_SWEEPS):
        for row in slots if sweep % 2 else slots[::-1]:
            wanted = []
            for slot in row:
                near = slot.before if sweep % 2 else slot.after
                mean = sum(other.middle for other in near) / len(near) if near else slot.middle
                wanted.append(mean - slot.height / 2)
            _settle(row, wanted, gap, tallest)
    return tallest


def _settle(row: list[_Slot], wanted: list[float], gap: float, tallest: float) -> None:
    """As near to `wanted` as order, gaps and the frame [0, tallest] allow."""
    y = 0.0
    for slot, target in zip(row, wanted, strict=True):
        slot.y = max(y, target)
        y = slot.y + slot.height + gap
    limit = tallest
    for slot in reversed(row):
        slot.y = min(slot.y, limit - slot.height)
        limit = slot.y - gap


def _arrow(x: float, y: float) -> str:
    return path(f"M{num(x - 8)} {num(y - 4)}L{num(x)} {num(y)}L{num(x - 8)} {num(y + 4)}Z", "arrow")


def _box(
    node: GraphNode,
    x: float,
    y: float,
    width: float,
    height: float,
    text: float,
    locale: Locale,
    tip: Callable[[GraphNode], str],
) -> str:
    step = share_step(node.value)
    ink = "on-x" if step is None else f"on{step}"
    level = "\u2013" if node.value is None else locale.percent(node.value)
    if node.said is not None:
        level = node.said
    note = fit(f"{level} \u00b7 {node.note}" if node.note else level, width - 16, text)
    inside = rect(x, y, width, height, "node " + ("qx" if step is None else f"q{step}"), 8)
    inside += label(x + 10, y + text * 1.3, fit(node.name, width - 18, text, bold=True), f"{ink} b")
    return mark(tip(node), inside + label(x + 10, y + text * 2.4, note, ink))


def _column(
    nodes: Sequence[GraphNode],
    edges: Sequence[tuple[str, str]],
    layer: Mapping[str, int],
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[GraphNode], str],
) -> str:
    """All boxes in one column, prerequisites above; edges of one source share a lane at the left."""
    ordered = sorted(nodes, key=lambda node: layer[node.node_id])
    row = {node.node_id: index for index, node in enumerate(ordered)}
    reach: dict[str, int] = {}
    for origin, target in edges:
        reach[origin] = max(reach.get(origin, 0), row[target])
    lanes: list[int] = []  # the last row each lane is taken to
    lane_of: dict[str, int] = {}
    for origin in sorted(reach, key=lambda node_id: row[node_id]):
        free = next((index for index, end in enumerate(lanes) if end < row[origin]), len(lanes))
        lanes[free:] = [reach[origin], *lanes[free + 1 :]]
        lane_of[origin] = free
    spread = min(11.0, 72.0 / max(1, len(lanes)))
    left = 16 + spread * len(lanes) if lanes else 0.0
    tall, pitch = canvas.text * 2.9, canvas.text * 3.5
    lines, boxes, arrows = "", "", ""
    for node in ordered:
        boxes += _box(node, left, row[node.node_id] * pitch, canvas.width - left, tall, canvas.text, locale, tip)
    for origin, target in edges:
        x = left - 14 - spread * lane_of[origin]
        begin, end = row[origin] * pitch + tall * 0.68, row[target] * pitch + tall * 0.32
        bend = min(6.0, spread)
        lines += path(
            f"M{num(left)} {num(begin)}H{num(x + bend)}Q{num(x)} {num(begin)} {num(x)} {num(begin + bend)}"
            f"V{num(end - bend)}Q{num(x)} {num(end)} {num(x + bend)} {num(end)}H{num(left - 6)}",
            "edge",
        )
        arrows += _arrow(left, end)
    return drawing(caption, canvas, max(tall, len(ordered) * pitch), lines + arrows + boxes)
