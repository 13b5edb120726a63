"""The four figures at the top: topics on target, recall today, reviews due, study rhythm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from akademos.serving.charts.canvas import Caption
from akademos.serving.charts.sparkline import sparkline
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    counts_of,
    estimate_of,
    moment,
    rows,
    share_of,
    status_of,
)
from akademos.serving.pages.cards import NOTHING, State, state_for
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, share_cell
from akademos.serving.pages.wording import Words

_SPARK_WEEKS = 12


@dataclass(frozen=True)
class Tile:
    """A figure with its meaning; a state instead of the figure when there is none."""

    label: str
    value: str = ""
    chip: str = ""
    text: Markup = NOTHING
    spark: Markup = NOTHING
    table: Table | None = None
    state: State | None = None


def tiles(
    dashboard: Json, topics: int, near: Sequence[str], goal: float, target: float, header: Header, words: Words
) -> list[Tile]:
    """All four.

    `topics` is how many there are without mere headings (0: as the answer says), `near` those closest below the
    goal, `target` the recall that reviews aim at.
    """
    return [
        _topics(block(dashboard, "mastery"), topics, near, goal, words),
        _recall(block(dashboard, "reviews"), target, words),
        _reviews(block(dashboard, "reviews"), target, header, words),
        _rhythm(block(dashboard, "rhythm"), header.now.date(), words),
    ]


def _topics(mastery: Json, topics: int, near: Sequence[str], goal: float, words: Words) -> Tile:
    label, locale = words.plain("tile.topics"), words.locale
    total, enough = topics or count_of(mastery.get("topics_total")) or 0, count_of(mastery.get("topics_enough")) or 0
    reached = count_of(mastery.get("topics_mastered")) or 0
    if not total or not enough:
        status = status_of(mastery)
        return Tile(label, state=state_for(words, "topics", "no_data" if status == "ok" else status))
    fresh = count_of(mastery.get("newly_mastered_30d")) or 0
    target = locale.percent(goal)
    if near:
        text = words.html("tile.topics.near", names=words.listed(near), goal=target)
    else:
        text = words.html("tile.topics.all" if reached >= enough else "tile.topics.none_near", goal=target)
    waiting = (count_of(mastery.get("topics_seen")) or 0) - enough
    if waiting > 0:
        text += Markup(" ") + words.counted("tile.topics.waiting", waiting)
    return Tile(
        label,
        words.plain("tile.topics.value", n=locale.number(reached), total=locale.number(total)),
        words.counted_plain("tile.topics.chip", fresh) if fresh > 0 else "",
        text,
    )


def _recall(reviews: Json, target: float, words: Words) -> Tile:
    label, locale = words.plain("tile.recall"), words.locale
    now = estimate_of(block(reviews, "retrieval_now"))
    if now.value is None:
        status = now.status if now.status != "ok" else "no_data"
        return Tile(label, state=state_for(words, "recall", status))
    text = words.html("tile.recall.text")
    if now.low is not None and now.high is not None:
        text += Markup(", ") + words.html("likely", range=locale.percent_range(now.low, now.high))
    history = [(row.get("date"), share_of(row.get("value"))) for row in rows(reviews, "retrieval_history")]
    known = [value for _, value in history if value is not None]
    spark, table = Markup(""), None
    if len(known) > 1:
        table = Table(
            words.plain("tile.recall.spark"),
            [Column(words.plain("col.day")), Column(words.plain("col.recall"), numeric=True)],
            [
                [
                    Cell(locale.full_day(date.fromisoformat(str(day)[:10])), str(day)),
                    share_cell(value, locale),
                ]
                for day, value in history
            ],
        )
        caption = Caption(
            "spark-recall",
            words.plain("tile.recall.spark"),
            _course([locale.percent(v) for v in known], known, words),
        )
        tips = [f"{row[0].text}: {row[1].text}" for row in table.rows]
        spark = Markup(sparkline([value for _, value in history], tips, caption=caption))  # noqa: S704 - our drawing
    chip = words.plain("tile.recall.above" if now.value >= target else "tile.recall.below")
    return Tile(label, locale.percent(now.value), chip, text + Markup("."), spark, table)


def _reviews(reviews: Json, target: float, header: Header, words: Words) -> Tile:
    label, locale = words.plain("tile.reviews"), words.locale
    due = count_of(reviews.get("due_items"))
    if status_of(reviews) != "ok" or due is None:
        status = status_of(reviews)
        return Tile(label, state=state_for(words, "reviews", "no_data" if status == "ok" else status))
    if not due:
        text = words.html("tile.reviews.none")
        if (following := moment(reviews.get("next_due_at"))) is not None:
            day = locale.weekday_day(following.astimezone(header.now.tzinfo))
            text += Markup(" ") + words.html("tile.reviews.next", day=day)
        return Tile(label, "0", words.plain("tile.reviews.chip.none"), text)
    minutes = count_of(reviews.get("estimated_minutes"))
    topics = count_of(reviews.get("due_topics")) or 0
    text = words.counted("tile.reviews.in", topics, target=locale.percent(target)) if topics else Markup("")
    chip = words.counted_plain("minutes", max(1, minutes)) if minutes is not None else ""
    return Tile(label, locale.number(due), chip, text)


def _rhythm(rhythm: Json, today: date, words: Words) -> Tile:
    label, locale = words.plain("tile.rhythm"), words.locale
    this_week = count_of(rhythm.get("this_week_days"))
    if status_of(rhythm) != "ok" or this_week is None:
        status = status_of(rhythm)
        return Tile(label, state=state_for(words, "rhythm", "no_data" if status == "ok" else status))
    best, month = count_of(rhythm.get("best_week_days")), count_of(rhythm.get("active_days_28"))
    text = words.counted("tile.rhythm.best" if best else "tile.rhythm.month", best or month or 0)
    counts = counts_of(rows(rhythm, "daily"), "answers")
    monday = today - timedelta(days=today.weekday())
    weeks = [monday - timedelta(days=7 * back) for back in range(_SPARK_WEEKS)][::-1]
    active = [sum(counts.get(week + timedelta(days=day), 0) > 0 for day in range(7)) for week in weeks]
    spark, table = Markup(""), None
    if sum(active):
        table = Table(
            words.plain("tile.rhythm.spark"),
            [Column(words.plain("col.week")), Column(words.plain("col.active"), numeric=True)],
            [
                [Cell(locale.full_day(week), week.isoformat()), count_cell(n, locale)]
                for week, n in zip(weeks, active, strict=True)
            ],
        )
        caption = Caption(
            "spark-rhythm", words.plain("tile.rhythm.spark"), _course([str(n) for n in active], active, words)
        )
        tips = [
            words.plain("tile.rhythm.tip", day=locale.full_day(week), days=words.counted_plain("days", n))
            for week, n in zip(weeks, active, strict=True)
        ]
        spark = Markup(sparkline(active, tips, caption=caption, floor=0))  # noqa: S704 - our drawing
    chip = words.plain("tile.rhythm.chip")
    return Tile(label, words.counted_plain("days", this_week), chip, text, spark, table)


def _course(written: Sequence[str], values: Sequence[float], words: Words) -> str:
    least, most = (
        min(range(len(values)), key=values.__getitem__),
        max(range(len(values)), key=values.__getitem__),
    )
    return words.plain("spark.desc", first=written[0], last=written[-1], least=written[least], most=written[most])
