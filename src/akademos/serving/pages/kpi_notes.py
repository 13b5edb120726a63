"""What was noted beside the KPIs: annotations, customer signals, and what reviews agreed on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from markupsafe import Markup

from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words

Json = Mapping[str, Any]


def notes_table(notes: Sequence[Json], words: Words) -> Table:
    """Notes, newest first."""
    columns = [Column(words.plain(f"kpis.note.{key}")) for key in ("about", "kind", "kpi", "body", "owner", "due")]
    return Table(
        words.plain("kpis.notes"),
        columns,
        [
            [
                Cell(words.locale.full_day(date.fromisoformat(one["about"])), one["about"]),
                Cell(words.plain(f"kpis.note.kind.{one['kind']}") + _timely(one, words)),
                Cell(words.plain(f"kpi.{one['kpi']}") if one["kpi"] else words.plain("kpis.note.all")),
                Cell(one["body"]),
                Cell(one["owner"] or MISSING),
                Cell(
                    words.plain("kpis.note.done")
                    if one["done_at"]
                    else words.locale.full_day(date.fromisoformat(one["due_on"]))
                    if one["due_on"]
                    else MISSING,
                    one["due_on"] or "",
                ),
            ]
            for one in notes
        ],
    )


def _timely(one: Json, words: Words) -> str:
    return f" ({words.plain('kpis.note.late')})" if one["in_time"] is False else ""


def review_words(next_review: str | None, today: date, words: Words) -> Markup:
    """When the next review is due."""
    if next_review is None:
        return words.html("kpis.review.none")
    day = date.fromisoformat(next_review)
    kind = "overdue" if day < today else "next"
    return words.html(f"kpis.review.{kind}", day=words.locale.full_day(day))
