"""An advisor's list of students in focus: who may need help first, why, what changed, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from urllib.parse import urlencode

from markupsafe import Markup

from akademos.catalogue.risk_datasets import RISK_MODELS
from akademos.serving.pages.answers import Json, block, rows, text_of
from akademos.serving.pages.focus_picture import chances_card
from akademos.serving.pages.focus_work import FocusWork, work_parts
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, share_cell
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words

CAPACITIES = (5, 10, 20, 50, 100)
_NUMERIC = frozenset({"risk"})
_LEVELS = ("low", "raised", "high")


def render_students_in_focus(
    lines: Sequence[Json],
    *,
    shell: Shell,
    capacity: int,
    withheld: int | None,
    progress_path: str,
    models_path: str,
    work: FocusWork | None = None,
) -> str:
    """The list as HTML.

    Args:
        lines: of `/v1/analytics/students-in-focus`, in its order, all of them.
        capacity: how many are shown.
        withheld: learners without consent, rounded; None when so few.
        progress_path: the page of one learner; the key goes into its parameter `learner`.
        models_path: the page of models.
        work: alerts, help and the rest; none: the list alone.
    """
    words = shell.words
    language = {name: value for name, value in shell.query.items() if name == "lang"}
    signs = with_sign(lines)
    shown = signs[:capacity]
    bases = {str(line["basis"]) for line in lines}
    keys = ("name", "level", "risk")
    table = Table(
        words.plain("focus.title"),
        [Column(words.plain(f"focus.col.{key}"), numeric=key in _NUMERIC) for key in keys],
        [_cells(line, progress_path, words) for line in shown],
    )
    newest = max((str(line["as_of"]) for line in lines), default="")
    return page(
        "students_in_focus.html",
        shell,
        title=words.plain("focus.title"),
        tiles=_tiles(signs, shown, withheld, words),
        take=_takeaway(shown, words),
        table=table if shown else None,
        chances=chances_card(lines, shown, capacity, words),
        bases=bases,
        cards={
            basis: f"{models_path}?{urlencode({'model': model, **language})}"
            for basis, model in zip(("model", "hazard"), RISK_MODELS, strict=True)
        },
        quiet=bool(lines) and not shown,
        versions={basis: _versions(lines, basis) for basis in bases},
        as_of=words.locale.full_day(date.fromisoformat(newest)) if newest else "",
        estimated=words.counted("focus.estimated", len(lines)),
        without=words.counted("focus.without", len(lines) - len(signs)) if len(signs) < len(lines) else "",
        capacities=sorted({*CAPACITIES, capacity}),
        capacity=capacity,
        **work_parts(work or FocusWork(), words),
        working=work is not None,
    )


def with_sign(lines: Sequence[Json]) -> list[Json]:
    """Those about whom something stands out, in their order: nobody is to write to who shows no sign."""
    return [line for line in lines if line["level"] != "low"]


def _versions(lines: Sequence[Json], basis: str) -> str:
    """Versions of the model behind the lines of a basis."""
    return ", ".join(sorted({str(one["model_version"]) for one in lines if one["basis"] == basis}))


def _tiles(signs: Sequence[Json], shown: Sequence[Json], withheld: int | None, words: Words) -> list[Tile]:
    """Four figures: on the list, high among them, up since last week, not listed for want of consent."""
    number = words.locale.number
    high = sum(line["level"] == "high" for line in shown)
    up = sum(_change(line) is not None and (_change(line) or 0) > 0.05 for line in shown)
    compared = sum(_change(line) is not None for line in shown)

    def tile(key: str, value: str, **values: object) -> Tile:
        return Tile(words.plain(f"focus.tile.{key}"), value, text=words.html(f"focus.tile.{key}.text", **values))

    return [
        tile("listed", number(len(shown)), total=number(len(signs))),
        tile("high", number(high)),
        tile("up", number(up) if compared else MISSING, n=number(compared)),
        tile("withheld", MISSING if withheld is None else number(withheld)),
    ]


def _takeaway(shown: Sequence[Json], words: Words) -> Markup:
    """What most of the list have in common, computed from it."""
    counts: dict[str, int] = {}
    for line in shown:
        told = [one for one in rows(line, "reasons") if one["text"]]
        if told:
            theme = str(told[0]["theme"])
            counts[theme] = counts.get(theme, 0) + 1
    if not counts:
        return words.html("focus.take.none")
    theme, count = max(counts.items(), key=lambda one: (one[1], one[0]))
    return words.html(
        "focus.take",
        n=words.locale.number(count),
        total=words.locale.number(len(shown)),
        theme=words.plain(f"focus.theme.{theme}"),
    )


def _cells(line: Json, progress_path: str, words: Words) -> list[Cell]:
    """A row. Course, why and what moved stand under the name: there a telephone shows them as well."""
    learner = block(line, "learner")
    key = str(learner.get("key", ""))
    level = str(line["level"])
    reasons = [str(one["text"]) for one in rows(line, "reasons") if one["text"]]
    moved = "; ".join(str(one["text"]) for one in rows(line, "changed"))
    name = text_of(learner.get("display_name")) or words.plain("focus.unnamed", short=key[:8])
    why = words.plain(
        "focus.why",
        course=line["course"],
        n=words.locale.number(int(line["course_day"]) // 7),
        why="; ".join(reasons) or words.plain("focus.reason.together"),
    )
    return [
        Cell(
            name,
            name,
            href=f"{progress_path}?learner={key}",
            under=words.plain("focus.why.moved", why=why, moved=moved) if moved else why,
        ),
        Cell(
            words.plain(f"focus.level.{level}"), _LEVELS.index(level), chip="chip strong" if level == "high" else "chip"
        ),
        _chance_cell(line, words),
    ]


def _chance_cell(line: Json, words: Words) -> Cell:
    """The chance, where the course has no dates of what, and by how much it has moved."""
    risk, change = line["risk"], _change(line)
    cell = share_cell(None if risk is None else float(risk), words.locale)
    if line["basis"] == "hazard":
        cell = replace(cell, text=words.plain("focus.within", chance=cell.text))
    if change is None or round(100 * change) == 0:
        return cell
    points = round(100 * change)
    return replace(
        cell, under=words.plain("focus.points", points=f"{'+' if points > 0 else ''}{words.locale.number(points)}")
    )


def _change(line: Json) -> float | None:
    risk, before = line["risk"], line["previous_risk"]
    return None if risk is None or before is None else float(risk) - float(before)
