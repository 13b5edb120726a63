"""The learner's page "my progress": what is known, what fades, what comes next, and how that was computed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlencode

from markupsafe import Markup

from akademos.serving.charts.topic_level import TopicLevel
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
    topic_name,
)
from akademos.serving.pages.cards import Card, State, failure_state, state_for
from akademos.serving.pages.closer_look import closer_look
from akademos.serving.pages.gap_cards import GapLine, PathStep, gaps_card, path_card, urgency
from akademos.serving.pages.gap_words import gap_reason, step_reason, unlocks_of
from akademos.serving.pages.graph_card import graph_card
from akademos.serving.pages.memory_cards import (
    Choice,
    DueTopic,
    choices,
    choose_topic,
    decay_card,
    due_card,
)
from akademos.serving.pages.readiness_cards import readiness_cards, readiness_tile
from akademos.serving.pages.recommendation_card import StepLine, recommendation_card
from akademos.serving.pages.review_cards import coming_card, past_card
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.suggestions import suggested_steps
from akademos.serving.pages.tiles import Tile, tiles
from akademos.serving.pages.topic_cards import coverage_card, headings, heatmap_card, levels_card, topic_levels
from akademos.serving.pages.trend_card import trend_card
from akademos.serving.pages.wording import Words
from akademos.stores.ports.record_store import RecordRow

Answer = Json | LoadFailure
PLAN = "/exam-plan"
"""Address of the page of the exam plan."""

_GOAL = 0.8  # where the answer does not say
_TARGET_RETENTION = 0.9  # where the answer does not say
_LISTS = ("gaps", "path")
_NEAR = 0.15  # a topic this close below the goal is named as close


@dataclass(frozen=True)
class Step:
    """The one suggested step."""

    title: str
    text: Markup
    why: Sequence[Markup]
    look: str
    state: State | None = None


@dataclass(frozen=True)
class Fact:
    """One line of the provenance."""

    name: str
    value: str


def render_my_progress(
    dashboard: Answer,
    mastery: Answer,
    reviews: Answer,
    gaps: Answer,
    topic: Answer | None = None,
    readiness: Answer | None = None,
    recommended: Answer | None = None,
    *,
    shell: Shell,
    selected_topic: str | None = None,
    own_page: bool = True,
    decide: str | None = None,
    said: str | None = None,
    suggested: Sequence[RecordRow] = (),
    answer_to: str = "",
) -> str:
    """The page as HTML, from the answers of the API as they are sent.

    Args:
        dashboard, mastery, reviews, gaps: the answers of /v1/analytics/dashboard, /mastery, /reviews and
            /knowledge-gaps, or a `LoadFailure` in place of one that could not be had.
        topic: the answer of /v1/analytics/mastery/{topic} for `selected_topic`, if one is selected.
        readiness: the answer of /v1/analytics/exam-readiness; without it the overview on the dashboard has to do.
        recommended: the answer of /v1/analytics/recommendations; without it there is no list of what to do next.
        shell: navigation and who is signed in; `shell.query` must hold the page's own parameters but `topic`.
        selected_topic: the parameter `topic` of the page's address.
        own_page: whether the learner looks; otherwise a line says that a member of staff does.
        decide: the address that takes what the learner says of a step; without it there are no buttons.
        said: what was noted just now, in words.
        suggested: steps that somebody suggested; `answer_to` takes what the learner says of them.

    Raises:
        InputError: an answer holds a number that is not finite.
    """
    words = shell.words
    answers = [a for a in (dashboard, mastery, reviews, gaps) if not isinstance(a, LoadFailure)]
    header = header_of(answers[0] if answers else {})
    goal = _share(mastery, "goal", _GOAL)
    target = _share(reviews, "target_retention", _TARGET_RETENTION)
    retry = shell.address(**({"topic": selected_topic} if selected_topic else {}))

    def card(answer: Answer, key: str, title: str, build: Callable[[Json], Card]) -> Card:
        if isinstance(answer, LoadFailure):
            return Card(key, words.plain(title), state=failure_state(words, answer, retry, header.now.tzinfo))
        return build(answer)

    chosen = None if isinstance(reviews, LoadFailure) else choose_topic(reviews, selected_topic)
    levels = [] if isinstance(mastery, LoadFailure) else topic_levels(mastery)
    has_levels = any(level.value is not None for level in levels)
    due_lines: list[DueTopic] = []
    gap_lines: list[GapLine] = []
    steps: list[PathStep] = []
    if not isinstance(reviews, LoadFailure):
        due, due_lines = due_card(reviews, header, target, words)
    else:
        due = Card("due", words.plain("due.title"), state=failure_state(words, reviews, retry, header.now.tzinfo))
    if not isinstance(gaps, LoadFailure):
        if not isinstance(mastery, LoadFailure):
            gaps = _practicable(gaps, headings(mastery, levels))
        gap, gap_lines = gaps_card(gaps, has_levels, goal, words)
        way, steps = path_card(gaps, words)
    else:
        gap = Card("gaps", words.plain("gaps.title"), state=failure_state(words, gaps, retry, header.now.tzinfo))
        way = Card("path", words.plain("path.title"), state=failure_state(words, gaps, retry, header.now.tzinfo))
    ready, sections, timeline = _readiness(dashboard, readiness, header, words, retry)
    todo, todo_lines = _recommended(recommended, gaps, reviews, header, words, retry)
    closer = None
    if topic is not None and not isinstance(topic, LoadFailure):
        closer = closer_look(topic, header_of(topic), goal, words)
    return page(
        "my_progress.html",
        shell,
        title=_title(header, words, own_page=own_page),
        greeting=_greeting(header, words, own_page=own_page),
        lede=_lede(header, words) if answers else Markup(""),
        audience=words.plain("progress.private" if own_page else "progress.staff"),
        contested=(answers[0].get("contested") if answers else None) or [],
        tiles=_tiles(dashboard, levels, goal, target, header, words, retry),
        step=_step(dashboard, gaps, header, words, shell, retry),
        todo=todo,
        todo_lines=todo_lines,
        decide=decide,
        said=said,
        suggested=suggested_steps(suggested, header.now, header.now.tzinfo, words),
        answer_to=answer_to,
        readiness=ready,
        sections=sections,
        timeline=timeline,
        trend=card(mastery, "trend", "trend.title", lambda a: _trend(a, header, goal, words)),
        levels=card(mastery, "levels", "levels.title", lambda a: levels_card(a, levels, words)),
        coverage=card(mastery, "coverage", "coverage.title", lambda a: coverage_card(a, levels, goal, words)),
        heatmap=card(mastery, "heatmap", "heatmap.title", lambda a: heatmap_card(a, levels, words)),
        decay=card(reviews, "decay", "decay.title.bare", lambda a: decay_card(a, chosen, header, target, words)),
        choices=_choices(reviews, chosen),
        due=due,
        due_lines=due_lines,
        past=card(reviews, "past", "past.title", lambda a: past_card(a, header, words)),
        coming=card(reviews, "coming", "coming.title", lambda a: coming_card(a, header, words)),
        gaps=gap,
        gap_lines=gap_lines,
        path=way,
        steps=steps,
        graph=card(gaps, "graph", "graph.title", lambda a: graph_card(a, words)),
        closer=closer,
        plan=PLAN + (f"?{urlencode(shell.query)}" if shell.query else ""),
        about=_about(header, words) if answers else Markup(""),
        facts=_facts(header, reviews, words) if answers else [],
    )


def _practicable(gaps: Json, left_out: frozenset[str]) -> Json:
    """The answer without gaps and steps that are mere headings, which nobody can practise."""
    kept = {name: [row for row in rows(gaps, name) if str(row.get("topic_id")) not in left_out] for name in _LISTS}
    return {**gaps, **kept}


def _share(answer: Answer, name: str, otherwise: float) -> float:
    value = None if isinstance(answer, LoadFailure) else share_of(answer.get(name))
    return otherwise if value is None else value


def _choices(reviews: Answer, chosen: Json | None) -> list[Choice]:
    return [] if isinstance(reviews, LoadFailure) else choices(reviews, chosen)


def _title(header: Header, words: Words, *, own_page: bool) -> str:
    if own_page:
        return words.plain("progress.title")
    name = header.display_name or words.plain("progress.somebody")
    return words.plain("progress.title.of", name=name)


def _greeting(header: Header, words: Words, *, own_page: bool) -> str:
    if not own_page or header.display_name is None:
        return _title(header, words, own_page=own_page)
    hour = header.now.hour
    part = "morning" if 4 <= hour < 12 else "afternoon" if 12 <= hour < 18 else "evening"
    return words.plain(f"greeting.{part}", name=header.display_name)


def _lede(header: Header, words: Words) -> Markup:
    at = words.locale.moment(header.now)
    answers = count_of(header.provenance.get("answers")) or 0
    if not answers:
        return words.html("progress.lede.none", at=at)
    return words.html("progress.lede", at=at, answers=words.counted("answers", answers))


def _tiles(
    dashboard: Answer,
    levels: Sequence[TopicLevel],
    goal: float,
    target: float,
    header: Header,
    words: Words,
    retry: str,
) -> list[Tile]:
    if isinstance(dashboard, LoadFailure):
        state = failure_state(words, dashboard, retry, header.now.tzinfo)
        return [Tile(words.plain(f"tile.{key}"), state=state) for key in ("topics", "recall", "reviews", "rhythm")]
    below = [
        (level.value, level.name) for level in levels if level.value is not None and goal - _NEAR <= level.value < goal
    ]
    near = [name for _, name in sorted(below, reverse=True)[:2]]
    return tiles(dashboard, len(levels), near, goal, target, header, words)


def _step(dashboard: Answer, gaps: Answer, header: Header, words: Words, shell: Shell, retry: str) -> Step:
    if isinstance(dashboard, LoadFailure):
        return Step("", Markup(""), (), "", failure_state(words, dashboard, retry, header.now.tzinfo))
    step = block(dashboard, "next_step")
    if status_of(step) != "ok":
        status = status_of(step)
        return Step("", Markup(""), (), "", state_for(words, "step", "no_data" if status == "ok" else status))
    name, minutes = words.short(topic_name(step)), count_of(step.get("minutes"))
    title = words.plain("step.title", name=name)
    if minutes:
        title = words.plain("step.title.minutes", name=name, minutes=_about_minutes(minutes, words))
    topic_id, parts, why = str(step.get("topic_id")), [], []
    unlocks = [topic_name(row) for row in rows(step, "unlocks")]
    if unlocks:
        shown = unlocks[:4]
        names = words.listed(shown, bold=True)
        if len(unlocks) > len(shown):
            names += Markup(" ") + words.counted("and_more", len(unlocks) - len(shown))
        parts.append(words.html("step.unlocks", names=names))
    known: Json = {} if isinstance(gaps, LoadFailure) else gaps
    gap = next((row for row in rows(known, "gaps") if str(row.get("topic_id")) == topic_id), None)
    if gap is not None:
        parts.append(gap_reason(gap, words))
        why = [step_reason(gap, unlocks_of(known), words), words.html("step.urgency", word=urgency(gap, words))]
    look = shell.address("closer", topic=topic_id)
    return Step(title, Markup(" ").join(parts), why, look)


def _about_minutes(minutes: int, words: Words) -> str:
    """ "about 12 minutes", from an hour and a half on in half hours."""
    if minutes < 90:
        return words.counted_plain("minutes.about", minutes)
    halves = round(minutes / 30)
    return words.plain("hours.about", n=words.locale.number(halves / 2, halves % 2))


def _readiness(
    dashboard: Answer, readiness: Answer | None, header: Header, words: Words, retry: str
) -> tuple[Card, Card | None, Card | None]:
    """Gauge, sections and timeline; the last two only where there is something to show."""
    title = words.plain("readiness.title")
    if readiness is not None and not isinstance(readiness, LoadFailure):
        gauge, sections, timeline = readiness_cards(readiness, header, words)
        return (gauge, None, None) if gauge.state else (gauge, sections, timeline)
    failure = readiness if isinstance(readiness, LoadFailure) else dashboard
    if isinstance(failure, LoadFailure):
        return Card("readiness", title, state=failure_state(words, failure, retry, header.now.tzinfo)), None, None
    return readiness_tile(block(failure, "readiness"), words), None, None


def _recommended(
    answer: Answer | None, gaps: Answer, reviews: Answer, header: Header, words: Words, retry: str
) -> tuple[Card | None, list[StepLine]]:
    if answer is None:
        return None, []
    if isinstance(answer, LoadFailure):
        state = failure_state(words, answer, retry, header.now.tzinfo)
        return Card("recommended", words.plain("recommended.title"), state=state), []
    known_gaps: Json = {} if isinstance(gaps, LoadFailure) else gaps
    known_reviews: Json = {} if isinstance(reviews, LoadFailure) else reviews
    return recommendation_card(answer, known_gaps, known_reviews, words)


def _trend(mastery: Json, header: Header, goal: float, words: Words) -> Card:
    return trend_card("trend", words.plain("trend.title"), mastery, block(mastery, "overall"), header, goal, words)


def _about(header: Header, words: Words) -> Markup:
    provenance, locale, zone = header.provenance, words.locale, header.now.tzinfo
    events, answers = count_of(provenance.get("events")) or 0, count_of(provenance.get("answers")) or 0
    if not events:
        return words.html("about.none")
    first, last = moment(provenance.get("first_event_at")), moment(provenance.get("last_event_at"))
    between = Markup("")
    if first is not None and last is not None and header.has_days:
        between = words.html(
            "about.span",
            first=locale.full_day(first.astimezone(zone)),
            last=locale.full_day(last.astimezone(zone)),
        )
    return words.html(
        "about.take", events=words.counted("events", events), answers=locale.number(answers), span=between
    )


def _facts(header: Header, reviews: Answer, words: Words) -> list[Fact]:
    provenance, locale, zone = header.provenance, words.locale, header.now.tzinfo

    def at(value: datetime | None) -> str | None:
        return None if value is None else locale.moment(value.astimezone(zone or UTC))

    last = moment(provenance.get("last_event_at")) if header.has_days else None
    fsrs = {} if isinstance(reviews, LoadFailure) else block(block(reviews, "schedulers"), "fsrs")
    memory = ", ".join(str(v) for v in (fsrs.get("version"), fsrs.get("parameters")) if isinstance(v, str) and v)
    clock, note = f"about.clock.{header.clock}", f"about.note.{header.clock}"
    found: list[tuple[str, str | None]] = [
        ("computed", at(header.computed_at)),
        ("fresh", at(last)),
        ("definition", text_of(provenance.get("definition"))),
        ("parameters", text_of(provenance.get("parameters"))),
        ("difficulty", text_of(provenance.get("item_difficulty"))),
        ("memory", memory or None),
        ("clock", words.plain(clock) if clock in words else None),
        ("zone", header.time_zone),
        ("note", words.plain(note) if note in words else None),
    ]
    return [Fact(words.plain(f"about.{name}"), value) for name, value in found if value]
