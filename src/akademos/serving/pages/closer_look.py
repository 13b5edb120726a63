"""One topic in detail: what its level is made of, its course, its questions."""

from __future__ import annotations

import math
from dataclasses import dataclass

from markupsafe import Markup

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import MEDIUM, NARROW, Caption
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    estimate_of,
    moment,
    rows,
    share_of,
    text_of,
    topic_name,
)
from akademos.serving.pages.cards import Card, Note, figure, state_for
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, day_cell, share_cell
from akademos.serving.pages.trend_card import trend_card
from akademos.serving.pages.wording import Words

_COMPONENTS = ("first_attempt_accuracy", "overall_accuracy", "retrieval_strength", "material_completion")
_FADED_LEAST = 0.01
"""A forecast that fell by less has not faded in any way that a reader would see."""


@dataclass(frozen=True)
class CloserLook:
    """The section about one topic."""

    name: str
    made_of: Card
    over_time: Card
    questions: Card | None
    question_table: Table | None


def closer_look(answer: Json, header: Header, goal: float, words: Words) -> CloserLook:
    """From the answer of /v1/analytics/mastery/{topic}."""
    topic = block(answer, "topic")
    name = topic_name(topic)
    over_time = trend_card("topic-trend", words.plain("closer.over_time"), answer, topic, header, goal, words)
    table = _questions(answer, header, words)
    questions = None
    if table is not None:
        questions = Card("questions", table.caption, words.counted("closer.items.take", len(table.rows)))
    return CloserLook(
        name, _made_of(topic, goal, _next_answer(answer, topic, words), words), over_time, questions, table
    )


def _next_answer(answer: Json, topic: Json, words: Words) -> list[Note]:
    """How likely the next answer is right, and how far off such forecasts were; nothing where there is none."""
    said, model = block(topic, "next_answer"), block(answer, "tracing_model")
    chance = share_of(said.get("probability"))
    if said.get("status") != "ok" or chance is None:
        return []
    calibration = block(model, "calibration")
    off, learners = share_of(block(calibration, "ece").get("high")), count_of(calibration.get("learners"))
    text = words.html("closer.next", n=words.locale.number(round(10 * chance)), p=words.locale.percent(chance))
    before = share_of(said.get("at_last_answer"))
    if before is not None and before - chance >= _FADED_LEAST:
        text += Markup(" ") + words.html("closer.next.faded", p=words.locale.percent(before))
    if off is not None and learners:
        points = words.counted("points", max(1, math.ceil(100 * off)))
        text += Markup(" ") + words.html(
            "closer.next.calibration", points=points, learners=words.counted("learners", learners)
        )
    version = count_of(model.get("version"))
    if version is not None:
        text += Markup(" ") + words.html("closer.next.model", version=words.locale.number(version))
    return [Note(words.plain("chip.forecast"), text)]


def _made_of(topic: Json, goal: float, notes: list[Note], words: Words) -> Card:
    title, locale = words.plain("closer.made"), words.locale
    estimate = estimate_of(topic)
    components, weights = block(topic, "components"), block(topic, "weights")
    if not estimate.ok or estimate.value is None:
        status = "not_enough_data" if estimate.status == "ok" else estimate.status
        return Card("made-of", title, state=state_for(words, "coverage", status, answers=estimate.answers))
    parts, absent = [], []
    for key in _COMPONENTS:
        value, name = share_of(components.get(key)), words.plain(f"component.{key}")
        parts.append(TopicLevel(key, name, value))
        if value is None:
            absent.append(name)
    level = f"level.{estimate.level}"
    likely = (
        locale.percent_range(estimate.low, estimate.high)
        if estimate.low is not None and estimate.high is not None
        else MISSING
    )
    take = words.html(
        "closer.made.take",
        value=locale.percent(estimate.value),
        range=likely,
        answers=words.counted("answers", estimate.answers or 0),
        level=words.plain(level if level in words else "level.none"),
    )
    if absent:
        take += Markup(" ") + words.html("closer.left_out", names=words.listed(absent))

    def weight(key: str) -> str:
        share = share_of(weights.get(key))
        return MISSING if share is None else locale.percent(share)

    def tip(part: TopicLevel) -> str:
        named = words.plain("closer.part", name=part.name, weight=weight(part.topic_id))
        if part.value is None:
            return words.plain("topic.tip.none", name=part.name)
        return words.plain("topic.tip", name=named, value=locale.percent(part.value))

    described = [f"{part.name} {locale.percent(part.value)}" for part in parts if part.value is not None]
    description = words.plain("closer.desc", parts=", ".join(described))
    drawings = [
        bars(parts, caption=Caption("chart-made-of", title, description), canvas=canvas, locale=locale, tip=tip)
        for canvas in (MEDIUM, NARROW)
    ]
    table = Table(
        title,
        [
            Column(words.plain("col.part")),
            Column(words.plain("col.level"), numeric=True),
            Column(words.plain("col.weight"), numeric=True),
        ],
        [
            [
                Cell(words.plain(f"component.{key}")),
                share_cell(share_of(components.get(key)), locale),
                share_cell(share_of(weights.get(key)), locale),
            ]
            for key in _COMPONENTS
        ],
    )
    return Card("made-of", title, take, figure("nm", *drawings), [table], notes=notes)


def _questions(answer: Json, header: Header, words: Words) -> Table | None:
    items = rows(answer, "items")
    if not items:
        return None
    locale, zone = words.locale, header.now.tzinfo
    title = words.plain("closer.items")
    body = []
    for item in items:
        last, due = moment(item.get("last_answer_at")), moment(item.get("due_at"))
        body.append(
            [
                Cell(text_of(item.get("question_id")) or str(item.get("question_id"))),
                count_cell(count_of(item.get("attempts")), locale),
                count_cell(count_of(item.get("correct")), locale),
                day_cell(last.astimezone(zone) if last and header.has_days else None, locale),
                share_cell(share_of(item.get("retrievability")), locale),
                Cell(words.plain("due.now"), "")
                if due is not None and due <= header.now
                else day_cell(due.astimezone(zone) if due else None, locale),
            ]
        )
    keys = ("question", "attempts", "right", "last", "recall", "next")
    numeric = {"attempts", "right", "recall"}
    return Table(title, [Column(words.plain(f"col.{key}"), numeric=key in numeric) for key in keys], body)
