"""How the mastery of an instructor's or advisor's learners is spread, and among them who may like a message."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.charts.share_columns import ShareColumn, share_columns, tenths
from akademos.serving.pages.cards import Card, LegendEntry, figure
from akademos.serving.pages.tables import Cell, Column, Table, count_cell
from akademos.serving.pages.wording import Words


def spread_card(lines: Sequence[tuple[float | None, bool]], room_below: float, words: Words) -> Card | None:
    """The picture and its table; None where nobody has an estimate.

    Args:
        lines: of each learner of the list the mastery (a share; None without an estimate), and whether they may like a
            message.
        room_below: below this mastery there is room to grow.
    """
    known = [(mastery, check_in) for mastery, check_in in lines if mastery is not None]
    if not known:
        return None
    columns, locale, title = tenths(known), words.locale, words.plain("learners.spread")
    room, named = locale.percent(room_below), {one: locale.percent_range(one.low, one.high) for one in columns}

    def tip(one: ShareColumn) -> str:
        return words.plain("learners.spread.tip", range=named[one], marked=one.marked, others=one.others)

    caption = Caption("chart-spread", title, words.plain("learners.spread.desc", n=len(known), room=room))
    pictures = [
        share_columns(
            columns,
            caption=caption,
            canvas=canvas,
            locale=locale,
            tip=tip,
            line_at=room_below,
            line_words=words.plain("learners.spread.room", room=room),
        )
        for canvas in (BROAD, NARROW)
    ]
    keys = ("learners.col.level", "learners.spread.marked", "learners.spread.others")
    table = Table(
        title,
        [Column(words.plain(key), numeric=key != keys[0]) for key in keys],
        [
            [Cell(named[one], one.low), count_cell(one.marked, locale), count_cell(one.others, locale)]
            for one in columns
        ],
    )
    below = sum(mastery < room_below for mastery, _ in known)
    take = words.html("learners.spread.take", below=locale.number(below), n=locale.number(len(known)), room=room)
    if len(known) < len(lines):
        take += Markup(" ") + words.counted("learners.spread.without", len(lines) - len(known))
    legend = [
        LegendEntry("bar", words.plain("learners.spread.marked")),
        LegendEntry("q3", words.plain("learners.spread.others")),
        LegendEntry("goal", words.plain("learners.spread.line")),
    ]
    return Card("spread", title, take, figure("graph", *pictures), [table], legend)
