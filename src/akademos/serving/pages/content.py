"""Contents: which to revise and why; of one content where people leave, what an edit changed, how it stands."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from urllib.parse import quote

from markupsafe import Markup

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import BROAD, NARROW, WIDE, Caption
from akademos.serving.charts.differences import Difference, differences
from akademos.serving.charts.share_curve import HUNDREDTHS, SECONDS, SharePoint, share_curve
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import Json, block, share_of
from akademos.serving.pages.cards import Card, LegendEntry, Note, State, figure
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.statistics import (
    Back,
    address_of,
    course_choice,
    downloads_of,
    estimate_cell,
    reasons_in_words,
    signed,
    statistics_page,
    written,
)
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, share_cell
from akademos.serving.pages.wording import Words

WORTH_SAYING = 0.1
"""Share who leave within ten seconds from which the page says where."""

PARTS = ("gain", "completion", "item_quality")
_COLUMNS = ("title", "kind", "learners", "reach", "completion", "gain", "effectiveness", "reasons")
_NUMERIC = frozenset({"learners", "reach", "completion", "gain", "effectiveness", "revisits", "seconds"})


def render_contents(lines: Sequence[Json], *, shell: Shell, chosen: str, floor: int, here: str, api: str) -> str:
    """The list as HTML.

    Args:
        lines: as `/v1/analytics/content` has them, in its order.
        shell: what surrounds the page.
        chosen: course of the address; the first where there is none.
        floor: smallest group that is published.
        here, api: addresses of this page and of the lines.
    """
    words = shell.words
    choice, course = course_choice(lines, chosen, words)
    here_lines = [one for one in lines if one["course_id"] == course]
    language = {"lang": shell.query.get("lang", ""), "course": course}
    return statistics_page(
        shell,
        title=words.plain("content.title"),
        lede=words.plain("content.lede", floor=floor),
        choices=[choice] if choice else [],
        cards=[(_revise(here_lines, floor, words), "w12")],
        tables=[(words.plain("content.all"), _table(here_lines, here, language, words))] if here_lines else [],
        provenance=_provenance(here_lines, words),
        downloads=downloads_of(api, words, course=course),
    )


def _provenance(lines: Sequence[Json], words: Words) -> str:
    newest = max((str(one["as_of"])[:10] for one in lines), default="")
    if not newest:
        return words.plain("content.fine")
    return words.plain("content.fine.as_of", day=words.locale.full_day(date.fromisoformat(newest)))


def _revise(lines: Sequence[Json], floor: int, words: Words) -> Card:
    title = words.plain("content.effectiveness")
    levels = [
        TopicLevel(
            str(one["content_id"]) + str(one["version"]), name_of(one, lines), share_of(one.get("effectiveness"))
        )
        for one in lines
        if one.get("effectiveness") is not None
    ]
    if not levels:
        return Card("contents", title, state=State(
            "no_data", words.plain("content.empty"), words.html("content.empty.text", floor=2 * floor)
        ))  # fmt: skip
    levels.sort(key=lambda level: (level.value or 0.0, level.name))
    wanted = sum(bool(rows_of(one)) for one in lines)
    take = words.counted("content.take", wanted, total=len(lines)) if wanted else words.html("content.take.none")
    caption = Caption(
        "chart-contents", title, words.plain("content.desc", lowest=levels[0].name, highest=levels[-1].name)
    )

    def tip(level: TopicLevel) -> str:
        return f"{level.name}: {words.locale.percent(level.value or 0.0)}"

    drawings = [bars(levels, caption=caption, canvas=one, locale=words.locale, tip=tip) for one in (BROAD, NARROW)]
    legend = [LegendEntry("bar", words.plain("content.legend"))]
    return Card("contents", title, take, figure("graph", *drawings), legend=legend)


def rows_of(line: Json) -> list[str]:
    """Its reasons."""
    return [str(one) for one in line.get("reasons") or []]


def name_of(line: Json, lines: Sequence[Json]) -> str:
    """The title, with the version where the content has several."""
    several = sum(one["content_id"] == line["content_id"] for one in lines) > 1
    return f"{line['title']} ({line['version']})" if several else str(line["title"])


def kind_of(line: Json, words: Words) -> str:
    """The kind in words."""
    key = f"content.kind.{line.get('kind')}"
    return words.plain(key) if key in words else str(line.get("kind") or MISSING).replace("_", " ")


def _table(lines: Sequence[Json], here: str, query: dict[str, str], words: Words) -> Table:
    columns = [Column(words.plain(f"content.col.{key}"), numeric=key in _NUMERIC) for key in _COLUMNS]
    found = []
    for one in lines:
        gain = one.get("gain")
        href = address_of(here, quote(str(one["content_id"]), safe=""), query)
        found.append(
            [
                Cell(name_of(one, lines), href=href if one["status"] == "ok" else None),
                Cell(kind_of(one, words)),
                count_cell(one.get("learners"), words.locale),
                estimate_cell(one.get("reach"), words.locale),
                estimate_cell(one.get("completion"), words.locale),
                Cell(MISSING, -9) if gain is None else Cell(signed(gain["value"], words.locale), gain["value"]),
                share_cell(share_of(one.get("effectiveness")), words.locale),
                Cell(_said(one, words)),
            ]
        )
    return Table(words.plain("content.all"), columns, found)


def _said(line: Json, words: Words) -> str:
    if line["status"] != "ok":
        return words.plain("content.too_few")
    return reasons_in_words(rows_of(line), words, "content") or MISSING


def render_content(versions: Sequence[Json], *, shell: Shell, floor: int, back: str) -> str:
    """One content as HTML, the newest version first."""
    words = shell.words
    shown = next((one for one in versions if one["status"] == "ok"), versions[0])
    query = {"course": str(shown["course_id"]), "lang": shell.query.get("lang", "")}
    curves = [_drop_off(one, versions, words) for one in versions if one["status"] == "ok"]
    others = [_changes(versions, words), _parts(shown, words)]
    cards = [(card, "w7" if place % 2 == 0 else "w5") for place, card in enumerate(_paired(curves, others))]
    return statistics_page(
        shell,
        title=str(shown["title"]),
        lede=_lede(shown, words, floor),
        cards=cards,
        tables=[(words.plain("content.numbers"), _numbers(versions, words))],
        provenance=_provenance(versions, words),
        back=Back(address_of(back, "", query).replace("/?", "?"), words.plain("content.title")),
    )


def _paired(curves: Sequence[Card], others: Sequence[Card]) -> list[Card]:
    """A curve beside another card, two to a row."""
    found: list[Card] = []
    for place in range(max(len(curves), len(others))):
        found += [*curves[place : place + 1], *others[place : place + 1]]
    return found


def _lede(line: Json, words: Words, floor: int) -> str:
    if line["status"] != "ok":
        return words.plain("content.empty.text", floor=2 * floor)
    why = reasons_in_words(rows_of(line), words, "content")
    return words.plain(
        "content.one.lede", kind=kind_of(line, words), course=line["course"], learners=line["learners"]
    ) + (" " + words.plain("content.one.why", why=why) if why else "")


def _place(unit: str, words: Words, at: float) -> str:
    if unit == "percent":
        return words.locale.percent(at / 100)
    minutes, seconds = divmod(round(at), 60)
    return f"{minutes}:{seconds:02d}"


def _drop_off(line: Json, versions: Sequence[Json], words: Words) -> Card:
    several = len(versions) > 1
    title = words.plain("content.drop.version" if several else "content.drop", version=line["version"])
    key = f"drop-{line['version'] or 'one'}"
    curve = block(line, "drop_off")
    if not curve:
        text = words.html("content.drop.none.text")
        return Card(key, title, state=State("no_data", words.plain("content.drop.none"), text))
    unit = str(curve["unit"])
    every = SECONDS if unit == "second" else HUNDREDTHS
    points = [SharePoint(float(at), float(share)) for at, share in curve["points"]]
    end = float(curve["end"])

    def place(at: float) -> str:
        return _place(unit, words, at)

    def tip(point: SharePoint) -> str:
        return words.plain("content.drop.tip", share=words.locale.percent(point.value), at=place(point.at))

    steepest = block(line, "steepest")
    take = Markup("")
    if steepest and steepest["share"] >= WORTH_SAYING:
        take = words.html(
            "content.drop.take",
            share=words.locale.percent(steepest["share"]),
            begin=place(steepest["from"]),
            until=place(steepest["to"]),
        )
    caption = Caption(f"chart-{key}", title, words.plain("content.drop.desc", n=curve["learners"]))
    drawings = [
        share_curve(
            points, end=end, caption=caption, canvas=one, locale=words.locale, tip=tip, place=place, every=every
        )
        for one in (WIDE, NARROW)
    ]
    columns = [Column(words.plain("content.drop.at")), Column(words.plain("content.drop.share"), numeric=True)]
    table = Table(
        title, columns, [[Cell(place(one.at), one.at), share_cell(one.value, words.locale)] for one in points]
    )
    return Card(
        key, title, take, figure("nw", *drawings), [table],
        [LegendEntry("line", words.plain("content.drop.legend", n=curve["learners"]))],
        [Note("", words.html("content.drop.note"))],
    )  # fmt: skip


def _changes(versions: Sequence[Json], words: Words) -> Card:
    title, found, lines = words.plain("content.changes"), list[Difference](), list[list[Cell]]()
    locale = words.locale
    for one in versions:
        for key in ("edit", "drift"):
            change = block(one, key)
            if not change:
                continue
            name = words.plain(f"content.change.{key}", before=change.get("version_before", ""), after=one["version"])
            shown = signed(change["change"], locale, str(change["bound"]))
            found.append(Difference(name, change["change"], change["low"], change["high"], shown))
            sides = [f"{locale.percent(change[side])} ({change[f'learners_{side}']})" for side in ("before", "after")]
            span = f"{signed(change['low'], locale)} \u2026 {signed(change['high'], locale)}"
            lines.append([Cell(name), *map(Cell, sides), Cell(shown, change["change"]), Cell(span, change["low"])])
    gain = versions[0].get("gain")
    if gain:
        name = words.plain("content.change.gain")
        found.append(Difference(name, gain["value"], gain["low"], gain["high"], signed(gain["value"], locale)))
        span = f"{signed(gain['low'], locale)} \u2026 {signed(gain['high'], locale)}"
        counts = [str(gain["others"]), str(gain["learners"])]
        lines.append([Cell(name), *map(Cell, counts), Cell(signed(gain["value"], locale)), Cell(span, gain["low"])])
    if not found:
        state = State("no_data", words.plain("content.changes.none"), words.html("content.changes.none.text"))
        return Card("changes", title, state=state)
    clear = [one for one in found if one.low > 0 or one.high < 0]
    take = (
        words.html(
            "content.changes.clear", names=words.listed([f"{one.name} ({one.shown})" for one in clear], bold=True)
        )
        if clear
        else words.html("content.changes.unclear")
    )
    caption = Caption("chart-changes", title, words.plain("content.changes.desc"))

    def tip(one: Difference) -> str:
        return f"{one.name}: {one.shown} ({signed(one.low, locale)} \u2026 {signed(one.high, locale)})"

    drawings = [differences(found, caption=caption, canvas=one, locale=locale, tip=tip) for one in (WIDE, NARROW)]
    keys = ("what", "before", "after", "change", "range")
    columns = [Column(words.plain(f"content.changes.{key}"), numeric=key != "what") for key in keys]
    return Card(
        "changes", title, take, figure("nw", *drawings), [Table(title, columns, lines)],
        [LegendEntry("whisker", words.plain("content.changes.legend"))],
        [Note("", words.html("content.changes.note"))],
    )  # fmt: skip


def _parts(line: Json, words: Words) -> Card:
    title = words.plain("content.parts")
    percentiles = block(line, "percentiles")
    levels = [TopicLevel(part, words.plain(f"content.part.{part}"), share_of(percentiles.get(part))) for part in PARTS]
    whole = share_of(line.get("effectiveness"))
    if whole is None:
        state = State("no_data", words.plain("content.parts.none"), words.html("content.parts.none.text"))
        return Card("parts", title, state=state)
    take = words.html("content.parts.take", share=words.locale.number(100 * whole), like=line["like"])
    caption = Caption("chart-parts", title, words.plain("content.parts.desc", share=words.locale.percent(whole)))

    def tip(level: TopicLevel) -> str:
        shown = words.plain("content.part.unknown") if level.value is None else words.locale.percent(level.value)
        return f"{level.name}: {shown}"

    drawings = [bars(levels, caption=caption, canvas=one, locale=words.locale, tip=tip) for one in (WIDE, NARROW)]
    columns = [Column(words.plain("content.parts.part")), Column(words.plain("content.parts.percentile"), numeric=True)]
    table = Table(title, columns, [[Cell(one.name), share_cell(one.value, words.locale)] for one in levels])
    return Card(
        "parts", title, take, figure("nw", *drawings), [table],
        [LegendEntry("bar", words.plain("content.parts.legend"))],
    )  # fmt: skip


def _numbers(versions: Sequence[Json], words: Words) -> Table:
    keys = ("version", "learners", "reach", "completion", "revisits", "seconds", "range", "said")
    columns = [Column(words.plain(f"content.col.{key}"), numeric=key in _NUMERIC) for key in keys]
    found = []
    for one in versions:
        seconds = one.get("median_seconds")
        completion = one.get("completion")
        span = MISSING if not completion else words.locale.percent_range(completion["low"], completion["high"])
        found.append(
            [
                Cell(str(one["version"]) or MISSING),
                count_cell(one.get("learners"), words.locale),
                *(Cell(written(one.get(key), words.locale)) for key in ("reach", "completion", "revisits")),
                Cell(MISSING if seconds is None else _place("second", words, seconds), seconds or -1),
                Cell(span),
                Cell(_said(one, words)),
            ]
        )
    return Table(words.plain("content.numbers"), columns, found)
