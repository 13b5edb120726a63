"""How much of the time that was set for something is used up: a dot each; the dashed line is all of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from markupsafe import Markup

from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.charts.ranged_dots import RangedDot, Yardstick, ranged_dots
from akademos.serving.pages.cards import figure
from akademos.serving.pages.operations import length
from akademos.serving.pages.tables import MISSING, Cell
from akademos.serving.pages.wording import Words

_WITHIN, _BEYOND = (0.0, 0.25, 0.5, 0.75, 1.0), (0.0, 0.5, 1.0, 1.5, 2.0)
"""The scale while nothing is past its time, and once something is; what lies beyond twice its time is drawn there, and
written as it is."""


@dataclass(frozen=True)
class TimeUsed:
    """One thing, its age, and the age that was set for it; what begins in the future has no age yet."""

    name: str
    age: timedelta
    most: timedelta

    @property
    def share(self) -> float:
        """Age by the age that was set; above 1 past it."""
        return max(self.age, timedelta()) / self.most


def time_used(rows: Sequence[TimeUsed], caption: Caption, words: Words) -> Markup:
    """The picture of one or more things in their order."""
    percent = words.locale.percent
    ticks = _BEYOND if any(one.share > 1 for one in rows) else _WITHIN
    dots = [RangedDot(one.name, min(one.share, ticks[-1]), None, None, percent(one.share)) for one in rows]
    told = {dot: _told(one, words) for dot, one in zip(dots, rows, strict=True)}
    pictures = [
        ranged_dots(
            dots,
            Yardstick(1.0, limit=True),
            caption=caption,
            canvas=canvas,
            written=percent,
            tip=told.__getitem__,
            ticks=ticks,
        )
        for canvas in (BROAD, NARROW)
    ]
    return figure("graph", *pictures)


def used_cell(one: TimeUsed | None, words: Words) -> Cell:
    """The share as a cell; None where there is none."""
    return Cell(MISSING, -1) if one is None else Cell(words.locale.percent(one.share), round(one.share, 4))


def _told(one: TimeUsed, words: Words) -> str:
    return words.plain(
        "time_used.tip", name=one.name, age=length(max(one.age, timedelta()), words), most=length(one.most, words),
        share=words.locale.percent(one.share),
    )  # fmt: skip
