"""The learner's page "my study habits": active time, efficiency, patterns, and what goes with right answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from akademos.serving.pages.answers import (
    Header,
    Json,
    LoadFailure,
    block,
    count_of,
    header_of,
    moment,
    rows,
    share_of,
    status_of,
    text_of,
)
from akademos.serving.pages.cards import Card, failure_state
from akademos.serving.pages.habit_cards import (
    Highlight,
    PlanLine,
    attention_card,
    attention_table,
    days_card,
    highlights_card,
    materials_card,
    plan_card,
)
from akademos.serving.pages.my_progress import Fact
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.study_cards import (
    hours_card,
    length,
    lengths_card,
    rules_card,
    study_state,
    trend_card,
)
from akademos.serving.pages.tiles import Tile
from akademos.serving.pages.wording import Words

Answer = Json | LoadFailure
WINDOWS = (28, 84, 182)


@dataclass(frozen=True)
class WindowChoice:
    """A window to look back on; its address, and whether it is the one shown."""

    label: str
    href: str
    chosen: bool


def render_my_study(efficiency: Answer, patterns: Answer, *, shell: Shell, own_page: bool = True) -> str:
    """The page as HTML, from two answers of the API as they are sent.

    Args:
        efficiency, patterns: the answers of /v1/analytics/study-efficiency and /study-patterns, or a `LoadFailure` in
            place of one that could not be had.
        shell: navigation and who is signed in; `shell.query` must hold the page's own parameters.
        own_page: whether the learner looks; otherwise a line says that a member of staff does.

    Raises:
        InputError: an answer holds a number that is not finite.
    """
    words = shell.words
    answers = [one for one in (efficiency, patterns) if not isinstance(one, LoadFailure)]
    header = header_of(answers[0] if answers else {})
    retry = shell.address()

    def card(answer: Answer, key: str, title: str, build: Callable[[Json], Card]) -> Card:
        if isinstance(answer, LoadFailure):
            return Card(key, words.plain(title), state=failure_state(words, answer, retry, header.now.tzinfo))
        return build(answer)

    known: Json = {} if isinstance(efficiency, LoadFailure) else efficiency
    highlights: list[Highlight] = []
    lines: list[PlanLine] = []
    said = card(patterns, "highlights", "insight.title", lambda _: Card("", ""))
    plan = card(patterns, "plan", "study.plan.title", lambda _: Card("", ""))
    if not isinstance(patterns, LoadFailure):
        said, highlights = highlights_card(patterns, words)
        plan, lines = plan_card(patterns, known, words)
    window = count_of(block(answers[0], "window").get("days")) if answers else None
    return page(
        "my_study.html",
        shell,
        title=_title(header, words, own_page=own_page),
        lede=_lede(answers[0], header, words) if answers else Markup(""),
        audience=words.plain("progress.private" if own_page else "progress.staff"),
        contested=(answers[0].get("contested") if answers else None) or [],
        windows=[
            WindowChoice(words.counted_plain("weeks", days // 7), shell.address(window=str(days)), days == window)
            for days in WINDOWS
        ],
        tiles=_tiles(efficiency, header, words, retry),
        step=_step(lines, header, words),
        trend=card(efficiency, "efficiency", "study.trend.title", lambda a: trend_card(a, words)),
        highlights=said,
        highlight_lines=highlights,
        hours=card(efficiency, "hours", "study.hours.title", lambda a: hours_card(a, words)),
        lengths=card(efficiency, "lengths", "study.lengths.title", lambda a: lengths_card(a, words)),
        days=card(patterns, "days", "study.days.title", lambda a: days_card(a, header, words)),
        plan=plan,
        plan_lines=lines,
        materials=card(patterns, "materials", "study.materials.title", lambda a: materials_card(a, words)),
        attention=card(patterns, "attention", "study.attention.title", lambda a: attention_card(a, words)),
        attention_table=None if isinstance(patterns, LoadFailure) else attention_table(patterns, known, words),
        rules=card(efficiency, "rules", "study.rules.title", lambda a: rules_card(a, words)),
        about=_about(header, words) if answers else Markup(""),
        facts=_facts(header, words) if answers else [],
    )


def _title(header: Header, words: Words, *, own_page: bool) -> str:
    if own_page:
        return words.plain("study.title")
    return words.plain("study.title.of", name=header.display_name or words.plain("progress.somebody"))


def _lede(answer: Json, header: Header, words: Words) -> Markup:
    days = count_of(block(answer, "window").get("days")) or 0
    return words.html("study.lede", at=words.locale.moment(header.now), weeks=words.counted("weeks", days // 7))


def _tiles(efficiency: Answer, header: Header, words: Words, retry: str) -> list[Tile]:
    labels = {key: words.plain(f"study.tile.{key}") for key in ("today", "week", "focus", "pace")}
    if isinstance(efficiency, LoadFailure):
        state = failure_state(words, efficiency, retry, header.now.tzinfo)
        return [Tile(label, state=state) for label in labels.values()]
    locale = words.locale
    today, time = block(efficiency, "today"), block(efficiency, "time")
    focus, pace = block(efficiency, "focus"), block(efficiency, "pace")
    found = [_today(labels["today"], efficiency, today, header, words)]
    if status_of(efficiency) != "ok":
        state = study_state(words, "study_tile", efficiency)
        return found + [Tile(labels[key], state=state) for key in ("week", "focus", "pace")]
    active = share_of(time.get("active_minutes")) or 0.0
    weeks = [row for row in rows(efficiency, "weeks") if share_of(row.get("active_minutes"))]
    sample = block(time, "sample")
    found.append(
        Tile(
            labels["week"],
            length(active / max(1, len(weeks)), words),
            "",
            words.html(
                "study.tile.week.text",
                weeks=words.counted("weeks", len(weeks)),
                sessions=words.counted("study.sessions", count_of(sample.get("sessions")) or 0),
            ),
        )
    )
    value, low, high = (share_of(focus.get(name)) for name in ("value", "low", "high"))
    if value is None:
        found.append(Tile(labels["focus"], state=study_state(words, "study_tile", {"status": "not_enough_data"})))
    else:
        text = words.html("study.tile.focus.text")
        if low is not None and high is not None:
            text += Markup(" ") + words.html("study.tile.focus.likely", range=locale.percent_range(low, high))
        found.append(Tile(labels["focus"], locale.percent(value), "", text))
    answers, materials = (share_of(pace.get(name)) or 0.0 for name in ("answers_per_hour", "materials_per_hour"))
    text = words.html("study.tile.pace.text", materials=locale.number(materials, 1))
    found.append(Tile(labels["pace"], locale.number(answers), words.plain("study.tile.pace.chip"), text))
    return found


def _today(label: str, efficiency: Json, today: Json, header: Header, words: Words) -> Tile:
    active = share_of(today.get("active"))
    if active is None:
        return Tile(label, state=study_state(words, "study_tile", efficiency))
    begun = moment(today.get("open_since"))
    text = words.counted("study.tile.today.text", count_of(today.get("sessions")) or 0)
    chip = ""
    if begun is not None:
        local = begun.astimezone(header.now.tzinfo)
        chip = words.plain("study.tile.today.open", at=f"{local.hour}:{local.minute:02d}")
    return Tile(label, length(active, words), chip, text)


def _step(lines: Sequence[PlanLine], header: Header, words: Words) -> Markup:
    """The suggested time that comes next."""
    if not lines:
        return Markup("")
    now = header.now.weekday() * 1440 + header.now.hour * 60 + header.now.minute
    following = min(lines, key=lambda line: (line.weekday * 1440 + line.start_minute - now) % (7 * 1440))
    return words.html("study.step", when=following.when, minutes=following.minutes, why=following.why)


def _about(header: Header, words: Words) -> Markup:
    provenance = header.provenance
    events = count_of(provenance.get("events")) or 0
    if not events:
        return words.html("about.none")
    return words.html(
        "about.take",
        events=words.counted("events", events),
        answers=words.locale.number(count_of(provenance.get("answers")) or 0),
        span="",
    )


def _facts(header: Header, words: Words) -> list[Fact]:
    provenance, zone = header.provenance, header.now.tzinfo
    last = moment(provenance.get("last_event_at"))
    computed = header.computed_at
    found = [
        ("computed", None if computed is None else words.locale.moment(computed.astimezone(zone))),
        ("fresh", None if last is None else words.locale.moment(last.astimezone(zone))),
        ("definition", text_of(provenance.get("definition"))),
        ("parameters", text_of(provenance.get("parameters"))),
        ("difficulty", text_of(provenance.get("item_difficulty"))),
        ("zone", header.time_zone),
    ]
    return [Fact(words.plain(f"about.{name}"), value) for name, value in found if value]
