"""Days: practice of the past 26 weeks, and the reviews that the next 30 days bring."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from akademos.serving.charts.canvas import MEDIUM, NARROW, WIDE, Caption
from akademos.serving.charts.heatmap_calendar import coming_calendar, past_calendar
from akademos.serving.charts.scales import count_thresholds
from akademos.serving.pages import takeaways
from akademos.serving.pages.answers import Header, Json, counts_of, moment, rows, status_of
from akademos.serving.pages.cards import Card, Note, Ramp, figure, state_for
from akademos.serving.pages.tables import Cell, Column, Table, count_cell
from akademos.serving.pages.wording import Words

_PAST_DAYS = 182
_COMING_DAYS = 30


def past_card(reviews: Json, header: Header, words: Words) -> Card:
    """Answers by day; days before the first event are blank, not zero."""
    title, locale = words.plain("past.title"), words.locale
    counts = counts_of(rows(reviews, "past"), "answers")
    if not any(counts.values()):
        status = "needs_clock" if header.clock == "order" else "no_data"
        return Card("past", title, state=state_for(words, "past", status))
    today = header.now.date()
    first = today - timedelta(days=_PAST_DAYS - 1)
    started = moment(header.provenance.get("first_event_at"))
    if started is not None:
        first = max(first, min(started.astimezone(header.now.tzinfo).date(), today))
    first = min([first, *(day for day, count in counts.items() if count)])
    active = sum(count > 0 for count in counts.values())
    description = words.plain("past.desc", n=active, total=(today - first).days + 1)

    def tip(day: date, count: int) -> str:
        return words.plain("past.tip", day=locale.weekday_day(day), answers=words.counted_plain("answers", count))

    drawings = [
        past_calendar(
            counts,
            first=first,
            last=today,
            caption=Caption("chart-past", title, description),
            canvas=canvas,
            locale=locale,
            tip=tip,
        )
        for canvas in (WIDE, NARROW)
    ]
    thresholds = count_thresholds(list(counts.values()))
    return Card(
        "past",
        title,
        takeaways.practice(counts, first, today, words),
        figure("nw", *drawings),
        [_weeks(title, counts, first, today, words)],
        ramp=Ramp.of(words.plain("past.none"), words.plain("past.most", n=locale.number(thresholds[-1])), thresholds),
    )


def _weeks(title: str, counts: Mapping[date, int], first: date, last: date, words: Words) -> Table:
    body = []
    monday = last - timedelta(days=last.weekday())
    while monday + timedelta(days=6) >= first:
        week = [counts.get(monday + timedelta(days=offset), 0) for offset in range(7)]
        body.append(
            [
                Cell(words.locale.full_day(monday), monday.isoformat()),
                count_cell(sum(week), words.locale),
                count_cell(sum(count > 0 for count in week), words.locale),
            ]
        )
        monday -= timedelta(days=7)
    return Table(
        title,
        [
            Column(words.plain("col.week")),
            Column(words.plain("col.answers"), numeric=True),
            Column(words.plain("col.active"), numeric=True),
        ],
        body,
    )


def coming_card(reviews: Json, header: Header, words: Words) -> Card:
    """Due reviews by day: a forecast, marked as one."""
    title, locale = words.plain("coming.title"), words.locale
    entries = rows(reviews, "calendar")
    if status_of(reviews) != "ok" or not entries:
        status = status_of(reviews)
        return Card("coming", title, state=state_for(words, "coming", "no_data" if status == "ok" else status))
    counts = counts_of(entries, "due_items")
    today = header.now.date()
    last = max(*counts, today)
    last = min(last, today + timedelta(days=_COMING_DAYS))
    description = words.plain("coming.desc", n=sum(counts.values()))

    def tip(day: date, count: int) -> str:
        if not count:
            return words.plain("coming.tip.none", day=locale.weekday_day(day))
        return words.plain("coming.tip", day=locale.weekday_day(day), reviews=words.counted_plain("reviews", count))

    drawings = [
        coming_calendar(
            counts,
            first=today,
            last=last,
            caption=Caption("chart-coming", title, description),
            canvas=canvas,
            locale=locale,
            tip=tip,
        )
        for canvas in (MEDIUM, NARROW)
    ]
    table = Table(
        title,
        [Column(words.plain("col.day")), Column(words.plain("col.due"), numeric=True)],
        [
            [Cell(locale.weekday_day(day), day.isoformat()), count_cell(count, locale)]
            for day, count in sorted(counts.items())
        ],
    )
    return Card(
        "coming",
        title,
        takeaways.coming_reviews(counts, today, words),
        figure("nm", *drawings),
        [table],
        notes=[Note(words.plain("chip.forecast"), words.html("coming.forecast"))],
    )
