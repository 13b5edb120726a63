"""How a KPI's value is written, and what is said of it: the words are made from the numbers, never typed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from markupsafe import Markup

from akademos.serving.pages.wording import Words

Json = Mapping[str, Any]


def title_of(summary: Json, words: Words) -> str:
    """The KPI's name for people, in their language."""
    key = f"kpi.{summary['name']}"
    return words.plain(key) if key in words else str(summary["title"])


def shown_value(summary: Json, value: float, words: Words, bound: str = "exact") -> str:
    """A value with its unit; `bound` says whether it is at least or at most that."""
    unit, locale = str(summary["unit"]), words.locale
    if unit == "share":
        text = locale.number(value * 100, 1) + locale.percent_sign if 0 < abs(value) < 0.05 else locale.percent(value)
    elif unit == "s":
        minutes, seconds = divmod(round(value), 60)
        text = words.plain("kpis.unit.minutes", m=minutes, s=f"{seconds:02d}")
    elif unit == "people":
        text = locale.number(value)
    elif unit == "score":
        text = locale.number(value, 2)
    elif unit == "points":
        text = words.plain("kpis.unit.points", n=locale.number(value, 1))
    elif unit in ("points of probability", "share of a full score"):
        text = words.plain("kpis.unit.points", n=locale.number(value * 100, 1))
    elif unit in ("ms", "weeks"):
        text = words.plain(f"kpis.unit.{unit}", n=locale.number(value))
    else:
        text = locale.number(value, 2)
    return text if bound == "exact" else words.plain(f"kpis.bound.{bound}", value=text)


def chip_of(summary: Json, newest: Json, words: Words) -> str:
    """Where the value stands to its target."""
    if summary["target"] is None:
        return words.plain("kpis.no_target")
    reached = summary["target_reached"]
    target = shown_value(summary, summary["target"], words)
    return words.plain("kpis.reached" if reached else "kpis.room", target=target)


def takeaway(summary: Json, newest: Json, words: Words) -> Markup:
    """One sentence: the newest value with its range, and how it moved in four weeks."""
    if newest["value"] is None:
        return Markup("")
    week = words.locale.full_day(date.fromisoformat(newest["week"]))
    value = shown_value(summary, newest["value"], words, newest["bound"])
    if newest["low"] is not None and newest["high"] is not None:
        low, high = (shown_value(summary, newest[name], words) for name in ("low", "high"))
        said = words.html("kpis.take.range", week=week, value=value, low=low, high=high)
    else:
        said = words.html("kpis.take", week=week, value=value)
    moved = summary["moved"]
    if moved is None:
        return said
    before = shown_value(summary, moved["from"], words)
    kind = "same" if moved["change"] == 0 else "unclear" if moved["clear"] is False else "moved"
    return said + Markup(" ") + words.html(f"kpis.take.{kind}", before=before)
