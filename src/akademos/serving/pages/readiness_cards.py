"""Readiness for the target exam: the gauge, the sections of the exam, and how it came about over time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import MEDIUM, NARROW, WIDE, Caption
from akademos.serving.charts.gauge import Reading, gauge
from akademos.serving.charts.line_band import BandPoint, line_band
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    day_of,
    rows,
    share_of,
    status_of,
    text_of,
)
from akademos.serving.pages.cards import Card, LegendEntry, Note, State, figure, state_for
from akademos.serving.pages.tables import Cell, Column, Table, day_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words


@dataclass(frozen=True)
class Points:
    """A number of 100 with its likely range, as shares for the words and pictures."""

    value: float | None
    low: float | None
    high: float | None


def readiness_cards(answer: Json, header: Header, words: Words) -> tuple[Card, Card, Card]:
    """Gauge, sections and timeline; of an answer without an estimate the same state thrice."""
    if status_of(answer) != "ok":
        state = _state(answer, words)
        titles = ("readiness", "readiness.sections", "readiness.timeline")
        gauge_, sections, timeline = (Card(_key(one), words.plain(f"{one}.title"), state=state) for one in titles)
        return gauge_, sections, timeline
    return _gauge_card(answer, words), _sections_card(answer, words), _timeline_card(answer, header, words)


def readiness_tile(answer: Json, words: Words) -> Card:
    """The gauge alone, from the overview on the dashboard."""
    if status_of(answer) != "ok":
        return Card("readiness", words.plain("readiness.title"), state=_state(answer, words))
    return _gauge_card(answer, words)


def _state(answer: Json, words: Words) -> State:
    missing = text_of(answer.get("missing")) or "no_target"
    key = f"readiness.state.{missing}"
    base = state_for(words, "readiness", status_of(answer))
    return State(base.kind, words.plain(f"{key}.title"), words.html(key)) if key in words else base


def _key(title: str) -> str:
    return title.replace(".", "-")


def _points(row: Json) -> Points:
    def share(name: str) -> float | None:
        value = share_of(row.get(name))
        return None if value is None else value / 100

    return Points(share("value"), share("low"), share("high"))


def _gauge_card(answer: Json, words: Words) -> Card:
    locale, exam = words.locale, block(answer, "exam")
    shown, said = block(answer, "readiness"), _points(block(answer, "readiness"))
    by_model = text_of(shown.get("basis")) == "model"
    value, low, high = said.value or 0.0, said.low, said.high
    mark = share_of(exam.get("pass_mark")) if by_model else share_of(block(answer, "ready").get("goal"))
    goal_key = "readiness.pass" if by_model else "readiness.goal"
    spread = "" if low is None or high is None else locale.percent_range(low, high).removesuffix(locale.percent_sign)
    number = locale.number(100 * value)
    likely = words.plain("readiness.likely", range=spread)
    name = words.short(text_of(exam.get("name")) or "")
    description = words.plain(
        "readiness.desc.model" if by_model else "readiness.desc.rule", exam=name, n=number, range=spread
    )
    drawn = [
        gauge(
            Reading(100 * value, _scaled(low), _scaled(high), mark),
            caption=Caption("chart-readiness", words.plain("readiness.title"), description),
            canvas=canvas,
            tip=description,
            number=number,
            likely=likely,
            goal_label="" if mark is None else words.plain(goal_key, n=locale.number(mark)),
        )
        for canvas in (MEDIUM, NARROW)
    ]
    return Card(
        "readiness",
        words.plain("readiness.title"),
        takeaway=_takeaway(answer, name, number, spread, words, by_model=by_model),
        figure=figure("nm", *drawn),
        tables=[_numbers(answer, words)],
        legend=[
            LegendEntry("bar", words.plain("readiness.legend.model" if by_model else "readiness.legend.rule")),
            LegendEntry("arc", words.plain("readiness.legend.range", share=locale.percent(_interval(shown)))),
        ],
        notes=_notes(answer, words),
    )


def _scaled(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _interval(row: Json) -> float:
    return share_of(row.get("interval")) or 0.0


def _takeaway(answer: Json, name: str, number: str, spread: str, words: Words, *, by_model: bool) -> Markup:
    days = count_of(block(answer, "exam").get("days_out"))
    sentence = words.html(
        "readiness.take.model" if by_model else "readiness.take.rule", exam=name, n=number, range=spread
    )
    if days is not None and days >= 0:
        sentence += Markup(" ") + words.counted("readiness.days", days)
    return sentence


def _notes(answer: Json, words: Words) -> list[Note]:
    locale, notes = words.locale, []
    passing, predicted = block(answer, "passing"), block(answer, "predicted_score")
    chance = share_of(passing.get("probability"))
    if chance is not None:
        notes.append(Note(words.plain("chip.estimate"), words.html("readiness.chance", p=locale.percent(chance))))
    elif status_of(predicted) != "ok":
        why = "readiness.rule.withheld" if predicted.get("model") else "readiness.rule.no_model"
        notes.append(Note(words.plain("readiness.chip.rule"), words.html(why)))
    ready = block(answer, "ready")
    day = day_of(ready.get("date"))
    goal = locale.number(share_of(ready.get("goal")) or 0)
    if count_of(ready.get("days")) == 0:
        notes.append(Note(words.plain("chip.estimate"), words.html("readiness.ready.now", goal=goal)))
    elif day is not None:
        key = "readiness.ready.open" if ready.get("high_days") is None else "readiness.ready.range"
        values = {"low": count_of(ready.get("low_days")), "high": count_of(ready.get("high_days"))}
        sentence = words.html(key, goal=goal, day=locale.full_day(day), **values)
        notes.append(Note(words.plain("chip.forecast"), sentence))
    correct = share_of(block(answer, "percent_correct").get("value"))
    if correct is not None:
        answers = count_of(block(block(answer, "percent_correct"), "sample").get("answers")) or 0
        sentence = words.html("readiness.correct", p=locale.percent(correct / 100), n=locale.number(answers))
        notes.append(Note("", sentence))
    return notes


def _numbers(answer: Json, words: Words) -> Table:
    """Every number of the overview, so that nothing is told by the picture alone."""
    locale = words.locale

    def line(key: str, name: str) -> list[Cell]:
        said = _points(block(answer, name))
        return [
            Cell(words.plain(f"readiness.row.{key}")),
            share_cell(said.value, locale),
            range_cell(said.low, said.high, locale),
        ]

    coverage = share_of(block(answer, "coverage").get("share"))
    chance = share_of(block(answer, "passing").get("probability"))
    mark = share_of(block(answer, "exam").get("pass_mark"))
    return Table(
        words.plain("readiness.title"),
        [Column(words.plain("readiness.col.what")), _level(words), _range(words)],
        [
            line("readiness", "readiness"),
            line("known", "known"),
            line("predicted", "predicted_score"),
            line("correct", "percent_correct"),
            [Cell(words.plain("readiness.row.passing")), share_cell(chance, locale), range_cell(None, None, locale)],
            [Cell(words.plain("readiness.row.coverage")), share_cell(coverage, locale), range_cell(None, None, locale)],
            [
                Cell(words.plain("readiness.row.mark")),
                share_cell(None if mark is None else mark / 100, locale),
                range_cell(None, None, locale),
            ],
        ],
    )


def _level(words: Words) -> Column:
    return Column(words.plain("col.level"), numeric=True)


def _range(words: Words) -> Column:
    return Column(words.plain("col.range"), numeric=True)


def _sections_card(answer: Json, words: Words) -> Card:
    locale, title = words.locale, words.plain("readiness.sections.title")
    exam = words.short(text_of(block(answer, "exam").get("name")) or "")
    sections = rows(answer, "sections")
    levels = [_section(row, exam) for row in sections]
    described = ", ".join(f"{one.name} {locale.percent(one.value or 0)}" for one in levels)

    def tip(one: TopicLevel) -> str:
        if one.value is None or one.low is None or one.high is None:
            return one.name
        spread = locale.percent_range(one.low, one.high)
        return words.plain("readiness.sections.tip", name=one.name, value=locale.percent(one.value), range=spread)

    least = min(levels, key=lambda one: one.value or 0.0)
    drawn = [
        bars(
            levels, caption=Caption("chart-readiness-sections", title, described), canvas=canvas, locale=locale, tip=tip
        )
        for canvas in (MEDIUM, NARROW)
    ]
    columns = [
        Column(words.plain("readiness.col.section")),
        Column(words.plain("readiness.col.weight"), numeric=True),
        _level(words),
        _range(words),
        Column(words.plain("readiness.col.weak")),
        Column(words.plain("readiness.col.unknown")),
    ]
    body = [
        [
            Cell(level.name),
            share_cell(share_of(row.get("weight")), locale),
            share_cell(level.value, locale),
            range_cell(level.low, level.high, locale),
            Cell(", ".join(_names(row, "weak")) or "\u2013"),
            Cell(", ".join(_names(row, "unknown")) or "\u2013"),
        ]
        for row, level in zip(sections, levels, strict=True)
    ]
    weak = [name for row in sections for name in (*_names(row, "weak"), *_names(row, "unknown"))]
    key = "readiness.sections.take" if len(levels) > 1 else "readiness.sections.take.whole"
    notes = [Note("", words.html("readiness.sections.room", names=words.listed(weak[:4], bold=True)))] if weak else []
    return Card(
        "readiness-sections",
        title,
        takeaway=words.html(key, name=least.name, value=locale.percent(least.value or 0)),
        figure=figure("nm", *drawn),
        tables=[Table(title, columns, body)],
        legend=[
            LegendEntry("bar", words.plain("readiness.legend.rule")),
            LegendEntry(
                "whisker",
                words.plain("readiness.legend.range", share=locale.percent(_interval(block(answer, "known")))),
            ),
        ],
        notes=notes,
    )


def _section(row: Json, exam: str) -> TopicLevel:
    said = _points(row)
    name = text_of(row.get("section")) or exam
    return TopicLevel(topic_id=name, name=name, value=said.value, low=said.low, high=said.high)


def _names(row: Json, key: str) -> list[str]:
    return [one for one in row.get(key) or [] if isinstance(one, str)]


def _timeline_card(answer: Json, header: Header, words: Words) -> Card:
    locale, title = words.locale, words.plain("readiness.timeline.title")
    goal = (share_of(block(answer, "ready").get("goal")) or 80.0) / 100
    points = [
        BandPoint(day, said.value, said.low, said.high)
        for row in rows(answer, "history")
        if (day := day_of(row.get("date"))) is not None
        for said in [_points(row)]
    ]
    if not points:
        status = "needs_clock" if header.clock == "order" else "not_enough_data"
        return Card("readiness-timeline", title, state=state_for(words, "trend", status))
    first, last = points[0], points[-1]

    def tip(point: BandPoint) -> str:
        spread = locale.percent_range(point.low or 0, point.high or 0)
        return words.plain(
            "trend.tip.range", day=locale.full_day(point.day), value=locale.percent(point.value or 0), range=spread
        )

    values = {
        "first": locale.full_day(first.day),
        "last": locale.full_day(last.day),
        "from_value": locale.percent(first.value or 0),
        "to_value": locale.percent(last.value or 0),
        "goal": locale.percent(goal),
    }
    label = words.plain("trend.goal", goal=locale.percent(goal))
    drawn = [
        line_band(
            points,
            caption=Caption("chart-readiness-timeline", title, words.plain("trend.desc", **values)),
            canvas=canvas,
            locale=locale,
            tip=tip,
            goal=goal,
            goal_label=label if canvas is WIDE else "",
        )
        for canvas in (WIDE, NARROW)
    ]
    return Card(
        "readiness-timeline",
        title,
        takeaway=words.html("readiness.timeline.take", **values),
        figure=figure("nw", *drawn),
        tables=[_timeline_table(title, points, words)],
        legend=[
            LegendEntry("line", words.plain("readiness.legend.rule")),
            LegendEntry(
                "band", words.plain("trend.legend.band", share=locale.percent(_interval(block(answer, "known"))))
            ),
            LegendEntry("goal", label),
        ],
    )


def _timeline_table(title: str, points: Sequence[BandPoint], words: Words) -> Table:
    locale = words.locale
    body = [
        [day_cell(one.day, locale), share_cell(one.value, locale), range_cell(one.low, one.high, locale)]
        for one in reversed(points)
    ]
    return Table(title, [Column(words.plain("col.day")), _level(words), _range(words)], body)
