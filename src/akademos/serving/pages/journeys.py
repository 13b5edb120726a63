"""Journeys: a funnel, ways from or to a step, who comes back, how long until something happens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import get_args

from akademos.catalogue.content_policies import WINDOWS
from akademos.catalogue.journey_steps import STOPPED
from akademos.serving.pages.answers import Json
from akademos.serving.pages.cards import Card, State
from akademos.serving.pages.journey_cards import (
    funnel_card,
    loops_table,
    paths_card,
    retention_card,
    step_name,
    survival_card,
)
from akademos.serving.pages.shell import Shell
from akademos.serving.pages.statistics import Choice, downloads_of, statistics_page
from akademos.serving.pages.wording import Words
from akademos.stores.ports.journeys import Grouping

FUNNELS = (
    "registered,opened,completed,answered:right*3,submitted",
    "opened:video,completed:video,answered",
    "registered,opened?,answered,answered:right*3",
)
"""Funnels to choose from on the page; the address takes any other."""

_FROM = (
    "registered",
    "opened:page",
    "opened:video",
    "opened:interactive",
    "completed:video",
    "answered:wrong",
    "submitted",
)
_UNTIL = (STOPPED, "withdrew", "submitted", "completed", "answered:right")
_DIRECTIONS = ("from", "to")


@dataclass(frozen=True)
class Asked:
    """What the address asks for."""

    course: str
    steps: str
    within: str
    step: str
    direction: str
    depth: str
    by: str
    since: str
    until: str


def render_journeys(answers: Sequence[Json], *, shell: Shell, titles: Mapping[str, str], asked: Asked, api: str) -> str:
    """The page as HTML.

    Args:
        answers: as the four addresses have them: funnel, paths, retention, survival; none where nothing is published.
        shell: what surrounds the page.
        titles: courses with journeys.
        asked: what the address asks for.
        api: what the addresses of the answers begin with.
    """
    words = shell.words
    if not answers:
        state = State("no_data", words.plain("journeys.empty"), words.html("journeys.empty.text"))
        return statistics_page(
            shell,
            title=words.plain("journeys.title"),
            lede=words.plain("journeys.lede"),
            cards=[(Card("journeys", words.plain("journeys.funnel"), state=state), "w12")],
            provenance=words.plain("journeys.fine"),
        )
    funnel, paths, retention, survival = answers
    query = asdict(asked)
    day = words.locale.full_day(date.fromisoformat(str(funnel["as_of"])[:10]))
    return statistics_page(
        shell,
        title=words.plain("journeys.title"),
        lede=words.plain("journeys.lede"),
        choices=_choices(titles, asked, shell, words),
        cards=[
            (funnel_card(funnel, words), "w5"),
            (survival_card({"since": asked.since, "until": asked.until, **survival}, words), "w7"),
            (paths_card(paths, asked.step, asked.direction, words), "w12"),
            (retention_card(retention, words), "w12"),
        ],
        tables=loops_table(paths, words),
        provenance=_provenance(funnel["learners"], day, words),
        downloads=[
            (href, f"{words.plain(f'journeys.name.{name}')}: {label}")
            for name in ("funnel", "paths", "retention", "survival")
            for href, label in downloads_of(f"{api}/{name}", words, **_parameters(name, query))[:1]
        ],
    )


def _provenance(learners: int | None, day: str, words: Words) -> str:
    """From how many learners, where there are enough to say so."""
    if learners is None:
        return words.plain("journeys.fine.few", day=day)
    return words.plain("journeys.fine.as_of", day=day, learners=words.locale.number(learners))


_TAKES = {
    "funnel": ("course", "steps", "within"),
    "paths": ("course", "step", "direction", "depth"),
    "retention": ("course", "by"),
    "survival": ("course", "since", "until"),
}


def _parameters(name: str, query: Mapping[str, str]) -> dict[str, str]:
    return {key: query[key] for key in _TAKES[name]}


def _choices(titles: Mapping[str, str], asked: Asked, shell: Shell, words: Words) -> list[Choice]:
    def choice(name: str, options: Sequence[tuple[str, str]], chosen: str) -> Choice:
        known = list(options)
        if chosen not in {value for value, _ in known}:
            known.append((chosen, chosen))
        return Choice(name, words.plain(f"journeys.choose.{name}"), known, chosen)

    def named(steps: Sequence[str]) -> list[tuple[str, str]]:
        return [(one, step_name(one, words)) for one in steps]

    language = shell.query.get("lang")
    found = [
        choice("course", sorted(titles.items(), key=lambda one: one[1]), asked.course),
        choice("steps", [(one, _funnel_name(one, words)) for one in FUNNELS], asked.steps),
        choice("within", [(one, words.plain(f"journeys.within.{one}")) for one in WINDOWS], asked.within),
        choice("step", named(_FROM), asked.step),
        choice(
            "direction", [(one, words.plain(f"journeys.direction.{one}")) for one in ("from", "to")], asked.direction
        ),
        choice("by", [(one, words.plain(f"journeys.by.{one}")) for one in get_args(Grouping)], asked.by),
        choice("since", [("", words.plain("journeys.since.first")), *named(_FROM)], asked.since),
        choice("until", named(_UNTIL), asked.until),
    ]
    if language:
        found.append(Choice("lang", words.plain("journeys.choose.lang"), [(language, language)], language))
    return found


def _funnel_name(steps: str, words: Words) -> str:
    return " \u2192 ".join(step_name(one.rstrip("?").partition("*")[0], words) for one in steps.split(","))
