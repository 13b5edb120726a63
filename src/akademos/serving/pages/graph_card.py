"""The map of prerequisites around the gaps: few enough boxes to read, all of them in the numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.charts.layered_graph import GraphNode, drawable, layered_graph, layers_of
from akademos.serving.pages.answers import Json, block, rows, share_of, text_of, topic_name
from akademos.serving.pages.cards import Card, LegendEntry, figure, low_to_high, state_for
from akademos.serving.pages.tables import Cell, Column, Table, share_cell
from akademos.serving.pages.wording import Words

BOXES_AT_MOST = 22
LAYERS_AT_MOST = 5

Edge = tuple[str, str]


def select_boxes(wanted: Sequence[str], node_ids: Sequence[str], edges: Sequence[Edge]) -> list[str]:
    """Which topics to draw: `wanted` (most important first) with what they build on and what they open.

    At most 22, at most five layers deep; topics without any link are left out. `edges` hold no cycle.
    """
    near: dict[str, list[str]] = {node_id: [] for node_id in node_ids}
    for origin, target in edges:
        near[target].insert(0, origin)
        near[origin].append(target)
    linked = [node_id for node_id in node_ids if near[node_id]]
    queue = [node_id for node_id in wanted if near.get(node_id)] + linked
    chosen: dict[str, None] = {}
    for node_id in queue:
        for candidate in (node_id, *near[node_id][:6]):
            if len(chosen) < BOXES_AT_MOST:
                chosen[candidate] = None
    kept = [node_id for node_id in node_ids if node_id in chosen]
    return _shallow(kept, edges, wanted)


def _shallow(kept: list[str], edges: Sequence[Edge], wanted: Sequence[str]) -> list[str]:
    """The window of layers that holds most of `wanted`, the earlier one when equal."""
    inside = [edge for edge in edges if edge[0] in kept and edge[1] in kept]
    layer = layers_of(kept, inside)
    depth = max(layer.values(), default=0) + 1
    if depth <= LAYERS_AT_MOST:
        return kept
    worth = {node_id: 1 / (1 + index) for index, node_id in enumerate(wanted)}

    def gain(start: int) -> float:
        return sum(worth.get(n, 0) for n in kept if start <= layer[n] < start + LAYERS_AT_MOST)

    best = max(range(depth - LAYERS_AT_MOST + 1), key=lambda start: (gain(start), -start))
    window = [n for n in kept if best <= layer[n] < best + LAYERS_AT_MOST]
    linked = {n for edge in inside if edge[0] in window and edge[1] in window for n in edge}
    return [n for n in window if n in linked]


def graph_card(answer: Json, words: Words) -> Card:
    """What builds on what around the gaps, darker for better known."""
    title = words.plain("graph.title")
    graph = block(answer, "graph")
    nodes = {str(node.get("topic_id")): node for node in rows(graph, "nodes")}
    edges = drawable(list(nodes), [(str(edge.get("from")), str(edge.get("to"))) for edge in rows(graph, "edges")])
    if not edges:
        return Card("graph", title, state=state_for(words, "graph", "no_data"))
    gaps = [str(gap.get("topic_id")) for gap in rows(answer, "gaps")]
    shown = select_boxes(gaps, list(nodes), edges)
    inside = [edge for edge in edges if edge[0] in shown and edge[1] in shown]
    take = _takeaway(nodes, edges, gaps, words)
    if len(shown) < len(nodes):
        take += Markup(" ") + words.html("graph.part", n=len(shown), total=len(nodes))
    boxes = [_box(node_id, nodes[node_id], words) for node_id in shown]
    needs, opens = _neighbours(edges, nodes)

    def tip(node: GraphNode) -> str:
        parts = [
            words.plain("graph.tip.none", name=node.name)
            if node.value is None
            else words.plain("graph.tip", name=node.name, value=words.locale.percent(node.value))
        ]
        for key, names in (("needs", needs.get(node.node_id)), ("unlocks", opens.get(node.node_id))):
            if names:
                parts.append(words.plain(f"graph.tip.{key}", names=words.listed_plain(names)))
        return " ".join(parts)

    caption = Caption("chart-graph", title, words.plain("graph.desc", n=len(boxes), m=len(inside)))
    drawings = [
        layered_graph(boxes, inside, caption=caption, canvas=canvas, locale=words.locale, tip=tip)
        for canvas in (BROAD, NARROW)
    ]
    table = _table(title, nodes, needs, opens, words)
    return Card(
        "graph",
        title,
        take,
        figure("graph", *drawings),
        [table],
        [LegendEntry("outlined", words.plain("heatmap.outlined"))] if any(b.value is None for b in boxes) else [],
        ramp=low_to_high(words),
    )


def _box(node_id: str, node: Json, words: Words) -> GraphNode:
    severity = text_of(node.get("severity"))
    note = words.plain(f"severity.{severity}") if severity else ""
    return GraphNode(node_id, topic_name(node), share_of(node.get("mastery")), note)


def _takeaway(nodes: Mapping[str, Json], edges: Sequence[Edge], gaps: Sequence[str], words: Words) -> Markup:
    """The gap on which most other gaps build, over all steps."""
    opens: dict[str, list[str]] = {}
    for origin, target in edges:
        opens.setdefault(origin, []).append(target)
    open_gaps = set(gaps)
    best, most = "", 0
    for gap in gaps:
        seen: set[str] = set()
        pending = [gap]
        while pending:
            fresh = [after for after in opens.get(pending.pop(), []) if after not in seen]
            seen.update(fresh)
            pending += fresh
        count = len(seen & open_gaps)
        if count > most:
            best, most = gap, count
    if not best or best not in nodes:
        return words.html("graph.take.none")
    return words.counted("graph.take", most, name=words.short(topic_name(nodes[best])))


def _neighbours(edges: Sequence[Edge], nodes: Mapping[str, Json]) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    needs: dict[str, list[str]] = {}
    opens: dict[str, list[str]] = {}
    for origin, target in edges:
        needs.setdefault(target, []).append(topic_name(nodes[origin]))
        opens.setdefault(origin, []).append(topic_name(nodes[target]))
    return needs, opens


def _table(
    title: str,
    nodes: Mapping[str, Json],
    needs: Mapping[str, Sequence[str]],
    opens: Mapping[str, Sequence[str]],
    words: Words,
) -> Table:
    return Table(
        title,
        [Column(words.plain(f"col.{key}"), numeric=key == "level") for key in ("topic", "level", "builds", "opens")],
        [
            [
                Cell(topic_name(node)),
                share_cell(share_of(node.get("mastery")), words.locale),
                Cell(words.listed_plain(needs.get(node_id, [])) or "\u2013"),
                Cell(words.listed_plain(opens.get(node_id, [])) or "\u2013"),
            ]
            for node_id, node in nodes.items()
        ],
    )
