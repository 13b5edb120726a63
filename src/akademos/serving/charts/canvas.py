"""The widths a picture is drawn for, and the frame with title and description around every drawing.

A drawing scales with its card, and its text with it. So a picture is drawn for two widths, and the stylesheet
shows the one that fits the card (a container query) and steps the font size, so that text is at least
12 px and not much more. `Canvas.text` is the largest of these steps in units of the drawing: layout reckons
with it, so nothing collides at any step.
"""

from __future__ import annotations

from dataclasses import dataclass

from akademos.serving.charts.marks import element, escaped, num


@dataclass(frozen=True)
class Canvas:
    """A drawing's width and largest text size in its own units; `name` is the class the stylesheet knows."""

    name: str
    width: float
    text: float


WIDE = Canvas("v-w", 600, 13)
MEDIUM = Canvas("v-m", 420, 13)
NARROW = Canvas("v-n", 320, 15)
BROAD = Canvas("v-b", 1000, 13.2)


@dataclass(frozen=True)
class Caption:
    """What a picture is called and what it shows in words; `chart_id` is unique on its page."""

    chart_id: str
    title: str
    description: str


def drawing(caption: Caption, canvas: Canvas, height: float, body: str) -> str:
    """The SVG text of one picture.

    The inner group's empty title keeps a browser from showing the picture's name as a tooltip over its marks.
    """
    key = f"{caption.chart_id}-{canvas.name}"
    inside = (
        f'<title id="{escaped(key)}-t">{escaped(caption.title)}</title>'
        f'<desc id="{escaped(key)}-d">{escaped(caption.description)}</desc>'
        f"<g><title></title>{body}</g>"
    )
    return element(
        "svg",
        inside,
        class_=f"chart {canvas.name}",
        viewBox=f"0 0 {num(canvas.width)} {num(height)}",
        role="img",
        aria_labelledby=f"{key}-t {key}-d",
    )
