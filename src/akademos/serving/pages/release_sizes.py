"""What each research release holds, and how much of its courses was left out to protect people."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from akademos.catalogue.policies import LIMITS
from akademos.serving.charts.amount_bars import AmountBar, amount_bars
from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.pages.answers import Json, block, count_of, share_of
from akademos.serving.pages.cards import Card, LegendEntry, figure
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, share_cell
from akademos.serving.pages.wording import Words

DRAWN = 12
"""So many releases, the newest, are in the picture; all that stand are in its table."""


def sizes_card(releases: Sequence[Json], words: Words) -> Card | None:
    """The picture and its table; None where no release stands.

    Args:
        releases: as /v1/releases/{release_id} has them, newest first.
    """
    standing = [one for one in releases if one["withdrawn_at"] is None]
    if not standing:
        return None
    number, title = words.locale.number, words.plain("releases.size")
    bars = {_bar(one, words): one for one in standing[:DRAWN]}

    def tip(bar: AmountBar) -> str:
        left = _left_out(bars[bar])
        if left is None:
            return words.plain("releases.size.tip.bare", name=bar.name, rows=bar.shown)
        return words.plain("releases.size.tip", name=bar.name, rows=bar.shown, left=number(left))

    caption = Caption("chart-sizes", title, words.plain("releases.size.desc", n=len(bars)))
    pictures = [amount_bars(list(bars), caption=caption, canvas=one, tip=tip) for one in (BROAD, NARROW)]
    left = sum(_left_out(one) or 0 for one in standing)
    rows = sum(int(one["rows"]) for one in standing)
    take = words.counted("releases.size.take", len(standing), rows=number(rows)) + Markup(" ")
    take += words.html("releases.size.left", left=number(left)) if left else words.html("releases.size.left.none")
    unit = number(LIMITS.count_rounding)
    legend = [LegendEntry("bar", words.plain("releases.rows"))]
    if any(bar.reach > bar.value for bar in bars):
        legend.append(LegendEntry("q2", words.plain("releases.left", unit=unit)))
    columns = [
        Column(words.plain("releases.name")),
        Column(words.plain("releases.rows"), numeric=True),
        Column(words.plain("releases.left", unit=unit), numeric=True),
        Column(words.plain("releases.left.share"), numeric=True),
    ]
    lines = [
        [
            Cell(str(one["name"])),
            count_cell(one["rows"], words.locale),
            count_cell(_left_out(one), words.locale),
            share_cell(share_of(block(one, "report").get("share_suppressed")), words.locale),
        ]
        for one in standing
    ]
    return Card("sizes", title, take, figure("graph", *pictures), [Table(title, columns, lines)], legend)


def _bar(one: Json, words: Words) -> AmountBar:
    rows = int(one["rows"])
    return AmountBar(str(one["name"]), rows, words.locale.number(rows), rows + (_left_out(one) or 0))


def _left_out(one: Json) -> int | None:
    """Learners of its courses who are not in it, rounded, as its disclosure report has them."""
    return count_of(block(one, "report").get("suppressed"))
