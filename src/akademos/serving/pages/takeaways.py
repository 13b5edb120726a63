"""One sentence or two per picture, computed from its data; nothing here is typed by hand about anybody.

Differences are taken between the figures as shown (whole percent), so a reader who checks finds them right.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from markupsafe import Markup

from akademos.serving.charts.decay import CurvePoint
from akademos.serving.charts.scales import days
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages.answers import Estimate, HistoryPoint, Json, count_of, day_of, text_of
from akademos.serving.pages.wording import Words

_SPACE = Markup(" ")
_WORTH_SAYING = 5  # points by which a range has narrowed


def shown(share: float) -> int:
    """A share as the whole percent that the page prints."""
    return int(share * 100 + 0.5)


def level(estimate: Estimate | HistoryPoint, words: Words) -> Markup:
    """ "71%, likely 65-77%", without the range where there is none."""
    locale = words.locale
    if estimate.value is None:
        return Markup("")
    if estimate.low is None or estimate.high is None:
        return words.html("trend.now.bare", value=locale.percent(estimate.value))
    return words.html(
        "trend.now",
        value=locale.percent(estimate.value),
        range=locale.percent_range(estimate.low, estimate.high),
    )


def mastery_over_time(history: Sequence[HistoryPoint], words: Words) -> Markup:
    """What changed since the first estimate, where the level is now, and whether the range narrowed."""
    known = [point for point in history if point.value is not None]
    if not known:
        return Markup("")
    first, last = known[0], known[-1]
    if len(known) == 1:
        return _SPACE.join([words.html("trend.first", day=words.locale.full_day(first.day)), level(last, words)])
    moved = shown(last.value or 0) - shown(first.value or 0)
    key = "trend.up" if moved > 0 else "trend.down" if moved < 0 else "trend.same"
    parts = [
        words.html(key, points=words.counted("points", abs(moved)), day=_day_in(first.day, last.day, words)),
        level(last, words),
        _band(first, last, words),
    ]
    return _SPACE.join(part for part in parts if part)


def _band(first: HistoryPoint, last: HistoryPoint, words: Words) -> Markup:
    if first.low is None or first.high is None or last.low is None or last.high is None:
        return Markup("")
    before, after = shown(first.high) - shown(first.low), shown(last.high) - shown(last.low)
    if before - after < _WORTH_SAYING:
        return words.html("trend.band")
    return words.html(
        "trend.narrower",
        before=words.counted("points", before),
        after=words.counted("points", after),
    )


def _day_in(day: date, reference: date, words: Words) -> str:
    """A day without its year while that is the reference's."""
    return words.locale.day(day) if day.year == reference.year else words.locale.full_day(day)


def goal_forecast(projection: Json, goal: float, today: date, words: Words) -> Markup:
    """When the goal is reached at the present pace, or why no date is given. Empty where nothing is said."""
    status = text_of(projection.get("status"))
    target = words.locale.percent(goal)
    reached = day_of(projection.get("date"))
    if status == "ok" and reached is not None:
        if reached <= today:
            return words.html("forecast.reached")
        day = _day_in(reached, today, words)
        low, high = count_of(projection.get("low_days")), count_of(projection.get("high_days"))
        early = None if low is None else _day_in(today + timedelta(days=low), today, words)
        if early is None:
            return words.html("forecast.goal.bare", goal=target, day=day)
        if high is None:
            return words.html("forecast.goal.open", goal=target, day=day, early=early)
        late = _day_in(today + timedelta(days=high), today, words)
        return words.html("forecast.goal", goal=target, day=day, early=early, late=late)
    if status is None:
        return Markup("")
    if status == "ok":
        return words.html("forecast.none.slow")
    known = {
        "reached": "forecast.reached",
        "mastered": "forecast.reached",
        "needs_clock": "forecast.none.clock",
        "not_enough_data": "forecast.none.data",
        "no_clear_change": "forecast.none.trend",
        "not_rising": "forecast.none.trend",
    }
    return words.html(known.get(status, "forecast.none.trend"))


def coverage(topics: Sequence[TopicLevel], goal: float, words: Words) -> Markup:
    """The two topics with the most room to grow, and how many are at the goal."""
    known = [(topic.name, topic.value) for topic in topics if topic.value is not None]
    target = words.locale.percent(goal)
    room = sorted((value, name) for name, value in known if value < goal)[:2]
    reached = sum(value >= goal for _, value in known)
    if known and not room:
        return words.html("coverage.all", n=words.counted("topics", len(known)), goal=target)
    parts = []
    if room:
        key = "coverage.room.one" if len(room) == 1 else "coverage.room.other"
        parts.append(words.html(key, names=words.listed([name for _, name in room], bold=True)))
        total = words.counted("topics", len(topics))
        parts.append(words.html("coverage.goal", n=words.locale.number(reached), total=total, goal=target))
    return _SPACE.join(parts)


def every_topic(topics: Sequence[TopicLevel], words: Words) -> Markup:
    """The median level and how many topics have too few answers."""
    known = [topic.value for topic in topics if topic.value is not None]
    missing = len(topics) - len(known)
    parts = []
    if len(known) > 2:
        parts.append(words.html("heatmap.half", median=words.locale.percent(median(known))))
    else:
        parts.append(words.html("heatmap.all", n=len(known), total=words.counted("topics", len(topics))))
    if missing:
        parts.append(words.counted("heatmap.none", missing))
    return _SPACE.join(parts)


def practice(counts: Mapping[date, int], first: date, last: date, words: Words) -> Markup:
    """On how many days there were answers, and the weekday that leads (only when one clearly does)."""
    active = [day for day, count in counts.items() if count > 0 and first <= day <= last]
    total = (last - first).days + 1
    parts = [words.html("past.days", n=words.locale.number(len(active)), total=words.locale.number(total))]
    leading = Counter(day.weekday() for day in active).most_common(2)
    if leading and leading[0][1] >= 3 and (len(leading) == 1 or leading[0][1] > leading[1][1]):
        parts.append(words.html("past.weekday", weekday=words.locale.long_weekdays[leading[0][0]]))
    return _SPACE.join(parts)


def coming_reviews(counts: Mapping[date, int], today: date, words: Words) -> Markup:
    """What is due today, what comes up later, and the fullest later day."""
    now = counts.get(today, 0)
    later = {day: count for day, count in counts.items() if day > today and count > 0}
    parts = [words.counted("coming.today", now) if now else words.html("coming.today.none")]
    if later:
        until = words.locale.day(max(counts))
        parts.append(words.counted("coming.later", sum(later.values()), day=until))
        fullest = min(later, key=lambda day: (-later[day], day))
        if len(later) > 1 and later[fullest] > 1:
            parts.append(
                words.html(
                    "coming.full",
                    day=words.locale.weekday_day(fullest),
                    n=words.locale.number(later[fullest]),
                )
            )
    return _SPACE.join(parts)


def memory_now(curve: Sequence[CurvePoint], value: float | None, target: float, words: Words) -> Markup:
    """Recall now, and how reviews lengthened the memory where the curve shows both ends."""
    parts = [] if value is None else [words.html("decay.now", value=words.locale.percent(value))]
    holds = holding_days(curve, target)
    if len(holds) > 1 and holds[-1] >= 1.5 * holds[0] and holds[-1] - holds[0] >= 2:
        parts.append(words.html("decay.longer", before=span(holds[0], words), after=span(holds[-1], words)))
    return _SPACE.join(parts)


def memory_forecast(curve: Sequence[CurvePoint], now: datetime, target: float, words: Words) -> Markup:
    """When recall falls below `target` without a review, or where it ends within the forecast."""
    future = [point for point in curve if point.at > now]
    past = [point for point in curve if point.at <= now]
    if not future:
        return Markup("")
    locale, goal = words.locale, words.locale.percent(target)
    end = {"value": locale.percent(future[-1].value), "day": locale.day(future[-1].at)}
    below = next((point for point in future if point.value < target), None)
    if below is None:
        return words.html("decay.stays", **end)
    if (past[-1].value if past else future[0].value) < target:
        return words.html("decay.below", target=goal, **end)
    return words.html("decay.falls", target=goal, day=locale.day(below.at))


def holding_days(curve: Sequence[CurvePoint], target: float) -> list[float]:
    """For each segment of `curve` that falls through `target`: days from its start until then."""
    holds: list[float] = []
    start: CurvePoint | None = None
    before: CurvePoint | None = None
    crossed = False
    for point in curve:
        if before is None or point.value > before.value + 0.01:
            start, crossed = point, False
        elif start is not None and not crossed and start.value > target and before.value >= target > point.value:
            share = (before.value - target) / (before.value - point.value)
            at = days(before.at) + share * (days(point.at) - days(before.at))
            holds.append(at - days(start.at))
            crossed = True
        before = point
    return holds


def span(length: float, words: Words) -> Markup:
    """A length in days in the unit that reads best: "3 days", "7 weeks"."""
    if length < 1:
        return words.counted("hours", max(1, round(length * 24)))
    return words.counted("days", round(length)) if length < 21 else words.counted("weeks", round(length / 7))
