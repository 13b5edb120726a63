"""Cards of learning patterns: highlights, days of study, the suggested week, materials, breaks and attention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from markupsafe import Markup

from akademos.serving.charts.canvas import MEDIUM, NARROW, WIDE, Caption
from akademos.serving.charts.heatmap_calendar import past_calendar
from akademos.serving.charts.tally import Group, tally
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    counts_of,
    day_of,
    rows,
    share_of,
    status_of,
)
from akademos.serving.pages.cards import Card, Note, State, figure
from akademos.serving.pages.study_cards import hours_of, hours_picture, hours_ramp, length, study_state
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, count_cell, day_cell, range_cell, share_cell
from akademos.serving.pages.wording import Words


@dataclass(frozen=True)
class Highlight:
    """One statement of a report of insights."""

    text: Markup
    sample: Markup


def highlights_card(answer: Json, words: Words) -> tuple[Card, list[Highlight]]:
    """What goes with more right answers, where the data carries it; every comparison stands in the numbers."""
    title, report = words.plain("insight.title"), block(answer, "insights")
    tested = count_of(report.get("tested")) or 0
    table = _hypotheses_table(report, title, words)
    said = [_highlight(row, words) for row in rows(report, "said")]
    note = Note(words.plain("insight.chip"), words.html("insight.note"))
    if not tested:
        text = words.html("insight.none_tested", answers=100, days=15)
        state = State("not_enough_data", words.plain("state.not_enough_data"), text)
        return Card("highlights", title, state=state), []
    take = words.counted("insight.tested", tested, days=count_of(report.get("days")))
    if not said:
        take += Markup(" ") + words.html("insight.none")
    return Card("highlights", title, take, Markup(""), [table], notes=[note]), said


def _highlight(row: Json, words: Words) -> Highlight:
    locale, key = words.locale, str(row.get("hypothesis"))
    points = share_of(row.get("points")) or 0.0
    text = words.html(
        f"insight.said.{row.get('direction')}",
        side=words.html(f"insight.{key}.side"),
        others=words.html(f"insight.{key}.others"),
        value=locale.percent(share_of(row.get("accuracy")) or 0.0),
        other=locale.percent(share_of(row.get("accuracy_others")) or 0.0),
        answers=words.counted("answers", count_of(row.get("answers")) or 0),
    )
    low, high = (round(share_of(row.get(name)) or 0.0) for name in ("points_low", "points_high"))
    between = locale.number(high) if low == high else f"{locale.number(low)}\u2013{locale.number(high)}"
    sample = words.html(
        "insight.sample",
        points=words.counted("points", round(points)),
        range=between,
        days=words.counted("days", count_of(row.get("days")) or 0),
        others=words.counted("days", count_of(row.get("days_others")) or 0),
    )
    return Highlight(text, sample)


def _hypotheses_table(report: Json, title: str, words: Words) -> Table:
    locale = words.locale
    names = ("compared", "with", "verdict", "side", "other", "answers", "others", "difference", "p")
    numeric = {"side", "other", "answers", "others", "p"}
    body = []
    for row in rows(report, "hypotheses"):
        key = str(row.get("hypothesis"))
        low, high = share_of(row.get("low")), share_of(row.get("high"))
        adjusted = share_of(row.get("adjusted_p_value"))
        spread = (
            Cell(MISSING, -1)
            if low is None or high is None
            else Cell(words.plain("insight.points", low=_signed(low, words), high=_signed(high, words)), round(low, 4))
        )
        body.append(
            [
                Cell(words.plain(f"insight.{key}.side")),
                Cell(words.plain(f"insight.{key}.others")),
                Cell(words.plain(f"insight.status.{status_of(row)}")),
                share_cell(share_of(row.get("accuracy")), locale),
                share_cell(share_of(row.get("accuracy_others")), locale),
                count_cell(count_of(row.get("answers")), locale),
                count_cell(count_of(row.get("others")), locale),
                spread,
                Cell(MISSING, 2) if adjusted is None else Cell(locale.number(adjusted, 3), round(adjusted, 6)),
            ]
        )
    return Table(title, [Column(words.plain(f"insight.col.{name}"), numeric=name in numeric) for name in names], body)


def _signed(share: float, words: Words) -> str:
    points = round(share * 100)
    return f"+{words.locale.number(points)}" if points > 0 else words.locale.number(points)


def days_card(answer: Json, header: Header, words: Words) -> Card:
    """Active minutes of every day of the window."""
    title, locale = words.plain("study.days.title"), words.locale
    rhythm = block(answer, "rhythm")
    minutes = {day: max(1, count) for day, count in counts_of(rows(rhythm, "days"), "active_minutes").items()}
    first, last = day_of(block(answer, "window").get("first")), day_of(block(answer, "window").get("last"))
    if not minutes or first is None or last is None:
        return Card("days", title, state=study_state(words, "study_days", answer))
    first = max(first, min(minutes) - timedelta(days=min(minutes).weekday()))
    description = words.plain("study.days.desc", n=len(minutes), total=(last - first).days + 1)

    def tip(day: date, amount: int) -> str:
        return f"{locale.weekday_day(day)}: {length(amount, words)}"

    drawings = [
        past_calendar(
            minutes,
            first=first,
            last=last,
            caption=Caption("chart-days", title, description),
            canvas=canvas,
            locale=locale,
            tip=tip,
        )
        for canvas in (WIDE, NARROW)
    ]
    table = Table(
        title,
        [
            Column(words.plain("col.day")),
            Column(words.plain("study.col.minutes"), numeric=True),
            Column(words.plain("study.col.answers"), numeric=True),
        ],
        [
            [
                day_cell(day_of(row.get("date")), locale),
                count_cell(share_of(row.get("active_minutes")), locale),
                count_cell(count_of(row.get("answers")), locale),
            ]
            for row in reversed(rows(rhythm, "days"))
        ],
    )
    return Card(
        "days",
        title,
        _rhythm(answer, words),
        figure("nw", *drawings),
        [table],
        ramp=hours_ramp(minutes.values(), words),
    )


def _rhythm(answer: Json, words: Words) -> Markup:
    rhythm, timing, locale = block(answer, "rhythm"), block(answer, "timing"), words.locale
    mean = share_of(rhythm.get("days_per_week"))
    if status_of(answer) != "ok" or mean is None:
        return study_state(words, "study_days", answer).text
    low, high = share_of(rhythm.get("low")), share_of(rhythm.get("high"))
    parts = [words.html("study.rhythm", n=locale.number(mean, 1))]
    if low is not None and high is not None:
        parts = [
            words.html(
                "study.rhythm.likely", n=locale.number(mean, 1), low=locale.number(low, 1), high=locale.number(high, 1)
            )
        ]
    usual, spread = count_of(timing.get("usual_start_minute")), share_of(timing.get("spread_minutes"))
    if usual is not None and spread is not None:
        key = "study.start.fixed" if spread <= 60 else "study.start.loose"
        parts.append(words.html(key, at=clock(usual), spread=length(spread, words)))
    parts.append(words.html("study.rest"))
    return Markup(" ").join(parts)


def clock(minute: int) -> str:
    """A minute of the day as a time: 1110 -> "18:30"."""
    return f"{minute // 60 % 24}:{minute % 60:02d}"


@dataclass(frozen=True)
class PlanLine:
    """One suggested time; `weekday` 0 is Monday."""

    weekday: int
    start_minute: int
    when: str
    minutes: str
    why: str


def plan_card(answer: Json, efficiency: Json, words: Words) -> tuple[Card, list[PlanLine]]:
    """A suggested week on top of the hours that are used."""
    title, locale = words.plain("study.plan.title"), words.locale
    plan = block(answer, "plan")
    times = rows(plan, "times")
    if not times:
        return Card("plan", title, state=study_state(words, "study_plan", answer)), []
    minutes = hours_of(efficiency)
    lines, outlined = [], {}
    for row in times:
        weekday, start = count_of(row.get("weekday")) or 0, count_of(row.get("start_minute")) or 0
        duration = length(share_of(row.get("minutes")) or 0.0, words)
        why = words.plain(f"study.plan.{row.get('why')}")
        lines.append(PlanLine(weekday, start, f"{locale.long_weekdays[weekday]}, {clock(start)}", duration, why))
        outlined[weekday, start // 60] = words.plain("study.plan.tip", minutes=duration)
    total = sum(share_of(row.get("minutes")) or 0.0 for row in times)
    own = share_of(plan.get("weekly_minutes")) or 0.0
    take = words.html(
        "study.plan.take",
        times=words.counted("study.plan.times", len(times)),
        total=length(total, words),
        own=length(own, words),
    )
    description = words.plain("study.plan.desc", times=words.listed_plain([line.when for line in lines]))
    drawings = [
        hours_picture(minutes, "plan", title, description, canvas, words, outlined) for canvas in (WIDE, NARROW)
    ]
    table = Table(
        title,
        [Column(words.plain(f"study.col.{name}")) for name in ("time", "length", "why")],
        [[Cell(line.when, place), Cell(line.minutes), Cell(line.why)] for place, line in enumerate(lines)],
    )
    return Card("plan", title, take, figure("nw", *drawings), [table], ramp=hours_ramp(minutes.values(), words)), lines


def materials_card(answer: Json, words: Words) -> Card:
    """Kinds of material by time, and how later answers on their topics go."""
    title, locale = words.plain("study.materials.title"), words.locale
    kinds = rows(block(answer, "materials"), "kinds")
    groups = [Group(_kind(row, words), count_of(row.get("minutes")) or 0) for row in kinds]
    if not any(group.count for group in groups):
        return Card("materials", title, state=study_state(words, "study_materials", {"status": "no_data"}))
    first = kinds[0]
    take = words.html(
        "study.materials.take", kind=_kind(first, words), share=locale.percent(share_of(first.get("share")) or 0)
    )
    take += Markup(" ") + _retained(kinds, words)

    def tip(group: Group) -> str:
        return f"{group.name}: {length(group.count, words)}"

    description = words.plain("study.materials.desc", n=len(groups), most=groups[0].name)
    drawings = [
        tally(groups, caption=Caption("chart-materials", title, description), canvas=canvas, locale=locale, tip=tip)
        for canvas in (MEDIUM, NARROW)
    ]
    names = ("kind", "minutes", "share", "opened", "later", "difference")
    table = Table(
        title,
        [Column(words.plain(f"study.col.{name}"), numeric=name != "kind") for name in names],
        [
            [
                Cell(_kind(row, words)),
                count_cell(share_of(row.get("minutes")), locale),
                share_cell(share_of(row.get("share")), locale),
                count_cell(count_of(row.get("opened")), locale),
                count_cell(count_of(row.get("answers")), locale),
                _difference(row, words),
            ]
            for row in kinds
        ],
    )
    return Card("materials", title, take, figure("nm", *drawings), [table])


def _kind(row: Json, words: Words) -> str:
    key = f"material.{row.get('kind')}"
    return words.plain(key if key in words else "material.other")


def _difference(row: Json, words: Words) -> Cell:
    low, high = share_of(row.get("low")), share_of(row.get("high"))
    if low is None or high is None:
        return Cell(MISSING, -1)
    return Cell(words.plain("insight.points", low=_signed(low, words), high=_signed(high, words)), round(low, 4))


def _retained(kinds: Sequence[Json], words: Words) -> Markup:
    """Kinds after which answers clearly differ; nothing is said of the others."""
    better = [_kind(row, words) for row in kinds if (share_of(row.get("low")) or 0.0) > 0]
    if better:
        return words.html("study.materials.better", kinds=words.listed(better, bold=True))
    tested = any(status_of(row) == "ok" for row in kinds)
    return words.html("study.materials.alike" if tested else "study.materials.untold")


def attention_card(answer: Json, words: Words) -> Card:
    """How long study goes on without a break; the numbers stand in `attention_table`."""
    title = words.plain("study.attention.title")
    if status_of(answer) != "ok":
        return Card("attention", title, state=study_state(words, "study_attention", answer))
    breaks, many = block(answer, "breaks"), block(answer, "multitasking")
    take = words.html(
        "study.attention.take",
        stretch=length(share_of(breaks.get("median_stretch_minutes")) or 0.0, words),
        breaks=words.locale.number(share_of(breaks.get("per_hour")) or 0.0, 1),
    )
    counted = words.counted("study.counted", count_of(many.get("sessions_counted")) or 0)
    note = Note(words.plain("study.proxy"), words.html("study.proxy.text", sessions=counted))
    return Card("attention", title, take, notes=[note])


def attention_table(answer: Json, efficiency: Json, words: Words) -> Table | None:
    """Focus, breaks, and the proxies of multitasking, with their sample; None where nothing is said."""
    if status_of(answer) != "ok":
        return None
    locale, focus = words.locale, block(efficiency, "focus")
    breaks, many = block(answer, "breaks"), block(answer, "multitasking")
    sessions = count_of(block(focus, "sample").get("sessions"))
    counted = count_of(many.get("sessions_counted"))
    low, high = share_of(focus.get("low")), share_of(focus.get("high"))
    rows_of = (
        ("focus", share_cell(share_of(focus.get("value")), locale), range_cell(low, high, locale), sessions),
        ("breaks_per_hour", count_cell(share_of(breaks.get("per_hour")), locale, 1), Cell(MISSING), sessions),
        ("switches_per_hour", count_cell(share_of(many.get("switches_per_hour")), locale, 1), Cell(MISSING), counted),
        ("several_devices", share_cell(share_of(many.get("several_devices_share")), locale), Cell(MISSING), sessions),
    )
    columns = [
        Column(words.plain("study.col.what")),
        Column(words.plain("study.col.value"), numeric=True),
        Column(words.plain("col.range"), numeric=True),
        Column(words.plain("study.col.sessions"), numeric=True),
    ]
    body = [[Cell(words.plain(f"study.{key}")), value, span, count_cell(n, locale)] for key, value, span, n in rows_of]
    return Table(words.plain("study.attention.title"), columns, body)
