"""Items: difficulty by discrimination, and which to revise; of one item its options and how it works for groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import BROAD, NARROW, WIDE, Caption
from akademos.serving.charts.scatter import ScatterWords, Spot, scatter
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import Json, block, rows
from akademos.serving.pages.cards import Card, LegendEntry, Note, State, figure
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.statistics import (
    Back,
    address_of,
    course_choice,
    downloads_of,
    estimate_cell,
    reasons_in_words,
    statistics_page,
    written,
)
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words

TELLS_FROM = 0.2
"""Item-rest correlation from which an item tells enough (Ebel 1965)."""

_COLUMNS = ("item", "answers", "difficulty", "difficulty_range", "rest", "rest_range", "model", "reasons")
_NUMERIC = frozenset(_COLUMNS) - {"item", "reasons"}


def render_items(lines: Sequence[Json], *, shell: Shell, chosen: str, floor: int, here: str, api: str) -> str:
    """The list as HTML.

    Args:
        lines: as `/v1/analytics/items` has them, in its order, nothing masked.
        shell: what surrounds the page.
        chosen: course of the address; the first where there is none.
        floor: smallest group that is published.
        here, api: addresses of this page and of the lines.
    """
    words = shell.words
    choice, course = course_choice(lines, chosen, words)
    mine = [one for one in lines if one["course_id"] == course]
    query = {"lang": shell.query.get("lang", ""), "course": course}
    known = [one for one in mine if one["status"] == "ok"]
    return statistics_page(
        shell,
        title=words.plain("items.title"),
        lede=words.plain("items.lede", floor=floor),
        choices=[choice] if choice else [],
        cards=[(_map(known, len(mine), words), "w12")],
        tables=[(words.plain("items.all"), _table(known, here, query, words))] if known else [],
        provenance=_provenance(mine, words),
        downloads=downloads_of(api, words, course=course),
    )


def _provenance(lines: Sequence[Json], words: Words) -> str:
    newest = max((str(one["as_of"])[:10] for one in lines), default="")
    if not newest:
        return words.plain("items.fine")
    return words.plain("items.fine.as_of", day=words.locale.full_day(date.fromisoformat(newest)))


def _map(known: Sequence[Json], total: int, words: Words) -> Card:
    title, locale = words.plain("items.map"), words.locale
    spots = [
        Spot(
            _name(one, known),
            float(difficulty["value"]), float(difficulty["low"]), float(difficulty["high"]),
            float(rest["value"]), float(rest["low"]), float(rest["high"]),
            bool(one["reasons"]),
        )
        for one in known
        if (difficulty := block(one, "difficulty")) and (rest := block(one, "rest"))
    ]  # fmt: skip
    if not spots:
        return Card("items", title, state=State(
            "no_data", words.plain("items.empty"), words.html("items.empty.text")
        ))  # fmt: skip
    wanted = sum(bool(one["reasons"]) for one in known)
    take = words.counted("items.take", wanted, total=locale.number(len(known)), few=locale.number(total - len(known)))
    caption = Caption("chart-items", title, words.plain("items.desc", n=len(spots)))
    by_name = {_name(one, known): one for one in known}

    def tip(spot: Spot) -> str:
        line = by_name[spot.key]
        return words.plain(
            "items.tip",
            item=spot.key,
            difficulty=written(line["difficulty"], locale),
            rest=locale.number(spot.up, 2),
            why=reasons_in_words(line["reasons"], words, "items") or words.plain("items.fine_item"),
        )

    axes = ScatterWords(words.plain("items.axis.difficulty"), words.plain("items.axis.rest"), words.plain("items.goal"))
    drawings = [
        scatter(spots, goal=TELLS_FROM, caption=caption, canvas=one, locale=locale, words=axes, tip=tip)
        for one in (BROAD, NARROW)
    ]
    legend = [
        LegendEntry("bar", words.plain("items.legend.fine")),
        LegendEntry("again", words.plain("items.legend.revise")),
        LegendEntry("goal", words.plain("items.legend.goal")),
    ]
    return Card("items", title, take, figure("graph", *drawings), legend=legend)


def _name(line: Json, lines: Sequence[Json]) -> str:
    several = sum(one["item_id"] == line["item_id"] for one in lines) > 1
    return f"{line['item_id']} ({line['version']})" if several else str(line["item_id"])


def _table(known: Sequence[Json], here: str, query: dict[str, str], words: Words) -> Table:
    columns = [Column(words.plain(f"items.col.{key}"), numeric=key in _NUMERIC) for key in _COLUMNS]
    found = [
        [
            Cell(_name(one, known), href=address_of(here, quote(str(one["item_id"]), safe=""), query)),
            *_cells(one, words),
            Cell(reasons_in_words(one["reasons"], words, "items") or MISSING),
        ]
        for one in known
    ]
    return Table(words.plain("items.all"), columns, found)


def _cells(line: Json, words: Words) -> list[Cell]:
    locale = words.locale
    difficulty, rest, model = block(line, "difficulty"), block(line, "rest"), block(line, "model")
    slope = model.get("discrimination")
    span = MISSING
    if rest:
        span = f"{locale.number(rest['low'], 2)} \u2026 {locale.number(rest['high'], 2)}"
    return [
        count_cell(line.get("answers"), locale),
        estimate_cell(difficulty or None, locale),
        range_cell(difficulty.get("low"), difficulty.get("high"), locale),
        Cell(MISSING, -9) if not rest else Cell(locale.number(rest["value"], 2), rest["value"]),
        Cell(span, -9 if not rest else rest["low"]),
        Cell(MISSING, -9) if slope is None else Cell(locale.number(slope, 2), slope),
    ]


def render_item(versions: Sequence[Json], *, shell: Shell, floor: int, back: str) -> str:
    """One item as HTML, the newest version first."""
    words = shell.words
    shown = versions[0]
    query = {"course": str(shown["course_id"]), "lang": shell.query.get("lang", "")}
    known = [one for one in versions if one["status"] == "ok"]
    why = reasons_in_words(shown["reasons"], words, "items")
    lede = words.plain("items.one.lede", course=shown["course"])
    if why:
        lede += " " + words.plain("content.one.why", why=why)
    if shown.get("secure"):
        lede += " " + words.plain("items.secure")
    keys = _COLUMNS[1:-1]
    columns = [Column(words.plain("content.col.version"))]
    columns += [Column(words.plain(f"items.col.{key}"), numeric=True) for key in keys]
    numbers = Table(
        words.plain("content.numbers"), columns,
        [[Cell(str(one["version"]) or MISSING), *_cells(one, words)] for one in known],
    )  # fmt: skip
    tables = [(words.plain("content.numbers"), numbers)] if known else []
    groups = [each for one in known for each in rows(one, "functioning")]
    if groups:
        tables.append((words.plain("items.groups"), _groups(groups, words)))
    cards = [(_options(one, words), "w7") for one in known] or [(_too_few(words), "w12")]
    return statistics_page(
        shell,
        title=str(shown["item_id"]),
        lede=lede,
        cards=cards,
        tables=tables,
        provenance=_provenance(versions, words),
        back=Back(address_of(back, "", query).replace("/?", "?"), words.plain("items.title")),
    )


def _too_few(words: Words) -> Card:
    state = State("no_data", words.plain("items.empty"), words.html("items.empty.text"))
    return Card("options", words.plain("items.options"), state=state)


def _options(line: Json, words: Words) -> Card:
    key, locale = f"options-{line['version'] or 'one'}", words.locale
    title = words.plain("items.options")
    options = rows(line, "options")
    if not options:
        state = State("no_data", words.plain("items.options.none"), words.html("items.options.none.text"))
        return Card(key, title, state=state)

    def named(one: Json) -> str:
        name = words.listed_plain([str(each) for each in one["options"]])
        return words.plain("items.option.key", option=name) if one["key"] else name

    levels = [TopicLevel(named(one), named(one), float(one["share"])) for one in options]
    caption = Caption(f"chart-{key}", title, words.plain("items.options.desc", n=len(levels)))

    def tip(level: TopicLevel) -> str:
        return f"{level.name}: {locale.percent(level.value or 0.0)}"

    drawings = [bars(levels, caption=caption, canvas=one, locale=locale, tip=tip) for one in (WIDE, NARROW)]
    keys = ("option", "share", "standing", "correlation")
    columns = [Column(words.plain(f"items.options.{one}"), numeric=one != "option") for one in keys]
    lines = [
        [
            Cell(named(one)),
            share_cell(one["share"], locale),
            *(
                Cell(MISSING, -9) if one[name] is None else Cell(locale.number(one[name], 2), one[name])
                for name in ("rest_mean", "rest_correlation")
            ),
        ]
        for one in options
    ]
    tempting = [one for one in options if not one["key"] and (one["rest_correlation"] or 0.0) > 0]
    take = words.html("items.options.fine")
    if tempting:
        take = words.html("items.options.tempting", options=words.listed([named(one) for one in tempting], bold=True))
    return Card(
        key, title, take, figure("nw", *drawings), [Table(title, columns, lines)],
        [LegendEntry("bar", words.plain("items.options.legend"))],
        [Note("", words.html("items.options.note"))],
    )  # fmt: skip


def _groups(groups: Sequence[Json], words: Words) -> Table:
    keys = ("group", "against", "delta", "class")
    columns = [Column(words.plain(f"items.groups.{key}"), numeric=key == "delta") for key in keys]
    locale = words.locale

    def group(one: Json, side: str) -> str:
        value = str(one[f"{side}_value"])
        key = f"items.groups.value.{value}"
        name = words.plain(key) if key in words else value.replace("_", " ")
        return f"{name} ({locale.number(one[side])})"

    def delta(one: Json) -> str:
        return f"{locale.number(one['delta'], 2)} \u00b1 {locale.number(1.96 * one['standard_error'], 2)}"

    lines = [
        [
            Cell(group(one, "focal")),
            Cell(group(one, "reference")),
            Cell(delta(one), one["delta"]),
            Cell(words.plain(f"items.groups.class.{one['ets_class']}")),
        ]
        for one in groups
    ]
    return Table(words.plain("items.groups"), columns, lines)
