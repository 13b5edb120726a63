"""Groups of learners: mastery by topic as bars, and every published number with what is withheld said in words."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import Json, share_of, text_of
from akademos.serving.pages.cards import Card, LegendEntry, State, figure
from akademos.serving.pages.my_learners import CourseChoice
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import Cell, Column, Table
from akademos.serving.pages.wording import Words

ALL = "*"


def render_groups(
    groups: Sequence[Json],
    *,
    shell: Shell,
    floor: int,
    rounded_to: int,
    courses: Sequence[CourseChoice],
    download: str,
) -> str:
    """The page as HTML.

    Args:
        groups: rows as /v1/analytics/groups has them, of one course or of the institution.
        floor: smallest group that is published.
        rounded_to: step of published counts.
        courses: the filter's choices (parameter `course`).
        download: address of the same rows as comma-separated values.
    """
    words = shell.words
    withheld = sum(row.get("status") != "published" for row in groups)
    return page(
        "groups.html",
        shell,
        title=words.plain("groups.title"),
        lede=words.plain("groups.lede", floor=floor, step=rounded_to),
        courses=courses,
        card=_card(groups, withheld, floor, words),
        table=_table(groups, words) if groups else None,
        download=download,
    )


def _card(groups: Sequence[Json], withheld: int, floor: int, words: Words) -> Card:
    title, locale = words.plain("groups.mastery"), words.locale
    levels = [
        TopicLevel(str(row.get("topic_id")), _topic(row, words), share_of(row.get("mastery")))
        for row in groups
        if row.get("persona") == ALL
    ]
    if not any(level.value is not None for level in levels):
        state = State("no_data", words.plain("groups.empty"), words.html("groups.empty.text", floor=floor))
        return Card("groups", title, state=state)
    total = words.counted_plain("groups.groups", len(groups))
    take = words.html("groups.take", withheld=withheld, total=total) if withheld else Markup("")
    known = sorted((level.value, level.name) for level in levels if level.value is not None)
    caption = Caption(
        "chart-groups", title, words.plain("groups.desc", lowest=known[0][1], highest=known[-1][1], n=len(levels))
    )

    def tip(level: TopicLevel) -> str:
        shown = words.plain("groups.withheld") if level.value is None else locale.percent(level.value)
        return f"{level.name}: {shown}"

    drawings = [bars(levels, caption=caption, canvas=canvas, locale=locale, tip=tip) for canvas in (WIDE, NARROW)]
    legend = [
        LegendEntry("bar", words.plain("groups.legend.mean")),
        LegendEntry("outlined", words.plain("groups.legend.withheld", floor=floor)),
    ]
    return Card("groups", title, take, figure("nw", *drawings), legend=legend)


def _table(groups: Sequence[Json], words: Words) -> Table:
    keys = ("topic", "persona", "learners", "mastery", "mastered", "room")
    columns = [Column(words.plain(f"groups.col.{key}"), numeric=key not in ("topic", "persona")) for key in keys]
    return Table(words.plain("groups.title"), columns, [_line(row, words) for row in groups])


def _line(row: Json, words: Words) -> list[Cell]:
    persona = str(row.get("persona"))
    learners = row.get("learners")
    withheld = Cell(words.plain("groups.withheld"), -1)
    cells = [
        Cell(_topic(row, words)),
        Cell(_persona(persona, words), persona),
        Cell(words.locale.number(learners), learners) if isinstance(learners, int) else withheld,
    ]
    for name in ("mastery", "mastered", "weak"):
        share = share_of(row.get(name))
        cells.append(withheld if share is None else Cell(words.locale.percent(share), share))
    return cells


def _persona(persona: str, words: Words) -> str:
    """Those that events usually name have words; a tenant's own one is shown as it is."""
    if persona == ALL:
        return words.plain("groups.everybody")
    key = f"persona.{persona}"
    return words.plain(key) if key in words else persona.replace("_", " ")


def _topic(row: Json, words: Words) -> str:
    if row.get("topic_id") == ALL:
        return words.plain("groups.all_topics")
    return text_of(row.get("topic")) or str(row.get("topic_id"))
