"""The pictures of the page about models: escaped, honest about numbers, and on the scale that they say."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from akademos.errors import InputError
from akademos.serving.charts.canvas import NARROW, WIDE, Canvas, Caption
from akademos.serving.charts.locale import ENGLISH
from akademos.serving.charts.metric_intervals import MetricInterval, metric_intervals
from akademos.serving.charts.ranged_dots import RangedDot, Yardstick, ranged_dots
from akademos.serving.charts.reliability import ReliabilityBin, reliability

NASTY = "<script>alert(\"1\")</script> & 'so on'"
CAPTION = Caption("chart-x", NASTY, NASTY)


def measures(value: float, canvas: Canvas) -> str:
    rows = [
        MetricInterval(NASTY, value, 0.6, 0.8, 0.5, 1, NASTY, ("0.5", "1.0"), 0.5),
        MetricInterval("alone", 3.0, None, None, 0, 2, "3.0", ("0", "2")),
    ]
    return metric_intervals(rows, caption=CAPTION, canvas=canvas, tip=lambda one: f"{one.name} {NASTY}")


def dots(value: float, canvas: Canvas, ticks: tuple[float, ...] = ()) -> str:
    rows = [RangedDot(NASTY, value, None, None, NASTY), RangedDot("b", 0.7, 0.6, 0.9, "0.7")]
    return ranged_dots(
        rows, Yardstick(0.65, 0.6, 0.7), caption=CAPTION, canvas=canvas, written=str, tip=lambda one: NASTY, ticks=ticks
    )


def bins(value: float, canvas: Canvas) -> str:
    points = [ReliabilityBin(0.9, value, 12), ReliabilityBin(0.1, 0.2, 30)]
    return reliability(
        points, caption=CAPTION, canvas=canvas, locale=ENGLISH, axes=(NASTY, NASTY), tip=lambda one: NASTY, joined=True
    )


DRAWINGS: list[Callable[[float, Canvas], str]] = [measures, dots, bins]


@pytest.mark.parametrize("canvas", [WIDE, NARROW])
@pytest.mark.parametrize("draw", DRAWINGS)
def test_a_drawing_is_titled_escaped_and_every_mark_speaks(
    draw: Callable[[float, Canvas], str], canvas: Canvas
) -> None:
    root = ET.fromstring(draw(0.7, canvas))
    assert root.attrib["role"] == "img"
    assert {one.tag for one in root.iter()} <= {"svg", "g", "title", "desc", "path", "rect", "circle", "text"}
    marks = [one for one in root.iter() if "data-tip" in one.attrib]
    assert len(marks) == 2
    assert all(one.attrib["data-tip"] for one in marks)


@pytest.mark.parametrize("draw", DRAWINGS)
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_broken_number_is_refused(draw: Callable[[float, Canvas], str], value: float) -> None:
    with pytest.raises(InputError, match="finite"):
        draw(value, WIDE)


def test_what_lies_beyond_a_scale_stands_at_its_end() -> None:
    assert measures(1.4, WIDE) == measures(1.0, WIDE)


def test_dots_stand_where_the_scale_says() -> None:
    found = [float(one) for one in re.findall(r'class="end" cx="([\d.]+)"', dots(0.5, WIDE, (0.5, 0.7, 0.9)))]
    places = [float(one) for one in re.findall(r'<path class="rule" d="M([\d.]+) ', dots(0.5, WIDE, (0.5, 0.7, 0.9)))]
    assert found == places[:2], "0.5 and 0.7 stand on their lines"


def test_without_a_scale_of_its_own_dots_begin_at_zero() -> None:
    written = [one.text for one in ET.fromstring(dots(0.5, WIDE)).iter("text")]
    assert "0.0" in written


def test_bins_are_joined_in_the_order_of_what_was_said() -> None:
    (drawn,) = re.findall(r'<path class="line" d="M([^"]+)"', bins(0.8, WIDE))
    across = [float(one.split()[0]) for one in drawn.split("L")]
    assert across == sorted(across)
