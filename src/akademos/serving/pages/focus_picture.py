"""How the chances of an advisor's learners are spread, and where the list of those they have time for ends."""

from __future__ import annotations

from collections.abc import Sequence

from akademos.serving.charts.canvas import BROAD, NARROW, Caption
from akademos.serving.charts.share_columns import ShareColumn, share_columns, tenths
from akademos.serving.pages.answers import Json
from akademos.serving.pages.cards import Card, LegendEntry, figure
from akademos.serving.pages.tables import Cell, Column, Table, count_cell
from akademos.serving.pages.wording import Words


def chances_card(lines: Sequence[Json], shown: Sequence[Json], capacity: int, words: Words) -> Card | None:
    """The picture and its table; None where no line has a chance that its course is not completed. Chances of courses
    without dates are of another kind and are left out.

    Args:
        lines, shown: all estimates, and those on the list.
        capacity: how many there is time for.
    """
    known = [line for line in lines if line["basis"] == "model" and line["risk"] is not None]
    if not known:
        return None
    listed = {(str(line["learner"]["key"]), str(line["course_id"])) for line in shown}

    def is_listed(line: Json) -> bool:
        return (str(line["learner"]["key"]), str(line["course_id"])) in listed

    columns = tenths((float(line["risk"]), is_listed(line)) for line in known)
    # As many as there is time for are as likely as this, or likelier; the rule may have put others on the list.
    ends_at = sorted((float(line["risk"]) for line in known), reverse=True)[min(capacity, len(known)) - 1]
    locale, title = words.locale, words.plain("focus.chances")
    named = {one: locale.percent_range(one.low, one.high) for one in columns}

    def tip(one: ShareColumn) -> str:
        return words.plain("focus.chances.tip", range=named[one], listed=one.marked, others=one.others)

    caption = Caption("chart-chances", title, words.plain("focus.chances.desc", n=len(known)))
    ends = words.plain("focus.chances.ends", n=locale.number(capacity), chance=locale.percent(ends_at))
    pictures = [
        share_columns(
            columns,
            caption=caption,
            canvas=one,
            locale=locale,
            tip=tip,
            line_at=ends_at if len(known) > capacity else None,
            line_words=ends,
        )
        for one in (BROAD, NARROW)
    ]
    table = Table(
        title,
        [
            Column(words.plain("focus.col.risk")),
            Column(words.plain("focus.chances.listed"), numeric=True),
            Column(words.plain("focus.chances.others"), numeric=True),
        ],
        [
            [Cell(named[one], one.low), count_cell(one.marked, locale), count_cell(one.others, locale)]
            for one in columns
        ],
    )
    on_list = sum(one.marked for one in columns)
    take = words.html("focus.chances.take", n=locale.number(on_list), total=locale.number(len(known)))
    legend = [
        LegendEntry("bar", words.plain("focus.chances.listed")),
        LegendEntry("q3", words.plain("focus.chances.others")),
        LegendEntry("goal", words.plain("focus.chances.line")),
    ]
    return Card("chances", title, take, figure("graph", *pictures), [table], legend)
