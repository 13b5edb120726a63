"""Gaps by priority with their reasons, and a path through them in the order of learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from akademos.serving.charts.canvas import Caption
from akademos.serving.charts.severity import goal_track, severity_meter
from akademos.serving.pages.answers import (
    Json,
    block,
    count_of,
    rows,
    share_of,
    status_of,
    text_of,
    topic_name,
)
from akademos.serving.pages.cards import Card, state_for
from akademos.serving.pages.gap_words import Unlocks, gap_reason, named, step_reason, unlocks_of
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words

GAPS_SHOWN = 6
STEPS_SHOWN = 9
_PARTS = ("gap", "exam_weight", "prerequisite_impact", "recent_failure")


@dataclass(frozen=True)
class GapLine:
    """One gap: how urgent in a word and a meter, how far to the goal, why, and what comes first."""

    topic_id: str
    name: str
    severity: str
    meter: Markup
    kind: str
    level: str
    track: Markup
    reasons: Sequence[Markup]


@dataclass(frozen=True)
class PathStep:
    """One step of the path."""

    topic_id: str
    name: str
    why: Markup


def gaps_card(answer: Json, has_levels: bool, goal: float, words: Words) -> tuple[Card, list[GapLine]]:
    """The first gaps in the answer's order, all as a table; `has_levels`: whether anything is estimated yet."""
    title = words.plain("gaps.title")
    gaps = rows(answer, "gaps")
    if not gaps:
        if has_levels:
            return Card("gaps", title, takeaway=words.html("gaps.none")), []
        status = status_of(answer)
        return Card("gaps", title, state=state_for(words, "gaps", "no_data" if status == "ok" else status)), []
    names = _names(answer)
    take = _takeaway(gaps, goal, words)
    if len(gaps) > GAPS_SHOWN:
        take += Markup(" ") + words.counted("gaps.rest", len(gaps) - GAPS_SHOWN)
    unlocks = unlocks_of(answer)
    lines = [_line(gap, goal, names, unlocks, words) for gap in gaps[:GAPS_SHOWN]]
    return Card("gaps", title, take, tables=[_table(title, gaps, names, words)]), lines


def _takeaway(gaps: Sequence[Json], goal: float, words: Words) -> Markup:
    """How many topics are below the goal, which promises most, and how many cannot be told yet."""
    open_ = [gap for gap in gaps if share_of(gap.get("mastery")) is not None]
    parts = []
    if open_:
        name = words.short(topic_name(gaps[0]))
        parts.append(words.counted("gaps.take", len(open_), goal=words.locale.percent(goal), name=name))
    if len(open_) < len(gaps):
        parts.append(words.counted("gaps.untold", len(gaps) - len(open_)))
    return Markup(" ").join(parts)


def urgency(gap: Json, words: Words) -> str:
    """The word for the severity; without one, whether the topic is new or has too few answers."""
    severity = text_of(gap.get("severity"))
    if severity is None and gap.get("kind") != "not_yet_seen":
        return words.plain("level.none")
    return words.plain(f"severity.{severity or 'none'}")


def _names(answer: Json) -> dict[str, str]:
    named = [*rows(block(answer, "graph"), "nodes"), *rows(answer, "gaps"), *rows(answer, "path")]
    for gap in rows(answer, "gaps"):
        named += rows(gap, "path")
    return {str(row.get("topic_id")): topic_name(row) for row in named}


def _line(gap: Json, goal: float, names: Mapping[str, str], unlocks: Unlocks, words: Words) -> GapLine:
    locale, name = words.locale, topic_name(gap)
    topic_id = str(gap.get("topic_id"))
    severity = text_of(gap.get("severity"))
    value, low, high = (share_of(gap.get(field)) for field in ("mastery", "low", "high"))
    likely = locale.percent_range(low, high) if low is not None and high is not None else ""
    level = words.plain("gaps.level.none" if gap.get("kind") == "not_yet_seen" else "gaps.level.few")
    described = words.plain("gaps.track.desc.none", goal=locale.percent(goal))
    if value is not None:
        shown = locale.percent(value)
        level = words.plain("gaps.level", value=shown, range=likely) if likely else shown
        described = words.plain("gaps.track.desc", value=shown, range=likely or shown, goal=locale.percent(goal))
    caption = Caption(f"gap-{topic_id}", words.plain("gaps.track", name=name), described)
    return GapLine(
        topic_id,
        name,
        urgency(gap, words),
        Markup(severity_meter(severity)),  # noqa: S704 - our drawing
        words.plain(f"kind.{gap.get('kind') or 'developing'}"),
        level,
        Markup(goal_track(value, low, high, goal=goal, caption=caption)),  # noqa: S704 - our drawing
        _reasons(gap, names, unlocks, words),
    )


def _reasons(gap: Json, names: Mapping[str, str], unlocks: Unlocks, words: Words) -> list[Markup]:
    locale = words.locale
    out = [gap_reason(gap, words)]
    if later := unlocks.get(str(gap.get("topic_id"))):
        out.append(words.html("gap.needed", names=named(later, words)))
    steps = [topic_name(step) for step in rows(gap, "path") if step.get("topic_id") != gap.get("topic_id")]
    needs = [names.get(str(topic), str(topic)) for topic in gap.get("prerequisites_missing") or []]
    if steps or needs:
        out.append(words.html("gaps.first", names=words.listed(steps or needs, bold=True)))
    out.append(_hours(block(gap, "hours_to_close"), words))
    parts = block(gap, "parts")
    written = [
        words.html(f"gaps.part.{part}", n=locale.number(value, 1))
        for part in _PARTS
        if (value := share_of(parts.get(part))) is not None and value > 0
    ]
    total = share_of(gap.get("priority"))
    if written and total is not None:
        out.append(words.html("gaps.parts", total=locale.number(total, 1), parts=Markup(" + ").join(written)))
    weight = share_of(gap.get("exam_weight"))
    source = text_of(gap.get("exam_weight_source"))
    if source in ("default", "target_exam") and weight is not None:
        out.append(words.html(f"gaps.weight.{source}", n=locale.number(weight)))
    return out


def _hours(hours: Json, words: Words) -> Markup:
    value = share_of(hours.get("hours"))
    if status_of(hours) != "ok" or value is None:
        return words.html("gaps.hours.none") + Markup(".")
    needed = words.counted("hours", round(value)) if value >= 0.95 else words.counted("minutes.bare", round(value * 60))
    text = words.html("gaps.hours", hours=needed)
    basis = text_of(hours.get("basis"))
    if basis in ("own", "cohort"):
        text += Markup(", ") + words.html(f"gaps.hours.{basis}")
    return text + Markup(".")


def _table(title: str, gaps: Sequence[Json], names: Mapping[str, str], words: Words) -> Table:
    locale = words.locale
    order = {"critical": 4, "high": 3, "medium": 2, "low": 1}
    body = []
    for gap in gaps:
        severity = text_of(gap.get("severity"))
        needs = [names.get(str(topic), str(topic)) for topic in gap.get("prerequisites_missing") or []]
        hours = block(gap, "hours_to_close")
        body.append(
            [
                Cell(topic_name(gap)),
                Cell(urgency(gap, words), order.get(severity or "", 0)),
                Cell(words.plain(f"kind.{gap.get('kind') or 'developing'}")),
                share_cell(share_of(gap.get("mastery")), locale),
                range_cell(share_of(gap.get("low")), share_of(gap.get("high")), locale),
                count_cell(share_of(gap.get("priority")), locale, 1),
                count_cell(share_of(hours.get("hours")), locale, 1),
                count_cell(count_of(gap.get("recent_answers")), locale),
                Cell(words.listed_plain(needs) or "\u2013"),
            ]
        )
    keys = ("topic", "urgency", "kind", "level", "range", "priority", "hours", "recent", "needs")
    numeric = {"level", "range", "priority", "hours", "recent"}
    return Table(title, [Column(words.plain(f"col.{key}"), numeric=key in numeric) for key in keys], body)


def path_card(answer: Json, words: Words) -> tuple[Card, list[PathStep]]:
    """The whole path as a table, its first steps as a list."""
    title = words.plain("path.title")
    gaps, unlocks = {str(gap.get("topic_id")): gap for gap in rows(answer, "gaps")}, unlocks_of(answer)
    steps = []
    for step in rows(answer, "path"):
        topic_id = str(step.get("topic_id"))
        why = step_reason(gaps[topic_id], unlocks, words) if topic_id in gaps else Markup("")
        steps.append(PathStep(topic_id, topic_name(step), why))
    if not steps:
        if rows(answer, "gaps"):
            return Card("path", title, takeaway=words.html("path.none")), []
        status = status_of(answer)
        return Card("path", title, state=state_for(words, "path", "no_data" if status == "ok" else status)), []
    take = words.counted("path.take", len(steps))
    if len(steps) > STEPS_SHOWN:
        take += Markup(" ") + words.counted("path.rest", len(steps) - STEPS_SHOWN)
    table = Table(
        title,
        [Column(words.plain(f"col.{key}"), numeric=key == "step") for key in ("topic", "step", "why")],
        [
            [Cell(step.name), count_cell(index + 1, words.locale), Cell(step.why.striptags())]
            for index, step in enumerate(steps)
        ],
    )
    return Card("path", title, take, tables=[table]), steps[:STEPS_SHOWN]
