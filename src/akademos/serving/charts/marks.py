"""SVG elements as escaped text, and marks: the parts of a picture that say their value.

Coordinates are written with a point and at most one decimal, whatever the locale; NaN and infinity are
refused. A mark carries `data-tip`, which the page's script shows on hover and reads out on arrow keys.
"""

from __future__ import annotations

import math
from html import escape

from akademos.errors import InputError

Attribute = str | float | int | None


def escaped(text: str) -> str:
    """`text` safe as content and as a quoted attribute."""
    return escape(text, quote=True)


def finite(value: float, what: str = "value") -> float:
    """`value`, or a refusal when it is NaN or infinite: a picture never hides a broken number."""
    if not math.isfinite(value):
        raise InputError(
            f"The {what} of a chart is not a finite number.",
            hint="Send null where a value is missing.",
            code="chart_value_not_finite",
        )
    return value


def num(value: float) -> str:
    """A coordinate: `12.30` -> "12.3", `-0.04` -> "0"."""
    if not math.isfinite(value):
        finite(value, "coordinate")
    text = f"{value:.1f}"
    if text[-1] == "0":
        text = text[:-2]
    return "0" if text == "-0" else text


def element(tag: str, inside: str | None = None, **attributes: Attribute) -> str:
    """One element; `class_` becomes class, other underscores hyphens; None leaves an attribute out.

    `inside` is SVG text that is already escaped.
    """
    parts = [tag]
    for name, value in attributes.items():
        if value is None:
            continue
        key = "class" if name == "class_" else name.replace("_", "-")
        parts.append(f'{key}="{escaped(value) if isinstance(value, str) else num(value)}"')
    opening = " ".join(parts)
    return f"<{opening}/>" if inside is None else f"<{opening}>{inside}</{tag}>"


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> str:
    """A straight line."""
    return f'<path class="{class_}" d="M{num(x1)} {num(y1)}L{num(x2)} {num(y2)}"/>'


def rect(x: float, y: float, width: float, height: float, class_: str, radius: float | None = None) -> str:
    """A box."""
    round_ = "" if radius is None else f' rx="{num(radius)}"'
    size = f'width="{num(width)}" height="{num(height)}"'
    return f'<rect class="{class_}" x="{num(x)}" y="{num(y)}" {size}{round_}/>'


def circle(x: float, y: float, radius: float, class_: str) -> str:
    """A dot."""
    return f'<circle class="{class_}" cx="{num(x)}" cy="{num(y)}" r="{num(radius)}"/>'


def path(points: str, class_: str) -> str:
    """A path whose `points` are written by `polyline` or by hand from `num`."""
    return f'<path class="{class_}" d="{points}"/>'


def polyline(points: list[tuple[float, float]], *, close: bool = False) -> str:
    """Path text through points in order."""
    body = "L".join(f"{num(x)} {num(y)}" for x, y in points)
    return f"M{body}{'Z' if close else ''}" if points else ""


def label(x: float, y: float, words: str, class_: str | None = None, anchor: str | None = None) -> str:
    """Text with its baseline at `y`; `anchor` is middle or end, start when None."""
    style = f' class="{class_}"' if class_ else ""
    align = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text{style} x="{num(x)}" y="{num(y)}"{align}>{escaped(words)}</text>'


def mark(tip: str, inside: str, class_: str = "m") -> str:
    """A part of the picture that can be pointed at and reached with the arrow keys."""
    return f'<g class="{class_}" data-tip="{escaped(tip)}">{inside}</g>'
