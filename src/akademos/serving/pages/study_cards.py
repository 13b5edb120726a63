"""Cards of study efficiency: time of day, lengths of sessions, the trend, what hangs on the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from markupsafe import Markup

from akademos.serving.charts.canvas import MEDIUM, NARROW, WIDE, Canvas, Caption
from akademos.serving.charts.line_band import BandPoint, line_band
from akademos.serving.charts.scales import count_thresholds
from akademos.serving.charts.tally import Group, tally
from akademos.serving.charts.weekday_hours import Cell as Hour
from akademos.serving.charts.weekday_hours import weekday_hours
from akademos.serving.pages.answers import Json, block, count_of, day_of, rows, share_of, status_of
from akademos.serving.pages.cards import Card, LegendEntry, Note, Ramp, State, figure, state_for
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, day_cell, share_cell
from akademos.serving.pages.wording import Words


def study_state(words: Words, card: str, answer: Json) -> State:
    """Why a card says nothing: no times of day, no study, or too little of it."""
    status = status_of(answer)
    if status == "needs_clock":
        return State(status, words.plain("study.needs_times"), words.html("study.needs_times.text"))
    state = state_for(words, card, "not_enough_data" if status == "ok" else status)
    sessions = count_of(block(block(answer, "time"), "sample").get("sessions"))
    if sessions and state.kind == "not_enough_data":
        said = words.html("state.so_far", n=words.counted("study.sessions", sessions))
        return replace(state, text=state.text + Markup(" ") + said)
    return state


def minutes_of(value: object) -> int:
    """Whole minutes, 0 where there are none."""
    return count_of(value) or 0


def length(minutes: float, words: Words) -> str:
    """ "48 min", "5 h 20 min"."""
    whole = round(minutes)
    hours, left = divmod(whole, 60)
    if not hours:
        return words.plain("study.min", n=words.locale.number(left))
    if not left:
        return words.plain("study.h", n=words.locale.number(hours))
    return words.plain("study.h_min", hours=words.locale.number(hours), n=left)


def hours_of(answer: Json) -> dict[Hour, int]:
    """Active minutes by weekday and hour; less than one counts as one."""
    found = {}
    for row in rows(block(answer, "time_of_day"), "hours"):
        amount = share_of(row.get("active_minutes")) or 0.0
        if amount > 0:
            found[count_of(row.get("weekday")) or 0, count_of(row.get("hour")) or 0] = max(1, round(amount))
    return found


def hours_card(answer: Json, words: Words) -> Card:
    """When study happens: weekdays and hours."""
    title, locale = words.plain("study.hours.title"), words.locale
    minutes = hours_of(answer)
    if not minutes:
        return Card("hours", title, state=study_state(words, "study_hours", answer))
    busiest = max(minutes, key=lambda cell: (minutes[cell], -cell[0], -cell[1]))
    by_hour: dict[int, int] = {}
    for (_, hour), amount in minutes.items():
        by_hour[hour] = by_hour.get(hour, 0) + amount
    top = max(by_hour, key=lambda hour: (by_hour[hour], -hour))
    description = words.plain("study.hours.desc", weekday=locale.long_weekdays[busiest[0]], hour=f"{busiest[1]:02d}")
    take = words.html(
        "study.hours.take",
        hour=f"{top}:00",
        until=f"{(top + 1) % 24}:00",
        share=locale.percent(by_hour[top] / sum(by_hour.values())),
    )
    return Card(
        "hours",
        title,
        take,
        figure(
            "nw", *(hours_picture(minutes, "hours", title, description, canvas, words) for canvas in (WIDE, NARROW))
        ),
        [_hours_table(answer, title, words)],
        ramp=hours_ramp(minutes.values(), words),
    )


def hours_picture(
    minutes: Mapping[Hour, int],
    key: str,
    title: str,
    description: str,
    canvas: Canvas,
    words: Words,
    outlined: Mapping[Hour, str] | None = None,
) -> str:
    """The heatmap of weekdays and hours; `outlined` cells say what they are chosen for."""
    locale, chosen = words.locale, outlined or {}

    def tip(cell: Hour, amount: int) -> str:
        when = words.plain("study.hours.at", weekday=locale.weekdays[cell[0]], hour=f"{cell[1]}:00")
        said = f"{when}: {length(amount, words)}"
        return f"{said}. {chosen[cell]}" if cell in chosen else said

    return weekday_hours(
        minutes,
        caption=Caption(f"chart-{key}", title, description),
        canvas=canvas,
        locale=locale,
        tip=tip,
        outlined=chosen,
    )


def hours_ramp(minutes: Iterable[int], words: Words) -> Ramp:
    """The legend of a heatmap of minutes."""
    thresholds = count_thresholds(list(minutes))
    most = words.plain("study.hours.most", n=words.locale.number(thresholds[-1]))
    return Ramp.of(words.plain("past.none"), most, thresholds)


def _hours_table(answer: Json, title: str, words: Words) -> Table:
    locale = words.locale
    columns = ("weekday", "hour", "minutes", "answers", "accuracy")
    numeric = {"hour", "minutes", "answers", "accuracy"}
    return Table(
        title,
        [Column(words.plain(f"study.col.{name}"), numeric=name in numeric) for name in columns],
        [
            [
                Cell(locale.long_weekdays[count_of(row.get("weekday")) or 0], count_of(row.get("weekday"))),
                Cell(f"{count_of(row.get('hour')) or 0}:00", count_of(row.get("hour"))),
                count_cell(share_of(row.get("active_minutes")), locale, 1),
                count_cell(count_of(row.get("answers")), locale),
                share_cell(share_of(row.get("accuracy")), locale),
            ]
            for row in rows(block(answer, "time_of_day"), "hours")
        ],
    )


def lengths_card(answer: Json, words: Words) -> Card:
    """How long sessions are."""
    title, locale = words.plain("study.lengths.title"), words.locale
    sessions = block(answer, "sessions")
    found = rows(sessions, "lengths")
    total = sum(count_of(row.get("sessions")) or 0 for row in found)
    if status_of(answer) != "ok" or not total:
        return Card("lengths", title, state=study_state(words, "study_lengths", answer))
    groups = [Group(_class(row, words), count_of(row.get("sessions")) or 0) for row in found]
    most = max(groups, key=lambda group: group.count)
    take = words.html(
        "study.lengths.take",
        median=length(share_of(sessions.get("median_active_minutes")) or 0.0, words),
        longest=length(share_of(sessions.get("longest_active_minutes")) or 0.0, words),
        sessions=words.counted("study.sessions", total),
    )

    def tip(group: Group) -> str:
        return f"{group.name}: {words.counted_plain('study.sessions', group.count)}"

    description = words.plain("study.lengths.desc", n=total, most=most.name)
    drawings = [
        tally(groups, caption=Caption("chart-lengths", title, description), canvas=canvas, locale=locale, tip=tip)
        for canvas in (MEDIUM, NARROW)
    ]
    table = Table(
        title,
        [
            Column(words.plain("study.col.length")),
            Column(words.plain("study.col.sessions"), numeric=True),
            Column(words.plain("study.col.minutes"), numeric=True),
        ],
        [
            [
                Cell(_class(row, words), count_of(row.get("from_minutes"))),
                count_cell(count_of(row.get("sessions")), locale),
                count_cell(share_of(row.get("active_minutes")), locale),
            ]
            for row in found
        ],
    )
    return Card("lengths", title, take, figure("nm", *drawings), [table])


def _class(row: Json, words: Words) -> str:
    least, until = count_of(row.get("from_minutes")) or 0, count_of(row.get("until_minutes"))
    if until is None:
        return words.plain("study.length.from", n=least)
    return words.plain("study.length.between", least=least, until=until)


def trend_card(answer: Json, words: Words) -> Card:
    """The weekly share of active time."""
    title, locale = words.plain("study.trend.title"), words.locale
    weeks = rows(answer, "weeks")
    points = [
        BandPoint(day, share_of(row.get("active_share")))
        for row in weeks
        if (day := day_of(row.get("week"))) is not None
    ]
    known = [point for point in points if point.value is not None]
    if status_of(answer) != "ok" or not known:
        return Card("efficiency", title, state=study_state(words, "study_trend", answer))
    time, trend = block(answer, "time"), block(answer, "trend")
    take = words.html(
        "study.trend.take",
        share=locale.percent(share_of(time.get("active_share")) or 0.0),
        active=length(share_of(time.get("active_minutes")) or 0.0, words),
        total=length(share_of(time.get("total_minutes")) or 0.0, words),
        sessions=words.counted("study.sessions", count_of(block(time, "sample").get("sessions")) or 0),
    )

    def tip(point: BandPoint) -> str:
        return words.plain("study.trend.tip", day=locale.full_day(point.day), value=locale.percent(point.value or 0))

    description = words.plain(
        "study.trend.desc",
        n=len(known),
        first=locale.percent(known[0].value or 0),
        last=locale.percent(known[-1].value or 0),
    )
    drawings = [
        line_band(
            points, caption=Caption("chart-efficiency", title, description), canvas=canvas, locale=locale, tip=tip
        )
        for canvas in (WIDE, NARROW)
    ]
    return Card(
        "efficiency",
        title,
        take,
        figure("nw", *drawings),
        [_weeks_table(answer, title, words)],
        [LegendEntry("line", words.plain("study.trend.legend"))],
        [Note(words.plain("chip.estimate"), words.html(f"study.trend.{status_of(trend)}"))],
    )


def _weeks_table(answer: Json, title: str, words: Words) -> Table:
    locale = words.locale
    names = ("week", "sessions", "days", "minutes", "total", "share", "focus", "answers", "materials", "per_hour")
    return Table(
        title,
        [Column(words.plain(f"study.col.{name}"), numeric=name != "week") for name in names],
        [
            [
                day_cell(day_of(row.get("week")), locale),
                count_cell(count_of(row.get("sessions")), locale),
                count_cell(count_of(row.get("days")), locale),
                count_cell(share_of(row.get("active_minutes")), locale),
                count_cell(share_of(row.get("total_minutes")), locale),
                share_cell(share_of(row.get("active_share")), locale),
                share_cell(share_of(row.get("focus")), locale),
                count_cell(count_of(row.get("answers")), locale),
                count_cell(count_of(row.get("materials")), locale),
                count_cell(share_of(row.get("answers_per_hour")), locale, 1),
            ]
            for row in reversed(rows(answer, "weeks"))
        ],
    )


def rules_card(answer: Json, words: Words) -> Card:
    """What active time would be by other limits of idleness."""
    title, locale = words.plain("study.rules.title"), words.locale
    found = rows(answer, "sensitivity")
    amounts = [share_of(row.get("active_minutes")) or 0.0 for row in found]
    if status_of(answer) in {"no_data", "needs_clock"} or len(found) < 2 or not max(amounts):
        return Card("rules", title, state=study_state(words, "study_rules", answer))
    rules = block(answer, "rules")
    used = next((amount for row, amount in zip(found, amounts, strict=True) if row.get("used")), amounts[0])
    alike = round(max(amounts)) == round(min(amounts))
    take = words.html(
        "study.rules.same" if alike else "study.rules.take",
        idle=count_of(rules.get("idle_minutes")),
        session=count_of(rules.get("session_minutes")),
        less=length(used - amounts[0], words),
        more=length(amounts[-1] - used, words),
        shorter=count_of(found[0].get("idle_minutes")),
        longer=count_of(found[-1].get("idle_minutes")),
    )
    groups = [
        Group(words.plain("study.rules.limit", n=count_of(row.get("idle_minutes"))), round(amount))
        for row, amount in zip(found, amounts, strict=True)
    ]

    def tip(group: Group) -> str:
        return f"{group.name}: {length(group.count, words)}"

    description = words.plain("study.rules.desc", least=length(min(amounts), words), most=length(max(amounts), words))
    drawings = [
        tally(
            groups,
            caption=Caption("chart-rules", title, description),
            canvas=canvas,
            locale=locale,
            tip=tip,
            percent=False,
        )
        for canvas in (MEDIUM, NARROW)
    ]
    table = Table(
        title,
        [Column(words.plain("study.col.limit"), numeric=True), Column(words.plain("study.col.minutes"), numeric=True)],
        [
            [count_cell(count_of(row.get("idle_minutes")), locale), count_cell(amount, locale)]
            for row, amount in zip(found, amounts, strict=True)
        ],
    )
    return Card("rules", title, take, figure("nm", *drawings), [table])
