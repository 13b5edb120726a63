"""Memory: how one topic fades, and which topics are worth a refresh."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.decay import CurvePoint, DecayWords, ReviewPoint, decay, level_at
from akademos.serving.pages import takeaways
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    moment,
    rows,
    share_of,
    status_of,
    topic_name,
)
from akademos.serving.pages.cards import Card, LegendEntry, Note, figure, state_for
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, day_cell, share_cell
from akademos.serving.pages.wording import Words

DUE_SHOWN = 9


@dataclass(frozen=True)
class Choice:
    """One topic of the select."""

    topic_id: str
    name: str
    chosen: bool


@dataclass(frozen=True)
class DueTopic:
    """One line of the list of topics to review."""

    topic_id: str
    name: str
    recall: str
    when: str
    due: bool


def choose_topic(reviews: Json, selected: str | None) -> Json | None:
    """The selected topic, else the one that has faded most among those with a curve, else the first."""
    topics = rows(reviews, "topics")
    for topic in topics:
        if selected is not None and str(topic.get("topic_id")) == selected:
            return topic
    curved = [topic for topic in topics if rows(topic, "curve")]
    curved.sort(key=lambda topic: share_of(topic.get("retrieval_strength")) or 1.0)
    return curved[0] if curved else (topics[0] if topics else None)


def choices(reviews: Json, topic: Json | None) -> list[Choice]:
    """All topics for the select, by name."""
    chosen = None if topic is None else str(topic.get("topic_id"))
    listed = [
        Choice(str(row.get("topic_id")), topic_name(row), str(row.get("topic_id")) == chosen)
        for row in rows(reviews, "topics")
    ]
    return sorted(listed, key=lambda choice: choice.name.casefold())


def decay_card(reviews: Json, topic: Json | None, header: Header, target: float, words: Words) -> Card:
    """The curve of one topic, its past apart from its forecast."""
    zone, locale = header.now.tzinfo, words.locale
    name = "" if topic is None else words.short(topic_name(topic))
    title = words.plain("decay.title", name=name) if topic else words.plain("decay.title.bare")
    curve = [
        CurvePoint(at.astimezone(zone), value)
        for row in rows(topic or {}, "curve")
        if (at := moment(row.get("at"))) is not None and (value := share_of(row.get("value"))) is not None
    ]
    if topic is None or not curve:
        status = status_of(topic or reviews)
        if header.clock == "order":
            status = "needs_clock"
        return Card("decay", title, state=state_for(words, "decay", "no_data" if status == "ok" else status))
    curve.sort(key=lambda point: point.at)
    past = [
        ReviewPoint(at.astimezone(zone), None if row.get("correct") is None else bool(row.get("correct")))
        for row in rows(topic, "reviews")
        if (at := moment(row.get("at"))) is not None and level_at(curve, at) is not None
    ]
    now_value = share_of(topic.get("retrieval_strength"))
    goal = locale.percent(target)
    description = words.plain(
        "decay.desc",
        first=locale.full_day(curve[0].at),
        last=locale.full_day(curve[-1].at),
        value="\u2013" if now_value is None else locale.percent(now_value),
        end=locale.percent(curve[-1].value),
    )
    spoken = _spoken(header.now, goal, words)
    drawings = [
        decay(
            curve,
            past,
            now=header.now,
            target=target,
            caption=Caption("chart-decay", title, description),
            canvas=canvas,
            locale=locale,
            words=spoken,
        )
        for canvas in (WIDE, NARROW)
    ]
    legend = [
        LegendEntry("line", words.plain("decay.legend.past")),
        LegendEntry("dash", words.plain("decay.legend.future")),
        LegendEntry("goal", words.plain("decay.legend.target", target=goal)),
    ]
    if any(review.correct is not False for review in past):
        legend.append(LegendEntry("dot", words.plain("decay.legend.review")))
    if any(review.correct is False for review in past):
        legend.append(LegendEntry("again", words.plain("decay.legend.again")))
    forecast = takeaways.memory_forecast(curve, header.now, target, words)
    return Card(
        "decay",
        title,
        takeaways.memory_now(curve, now_value, target, words),
        figure("nw", *drawings),
        [_curve_table(title, curve, header.now, words)],
        legend,
        [Note(words.plain("chip.forecast"), forecast)] if forecast else [],
    )


def _spoken(now: datetime, goal: str, words: Words) -> DecayWords:
    locale = words.locale

    def level_tip(point: CurvePoint) -> str:
        key = "decay.tip" if point.at <= now else "decay.tip.future"
        return words.plain(key, day=locale.full_day(point.at), value=locale.percent(point.value))

    def review_tip(group: Sequence[ReviewPoint]) -> str:
        day = locale.full_day(group[-1].at)
        if len(group) == 1 and group[0].correct is not None:
            return words.plain("decay.tip.right" if group[0].correct else "decay.tip.again", day=day)
        right = sum(review.correct is True for review in group)
        return words.counted_plain("decay.tip.reviews", len(group), day=day, right=right)

    return DecayWords(words.plain("decay.today"), words.plain("decay.target", target=goal), level_tip, review_tip)


def _curve_table(title: str, curve: Sequence[CurvePoint], now: datetime, words: Words) -> Table:
    """One row a day: the last value of the day."""
    by_day = {point.at.date(): point for point in curve}
    return Table(
        title,
        [
            Column(words.plain("col.day")),
            Column(words.plain("col.recall"), numeric=True),
            Column(words.plain("col.kind_of_value")),
        ],
        [
            [
                day_cell(day, words.locale),
                share_cell(point.value, words.locale),
                Cell(words.plain("value.estimate" if point.at <= now else "value.forecast")),
            ]
            for day, point in by_day.items()
        ],
    )


def due_card(reviews: Json, header: Header, target: float, words: Words) -> tuple[Card, list[DueTopic]]:
    """Topics by how far they have faded; due are those whose recall is under `target`."""
    title, locale = words.plain("due.title"), words.locale
    topics = [topic for topic in rows(reviews, "topics") if share_of(topic.get("retrieval_strength")) is not None]
    if status_of(reviews) != "ok" or not topics:
        status = status_of(reviews)
        state = state_for(words, "due", "no_data" if status == "ok" else status)
        return Card("due", title, state=state), []
    topics.sort(key=lambda topic: share_of(topic.get("retrieval_strength")) or 0.0)
    lines = [_due_line(topic, header, target, words) for topic in topics]
    due = [line for line in lines if line.due]
    take = words.counted("due.some", len(due), name=words.short(due[0].name)) if due else words.html("due.none")
    table = Table(
        title,
        [
            Column(words.plain("col.topic")),
            Column(words.plain("col.recall"), numeric=True),
            Column(words.plain("col.due"), numeric=True),
            Column(words.plain("col.next")),
        ],
        [
            [
                Cell(topic_name(topic)),
                share_cell(share_of(topic.get("retrieval_strength")), locale),
                count_cell(count_of(topic.get("due_items")), locale),
                Cell(words.plain("due.now")) if line.due else day_cell(moment(topic.get("due_at")), locale),
            ]
            for topic, line in zip(topics, lines, strict=True)
        ],
    )
    rule = count_of(block(block(reviews, "schedulers"), "interval_rule").get("due_items"))
    notes = [] if rule is None else [Note("", words.html("due.rule", n=words.counted("reviews", rule)))]
    return Card("due", title, take, tables=[table], notes=notes), lines[:DUE_SHOWN]


def _due_line(topic: Json, header: Header, target: float, words: Words) -> DueTopic:
    items = count_of(topic.get("due_items")) or 0
    at = moment(topic.get("due_at"))
    due = (share_of(topic.get("retrieval_strength")) or 0.0) < target or (at is not None and at <= header.now)
    when = words.plain("due.fresh")
    if due and items:
        when = words.counted_plain("due.items", items)
    elif due:
        when = words.plain("due.now")
    elif at is not None:
        when = words.plain("due.on", day=words.locale.weekday_day(at.astimezone(header.now.tzinfo)))
    recall = words.locale.percent(share_of(topic.get("retrieval_strength")) or 0.0)
    return DueTopic(str(topic.get("topic_id")), topic_name(topic), recall, when, due)
