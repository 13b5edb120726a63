"""What became of recommendations: accepted shares as bars, every published share in a table."""

from __future__ import annotations

from collections.abc import Sequence

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import Json, count_of, moment, share_of, text_of
from akademos.serving.pages.cards import Card, LegendEntry, State, figure
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.statistics import statistics_page
from akademos.serving.pages.tables import Cell, Column, Table
from akademos.serving.pages.wording import Words

_BOUNDS = {"least": "> ", "most": "< "}


def render_uptake(lines: Sequence[Json], *, shell: Shell, floor: int, download: str) -> str:
    """The page as HTML.

    Args:
        lines: as /v1/analytics/recommendations/uptake has them.
        shell: navigation and who is signed in.
        floor: the smallest group of which anything is shown.
        download: address of the same lines as comma-separated values.
    """
    words = shell.words
    seen = [one for one in lines if text_of(one.get("kind"))]
    made = next((at for one in lines if (at := moment(one.get("computed_at"))) is not None), None)
    provenance = words.plain("uptake.provenance", floor=floor)
    if made is not None:
        period = str(lines[0].get("period"))
        provenance += " " + words.plain("uptake.made", period=period, at=words.locale.moment(made))
    return statistics_page(
        shell,
        title=words.plain("uptake.title"),
        lede=words.plain("uptake.lede"),
        cards=[(_card(seen, floor, words), "w12")],
        tables=[(words.plain("uptake.numbers"), _table(seen, words))] if seen else [],
        provenance=provenance,
        downloads=[(download, words.plain("statistics.download", form="CSV"))],
    )


def _card(lines: Sequence[Json], floor: int, words: Words) -> Card:
    title, locale = words.plain("uptake.accepted"), words.locale
    levels = [
        TopicLevel(
            f"{one.get('kind')}/{one.get('trigger')}",
            _named(one, words),
            share_of(one.get("value")),
            share_of(one.get("low")),
            share_of(one.get("high")),
        )
        for one in lines
        if one.get("share") == "acceptance"
    ]
    if not any(level.value is not None for level in levels):
        state = State("no_data", words.plain("uptake.empty"), words.html("uptake.empty.text", floor=floor))
        return Card("uptake", title, state=state)
    caption = Caption("chart-uptake", title, words.plain("uptake.desc", n=len(levels)))

    def tip(level: TopicLevel) -> str:
        shown = words.plain("groups.withheld") if level.value is None else locale.percent(level.value)
        return f"{level.name}: {shown}"

    drawings = [bars(levels, caption=caption, canvas=canvas, locale=locale, tip=tip) for canvas in (WIDE, NARROW)]
    legend = [
        LegendEntry("bar", words.plain("uptake.legend.share")),
        LegendEntry("whisker", words.plain("uptake.legend.range")),
    ]
    return Card("uptake", title, words.html("uptake.take"), figure("nw", *drawings), legend=legend)


def _named(one: Json, words: Words) -> str:
    """The kind and what brought it about; a tenant's own ones as they are."""
    parts = []
    for name in ("kind", "trigger"):
        value = str(one.get(name))
        key = f"uptake.{name}.{value}"
        parts.append(words.plain(key) if key in words else value)
    return f"{parts[0]}, {parts[1]}"


def _table(lines: Sequence[Json], words: Words) -> Table:
    keys = ("what", "share", "value", "range", "units", "people")
    numeric = {"value", "range", "units", "people"}
    columns = [Column(words.plain(f"uptake.col.{key}"), numeric=key in numeric) for key in keys]
    return Table(words.plain("uptake.title"), columns, [_row(one, words) for one in lines])


def _row(one: Json, words: Words) -> list[Cell]:
    locale = words.locale
    value, low, high = (share_of(one.get(name)) for name in ("value", "low", "high"))
    nothing = Cell("\u2013", -1)
    shown = Cell(words.plain("groups.withheld"), -1)
    if value is not None:
        shown = Cell(_BOUNDS.get(str(one.get("bound")), "") + locale.percent(value), value)
    spread = nothing if low is None or high is None else Cell(locale.percent_range(low, high), low)
    counts = [count_of(one.get(name)) for name in ("units", "people")]
    return [
        Cell(_named(one, words)),
        Cell(words.plain(f"uptake.share.{one.get('share')}")),
        shown,
        spread,
        *(nothing if count is None else Cell(locale.number(count), count) for count in counts),
    ]
