"""The glossary as a page: every word of the platform, what it means here, and which datasets hold what it means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from akademos.serving.pages.answers import Json
from akademos.serving.pages.catalogue import HOME
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words

NAMED = 4
"""So many datasets are named of each word; the others are counted."""


def render_glossary(terms: Sequence[Json], held: Mapping[str, Sequence[str]], *, shell: Shell) -> str:
    """The page as HTML.

    Args:
        terms: as /v1/catalogue/glossary has them.
        held: by word the datasets with a column that is declared to hold it.
    """
    words = shell.words
    rows = [
        [
            Cell(str(one["name"])),
            Cell(str(one["meaning"])),
            Cell(", ".join(one["see_also"]) or MISSING),
            Cell(_named(held.get(str(one["name"]), ()), words)),
        ]
        for one in sorted(terms, key=lambda one: str(one["name"]).lower())
    ]
    heads = [Column(words.plain(f"catalogue.col.{key}")) for key in ("term", "meaning", "see_also", "held")]
    return page(
        "catalogue_glossary.html",
        shell,
        title=words.plain("catalogue.glossary"),
        lede=words.plain("catalogue.glossary.lede"),
        home=HOME,
        take=words.counted("catalogue.glossary.take", len(terms), held=words.locale.number(len(held))),
        table=Table(words.plain("catalogue.glossary"), heads, rows),
        provenance=[words.html("catalogue.glossary.how")],
    )


def _named(datasets: Sequence[str], words: Words) -> str:
    if len(datasets) <= NAMED:
        return ", ".join(datasets) or MISSING
    return f"{', '.join(datasets[:NAMED])} {words.counted_plain('and_more', len(datasets) - NAMED)}"
