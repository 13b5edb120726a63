"""The page of an exam plan: is it enough, what to do on which day, and what more or less time would give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.trade_off import RungLevel, trade_off
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    day_of,
    header_of,
    rows,
    share_of,
    status_of,
    text_of,
    topic_name,
)
from akademos.serving.pages.cards import Card, LegendEntry, Note, figure, state_for
from akademos.serving.pages.memory_cards import Choice
from akademos.serving.pages.my_progress import Fact
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import Cell, Column, Table, count_cell, day_cell, share_cell
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words

TARGETS = (0.7, 0.8, 0.85, 0.9, 0.95)
DAYS_MOST = 366
_ASKED = ("date", "target_recall", "minutes_a_day")
_ASSUMPTIONS = ("plan.assume.unseen", "plan.assume.course", "plan.assume.days", "plan.assume.exam")


@dataclass(frozen=True)
class PlanForm:
    """What the form shows: the present choices and the days that may be chosen."""

    date: str
    first: str
    last: str
    targets: Sequence[Choice]
    minutes: int


def render_exam_plan(answer: Json, *, shell: Shell, own_page: bool, back: str) -> str:
    """The page as HTML, from the answer of /v1/analytics/exam-plan.

    Args:
        answer: as it is sent.
        shell: navigation and who is signed in; `shell.query` holds the page's own parameters.
        own_page: whether the learner looks.
        back: address of the page "my progress".
    """
    words, header = shell.words, header_of(answer)
    kept = {name: value for name, value in shell.query.items() if name not in _ASKED}
    status, plan = status_of(answer), block(answer, "plan")
    state = None
    if status != "ok":
        state = state_for(words, "plan", status, answers=count_of(block(answer, "basis").get("answers")))
    load, load_table = _load(answer, words)
    values: dict[str, Any] = {
        "title": words.plain("plan.title") if own_page else _title_of(header, words),
        "lede": _lede(answer, plan, words) if state is None else words.html("plan.lede.none"),
        "audience": words.plain("progress.private" if own_page else "progress.staff"),
        "contested": answer.get("contested") or [],
        "kept": kept,
        "form": _form(answer, header, words),
        "state": state,
        "load": load,
        "load_table": load_table,
        "about": _about(answer, words),
        "assumptions": _ASSUMPTIONS,
        "facts": _facts(answer, header, words),
        "back": back + (f"?{urlencode(kept)}" if kept else ""),
    }
    if state is None:
        schedule, schedule_table = _schedule(answer, words)
        topics, topic_table = _topics(answer, words)
        values |= {
            "tiles": _tiles(answer, plan, words),
            "trade_off": _trade_off(answer, plan, words),
            "schedule": schedule,
            "schedule_table": schedule_table,
            "topics": topics,
            "topic_table": topic_table,
        }
    return page("exam_plan.html", shell, **values)


def _title_of(header: Header, words: Words) -> str:
    return words.plain("plan.title.of", name=header.display_name or words.plain("progress.somebody"))


def _share(row: Json, name: str) -> float:
    return share_of(row.get(name)) or 0.0


def _form(answer: Json, header: Header, words: Words) -> PlanForm:
    exam, today = block(answer, "exam"), header.now.date()
    target = _share(exam, "target_recall")
    shown = sorted({*TARGETS, target})
    return PlanForm(
        date=text_of(exam.get("date")) or "",
        first=(today + timedelta(days=1)).isoformat(),
        last=(today + timedelta(days=DAYS_MOST)).isoformat(),
        targets=[Choice(f"{one:g}", words.locale.percent(one), one == target) for one in shown],
        minutes=count_of(exam.get("minutes_a_day")) or 0,
    )


def _lede(answer: Json, plan: Json, words: Words) -> Markup:
    exam, locale = block(answer, "exam"), words.locale
    on = day_of(exam.get("date"))
    values = {
        "day": "" if on is None else locale.full_day(on),
        "minutes": words.counted("minutes.bare", count_of(plan.get("minutes_a_day")) or 0),
        "recall": locale.percent(_share(plan, "expected_recall")),
        "target": locale.percent(_share(exam, "target_recall")),
    }
    if plan.get("feasible"):
        return words.html("plan.lede.enough", **values)
    needed = count_of(plan.get("minutes_needed"))
    if needed is not None:
        return words.html("plan.lede.more", needed=words.counted("minutes.bare", needed), **values)
    return words.html("plan.lede.never", most=locale.percent(_share(plan, "recall_most")), **values)


def _tiles(answer: Json, plan: Json, words: Words) -> list[Tile]:
    locale, basis = words.locale, block(answer, "basis")
    low, high = _share(plan, "low"), _share(plan, "high")
    needed = count_of(plan.get("minutes_needed"))
    return [
        Tile(
            words.plain("plan.tile.recall"),
            locale.percent(_share(plan, "expected_recall")),
            words.plain("chip.forecast"),
            words.html("plan.tile.recall.why", range=locale.percent_range(low, high)),
        ),
        Tile(
            words.plain("plan.tile.minutes"),
            words.plain("plan.none") if needed is None else locale.number(needed),
            text=words.html(
                "plan.tile.minutes.why" if needed is not None else "plan.tile.minutes.none",
                target=locale.percent(_share(block(answer, "exam"), "target_recall")),
            ),
        ),
        Tile(
            words.plain("plan.tile.unstudied"),
            locale.percent(_share(plan, "recall_unstudied")),
            words.plain("chip.forecast"),
            words.html("plan.tile.unstudied.why", now=locale.percent(_share(plan, "recall_now"))),
        ),
        Tile(
            words.plain("plan.tile.items"),
            words.plain(
                "plan.tile.items.of",
                seen=locale.number(count_of(basis.get("seen")) or 0),
                items=locale.number(count_of(basis.get("items")) or 0),
            ),
            text=words.html("plan.tile.items.why"),
        ),
    ]


def _trade_off(answer: Json, plan: Json, words: Words) -> Card:
    title, locale = words.plain("plan.trade.title"), words.locale
    chosen = count_of(plan.get("minutes_a_day"))
    rungs = [
        RungLevel(minutes, _share(row, "expected_recall"), minutes == chosen)
        for row in rows(answer, "trade_off")
        if (minutes := count_of(row.get("minutes_a_day"))) is not None
    ]
    goal = _share(block(answer, "exam"), "target_recall")
    first, last = rungs[0], rungs[-1]
    spoken = {
        "less": words.counted_plain("minutes.bare", first.effort),
        "low": locale.percent(first.value),
        "more": words.counted_plain("minutes.bare", last.effort),
        "high": locale.percent(last.value),
    }

    def tip(rung: RungLevel) -> str:
        minutes = words.counted_plain("minutes.bare", rung.effort)
        return words.plain("plan.trade.tip", minutes=minutes, recall=locale.percent(rung.value))

    drawings = [
        trade_off(
            rungs,
            caption=Caption("chart-trade", title, words.plain("plan.trade.desc", **spoken)),
            canvas=canvas,
            locale=locale,
            tip=tip,
            goal=goal,
            goal_label=words.plain("plan.trade.goal", target=locale.percent(goal)),
            unit=words.plain("plan.trade.unit"),
        )
        for canvas in (WIDE, NARROW)
    ]
    table = Table(
        title,
        [
            Column(words.plain("plan.col.minutes"), numeric=True),
            Column(words.plain("plan.col.recall"), numeric=True),
            Column(words.plain("plan.col.used"), numeric=True),
        ],
        [
            [
                count_cell(count_of(row.get("minutes_a_day")), locale),
                share_cell(share_of(row.get("expected_recall")), locale),
                count_cell(share_of(row.get("minutes_used")), locale, 1),
            ]
            for row in rows(answer, "trade_off")
        ],
    )
    return Card(
        "trade-off",
        title,
        words.html("plan.trade.take", **spoken),
        figure("nw", *drawings),
        [table],
        [LegendEntry("dot", words.plain("plan.trade.legend")), LegendEntry("goal", words.plain("plan.trade.target"))],
        [Note(words.plain("chip.forecast"), words.html("plan.trade.note"))],
    )


def _schedule(answer: Json, words: Words) -> tuple[Card, Table]:
    title, locale = words.plain("plan.schedule.title"), words.locale
    days = rows(answer, "schedule")
    reviews = sum(count_of(row.get("reviews")) or 0 for row in days)
    fresh = sum(count_of(row.get("new_items")) or 0 for row in days)
    table = Table(
        title,
        [
            Column(words.plain("col.day")),
            Column(words.plain("plan.col.reviews"), numeric=True),
            Column(words.plain("plan.col.new"), numeric=True),
            Column(words.plain("plan.col.spent"), numeric=True),
        ],
        [
            [
                _day(day_of(row.get("date")), words),
                count_cell(count_of(row.get("reviews")), locale),
                count_cell(count_of(row.get("new_items")), locale),
                count_cell(share_of(row.get("minutes")), locale),
            ]
            for row in days
        ],
    )
    take = words.html(
        "plan.schedule.take",
        reviews=words.counted("reviews", reviews),
        fresh=words.counted("plan.new", fresh),
        days=words.counted("plan.days", len(days)),
    )
    return Card("schedule", title, take), table


def _day(day: date | None, words: Words) -> Cell:
    return day_cell(day, words.locale) if day is None else Cell(words.locale.weekday_day(day), day.isoformat())


def _topics(answer: Json, words: Words) -> tuple[Card, Table]:
    title, locale = words.plain("plan.topics.title"), words.locale
    shares = ("recall_now", "recall_unstudied", "recall_planned")
    counts = ("items", "seen", "reviews", "new_items")
    columns = [Column(words.plain("col.topic")), Column(words.plain("plan.col.weight"), numeric=True)]
    columns += [Column(words.plain(f"plan.col.{name}"), numeric=True) for name in (*shares, *counts)]
    body = [
        [
            Cell(topic_name(row)),
            count_cell(share_of(row.get("weight")), locale, 1),
            *(share_cell(share_of(row.get(name)), locale) for name in shares),
            *(count_cell(count_of(row.get(name)), locale) for name in counts),
        ]
        for row in rows(answer, "topics")
    ]
    key = "plan.topics.take" if block(answer, "exam").get("weights") == "target_exam" else "plan.topics.take.alike"
    return Card("plan-topics", title, words.html(key)), Table(title, columns, body)


def _load(answer: Json, words: Words) -> tuple[Card, Table | None]:
    title, locale = words.plain("plan.load.title"), words.locale
    loads = rows(answer, "load")
    if not loads:
        status = "needs_clock" if status_of(answer) == "needs_clock" else "no_data"
        return Card("load", title, state=state_for(words, "load", status)), None
    table = Table(
        title,
        [
            Column(words.plain("plan.col.goal")),
            *(Column(words.plain(f"plan.col.{name}"), numeric=True) for name in ("all", "minutes", "after")),
        ],
        [
            [
                share_cell(share_of(row.get("target_retention")), locale),
                count_cell(count_of(row.get("reviews")), locale),
                count_cell(share_of(row.get("minutes_a_day")), locale, 1),
                share_cell(share_of(row.get("recall")), locale),
            ]
            for row in loads
        ],
    )
    first, last = loads[0], loads[-1]
    take = words.html(
        "plan.load.take",
        low=locale.percent(_share(first, "target_retention")),
        few=words.counted("reviews", count_of(first.get("reviews")) or 0),
        high=locale.percent(_share(last, "target_retention")),
        many=words.counted("reviews", count_of(last.get("reviews")) or 0),
    )
    note = Note(words.plain("chip.forecast"), words.html("plan.load.note"))
    daily = Table(
        words.plain("plan.load.days"),
        [Column(words.plain("col.day"))]
        + [Column(locale.percent(_share(row, "target_retention")), numeric=True) for row in loads],
        [
            [
                _day(day_of(days[0].get("date")), words),
                *(count_cell(count_of(day.get("reviews")), locale) for day in days),
            ]
            for days in zip(*(rows(row, "days") for row in loads), strict=True)
        ],
    )
    return Card("load", title, take, tables=[daily], notes=[note]), table


def _about(answer: Json, words: Words) -> Markup:
    basis = block(answer, "basis")
    return words.html(
        "plan.about",
        answers=words.counted("answers", count_of(basis.get("answers")) or 0),
        seconds=words.locale.number(_share(basis, "answer_seconds")),
        basis=words.plain(f"plan.seconds.{text_of(basis.get('answer_seconds_basis')) or 'assumed'}"),
        first=words.locale.percent(_share(basis, "first_attempt_share")),
    )


def _facts(answer: Json, header: Header, words: Words) -> list[Fact]:
    basis: Mapping[str, Any] = block(answer, "basis")
    memory = words.counted_plain(
        f"plan.memory.{text_of(basis.get('memory_weights')) or 'default'}", count_of(basis.get("memory_reviews")) or 0
    )
    provenance, computed, note = header.provenance, header.computed_at, f"about.note.{header.clock}"
    found = [
        ("computed", None if computed is None else words.locale.moment(computed.astimezone(header.now.tzinfo))),
        ("memory", memory),
        ("definition", text_of(provenance.get("definition"))),
        ("parameters", text_of(provenance.get("parameters"))),
        ("zone", header.time_zone),
        ("note", words.plain(note) if note in words else None),
    ]
    return [Fact(words.plain(f"about.{name}"), value) for name, value in found if value]
