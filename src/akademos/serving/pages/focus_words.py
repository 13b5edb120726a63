"""Reasons for risk and for alerts in words: what is compared and which way, from the facts behind them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from akademos.catalogue.alert_reasons import facts_of
from akademos.serving.pages.wording import Words


@dataclass(frozen=True)
class Saying:
    """How one fact is told.

    Attributes:
        fact: its name.
        key: of the message; counted ones end in .one and .other.
        speaks: whether the number speaks for risk. What does not is not given as a reason, whatever its theme adds.
        said: the number in the words: a count, a share, or nothing.
    """

    fact: str
    key: str
    speaks: Callable[[float], bool]
    said: Callable[[float], float] | None = None
    is_share: bool = False


def _below(fact: str, key: str, bound: float, *, others: bool = False) -> Saying:
    """A share that speaks when it is small; `others`: told by who lies above it."""
    return Saying(fact, key, lambda one: one < bound, (lambda one: 1 - one) if others else (lambda one: one), True)


def _counted(fact: str, key: str, speaks: Callable[[float], bool]) -> Saying:
    return Saying(fact, key, speaks, lambda one: one)


HALF = 0.5
SAYINGS: Mapping[str, tuple[Saying, ...]] = {
    "inactivity": (_counted("inactive_days", "inactive", lambda one: one > 1),),
    "assessments": (
        _counted("missed", "missed", lambda one: one >= 1),
        _counted("late", "late", lambda one: one >= 1),
        Saying("behind", "behind", lambda one: one <= -HALF),
        _below("early_place", "early", HALF, others=True),
    ),
    "marks": (_below("score_mean", "marks", 0.6), _below("score_place", "marks_place", HALF, others=True)),
    "effort": (
        _below("clicks_place", "effort", HALF, others=True),
        Saying("week_to_own", "effort_own", lambda one: one < -0.2),
        Saying("weeks_change", "effort_lately", lambda one: one < -0.1),
    ),
    "materials": (
        _below("coverage_most", "materials", 0.8),
        _below("coverage_lately", "materials_lately", 0.8),
        Saying("opened_new_log", "materials_new", lambda one: one == 0),
    ),
    "rhythm": (
        _counted("active_days_14", "rhythm", lambda one: one <= 7),
        _below("active_days_place", "rhythm_place", HALF, others=True),
    ),
    "registration": (
        Saying("resits", "resits", lambda one: one >= 1),
        Saying("registered_place", "registered", lambda one: one > HALF, lambda one: one, True),
    ),
}
"""Theme -> its facts, the plainest first; the first one that speaks for risk is told."""


def reason_words(reason: Mapping[str, Any], words: Words) -> str | None:
    """One reason; None where no fact of its theme speaks for risk."""
    theme, facts = str(reason["theme"]), reason["facts"]
    if theme == "inactivity" and facts.get("inactive_days", 0) is None:
        return words.plain("focus.reason.never")
    for one in SAYINGS.get(theme, ()):
        value = facts.get(one.fact)
        if value is None or not one.speaks(float(value)):
            continue
        key = f"focus.reason.{one.key}"
        if one.said is None:
            return words.plain(key)
        if one.is_share:
            return words.plain(key, share=words.locale.percent(one.said(float(value))))
        return words.counted_plain(key, round(one.said(float(value))))
    return None


def alert_words(reason: str, words: Words) -> str | None:
    """Why an alert was raised; None for what somebody else than the platform wrote, which stays as it is."""
    facts = facts_of(reason)
    themes = () if facts is None else tuple(f"focus.theme.{one}" for one in facts.themes)
    if facts is None or not all(one in words for one in themes):
        return None
    chance = "" if facts.chance is None else words.locale.percent(facts.chance / 100)
    said = words.plain(f"alert.reason.{facts.basis}", share=chance)
    if facts.points is not None:
        said += ", " + words.counted_plain("alert.reason.moved", facts.points)
    if themes:
        listed = words.listed_plain([words.plain(one) for one in themes])
        said += "; " + words.plain("alert.reason.themes", themes=listed)
    return said + "."


def change_words(change: Mapping[str, Any], words: Words) -> str:
    """Which way a theme moved."""
    key = "focus.change.up" if float(change["by"]) > 0 else "focus.change.down"
    return words.plain(key, theme=words.plain(f"focus.theme.{change['theme']}"))
