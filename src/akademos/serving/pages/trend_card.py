"""Mastery over time with its band and goal, for all topics or for one."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.line_band import BandPoint, line_band
from akademos.serving.pages import takeaways
from akademos.serving.pages.answers import Header, HistoryPoint, Json, block, history_of, status_of, text_of
from akademos.serving.pages.cards import Card, LegendEntry, Note, figure, state_for
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, day_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words


def trend_card(key: str, title: str, answer: Json, estimate: Json, header: Header, goal: float, words: Words) -> Card:
    """The card of `answer`'s history; `estimate` holds the level now with trend and projection."""
    history = history_of(answer)
    known = [point for point in history if point.value is not None]
    if not known:
        status = status_of(estimate)
        if header.clock == "order":
            status = "needs_clock"
        elif status == "ok":
            status = text_of(answer.get("history_status")) or "not_enough_data"
        return Card(key, title, state=state_for(words, "trend", status))
    notes = []
    trend = f"trend.note.{block(estimate, 'trend').get('status')}"
    if trend in words:
        notes.append(Note(words.plain("chip.estimate"), words.html(trend)))
    forecast = takeaways.goal_forecast(block(estimate, "projection"), goal, header.now.date(), words)
    if forecast:
        notes.append(Note(words.plain("chip.forecast"), forecast))
    return Card(
        key,
        title,
        takeaway=takeaways.mastery_over_time(history, words),
        figure=_picture(key, title, history, goal, words),
        tables=[_table(title, answer, history, words)],
        legend=[
            LegendEntry("line", words.plain("trend.legend.line")),
            LegendEntry("band", words.plain("trend.legend.band", share=words.locale.percent(0.8))),
            LegendEntry("goal", words.plain("trend.goal", goal=words.locale.percent(goal))),
        ],
        notes=notes,
    )


def _picture(key: str, title: str, history: Sequence[HistoryPoint], goal: float, words: Words) -> Markup:
    locale = words.locale
    points = [BandPoint(p.day, p.value, p.low, p.high) for p in history]
    known = [p for p in history if p.value is not None]
    description = words.plain(
        "trend.desc",
        first=locale.full_day(known[0].day),
        last=locale.full_day(known[-1].day),
        from_value=locale.percent(known[0].value or 0),
        to_value=locale.percent(known[-1].value or 0),
        goal=locale.percent(goal),
    )

    def tip(point: BandPoint) -> str:
        day, value = locale.full_day(point.day), locale.percent(point.value or 0)
        if point.low is None or point.high is None:
            return words.plain("trend.tip", day=day, value=value)
        return words.plain("trend.tip.range", day=day, value=value, range=locale.percent_range(point.low, point.high))

    return figure(
        "nw",
        *(
            line_band(
                points,
                caption=Caption(f"chart-{key}", title, description),
                canvas=canvas,
                locale=locale,
                tip=tip,
                goal=goal,
                goal_label=words.plain("trend.goal", goal=locale.percent(goal)) if canvas is WIDE else "",
            )
            for canvas in (WIDE, NARROW)
        ),
    )


def _table(title: str, answer: Json, history: Sequence[HistoryPoint], words: Words) -> Table:
    answers = {str(row.get("date"))[:10]: row.get("answers") for row in answer.get("history", [])}
    columns = [
        Column(words.plain("col.day")),
        Column(words.plain("col.level"), numeric=True),
        Column(words.plain("col.range"), numeric=True),
    ]
    counted = any(count is not None for count in answers.values())
    if counted:
        columns.append(Column(words.plain("col.answers"), numeric=True))
    body: list[list[Cell]] = []
    for point in reversed(history):
        row = [
            day_cell(point.day, words.locale),
            share_cell(point.value, words.locale),
            range_cell(point.low, point.high, words.locale),
        ]
        if counted:
            row.append(count_cell(answers.get(point.day.isoformat()), words.locale))
        body.append(row)
    return Table(title, columns, body)
