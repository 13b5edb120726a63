"""Cards about the watch over one version of a model: how far it moved night by night, and what moved most."""

from __future__ import annotations

from datetime import date
from functools import partial

from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.ranged_dots import RangedDot, Yardstick, ranged_dots
from akademos.serving.charts.weekly_course import WeekPoint, weekly_course
from akademos.serving.pages.answers import Json, block, count_of, moment, rows, share_of, text_of
from akademos.serving.pages.cards import Card, LegendEntry, State, figure
from akademos.serving.pages.model_cards import DIGITS, SHOWN, scale_number
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell
from akademos.serving.pages.wording import Words

STATUSES = ("stable", "watch", "drifting", "not_enough_data")


def drift_card(shown: Json, words: Words) -> Card:
    """The figure that moved most of each night's look, with its interval, and the line beyond which an alert is due."""
    title, looks, limit = words.plain("models.drift"), rows(shown, "looks"), share_of(shown.get("drift_limit")) or 0.0
    if not looks:
        return Card("drift", title, state=_never(words))
    number, newest = words.locale.number, looks[-1]
    by_day: dict[date, Json] = {at.date(): one for one in looks if (at := moment(one.get("watched_at")))}
    points = [_point(day, one) for day, one in by_day.items()]
    table = Table(
        title,
        [
            Column(words.plain(f"models.col.{key}"), key in ("value", "range", "learners"))
            for key in ("night", "status", "figure", "value", "range", "learners")
        ],
        [
            [
                Cell(words.locale.full_day(day), day.isoformat()),
                Cell(status_words(one, words)),
                Cell(figure_name(block(one, "most"), words)),
                count_cell(share_of(block(one, "most").get("value")), words.locale, DIGITS),
                _range_cell(block(one, "most"), words),
                count_cell(count_of(one.get("learners")), words.locale),
            ]
            for day, one in reversed(by_day.items())
        ],
    )
    status = text_of(newest.get("status")) or ""
    most = block(newest, "most")
    take = words.html(
        f"models.drift.{status if status in STATUSES else 'not_enough_data'}",
        day=words.locale.full_day(max(by_day)), n=number(count_of(newest.get("learners")) or 0),
        figure=figure_name(most, words), value=number(share_of(most.get("value")) or 0.0, DIGITS),
        limit=number(limit, 1),
    )  # fmt: skip
    if all(one.value is None for one in points):
        return Card("drift", title, state=State("not_enough_data", words.plain("models.drift.few"), take))

    def tip(one: WeekPoint) -> str:
        found = block(by_day[one.week], "most")
        return words.plain(
            "models.drift.tip", day=words.locale.full_day(one.week), figure=figure_name(found, words),
            value=number(one.value or 0.0, DIGITS), low=number(one.low or 0.0, DIGITS),
            high=number(one.high or 0.0, DIGITS),
        )  # fmt: skip

    caption = Caption("chart-drift", title, words.plain("models.drift.desc", n=len(points), limit=number(limit, 1)))
    pictures = [
        weekly_course(
            points, caption=caption, canvas=canvas, locale=words.locale, shown=partial(scale_number, words=words),
            tip=tip,
            target=limit,
        )
        for canvas in (WIDE, NARROW)
    ]  # fmt: skip
    legend = [
        LegendEntry("line", words.plain("models.legend.most")),
        LegendEntry("band", words.plain("models.legend.likely")),
        LegendEntry("goal", words.plain("models.legend.limit", limit=number(limit, 1))),
    ]
    if sum(one.value is not None for one in points) < 2:  # a single night has a dot, no line and no band
        legend = legend[2:]
    return Card("drift", title, take, figure("nw", *pictures), [table], legend)


def figures_card(shown: Json, words: Words) -> Card:
    """How far each input, and the output, lay from the training at the last look."""
    title, look = words.plain("models.figures"), block(shown, "watch")
    if not look:
        return Card("figures", title, state=_never(words))
    limit = share_of(shown.get("drift_limit")) or 0.0
    known = [one for one in rows(look, "figures") if share_of(one.get("value")) is not None]
    if not known:
        text = words.html("models.figures.none.text")
        return Card("figures", title, state=State("not_enough_data", words.plain("models.drift.few"), text))
    number = words.locale.number
    ordered = sorted(known, key=lambda one: (-(share_of(one.get("low")) or 0), -(share_of(one.get("value")) or 0)))
    dots = [
        RangedDot(
            figure_name(one, words), share_of(one.get("value")) or 0.0, share_of(one.get("low")),
            share_of(one.get("high")), number(share_of(one.get("value")) or 0.0, DIGITS),
        )
        for one in ordered[:SHOWN]
    ]  # fmt: skip

    def tip(one: RangedDot) -> str:
        low, high = number(one.low or 0.0, DIGITS), number(one.high or 0.0, DIGITS)
        return words.plain("models.figures.tip", figure=one.name, value=one.shown, low=low, high=high)

    caption = Caption("chart-figures", title, words.plain("models.figures.desc", n=len(dots)))
    pictures = [
        ranged_dots(
            dots,
            Yardstick(limit, limit=True),
            caption=caption,
            canvas=canvas,
            written=partial(scale_number, words=words),
            tip=tip,
        )
        for canvas in (WIDE, NARROW)
    ]
    table = Table(
        title,
        [Column(words.plain(f"models.col.{key}"), key != "figure") for key in ("figure", "value", "range", "learners")],
        [
            [
                Cell(figure_name(one, words)),
                count_cell(share_of(one.get("value")), words.locale, DIGITS),
                _range_cell(one, words),
                count_cell(count_of(one.get("learners")), words.locale),
            ]
            for one in ordered
        ],
    )
    at = moment(look.get("watched_at"))
    beyond = sum((share_of(one.get("low")) or 0.0) > limit for one in known)
    take = words.html(
        "models.figures.take", day=words.locale.full_day(at) if at else MISSING, beyond=number(beyond),
        n=number(len(known)), name=words.short(dots[0].name), limit=number(limit, 1),
    )  # fmt: skip
    legend = [
        LegendEntry("whisker", words.plain("models.legend.likely")),
        LegendEntry("goal", words.plain("models.legend.limit", limit=number(limit, 1))),
    ]
    return Card("figures", title, take, figure("nw", *pictures), [table], legend)


def status_words(look: Json, words: Words) -> str:
    """What a look found."""
    status = text_of(look.get("status"))
    return words.plain(f"models.status.{status}") if status in STATUSES else MISSING


def figure_name(shift: Json, words: Words) -> str:
    """An input by its own name, the output in words."""
    name = text_of(shift.get("figure"))
    return words.plain("models.output") if name == "output" else (name or MISSING).replace("_", " ")


def _never(words: Words) -> State:
    return State("no_data", words.plain("models.drift.none"), words.html("models.drift.none.text"))


def _point(day: date, look: Json) -> WeekPoint:
    most = block(look, "most")
    return WeekPoint(day, *(share_of(most.get(name)) for name in ("value", "low", "high")))


def _range_cell(shift: Json, words: Words) -> Cell:
    low, high = share_of(shift.get("low")), share_of(shift.get("high"))
    if low is None or high is None:
        return Cell(MISSING, -1)
    return Cell(f"{words.locale.number(low, DIGITS)}\u2013{words.locale.number(high, DIGITS)}", low)
