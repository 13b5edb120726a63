"""Laws of progress: joining, rolling up, and that nothing ever falls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from akademos.learning.progress import (
    Content,
    Outline,
    Outlines,
    Part,
    Progress,
    joined,
    observed,
    reached,
    rolled_up,
    together,
    updated,
)

START = datetime(2026, 9, 1, tzinfo=UTC)
LESSONS = [Content("lesson", f"l{number}") for number in range(4)]
QUIZ = Content("quiz", "q")
MODULES = [Content("module", "m1"), Content("module", "m2")]
COURSE, PATH = Content("course", "c"), Content("path", "p")
LEAVES = [*LESSONS, QUIZ]


def outlines(version: int = 1, *, more: bool = False) -> Outlines:
    """A path of one course and one quiz; the course has two modules, and after its revision one lesson more."""
    added = (Part(LESSONS[3]),) if more else ()
    return Outlines(
        [
            Outline(MODULES[0], version, (Part(LESSONS[0]), Part(LESSONS[1]))),
            Outline(MODULES[1], version, (Part(LESSONS[2], optional=True), Part(QUIZ), *added)),
            Outline(COURSE, version, (Part(MODULES[0]), Part(MODULES[1]))),
            Outline(PATH, 1, (Part(COURSE), Part(QUIZ, optional=True))),
        ]
    )


observations = st.builds(
    observed,
    st.integers(0, 500).map(lambda hours: START + timedelta(hours=hours)),
    st.floats(0, 100),
    completed=st.booleans(),
    version=st.none() | st.integers(1, 3),
)
seen = st.lists(st.tuples(st.sampled_from(LEAVES), observations), max_size=25)


def changes(
    structure: Outlines, seen: Mapping[Content, Progress], rows: Mapping[Content, Progress]
) -> dict[Content, Progress]:
    """What the observations change in a store that holds these rows."""
    wholes = structure.to_roll_up(seen)
    looked_at = {content: rows[content] for content in (*seen, *wholes) if content in rows}
    rest = {content: progress for content, progress in rows.items() if content not in {*seen, *wholes}}
    others = {whole: found for whole in wholes if (found := reached(structure[whole], rest)) is not None}
    return updated(structure, seen, looked_at, others, wholes)


def apply(
    structure: Outlines, seen: Iterable[tuple[Content, Progress]], stored: Mapping[Content, Progress] | None = None
) -> dict[Content, Progress]:
    """One observation after the other."""
    rows = dict(stored or {})
    for content, progress in seen:
        rows.update(changes(structure, {content: progress}, rows))
    return rows


@given(observations, observations, observations)
def test_joining_is_commutative_associative_and_idempotent(one: Progress, two: Progress, three: Progress) -> None:
    assert joined(one, two) == joined(two, one)
    assert joined(joined(one, two), three) == joined(one, joined(two, three))
    assert joined(one, one) == one
    assert joined(None, one) == one


@given(observations, observations)
def test_done_and_a_hundred_percent_are_the_same(one: Progress, two: Progress) -> None:
    both = joined(one, two)
    assert (both.percent == 100) is (both.completed_at is not None)
    assert both.percent >= max(one.percent, two.percent)


@given(seen, st.randoms(use_true_random=False))
def test_order_and_repetition_change_nothing(events: list[tuple[Content, Progress]], chance: object) -> None:
    shuffled = [*events, *events]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # a random.Random, which hypothesis types as object
    assert apply(outlines(), events) == apply(outlines(), shuffled)


@given(seen)
def test_a_replay_is_no_change(events: list[tuple[Content, Progress]]) -> None:
    rows = apply(outlines(), events)
    for content, progress in events:
        assert changes(outlines(), {content: progress}, rows) == {}


@given(seen, seen)
def test_a_revision_takes_nothing_away(
    before: list[tuple[Content, Progress]], after: list[tuple[Content, Progress]]
) -> None:
    first = apply(outlines(), before)
    second = apply(outlines(2, more=True), after, first)
    for content, progress in first.items():
        assert second[content].percent >= progress.percent
        if progress.completed_at is not None:
            end = second[content].completed_at
            assert end is not None
            assert end <= progress.completed_at


@given(seen)
def test_a_whole_is_done_when_its_required_parts_are(events: list[tuple[Content, Progress]]) -> None:
    rows = apply(outlines(), events)
    needed = [LESSONS[0], LESSONS[1], QUIZ]
    done = all(one in rows and rows[one].completed_at is not None for one in needed)
    assert (COURSE in rows and rows[COURSE].completed_at is not None) is done
    if done:
        ends = [rows[one].completed_at for one in needed]
        assert rows[COURSE].completed_at == max(end for end in ends if end is not None)


@given(seen, st.sets(st.sampled_from(LESSONS)))
def test_it_is_the_same_however_parts_are_summed(events: list[tuple[Content, Progress]], some: set[Content]) -> None:
    whole = Outline(COURSE, 1, (*(Part(one) for one in LESSONS), Part(QUIZ, optional=True)))
    rows = dict(events)
    ones = {content: progress for content, progress in rows.items() if content in some}
    others = {content: progress for content, progress in rows.items() if content not in some}
    assert together(reached(whole, ones), reached(whole, others)) == reached(whole, rows)
    assert together(reached(whole, others), reached(whole, ones)) == reached(whole, rows)


def test_the_average_of_required_parts() -> None:
    rows = apply(outlines(), [(LESSONS[0], observed(START, 0, completed=True)), (LESSONS[1], observed(START, 50))])
    assert rows[MODULES[0]].percent == 75
    assert rows[COURSE].percent == 37.5
    assert rows[PATH].percent == 37.5
    assert MODULES[1] not in rows


def test_optional_parts_count_where_nothing_else_does() -> None:
    module = Outline(MODULES[0], 1, (Part(LESSONS[0], optional=True), Part(LESSONS[1], optional=True)))
    rolled = rolled_up(module, reached(module, {LESSONS[0]: observed(START, 0, completed=True)}))
    assert rolled is not None
    assert (rolled.percent, rolled.state) == (50, "in_progress")


def test_what_was_reached_keeps_its_version() -> None:
    done = [(content, observed(START, 0, completed=True, version=1)) for content in (*LESSONS[:2], QUIZ)]
    first = apply(outlines(1), done)
    assert first[COURSE].version == 1
    later = observed(START + timedelta(days=9), 20, version=2)
    second = apply(outlines(2, more=True), [(LESSONS[3], later)], first)
    assert second[COURSE].completed_at == START
    assert second[COURSE].version == 1
    assert second[COURSE].last_activity_at == START + timedelta(days=9)


def test_a_whole_within_itself_is_named() -> None:
    one, two = Content("path", "a"), Content("path", "b")
    with pytest.raises(ValueError, match="path a > path b > path a"):
        Outlines([Outline(one, 1, (Part(two),)), Outline(two, 1, (Part(one),))])


def test_no_number_is_no_percentage() -> None:
    with pytest.raises(ValueError, match="nan"):
        observed(START, float("nan"))
