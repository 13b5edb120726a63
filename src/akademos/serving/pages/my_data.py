"""What is held about a person, as a page: table by table, the first rows and how many there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.stores.ports.audit import Json

ROWS_SHOWN = 50
LONGEST = 160


@dataclass(frozen=True)
class ShownTable:
    """The first rows of one table, and how many it has about the person."""

    name: str
    description: str
    rows: Sequence[Mapping[str, Json]]
    total: int


def render_my_data(tables: Sequence[ShownTable], *, shell: Shell, download: str, back: str) -> str:
    """The page as HTML; `download` leads to everything as JSON, `back` to the consent page."""
    words = shell.words
    sections = [
        (
            table,
            words.counted("my_data.rows", table.total),
            words.html("my_data.first", n=len(table.rows)),
            _table(table),
        )
        for table in tables
    ]
    return page(
        "my_data.html", shell, title=words.plain("my_data.title"), sections=sections, download=download, back=back
    )


def _table(shown: ShownTable) -> Table:
    names = [name for name in shown.rows[0] if any(row.get(name) is not None for row in shown.rows)]
    rows = [[Cell(_text(row.get(name))) for name in names] for row in shown.rows]
    return Table(shown.description, [Column(name.replace("_", " ")) for name in names], rows)


def _text(value: Json) -> str:
    if value is None:
        return MISSING
    text = value if isinstance(value, str) else orjson.dumps(value).decode()
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "\u2026"
