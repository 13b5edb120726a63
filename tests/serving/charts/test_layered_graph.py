"""The promise of the prerequisite map: no edge passes behind a box, whatever the graph."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.serving.charts.canvas import BROAD, NARROW, Canvas, Caption
from akademos.serving.charts.layered_graph import GraphNode, drawable, layered_graph, layers_of
from akademos.serving.charts.locale import ENGLISH
from akademos.serving.pages.graph_card import BOXES_AT_MOST, LAYERS_AT_MOST, select_boxes

Box = tuple[float, float, float, float]
Place = tuple[float, float]


@st.composite
def graphs(draw: st.DrawFn, largest: int = 14) -> tuple[list[str], list[tuple[str, str]]]:
    count = draw(st.integers(1, largest))
    names = [f"n{n}" for n in range(count)]
    pairs = st.tuples(st.sampled_from(names), st.sampled_from(names))
    return names, draw(st.lists(pairs, max_size=3 * count))


def drawn(names: list[str], edges: list[tuple[str, str]], canvas: Canvas) -> tuple[list[Box], list[list[Place]]]:
    nodes = [GraphNode(name, name, 0.5) for name in names]
    svg = layered_graph(
        nodes, edges, caption=Caption("g", "t", "d"), canvas=canvas, locale=ENGLISH, tip=lambda node: node.name
    )
    root = ET.fromstring(svg)
    boxes = []
    for rect in root.iter("rect"):
        x, y, width, height = (float(rect.attrib[k]) for k in ("x", "y", "width", "height"))
        boxes.append((x, y, x + width, y + height))
    lines = [sampled(p.attrib["d"]) for p in root.iter("path") if p.attrib["class"] == "edge"]
    return boxes, lines


def sampled(d: str) -> list[Place]:
    """Points along a path of M, L, C, Q, H and V, close enough together to hit any box on the way."""
    x = y = 0.0
    out: list[Place] = []
    for command, rest in re.findall(r"([MLCQHV])([^MLCQHV]*)", d):
        n = [float(v) for v in rest.split()]
        if command == "H":
            n = [n[0], y]
        if command == "V":
            n = [x, n[0]]
        ends = list(zip(n[::2], n[1::2], strict=True))
        if command == "M":
            (x, y) = ends[0]
            continue
        points = [(x, y), *ends]
        for step in range(61):
            level = points
            while len(level) > 1:  # de Casteljau
                t = step / 60
                level = [(a[0] + t * (b[0] - a[0]), a[1] + t * (b[1] - a[1])) for a, b in pairwise(level)]
            out.append(level[0])
        x, y = ends[-1]
    return out


@settings(max_examples=60, deadline=None)
@given(graphs())
@pytest.mark.parametrize("canvas", [BROAD, NARROW])
def test_no_edge_passes_behind_a_box_and_no_boxes_overlap(
    canvas: Canvas, graph: tuple[list[str], list[tuple[str, str]]]
) -> None:
    boxes, lines = drawn(*graph, canvas)
    assert len(boxes) == len(graph[0])
    for line in lines:
        for px, py in line:
            for left, top, right, bottom in boxes:
                assert not (left + 0.2 < px < right - 0.2 and top + 0.2 < py < bottom - 0.2)
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
            assert apart


@given(graphs())
def test_layers_put_what_is_needed_first_and_cycles_are_opened(
    graph: tuple[list[str], list[tuple[str, str]]],
) -> None:
    names, edges = graph
    kept = drawable(names, edges)
    layer = layers_of(names, kept)
    assert set(layer) == set(names)
    assert all(layer[origin] < layer[target] for origin, target in kept)
    assert {edge for edge in edges if edge[0] == edge[1]}.isdisjoint(kept)
    for edge in set(edges) - set(kept):  # each edge that was left out would close a cycle
        assert edge[0] == edge[1] or edge not in drawable(names, [*kept, edge])


@given(graphs(largest=60))
def test_the_selection_is_small_linked_and_shallow(
    graph: tuple[list[str], list[tuple[str, str]]],
) -> None:
    names, edges = graph
    kept = drawable(names, edges)
    shown = select_boxes(names[::3], names, kept)
    inside = [edge for edge in kept if edge[0] in shown and edge[1] in shown]
    assert len(shown) <= BOXES_AT_MOST
    assert len(set(layers_of(shown, inside).values())) <= LAYERS_AT_MOST
    assert bool(shown) == bool(kept)


def test_a_long_edge_runs_around_the_boxes_between() -> None:
    boxes, lines = drawn(["a", "b", "c"], [("a", "b"), ("b", "c"), ("a", "c")], BROAD)
    assert len(boxes) == 3
    middle = boxes[1]
    around = [py for line in lines for px, py in line if middle[0] < px < middle[2]]
    assert around
    assert all(py < middle[1] or py > middle[3] for py in around)
