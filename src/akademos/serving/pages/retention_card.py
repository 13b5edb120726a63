"""Retention: how much of its time each event type and dataset has used, what is due, and what went last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from markupsafe import Markup

from akademos.serving.charts.canvas import Caption
from akademos.serving.pages.cards import NOTHING, Card, LegendEntry, Note
from akademos.serving.pages.operations import length
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell
from akademos.serving.pages.time_used import TimeUsed, time_used, used_cell
from akademos.serving.pages.trust_cards import instant, moment
from akademos.serving.pages.wording import Words
from akademos.stores.ports.retention import RetentionLine

DRAWN = 8
"""So many lines are in the picture, those that have used most of their time; all are in the table."""


def retention_card(lines: Sequence[RetentionLine], now: datetime, words: Words) -> Card:
    """The picture, and the table of all lines."""
    used = [_used(line, now) for line in lines]
    known = [(line, one) for line, one in zip(lines, used, strict=True) if one is not None]
    known.sort(key=lambda pair: pair[1].share, reverse=True)
    drawn = [one for _, one in known[:DRAWN]]
    title, take, picture = words.plain("trust.retention"), _take(lines, words), NOTHING
    legend = []
    if drawn:
        caption = Caption("chart-retention", title, words.plain("trust.retention.desc", n=len(drawn)))
        picture = time_used(drawn, caption, words)
        legend = [
            LegendEntry("end", words.plain("trust.retention.dot")),
            LegendEntry("goal", words.plain("trust.retention.line")),
        ]
        take += Markup(" ") + words.html(
            "trust.retention.most", name=drawn[0].name, age=length(drawn[0].age, words),
            most=length(drawn[0].most, words),
        )  # fmt: skip
    notes = [Note("", words.html("trust.retention.fine"))]
    kept_on = [line.name for line, one in known if one.share > 1 and not line.age.due]
    if kept_on:
        notes.insert(0, Note("", words.html("trust.retention.kept_on", names=words.listed(kept_on))))
    return Card("retention", title, take, picture, [_table(lines, used, words)], legend, notes)


def _used(line: RetentionLine, now: datetime) -> TimeUsed | None:
    """None for what has no limit, no rows, or no date to count from."""
    if not line.kept_for or line.age.oldest is None:
        return None
    return TimeUsed(line.name, now - line.age.oldest, line.kept_for)


def _take(lines: Sequence[RetentionLine], words: Words) -> Markup:
    due = sum(line.age.due for line in lines)
    number = words.locale.number
    said = words.html("trust.retention.due", n=number(due)) if due else words.html("trust.retention.none")
    last = max((line.last_run for line in lines if line.last_run is not None), default=None)
    if last is None:
        return said + Markup(" ") + words.html("trust.retention.never")
    removed = sum(line.last_removed or 0 for line in lines)
    return said + Markup(" ") + words.html("trust.retention.last", at=moment(last, words), n=number(removed))


def _table(lines: Sequence[RetentionLine], used: Sequence[TimeUsed | None], words: Words) -> Table:
    keys = ("name", "kept", "rows", "oldest", "used", "due_rows", "removed", "held")
    numeric = ("kept", "rows", "used", "due_rows", "removed")
    rows = []
    for line, one in zip(lines, used, strict=True):
        days = None if line.kept_for is None else line.kept_for.days
        kept = words.plain("trust.retention.needed") if days is None else words.counted_plain("trust.days", days)
        rows.append(
            [
                Cell(line.name),
                Cell(kept, -1 if days is None else days),
                count_cell(line.age.rows, words.locale),
                instant(line.age.oldest, words),
                used_cell(one, words),
                count_cell(line.age.due, words.locale),
                count_cell(line.last_removed, words.locale),
                Cell(words.plain("trust.yes") if line.held else MISSING),
            ]
        )
    columns = [Column(words.plain(f"trust.retention.{key}"), key in numeric) for key in keys]
    return Table(words.plain("trust.retention"), columns, rows)
