"""Learners who stood alike, and what came of them: a table small enough to count by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.item_answers import first_attempts
from akademos.analytics.similar_learners import SIMILAR, similar_learners

DAY = datetime(2026, 3, 1, tzinfo=UTC)
SEEN = DAY + timedelta(days=60)
TOPICS = {"text": ["fractions"], "film": ["fractions"], "song": ["fractions"], "poem": ["verse"]}
QUESTIONS = {f"q{n}": ["fractions"] for n in range(6)} | {"v0": ["verse"]}


def opened(learner: str, material: str, day: float, *, seen: datetime = SEEN, version: str = "") -> dict[str, object]:
    return {"course_id": "m", "material_id": material, "material_version": version, "learner_key": learner,
            "first_at": DAY + timedelta(days=day), "seen_until": seen}  # fmt: skip


def answered(learner: str, before: str, after: str, *, at: float = 10, later: float = 12) -> list[dict[str, object]]:
    """Answers to q0, q1, ... so many days after the first: those before an opening, then those after it; x is wrong."""
    marks = [(mark, at) for mark in before] + [(mark, later) for mark in after]
    return [
        {"learner_key": learner, "event_id": f"{learner}{n}", "question_id": f"q{n}", "course_id": "m",
         "occurred_at": DAY + timedelta(days=day, minutes=n), "score": float(mark == "o")}
        for n, (mark, day) in enumerate(marks)
    ]  # fmt: skip


def found(people: list[dict[str, object]], answers: list[dict[str, object]]) -> list[tuple[object, ...]]:
    attempts = first_attempts(pl.DataFrame(answers), SEEN)
    table = similar_learners(pl.DataFrame(people), attempts.rows, topics=TOPICS, item_topics=QUESTIONS)
    assert table.schema == SIMILAR
    return table.drop("course_id", "topic_id").rows()


def test_who_stood_alike_is_counted_by_what_came_of_it() -> None:
    people = [opened(one, "text", 11) for one in "abc"] + [opened(one, "film", 11) for one in "def"]
    answers = [
        *answered("a", "xxx", "ooo"),  # low, and succeeded
        *answered("b", "xxo", "oox"),  # low, and two of three are not .8
        *answered("c", "oox", "ooo"),  # middle
        *answered("d", "xxx", "xxx"),
        *answered("e", "xxx", "ooo"),
        *answered("f", "ooo", "ooo"),  # had mastered it
    ]
    assert found(people, answers) == [
        ("film", "", "low", 2, 1, 2, 1),
        ("text", "", "low", 2, 1, 2, 1),
        ("text", "", "middle", 1, 1, 0, 0),
    ]


def test_who_opened_both_is_no_other_and_each_counts_once() -> None:
    people = [opened("a", "text", 11), opened("b", "film", 11), opened("b", "text", 11.5), opened("c", "film", 11)]
    answers = [line for one in "abc" for line in answered(one, "xxx", "ooo")]
    assert found(people, answers) == [
        ("film", "", "low", 2, 2, 1, 1),  # the other is a
        ("text", "", "low", 2, 2, 1, 1),  # the other is c, not b
    ]


def test_what_is_not_over_too_few_answers_and_late_ones_do_not_count() -> None:
    people = [
        opened("a", "text", 11, seen=DAY + timedelta(days=38)),  # 27 days later
        opened("b", "text", 11),
        opened("c", "text", 11),
        opened("d", "text", 11),
        opened("e", "poem", 11),
    ]
    answers = [
        *answered("a", "xxx", "ooo"),
        *answered("b", "xx", "ooo"),
        *answered("c", "xxx", "oo"),
        *answered("d", "xxx", "ooo", later=40),
        *answered("e", "xxx", "ooo"),  # opened nothing about fractions
    ]
    assert found(people, answers) == []


def test_versions_stand_apart() -> None:
    people = [opened("a", "text", 11, version="1"), opened("b", "text", 11, version="2")]
    answers = [*answered("a", "xxx", "xxx"), *answered("b", "xxx", "ooo")]
    assert found(people, answers) == [("text", "1", "low", 1, 0, 0, 0), ("text", "2", "low", 1, 1, 0, 0)]


def counted_one_by_one(
    people: list[dict[str, object]], answers: list[tuple[str, str, float, bool]]
) -> set[tuple[object, ...]]:
    """The table again, learner by learner, for one topic and one version."""
    episodes: dict[tuple[str, str], tuple[float, str, bool]] = {}
    for one in people:
        learner, day = str(one["learner_key"]), (one["first_at"] - DAY) / timedelta(days=1)  # type: ignore[operator]
        first: dict[str, tuple[float, bool]] = {}
        for who, question, at, right in sorted(answers, key=lambda answer: answer[2]):
            if who == learner:
                first.setdefault(question, (at, right))
        before = [right for at, right in first.values() if at <= day]
        after = [right for at, right in first.values() if day < at <= day + 28]
        if day + 28 <= 60 and len(before) >= 3 and len(after) >= 3 and sum(before) / len(before) < 0.8:
            level = "low" if sum(before) / len(before) < 0.5 else "middle"
            episodes[learner, str(one["material_id"])] = (day, level, sum(after) / len(after) >= 0.8)
    openers = {(str(one["learner_key"]), str(one["material_id"])) for one in people}
    table: set[tuple[object, ...]] = set()
    for material in {place[1] for place in episodes}:
        for level in {episode[1] for place, episode in episodes.items() if place[1] == material}:
            mine = [one[2] for place, one in episodes.items() if place[1] == material and one[1] == level]
            earliest: dict[str, tuple[float, str, bool]] = {}
            for (learner, other), (day, of, won) in episodes.items():
                if of == level and (learner, material) not in openers:
                    earliest[learner] = min(earliest.get(learner, (99.0, "", False)), (day, other, won))
            others = [won for _, _, won in earliest.values()]
            table.add((material, "", level, len(mine), sum(mine), len(others), sum(others)))
    return table


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_table_is_what_counting_one_by_one_gives(data: st.DataObject) -> None:
    days = st.floats(0, 59).map(lambda day: round(day, 3))
    learners, materials = "abcd", ("text", "film", "song")
    pairs = st.tuples(st.sampled_from(learners), st.sampled_from(materials))
    drawn = data.draw(st.dictionaries(pairs, days, min_size=1, max_size=10))
    people = [opened(learner, material, day) for (learner, material), day in drawn.items()]
    answer = st.tuples(st.sampled_from(learners), st.sampled_from(sorted(QUESTIONS)[:6]), days, st.booleans())
    answers = data.draw(st.lists(answer, min_size=1, max_size=60, unique_by=lambda one: (one[0], one[2])))
    rows = [
        {"learner_key": learner, "event_id": f"e{n}", "question_id": question, "course_id": "m",
         "occurred_at": DAY + timedelta(days=at), "score": float(right)}
        for n, (learner, question, at, right) in enumerate(answers)
    ]  # fmt: skip
    assert set(found(people, rows)) == counted_one_by_one(people, answers)
