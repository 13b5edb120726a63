"""The numbers behind a picture: columns and rows that a template turns into a sortable table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape

from markupsafe import Markup

from akademos.serving.charts.locale import Locale

MISSING = "\u2013"


@dataclass(frozen=True)
class Column:
    """A column's label; numbers stand at the right."""

    label: str
    numeric: bool = False


@dataclass(frozen=True)
class Cell:
    """What is shown, by what it sorts where that differs; `href` makes it a link, `chip` (classes) a pill; `under` is
    written below it, smaller."""

    text: str
    sort: str | float | None = None
    href: str | None = None
    chip: str | None = None
    under: str | None = None


@dataclass(frozen=True)
class Table:
    """The first cell of a row names the row."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]

    def html(self) -> Markup:
        """The table as HTML; written here and not in a template, since a page has a thousand cells."""
        numeric = [' class="n"' if column.numeric else "" for column in self.columns]
        heads = "".join(
            f'<th scope="col"{right}>{escape(column.label)}</th>'
            for right, column in zip(numeric, self.columns, strict=True)
        )
        lines = []
        for row in self.rows:
            cells = [
                _cell_html(cell, "td" if place else "th", numeric[place] if place else ' scope="row"')
                for place, cell in enumerate(row)
            ]
            lines.append(f"<tr>{''.join(cells)}</tr>\n")
        return Markup(  # noqa: S704 - every text above is escaped
            f'<table class="sortable"><caption class="vh">{escape(self.caption)}</caption>'
            f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{''.join(lines)}</tbody></table>"
        )


def _cell_html(cell: Cell, tag: str, attributes: str) -> str:
    text = escape(cell.text)
    if cell.href is not None:
        text = f'<a href="{escape(cell.href)}">{text}</a>'
    elif cell.chip is not None:
        text = f'<span class="{escape(cell.chip)}">{text}</span>'
    if cell.under is not None:
        text += f'<br><span class="fine">{escape(cell.under)}</span>'
    sort = "" if cell.sort is None else f' data-v="{escape(str(cell.sort))}"'
    return f"<{tag}{attributes}{sort}>{text}</{tag}>"


def share_cell(value: float | None, locale: Locale) -> Cell:
    """A share 0..1 in percent."""
    return Cell(MISSING, -1) if value is None else Cell(locale.percent(value), round(value, 4))


def range_cell(low: float | None, high: float | None, locale: Locale) -> Cell:
    """A likely range in percent, sorted by its lower end."""
    if low is None or high is None:
        return Cell(MISSING, -1)
    return Cell(locale.percent_range(low, high), round(low, 4))


def count_cell(value: float | None, locale: Locale, digits: int = 0) -> Cell:
    """A count or a plain number."""
    return Cell(MISSING, -1) if value is None else Cell(locale.number(value, digits), round(value, 4))


def day_cell(day: date | datetime | None, locale: Locale) -> Cell:
    """A day, sorted in time."""
    return Cell(MISSING, "") if day is None else Cell(locale.full_day(day), day.isoformat())
