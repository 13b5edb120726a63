"""Who comes back: a row a group, a column a week after the start; weeks that are not over yet are blank."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from akademos.serving.charts.canvas import Canvas, Caption, drawing
from akademos.serving.charts.lettering import fit, text_width
from akademos.serving.charts.locale import Locale
from akademos.serving.charts.marks import label, mark, rect
from akademos.serving.charts.scales import share_step


@dataclass(frozen=True)
class TriangleCell:
    """A closed week after the start: the share who came back (or its bound), None where withheld."""

    group: str
    week: int
    share: float | None
    bound: str = ""


def triangle(
    cells: Mapping[tuple[str, int], TriangleCell],
    groups: Sequence[str],
    names: Sequence[str],
    *,
    caption: Caption,
    canvas: Canvas,
    locale: Locale,
    tip: Callable[[TriangleCell], str],
) -> str:
    """The picture; `names` are the words for the groups, in their order."""
    text = canvas.text
    weeks = max((week for _, week in cells), default=0) + 1
    left = min(canvas.width * 0.3, max((text_width(name, text) for name in names), default=0.0)) + 10
    pitch = (canvas.width - left) / weeks
    tall, top = text * 1.9, text * 1.7
    every = max(1, -(-int(text_width("00", text) + 6) // max(1, int(pitch))))
    body = "".join(
        label(left + pitch * (week + 0.5), text * 1.1, locale.number(week), anchor="middle")
        for week in range(0, weeks, every)
    )
    written = pitch >= text_width(">100", text) + 4
    for row, (group, name) in enumerate(zip(groups, names, strict=True)):
        y = top + row * tall
        body += label(left - 8, y + tall * 0.66, fit(name, left - 8, text), anchor="end")
        for week in range(weeks):
            cell = cells.get((group, week))
            if cell is None:
                continue
            step = share_step(cell.share)
            inside = rect(left + week * pitch + 1, y + 1, pitch - 2, tall - 2, "qx" if step is None else f"q{step}", 3)
            if written and cell.share is not None:
                words = {"below": "<", "above": ">"}.get(cell.bound, "") + locale.number(100 * cell.share)
                inside += label(left + pitch * (week + 0.5), y + tall * 0.66, words, f"on{step}", "middle")
            body += mark(tip(cell), inside)
    return drawing(caption, canvas, top + len(groups) * tall + 2, body)
