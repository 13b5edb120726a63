"""What holds for every picture: well-formed, escaped, titled, free of styles and scripts, and honest about gaps."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from akademos.errors import InputError
from akademos.serving.charts.amount_bars import AmountBar, amount_bars
from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import BROAD, MEDIUM, NARROW, WIDE, Canvas, Caption
from akademos.serving.charts.decay import CurvePoint, DecayWords, ReviewPoint, decay
from akademos.serving.charts.heatmap_calendar import coming_calendar, past_calendar, ramp
from akademos.serving.charts.hierarchy_heatmap import hierarchy_heatmap
from akademos.serving.charts.layered_graph import GraphNode, layered_graph
from akademos.serving.charts.line_band import BandPoint, line_band
from akademos.serving.charts.locale import ENGLISH
from akademos.serving.charts.radar import radar
from akademos.serving.charts.severity import goal_track, severity_meter
from akademos.serving.charts.share_columns import share_columns, tenths
from akademos.serving.charts.sparkline import sparkline
from akademos.serving.charts.tally import Group, tally
from akademos.serving.charts.topic_level import TopicLevel

NASTY = "<script>alert(\"1\")</script> & 'so on'"
CAPTION = Caption("chart-x", NASTY, NASTY)
DAY = date(2026, 1, 5)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORDS = DecayWords("Today", "Review 90%", lambda p: NASTY, lambda g: NASTY)


def a_line(value: float, canvas: Canvas) -> str:
    points = [BandPoint(DAY, 0.4, 0.3, 0.5), BandPoint(DAY + timedelta(7), None), BandPoint(DAY + timedelta(14), value)]
    return line_band(
        points, caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda p: NASTY, goal=0.8, goal_label="Goal 80%"
    )


def some_topics(value: float, count: int = 6) -> list[TopicLevel]:
    return [TopicLevel(f"t{n}", NASTY, None if n == 1 else value, value, value, NASTY) for n in range(count)]


def a_radar(value: float, canvas: Canvas) -> str:
    return radar(some_topics(value), caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda t: NASTY, goal=0.8)


def a_bar_chart(value: float, canvas: Canvas) -> str:
    return bars(some_topics(value, 200), caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda t: NASTY, goal=0.8)


def a_heatmap(value: float, canvas: Canvas) -> str:
    topics = some_topics(value, 200)
    return hierarchy_heatmap(topics, caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda t: NASTY)


def a_decay(value: float, canvas: Canvas) -> str:
    curve = [CurvePoint(NOW - timedelta(9), 1.0), CurvePoint(NOW, value), CurvePoint(NOW + timedelta(9), 0.5)]
    reviews = [ReviewPoint(NOW - timedelta(9), True), ReviewPoint(NOW - timedelta(3), False)]
    return decay(curve, reviews, now=NOW, target=0.9, caption=CAPTION, canvas=canvas, locale=ENGLISH, words=WORDS)


def a_graph(value: float, canvas: Canvas) -> str:
    nodes = [GraphNode("a", NASTY, value, NASTY), GraphNode("b", NASTY, None), GraphNode("c", NASTY, 0.5)]
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("c", "a"), ("a", "nowhere")]
    return layered_graph(nodes, edges, caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda n: NASTY)


def a_spark(value: float, canvas: Canvas) -> str:
    return sparkline([0.2, None, value], [NASTY] * 3, caption=CAPTION)


def a_track(value: float, canvas: Canvas) -> str:
    return goal_track(value, 0.2, 0.4, goal=0.8, caption=CAPTION)


def some_columns(value: float, canvas: Canvas) -> str:
    columns = tenths([(0.0, True), (value, False), (value, True), (1.0, False)])
    return share_columns(
        columns, caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda c: NASTY, line_at=0.5, line_words=NASTY
    )


FROM_SHARES: list[Callable[[float, Canvas], str]] = [
    a_line, a_radar, a_bar_chart, a_heatmap, a_decay, a_graph, a_spark, a_track,
    some_columns,
]  # fmt: skip


def past(canvas: Canvas) -> str:
    counts = {DAY + timedelta(n): n for n in range(0, 150, 3)}
    return past_calendar(
        counts,
        first=DAY,
        last=DAY + timedelta(181),
        caption=CAPTION,
        canvas=canvas,
        locale=ENGLISH,
        tip=lambda d, n: NASTY,
    )


def coming(canvas: Canvas) -> str:
    counts = {DAY + timedelta(n): n for n in range(31)}
    return coming_calendar(
        counts,
        first=DAY,
        last=DAY + timedelta(30),
        caption=CAPTION,
        canvas=canvas,
        locale=ENGLISH,
        tip=lambda d, n: NASTY,
    )


def a_tally(canvas: Canvas) -> str:
    groups = [Group(NASTY, 3), Group("Empty", 0)]
    return tally(groups, caption=CAPTION, canvas=canvas, locale=ENGLISH, tip=lambda g: NASTY)


def amounts(canvas: Canvas) -> str:
    bars = [AmountBar(NASTY, 240, "240", 260), AmountBar("Whole", 20, "20", 20), AmountBar("Nothing", 0, "0")]
    return amount_bars(bars, caption=CAPTION, canvas=canvas, tip=lambda b: NASTY)


def every_drawing() -> list[tuple[str, str]]:
    canvases = (WIDE, MEDIUM, NARROW, BROAD)
    found = [(f"{one.__name__}-{c.name}", one(0.62, c)) for one in FROM_SHARES for c in canvases]
    return found + [(f"{one.__name__}-{c.name}", one(c)) for one in (past, coming, a_tally, amounts) for c in canvases]


@pytest.mark.parametrize(("name", "svg"), every_drawing())
def test_every_drawing_is_titled_escaped_and_plain(name: str, svg: str) -> None:
    root = ET.fromstring(svg)
    assert root.attrib["role"] == "img"
    labels = root.attrib["aria-labelledby"].split()
    titled = {child.attrib["id"]: child.text for child in root if child.tag in ("title", "desc")}
    assert [titled[label] for label in labels] == [NASTY, NASTY]
    tags = {element.tag for element in root.iter()}
    assert tags <= {"svg", "g", "title", "desc", "path", "rect", "circle", "text"}
    for element in root.iter():
        assert "style" not in element.attrib
        assert not any(name.startswith("on") for name in element.attrib)
        for attribute in ("x", "y", "width", "height", "d", "cx", "cy", "r"):
            assert not re.search(r"nan|inf|e[+-]?\d|,", element.attrib.get(attribute, ""), re.IGNORECASE)
        assert float(element.attrib.get("width", 0)) >= 0
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    for text in root.iter("text"):
        assert -1 <= float(text.attrib["x"]) <= width + 1
        assert 0 <= float(text.attrib["y"]) <= height + 1


@pytest.mark.parametrize("draw", FROM_SHARES)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_broken_number_is_refused(draw: Callable[[float, Canvas], str], value: float) -> None:
    with pytest.raises(InputError, match="finite"):
        draw(value, WIDE)


def test_every_mark_says_something() -> None:
    for _, svg in every_drawing():
        assert all(e.attrib["data-tip"] for e in ET.fromstring(svg).iter() if "data-tip" in e.attrib)


def test_a_line_has_a_gap_where_a_value_is_missing() -> None:
    def path_count(points: list[BandPoint]) -> int:
        svg = line_band(points, caption=CAPTION, canvas=WIDE, locale=ENGLISH, tip=lambda p: "x")
        return svg.count('class="line"')

    full = [BandPoint(DAY + timedelta(n), 0.5) for n in range(6)]
    assert path_count(full) == 1
    assert path_count([*full[:3], BandPoint(DAY + timedelta(3), None), *full[4:]]) == 2


def test_empty_and_single_inputs_draw_without_breaking() -> None:
    def line(points: list[BandPoint]) -> str:
        return line_band(points, caption=CAPTION, canvas=NARROW, locale=ENGLISH, tip=lambda p: "x", goal=0.8)

    assert "data-tip" not in line([])
    assert line([BandPoint(DAY, 0.5, 0.4, 0.6)]).count("data-tip") == 1
    assert "data-tip" not in sparkline([], [], caption=CAPTION)
    assert sparkline([0.5], ["x"], caption=CAPTION).count("data-tip") == 1
    assert "data-tip" not in decay(
        [], [], now=NOW, target=0.9, caption=CAPTION, canvas=WIDE, locale=ENGLISH, words=WORDS
    )
    assert "data-tip" not in layered_graph([], [], caption=CAPTION, canvas=BROAD, locale=ENGLISH, tip=lambda n: "x")
    assert "data-tip" not in bars([], caption=CAPTION, canvas=WIDE, locale=ENGLISH, tip=lambda t: "x")
    assert "data-tip" not in tally([], caption=CAPTION, canvas=WIDE, locale=ENGLISH, tip=lambda g: "x")


def test_a_radar_is_open_at_a_topic_without_an_estimate() -> None:
    known = [TopicLevel(f"t{n}", "Topic", 0.5) for n in range(6)]
    unknown = [*known[:5], TopicLevel("t5", "Topic", None)]

    def edges(topics: list[TopicLevel]) -> int:
        svg = radar(topics, caption=CAPTION, canvas=WIDE, locale=ENGLISH, tip=lambda t: "x")
        return next(e for e in ET.fromstring(svg).iter("path") if e.attrib["class"] == "line").attrib["d"].count("M")

    assert edges(known) == 6
    assert edges(unknown) == 4
    with pytest.raises(InputError):
        radar(known[:2], caption=CAPTION, canvas=WIDE, locale=ENGLISH, tip=lambda t: "x")


def test_days_before_the_first_are_blank_and_later_ones_zero() -> None:
    wednesday = date(2026, 1, 7)
    svg = past_calendar(
        {wednesday: 3}, first=wednesday, last=wednesday + timedelta(9), caption=CAPTION, canvas=WIDE, locale=ENGLISH,
        tip=lambda day, count: f"{day.isoformat()} {count}",
    )  # fmt: skip
    tips = [e.attrib["data-tip"] for e in ET.fromstring(svg).iter("rect") if "data-tip" in e.attrib]
    assert tips[0] == "2026-01-07 3"
    assert tips[1:] == [f"2026-01-{day:02d} 0" for day in range(8, 17)]


def test_the_meter_fills_with_severity() -> None:
    filled = [severity_meter(level).count('class="on"') for level in (None, "low", "medium", "high", "critical")]
    assert filled == [0, 1, 2, 3, 4]


def test_a_legend_ramp_has_a_colour_a_threshold_and_one_for_none() -> None:
    assert ramp([1, 2, 3]).count("<rect") == 4
