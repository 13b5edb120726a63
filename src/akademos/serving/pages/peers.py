"""The page "Comparison": one course at a time, bands of those who compare themselves with the own level on them."""

from __future__ import annotations

from markupsafe import Markup

from akademos.serving.charts.bars import bars
from akademos.serving.charts.canvas import NARROW, WIDE, Caption
from akademos.serving.charts.standing import OwnLevel, SpreadBand, standing
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import (
    Header,
    Json,
    block,
    count_of,
    header_of,
    moment,
    rows,
    share_of,
    status_of,
    text_of,
)
from akademos.serving.pages.cards import Card, LegendEntry, Note, State, figure, state_for
from akademos.serving.pages.my_learners import CourseChoice
from akademos.serving.pages.shell import Shell, page
from akademos.serving.pages.tables import MISSING, Cell, Column, Table, share_cell
from akademos.serving.pages.wording import Words

_NAMED = 3
"""So many common weak points are named in a sentence."""


def render_peers(answer: Json, *, shell: Shell, course: str | None = None) -> str:
    """The page as HTML, from the answer of /v1/analytics/peers.

    `course` is the parameter of the page's address; one that is not there falls back to the first.
    """
    words, header = shell.words, header_of(answer)
    courses = rows(answer, "courses")
    chosen = next((one for one in courses if one.get("course_id") == course), courses[0] if courses else None)
    return page(
        "peers.html",
        shell,
        title=words.plain("peers.title"),
        lede=words.html("peers.lede"),
        courses=[CourseChoice(str(one.get("course_id")), _name(one), one is chosen) for one in courses],
        empty=State("no_data", words.plain("peers.no_course"), words.html("peers.no_course.text")),
        cards=None
        if chosen is None
        else {
            "standing": _standing(chosen, words),
            "topics": _topics(chosen, words),
        },
        tables=None
        if chosen is None
        else {
            "time": _time(chosen, words),
            "habits": _habits(chosen, words),
        },
        about=Markup("") if chosen is None else _about(chosen, answer, header, words),
    )


def render_peers_invitation(*, shell: Shell, text: str, manage: str) -> str:
    """The page for who has not chosen to compare themselves: what it is, what it asks, where to choose it.

    Args:
        text: the words of the consent.
        manage: where it is given.
    """
    return page("peers_invitation.html", shell, title=shell.words.plain("peers.title"), text=text, manage=manage)


def _name(course: Json) -> str:
    return text_of(course.get("course")) or str(course.get("course_id"))


def _state(part: Json, card: str, words: Words) -> State:
    """Why there is nothing to show: hidden for privacy, or nothing published yet."""
    status = status_of(part)
    key = f"peers.state.{status}.{card}"
    title = words.plain(f"state.{status}")
    if key in words:
        return State(status, title, words.html(key))
    return state_for(words, "peers", status)


def _standing(course: Json, words: Words) -> Card:
    part, title, locale = block(course, "standing"), words.plain("peers.standing", course=_name(course)), words.locale
    own, middle = block(part, "own"), block(part, "middle")
    spread = [SpreadBand(float(one["low"]), float(one["high"]), float(one["share"])) for one in rows(part, "bands")]
    low, high = share_of(middle.get("low")), share_of(middle.get("high"))
    if status_of(part) != "ok" or not spread or low is None or high is None:
        return Card("standing", title, state=_state(part, "standing", words))
    level = _own_level(own, words)
    place = text_of(own.get("place"))
    range_, most = locale.percent_range(low, high), locale.percent(share_of(middle.get("share")) or 0)
    if level is None or place is None:
        take = words.html("peers.take.none", middle=range_)
        notes = [] if level else [Note("", words.html("peers.own.missing"))]
    else:
        take = words.html(f"peers.take.{place}", value=locale.percent(level.value), middle=range_)
        notes = [Note(words.plain("chip.estimate"), words.html(
            "peers.note.sure" if own.get("sure") else "peers.note.unsure",
            range=locale.percent_range(level.low, level.high),
        ))]  # fmt: skip
    caption = Caption(
        "chart-standing",
        title,
        words.plain("peers.desc", middle=range_, n=len(spread), own=locale.percent(level.value) if level else MISSING),
    )

    def tip(band: SpreadBand) -> str:
        share, within = locale.percent(band.share), locale.percent_range(band.low, band.high)
        return words.plain("peers.tip", share=share, range=within)

    own_tip = ""
    if level is not None:
        within = locale.percent_range(level.low, level.high)
        own_tip = words.plain("peers.tip.own", value=locale.percent(level.value), range=within)
    drawings = [
        standing(
            spread,
            (low, high),
            level,
            caption=caption,
            canvas=canvas,
            locale=locale,
            tip=tip,
            own_tip=own_tip,
            middle_label=words.plain("peers.middle", share=most),
        )
        for canvas in (WIDE, NARROW)
    ]
    band = count_of(own.get("band"))
    columns = [Column(words.plain("peers.col.band")), Column(words.plain("peers.col.share"), numeric=True),
               Column(words.plain("peers.col.you"))]  # fmt: skip
    body = [
        [
            Cell(locale.percent_range(one.low, one.high), one.low),
            share_cell(one.share, locale),
            Cell(words.plain("peers.you") if place_ == band else "", int(place_ == band)),
        ]
        for place_, one in enumerate(spread)
    ]
    legend = [
        LegendEntry("q2", words.plain("peers.legend.band")),
        LegendEntry("future", words.plain("peers.legend.middle", share=most)),
        LegendEntry("whisker", words.plain("peers.legend.own")),
    ]
    return Card("standing", title, take, figure("nw", *drawings), [Table(title, columns, body)], legend, notes)


def _own_level(own: Json, words: Words) -> OwnLevel | None:
    value, low, high = (share_of(own.get(name)) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return None
    return OwnLevel(value, low, high, words.plain("peers.own", value=words.locale.percent(value)))


def _topics(course: Json, words: Words) -> Card:
    """How many find each topic hard; the common weak points in a sentence."""
    title, locale = words.plain("peers.topics"), words.locale
    topics = rows(course, "topics")
    levels = [TopicLevel(str(one.get("topic_id")), str(one.get("name")), share_of(one.get("hard"))) for one in topics]
    levels.sort(key=lambda one: (one.value is None, -(one.value or 0.0)))
    known = [level for level in levels if level.value is not None]
    if not known:
        status = "hidden" if status_of(course) == "ok" else status_of(course)
        return Card("topics", title, state=_state({"status": status}, "topics", words))
    weak = [level for level in known if level.topic_id in set(map(str, course.get("weak_points") or []))]
    take = words.html("peers.topics.take.none")
    if weak:
        named = [words.plain("peers.topic.hard", name=words.short(one.name), share=locale.percent(one.value or 0))
                 for one in weak[:_NAMED]]  # fmt: skip
        take = words.html("peers.topics.take", topics=words.listed(named))

    def tip(level: TopicLevel) -> str:
        if level.value is None:
            return words.plain("peers.tip.hidden", name=level.name)
        return words.plain("peers.tip.hard", name=level.name, share=locale.percent(level.value))

    first, last = known[0], known[-1]
    caption = Caption(
        "chart-peer-topics", title, words.plain("peers.topics.desc", most=first.name, least=last.name, n=len(levels))
    )
    drawings = [bars(levels, caption=caption, canvas=canvas, locale=locale, tip=tip) for canvas in (WIDE, NARROW)]
    keys = ("topic", "hard", "easy", "own", "learners")
    columns = [Column(words.plain(f"peers.col.{key}"), numeric=key != "topic") for key in keys]
    body = [
        [
            Cell(str(one.get("name"))),
            _share(one.get("hard"), words),
            _share(one.get("easy"), words),
            share_cell(share_of(block(one, "own").get("first_attempt_accuracy")), locale),
            _people(one.get("learners"), words),
        ]
        for one in topics
    ]
    legend = [
        LegendEntry("bar", words.plain("peers.legend.hard")),
        LegendEntry("outlined", words.plain("peers.legend.hidden")),
    ]
    return Card("topics", title, take, figure("nw", *drawings), [Table(title, columns, body)], legend,
                [Note("", words.html("peers.hard.means"))])  # fmt: skip


def _time(course: Json, words: Words) -> tuple[Card, Table | None]:
    """How long it takes until half have mastered a topic, as a table."""
    title = words.plain("peers.time")
    timed = [(one, block(one, "time_to_mastery")) for one in rows(course, "topics")]
    if not any(status_of(time) == "ok" for _, time in timed):
        status = "hidden" if status_of(course) == "ok" else status_of(course)
        state = _state({"status": status}, "time", words)
        return Card("time", title, state=state), None
    keys = ("topic", "weeks", "weeks.range", "weeks.own")
    columns = [Column(words.plain(f"peers.col.{key}"), numeric=key != "topic") for key in keys]
    body = []
    for one, time in timed:
        weeks, low, high = (count_of(time.get(name)) for name in ("weeks", "low", "high"))
        known = status_of(time) == "ok"
        own = block(one, "own")
        mine = count_of(own.get("weeks"))
        body.append(
            [
                Cell(str(one.get("name"))),
                _weeks(weeks, words) if known else _hidden(words),
                Cell(_range(low, high, words), low or 99) if known else _hidden(words),
                Cell(MISSING, 99)
                if mine is None
                else Cell(
                    words.counted_plain("peers.own.reached" if own.get("mastered") else "peers.own.open", mine), mine
                ),
            ]
        )
    quick = sorted((weeks, str(one.get("name"))) for one, time in timed if (weeks := count_of(time.get("weeks"))))
    take = words.html("peers.time.take.late")
    if quick:
        weeks, name = quick[0]
        take = words.counted("peers.time.take", weeks, name=words.short(name))
    return Card("time", title, take, notes=[Note("", words.html("peers.time.means"))]), Table(title, columns, body)


def _weeks(weeks: int | None, words: Words) -> Cell:
    return (
        Cell(words.plain("peers.later"), 99)
        if weeks is None
        else Cell(words.counted_plain("peers.weeks", weeks), weeks)
    )


def _range(low: int | None, high: int | None, words: Words) -> str:
    if low is None:
        return words.plain("peers.later")
    if high is None:
        return words.plain("peers.weeks.from", low=low)
    return (
        words.counted_plain("peers.weeks", low) if low == high else words.plain("peers.weeks.range", low=low, high=high)
    )


def _habits(course: Json, words: Words) -> tuple[Card, Table | None]:
    """What goes with high mastery: a sentence for each clear difference, the numbers for all."""
    title, locale = words.plain("peers.habits"), words.locale
    habits = rows(course, "habits")
    edge = share_of(course.get("top_from"))
    known = [one for one in habits if status_of(one) == "ok"]
    if edge is None or not known:
        status = "hidden" if status_of(course) == "ok" else status_of(course)
        state = _state({"status": status}, "habits", words)
        return Card("habits", title, state=state), None
    clear = [one for one in known if one.get("goes_with")]
    take = words.html("peers.habits.take.none", edge=locale.percent(edge))
    if clear:
        names = [words.plain(f"peers.habit.{one.get('habit')}") for one in clear]
        take = words.html("peers.habits.take", habits=words.listed(names), edge=locale.percent(edge))
    keys = ("habit", "top", "rest", "difference", "said", "own.habit")
    columns = [
        Column(words.plain(f"peers.col.{key}", edge=locale.percent(edge)), numeric=key in ("top", "rest", "difference"))
        for key in keys
    ]
    body = [_habit_line(one, words) for one in habits]
    return Card("habits", title, take, notes=[Note("", words.html("peers.habits.means"))]), Table(title, columns, body)


def _habit_line(habit: Json, words: Words) -> list[Cell]:
    low, high, value = (share_of(habit.get(name)) for name in ("low", "high", "difference"))
    said = "hidden" if low is None else "with" if habit.get("goes_with") and (value or 0) > 0 else "less"
    if said == "less" and not habit.get("goes_with"):
        said = "unclear"
    difference = _hidden(words)
    if low is not None and high is not None:
        points = words.plain("peers.points", low=round(100 * low), high=round(100 * high))
        difference = Cell(points, value)
    own = habit.get("own")
    return [
        Cell(words.plain(f"peers.habit.{habit.get('habit')}")),
        _share(block(habit, "top").get("share"), words),
        _share(block(habit, "rest").get("share"), words),
        difference,
        Cell(words.plain(f"peers.said.{said}"), said),
        Cell(MISSING if own is None else words.plain("peers.yes" if own else "peers.no"), str(own)),
    ]


def _share(value: object, words: Words) -> Cell:
    share = share_of(value)
    return _hidden(words) if share is None else share_cell(share, words.locale)


def _people(value: object, words: Words) -> Cell:
    count = count_of(value)
    return _hidden(words) if count is None else Cell(words.locale.number(count), count)


def _hidden(words: Words) -> Cell:
    return Cell(words.plain("peers.hidden"), -1)


def _about(course: Json, answer: Json, header: Header, words: Words) -> Markup:
    """How it was computed: from how many, when, definition; and the own side."""
    at, learners = moment(course.get("published_at")), count_of(course.get("learners"))
    floor = count_of(course.get("smallest_group"))
    protection = block(answer, "protection")
    if at is None or learners is None or floor is None:
        return words.html("peers.about.none")
    provenance = header.provenance
    return words.html(
        "peers.about",
        learners=words.locale.number(learners),
        at=words.locale.moment(at.astimezone(header.now.tzinfo)),
        floor=floor,
        step=count_of(protection.get("counts_rounded_to")) or 1,
        answers=words.locale.number(count_of(provenance.get("answers")) or 0),
        definition=text_of(provenance.get("definition")) or MISSING,
    )
