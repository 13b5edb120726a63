"""The sentences under the pictures, from small data that a reader can check by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from akademos.serving.charts.decay import CurvePoint
from akademos.serving.charts.topic_level import TopicLevel
from akademos.serving.pages import takeaways
from akademos.serving.pages.answers import HistoryPoint
from akademos.serving.pages.wording import words_in

WORDS = words_in("en")
NOW = datetime(2026, 3, 12, 12, tzinfo=UTC)
TODAY = NOW.date()


def plain(html: object) -> str:
    return str(html).replace("<b>", "").replace("</b>", "").replace('<span class="nb">', "").replace("</span>", "")


def point(days_ago: int, value: float | None, half: float | None = 0.1) -> HistoryPoint:
    known = value is not None and half is not None
    low, high = (value - half, value + half) if known and value is not None and half is not None else (None, None)
    return HistoryPoint(TODAY - timedelta(days_ago), value, low, high)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], ""),
        ([point(5, None)], ""),
        ([point(0, 0.5)], "Your first estimate, from 12 Mar 2026. Now 50%, likely 40\u201360%."),
        (
            [point(60, 0.35, 0.3), point(30, None), point(0, 0.71, 0.06)],
            (
                "Up 36 points since 11 Jan. Now 71%, likely 65\u201377%. "
                "The band, where your level most likely is, narrowed from 60 points to 12 points."
            ),
        ),
        (
            [point(90, 0.60, 0.05), point(0, 0.59, 0.1)],
            (
                "1 point lower than on 12 Dec 2025. Now 59%, likely 49\u201369%. "
                "The band is where your level most likely is."
            ),
        ),
        ([point(7, 0.704, None), point(0, 0.696, None)], "About where you were on 5 Mar. Now 70%."),
    ],
)
def test_mastery_over_time(history: list[HistoryPoint], expected: str) -> None:
    assert plain(takeaways.mastery_over_time(history, WORDS)) == expected


@pytest.mark.parametrize(
    ("projection", "expected"),
    [
        ({}, ""),
        (
            {"status": "ok", "date": "2026-04-20", "low_days": 25, "high_days": 70},
            "Carefully judged from the last weeks, you reach 80% about 20 Apr (6 Apr to 21 May).",
        ),
        (
            {"status": "ok", "date": "2027-01-02"},
            "Carefully judged from the last weeks, you reach 80% about 2 Jan 2027.",
        ),
        (
            {"status": "ok", "date": "2026-04-20", "low_days": 25, "high_days": None},
            (
                "Carefully judged from the last weeks, you reach 80% about 20 Apr, not before 6 Apr; "
                "the latest day is open."
            ),
        ),
        ({"status": "ok", "date": "2026-03-12", "low_days": 0}, "You are at the goal now; reviews keep you there."),
        (
            {"status": "ok", "date": None},
            "No date for the goal: carefully judged from the last weeks, it would not be reached within a year.",
        ),
        ({"status": "needs_clock"}, "No date for the goal, since your answers carry no dates."),
        ({"status": "not_rising"}, "No date for the goal, since the last weeks show no clear rise."),
        ({"status": "reached"}, "You are at the goal now; reviews keep you there."),
    ],
)
def test_forecast_of_the_goal(projection: dict[str, object], expected: str) -> None:
    assert plain(takeaways.goal_forecast(projection, 0.8, TODAY, WORDS)) == expected


def topics(*values: float | None) -> list[TopicLevel]:
    return [TopicLevel(f"t{n}", f"Topic {n}", value) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((None, None), ""),
        ((0.9, 0.8, None), "All 2 topics with an estimate are at the goal of 80%."),
        ((0.9, 0.3, None), "Topic 1 has the most room to grow. 1 of 3 topics are at the goal of 80%."),
        ((0.5, 0.9, 0.3, 0.4), "Topic 2 and Topic 3 have the most room to grow. 1 of 4 topics are at the goal of 80%."),
    ],
)
def test_coverage(values: tuple[float | None, ...], expected: str) -> None:
    assert plain(takeaways.coverage(topics(*values), 0.8, WORDS)) == expected


def test_every_topic() -> None:
    assert (
        plain(takeaways.every_topic(topics(0.2, 0.6, 0.9, None), WORDS))
        == "Half of your topics are at 60% or above. 1 has too few answers for an estimate."
    )
    assert plain(takeaways.every_topic(topics(0.2, None), WORDS)).startswith("1 of 2 topics have an estimate.")


def test_practice_names_a_weekday_only_when_one_leads() -> None:
    monday = date(2026, 3, 2)
    days = {monday + timedelta(7 * week): 4 for week in range(3)}
    first, last = monday, monday + timedelta(20)
    assert (
        plain(takeaways.practice(days, first, last, WORDS)) == "You practised on 3 of 21 days. Most often on a Monday."
    )
    days |= {monday + timedelta(7 * week + 1): 4 for week in range(3)} | {monday + timedelta(3): 0}
    assert plain(takeaways.practice(days, first, last, WORDS)) == "You practised on 6 of 21 days."


def test_coming_reviews() -> None:
    counts = {TODAY: 3, TODAY + timedelta(2): 5, TODAY + timedelta(4): 9, TODAY + timedelta(30): 0}
    assert plain(takeaways.coming_reviews(counts, TODAY, WORDS)) == (
        "3 reviews are due today. 14 more come up by 11 Apr. The fullest day after today is Mon 16 Mar with 9."
    )
    assert plain(takeaways.coming_reviews({TODAY: 0}, TODAY, WORDS)) == "Nothing is due today."
    one = {TODAY: 1, TODAY + timedelta(1): 1}
    assert plain(takeaways.coming_reviews(one, TODAY, WORDS)) == "1 review is due today. 1 more comes up by 13 Mar."


def curve(*points: tuple[float, float]) -> list[CurvePoint]:
    return [CurvePoint(NOW + timedelta(day), value) for day, value in points]


def test_memory_tells_how_reviews_lengthened_it() -> None:
    two = curve((-20, 1.0), (-16, 0.8), (-16, 1.0), (0, 0.92), (20, 0.82))
    assert takeaways.holding_days(two, 0.9) == pytest.approx([2.0, 20.0])
    assert plain(takeaways.memory_now(two, 0.92, 0.9, WORDS)) == (
        "Estimated recall is 92% now. "
        "Reviews made it last longer: the first for about 2 days, the latest for about 20 days."
    )
    assert plain(takeaways.memory_now(two[2:], 0.92, 0.9, WORDS)) == "Estimated recall is 92% now."


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        (((-5, 1.0), (0, 0.95)), ""),
        (((-5, 1.0), (0, 0.95), (10, 0.91)), "Without a review it will be 91% on 22 Mar."),
        (((-5, 1.0), (0, 0.95), (4, 0.89), (10, 0.8)), "Without a review it falls below 90% about 16 Mar."),
        (((-5, 1.0), (0, 0.85), (10, 0.7)), "It is below 90% already; without a review it will be 70% on 22 Mar."),
    ],
)
def test_memory_forecast(points: tuple[tuple[float, float], ...], expected: str) -> None:
    assert plain(takeaways.memory_forecast(curve(*points), NOW, 0.9, WORDS)) == expected


@pytest.mark.parametrize(
    ("days", "expected"), [(0.01, "1 hour"), (0.5, "12 hours"), (1, "1 day"), (20, "20 days"), (49, "7 weeks")]
)
def test_spans_are_in_the_unit_that_reads_best(days: float, expected: str) -> None:
    assert str(takeaways.span(days, WORDS)) == expected
