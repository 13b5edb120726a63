"""The frame of pages about contents, items and journeys: filters in the address, cards, tables, provenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from akademos.serving.charts.locale import Locale
from akademos.serving.pages.answers import Json
from akademos.serving.pages.cards import Card
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Table
from akademos.serving.pages.wording import Words


@dataclass(frozen=True)
class Choice:
    """One filter: the parameter, its label, values with their words, and the chosen value."""

    name: str
    label: str
    options: Sequence[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Back:
    """Where a page belongs to."""

    href: str
    label: str


def statistics_page(
    shell: Shell,
    *,
    title: str,
    lede: str,
    cards: Sequence[tuple[Card, str]],
    tables: Sequence[tuple[str, Table]] = (),
    choices: Sequence[Choice] = (),
    provenance: str,
    downloads: Sequence[tuple[str, str]] = (),
    back: Back | None = None,
) -> str:
    """One page as HTML."""
    return page(
        "statistics.html", shell, title=title, lede=lede, cards=cards, tables=tables, choices=choices,
        provenance=provenance, downloads=downloads, back=back,
    )  # fmt: skip


def course_choice(lines: Sequence[Json], chosen: str, words: Words) -> tuple[Choice | None, str]:
    """The filter by course, and the course that is shown: the chosen one, else the first."""
    courses = {str(one["course_id"]): str(one["course"]) for one in lines}
    shown = chosen if chosen in courses else next(iter(sorted(courses)), "")
    if len(courses) < 2:
        return None, shown
    options = sorted(courses.items(), key=lambda one: one[1])
    return Choice("course", words.plain("learners.course"), options, shown), shown


def downloads_of(api: str, words: Words, **query: str) -> list[tuple[str, str]]:
    """Links to the same rows as tables."""
    asked = {name: value for name, value in query.items() if value}
    return [
        (f"{api}?{urlencode({**asked, 'format': form})}", words.plain("statistics.download", form=form.upper()))
        for form in ("csv", "parquet")
    ]


def written(estimate: Json | None, locale: Locale) -> str:
    """A share or its bound: "58%", "< 18%", "> 82%"."""
    if estimate is None:
        return MISSING
    sign = {"below": "< ", "above": "> "}.get(str(estimate.get("bound") or ""), "")
    return sign + locale.percent(float(estimate["value"]))


def estimate_cell(estimate: Json | None, locale: Locale) -> Cell:
    """The same in a table."""
    if estimate is None:
        return Cell(MISSING, -1)
    return Cell(written(estimate, locale), float(estimate["value"]))


def signed(value: float, locale: Locale, bound: str = "") -> str:
    """A difference in percentage points: "+12", "at least +35" as "≥ +35"."""
    points = locale.number(round(100 * value))
    mark = {"below": "\u2264 ", "above": "\u2265 "}.get(bound, "")
    return f"{mark}+{points}" if round(100 * value) > 0 else f"{mark}{points}"


def reasons_in_words(reasons: Sequence[str], words: Words, prefix: str) -> str:
    """Why something is to be revised."""
    return "; ".join(words.plain(f"{prefix}.reason.{one}") for one in reasons)


def address_of(path: str, key: str, query: Mapping[str, str]) -> str:
    """The page of one thing."""
    asked = {name: value for name, value in query.items() if value}
    return f"{path}/{key}" + (f"?{urlencode(asked)}" if asked else "")
