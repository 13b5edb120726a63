"""Research releases as a page: what there is, how it is protected, and the files that may leave."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from akademos.serving.pages.answers import Json
from akademos.serving.pages.release_sizes import sizes_card
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table
from akademos.serving.pages.wording import Words


def render_releases(releases: Sequence[Json], *, shell: Shell) -> str:
    """The page as HTML; `releases` as /v1/releases/{release_id} has them, newest first."""
    words = shell.words
    open_files = sum(one.get("file") is not None for one in releases)
    return page(
        "releases.html",
        shell,
        title=words.plain("releases.title"),
        lede=words.plain("releases.lede"),
        sizes=sizes_card(releases, words),
        take=words.html("releases.take", n=open_files, total=len(releases)),
        table=_table(releases, words) if releases else None,
        provenance=_provenance(releases, words),
    )


def _provenance(releases: Sequence[Json], words: Words) -> list[Markup]:
    """What the page rests on, from how much, and how fresh it is."""
    told = [words.html("releases.how", n=words.locale.number(len(releases))), words.html("releases.fine")]
    newest = max((str(one["made_at"]) for one in releases), default="")
    return [*told, words.html("releases.how.newest", day=newest[:10])] if newest else told


def _table(releases: Sequence[Json], words: Words) -> Table:
    keys = ("name", "kind", "made", "courses", "rows", "k", "l", "file")
    columns = [Column(words.plain(f"releases.{key}"), key in ("rows", "k", "l")) for key in keys]
    return Table(words.plain("releases.title"), columns, [_line(one, words) for one in releases])


def _line(one: Json, words: Words) -> list[Cell]:
    parameters = one["parameters"]
    withdrawn, file = one.get("withdrawn_at"), one.get("file")
    where = "withdrawn" if withdrawn else "download" if file else "enclave"
    return [
        Cell(str(one["name"])),
        Cell(words.plain(f"releases.kind.{one['kind']}")),
        Cell(str(one["made_at"])[:10]),
        Cell(", ".join(parameters.get("courses", ())) or MISSING),
        Cell(words.locale.number(one["rows"]), one["rows"]),
        Cell(str(parameters.get("k", MISSING)), parameters.get("k", -1)),
        Cell(str(parameters.get("l", MISSING)), parameters.get("l", -1)),
        Cell(words.plain(f"releases.file.{where}"), href=file),
    ]
