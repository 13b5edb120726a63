"""Reasons for risk in words, from the facts behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from akademos.serving.pages.wording import Words

ADVERSE_BELOW = {"effort": 0.5, "materials": 0.8, "marks": 0.6}
"""Shares from which on a fact does not speak for risk, whatever its theme adds: then the theme alone is named."""
FEW_DAYS = 7


def reason_words(reason: Mapping[str, Any], words: Words) -> str:
    """One reason: its fact where that speaks for risk, else the theme alone."""
    theme, facts = str(reason["theme"]), reason["facts"]

    def fact(name: str) -> float | None:
        value = facts.get(name)
        return None if value is None else float(value)

    missed, late, idle = fact("missed"), fact("late"), fact("inactive_days")
    if theme == "assessments" and missed:
        return words.counted_plain("focus.reason.missed", round(missed))
    if theme == "assessments" and late:
        return words.counted_plain("focus.reason.late", round(late))
    if theme == "inactivity" and idle is not None and idle > 1:
        return words.counted_plain("focus.reason.inactive", round(idle))
    shares = {"effort": "clicks_place", "materials": "coverage_most", "marks": "score_mean"}
    share = fact(shares[theme]) if theme in shares else None
    if share is not None and share < ADVERSE_BELOW[theme]:
        shown = 1 - share if theme == "effort" else share
        return words.plain(f"focus.reason.{theme}", share=words.locale.percent(shown))
    active = fact("active_days_14")
    if theme == "rhythm" and active is not None and active <= FEW_DAYS:
        return words.counted_plain("focus.reason.rhythm", round(active))
    return words.plain("focus.reason.other", theme=words.plain(f"focus.theme.{theme}"))


def change_words(change: Mapping[str, Any], words: Words) -> str:
    """Which way a theme moved."""
    key = "focus.change.up" if float(change["by"]) > 0 else "focus.change.down"
    return words.plain(key, theme=words.plain(f"focus.theme.{change['theme']}"))
