"""How old each data product is, against the age that it promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from markupsafe import Markup

from akademos.serving.charts.canvas import Caption
from akademos.serving.pages.answers import Json, moment
from akademos.serving.pages.cards import Card, LegendEntry, State
from akademos.serving.pages.operations import length
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell
from akademos.serving.pages.time_used import TimeUsed, time_used, used_cell
from akademos.serving.pages.wording import Words

_HOUR = timedelta(hours=1)


class _Part(NamedTuple):
    """The part of a product that is nearest to the age it promises, or furthest past it."""

    dataset: str
    made_at: datetime
    used: TimeUsed


def freshness_card(products: Sequence[Json], now: datetime, words: Words) -> Card:
    """The picture and its table, those nearest to their promise first.

    Args:
        products: as /v1/catalogue/products has them.
        now: the moment until which ages are counted.
    """
    title = words.plain("catalogue.age")
    parts = [(one, _nearest(one, now)) for one in products]
    parts.sort(key=lambda pair: -1.0 if pair[1] is None else pair[1].used.share, reverse=True)
    drawn = [part for _, part in parts if part is not None]
    if not drawn:
        state = State("no_data", words.plain("catalogue.age.none"), words.html("catalogue.age.none.text"))
        return Card("age", title, state=state)
    caption = Caption("chart-age", title, words.plain("catalogue.age.desc", n=len(drawn)))
    states = [one["state"]["freshness"] for one in products]
    promised = sum(one != "no promise" for one in states)
    number, first = words.locale.number, drawn[0]
    take = words.html("catalogue.age.take", n=number(states.count("fresh")), total=number(promised))
    take += Markup(" ") + words.html(
        "catalogue.age.nearest", name=first.used.name, dataset=first.dataset, age=length(first.used.age, words),
        most=length(first.used.most, words),
    )  # fmt: skip
    legend = [
        LegendEntry("end", words.plain("catalogue.age.part")),
        LegendEntry("goal", words.plain("catalogue.age.line")),
    ]
    figure = time_used([part.used for part in drawn], caption, words)
    return Card("age", title, take, figure, [_table(parts, title, words)], legend)


def _nearest(product: Json, now: datetime) -> _Part | None:
    """None where no part promises an age and has been made."""
    found = []
    for part in product["contract"]:
        freshness = part["freshness"]
        made_at, hours = moment(freshness["last_success"]), freshness["within_hours"]
        if made_at is not None and hours:
            used = TimeUsed(str(product["title"]), now - made_at, timedelta(hours=hours))
            found.append(_Part(str(part["dataset"]), made_at, used))
    return max(found, key=lambda one: one.used.share, default=None)


def _table(parts: Sequence[tuple[Json, _Part | None]], title: str, words: Words) -> Table:
    columns = [
        Column(words.plain(key), numeric=numeric)
        for key, numeric in (
            ("catalogue.col.name", False), ("catalogue.age.dataset", False), ("catalogue.age.made", False),
            ("catalogue.age.age", True), ("catalogue.age.most", True), ("catalogue.age.used", True),
            ("catalogue.col.fresh", False),
        )
    ]  # fmt: skip
    return Table(title, columns, [_row(one, part, words) for one, part in parts])


def _row(product: Json, part: _Part | None, words: Words) -> list[Cell]:
    state = str(product["state"]["freshness"]).replace(" ", "_")
    name, last = Cell(str(product["title"])), Cell(words.plain(f"catalogue.freshness.{state}"))
    if part is None:
        unknown = count_cell(None, words.locale)
        return [name, Cell(MISSING), Cell(MISSING, ""), unknown, unknown, used_cell(None, words), last]
    return [
        name,
        Cell(part.dataset),
        Cell(words.plain("ops.utc", at=words.locale.moment(part.made_at)), part.made_at.isoformat()),
        count_cell(part.used.age / _HOUR, words.locale, 1),
        count_cell(part.used.most / _HOUR, words.locale),
        used_cell(part.used, words),
        last,
    ]
