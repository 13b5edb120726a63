"""No linear combination of editions isolates fewer than k people, and of what is known nearly all is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.privacy.isolation import Variable, isolated

from akademos.privacy.disclosure_blocks import MIXED
from akademos.privacy.disclosure_editions import NAMED, Editions, advance

START = datetime(2026, 3, 1, tzinfo=UTC)
FLOOR = 3
PEOPLE = [f"p{number:02d}" for number in range(16)]
LABELS = ("student", "nurse")
Night = Mapping[str, frozenset[str]]

nights = st.lists(
    st.fixed_dictionaries(
        {
            "gone": st.frozensets(st.sampled_from(PEOPLE), max_size=2),
            "not_yet": st.frozensets(st.sampled_from(PEOPLE), max_size=7),
            "studied": st.frozensets(st.sampled_from(PEOPLE), max_size=9),
            "expired": st.frozensets(st.sampled_from(PEOPLE), max_size=2),
            "erased": st.frozensets(st.sampled_from(PEOPLE), max_size=1),
        }
    ),
    min_size=2,
    max_size=8,
)


def without(memory: Editions, erased: frozenset[str]) -> Editions:
    """What a cascading erasure leaves of the memory."""
    return replace(
        memory,
        parts={person: part for person, part in memory.parts.items() if person not in erased},
        spent=memory.spent - erased,
        versions={key: version for key, version in memory.versions.items() if key[1] not in erased},
    )


def publications(history: list[Night], labels: Mapping[str, str]) -> list[frozenset[Variable]]:
    """Of each night and part the unknowns that are summed up."""
    memory, evidence, erased = Editions(), dict.fromkeys(PEOPLE, 5), frozenset[str]()
    found = []
    for number, night in enumerate(history):
        erased |= night["erased"]
        memory = without(memory, erased)
        for person in night["studied"]:
            evidence[person] += 1
        for person in night["expired"]:
            evidence[person] -= 1
        stay = [person for person in PEOPLE if person not in night["gone"] and person not in erased]
        memory = advance(
            memory,
            may_stay=stay,
            may_enter={person: labels[person] for person in stay if person not in night["not_yet"]},
            evidence={"t": evidence},
            floor=FLOOR,
            as_of=START + timedelta(days=number),
        )
        counted = memory.counted().get("t", {})
        assert not counted.keys() & (night["gone"] | erased)
        for part, edition in memory.shown("t").items():
            people = [person for person in counted if memory.parts[person] == part]
            assert edition.people == len(people) >= FLOOR
            found.append(frozenset((person, memory.versions["t", person].evidence) for person in people))
    return found


@settings(max_examples=150, deadline=None)
@given(history=nights, labels=st.lists(st.sampled_from(LABELS), min_size=len(PEOPLE), max_size=len(PEOPLE)))
def test_no_combination_of_publications_isolates_fewer_than_k(history: list[Night], labels: list[str]) -> None:
    sums = publications(history, dict(zip(PEOPLE, labels, strict=True)))
    assert not sums or isolated(sums, FLOOR) is None


def at(
    day: int, memory: Editions, evidence: Mapping[str, int], stay: list[str] = PEOPLE, floor: int = FLOOR
) -> Editions:
    return advance(
        memory,
        may_stay=stay,
        may_enter=dict.fromkeys(stay, "student"),
        evidence={"t": evidence},
        floor=floor,
        as_of=START + timedelta(days=day),
    )


def test_fewer_than_k_wait_and_k_are_read_together_with_who_is_new() -> None:
    few = at(0, Editions(), dict.fromkeys(PEOPLE[:2], 1))
    assert few.counted() == {}
    first = at(1, few, dict.fromkeys(PEOPLE[:10], 1))
    assert len(first.counted()["t"]) == 10
    known = dict.fromkeys(PEOPLE[:12], 1) | {PEOPLE[0]: 2}
    later = at(2, first, dict.fromkeys(PEOPLE[:12], 1))
    assert later.counted() == first.counted()
    assert set(at(3, later, known).counted()["t"]) == set(PEOPLE[:12])


def test_who_leaves_a_quiet_course_takes_k_along_until_they_have_more_evidence() -> None:
    evidence = dict.fromkeys(PEOPLE, 1)
    first = at(0, Editions(), evidence)
    stay = PEOPLE[1:]
    left = at(1, first, evidence, stay)
    assert len(left.counted()["t"]) == len(PEOPLE) - 1 - FLOOR
    assert at(2, left, evidence, stay).counted() == left.counted()
    busy = at(3, left, dict.fromkeys(PEOPLE, 2))
    assert set(busy.counted()["t"]) == set(stay)  # all but who left of their own
    assert busy.spent == {PEOPLE[0]}


def test_where_no_cohort_can_cover_a_leaving_the_entry_is_withheld_until_k_are_new() -> None:
    people = PEOPLE[:5]
    first = at(0, Editions(), dict.fromkeys(people, 1), people)
    assert at(1, first, dict.fromkeys(people, 1), people[1:]).counted() == {}
    withheld = at(1, first, dict.fromkeys(people, 1), people[1:])
    assert set(at(2, withheld, dict.fromkeys(people, 2), people[1:]).counted()["t"]) == set(people[1:])


def test_a_floor_that_is_raised_withholds_what_was_made_below_it() -> None:
    first = at(0, Editions(), dict.fromkeys(PEOPLE, 1))
    raised = at(1, first, dict.fromkeys(PEOPLE, 1), floor=5)
    assert raised.counted() == {}
    assert len(at(2, raised, dict.fromkeys(PEOPLE, 2), floor=5).counted()["t"]) == len(PEOPLE)


@pytest.mark.parametrize(("students", "nurses", "parts"), [(12, 4, {MIXED: 16}), (30, 2, {"student": 23, MIXED: 9})])
def test_small_labels_are_mixed_and_filled_up(students: int, nurses: int, parts: dict[str, int]) -> None:
    enter = {f"s{one:02}": "student" for one in range(students)} | {f"n{one}": "nurse" for one in range(nurses)}
    memory = advance(Editions(), may_stay=enter, may_enter=enter, evidence={}, floor=FLOOR, as_of=START)
    found = list(memory.parts.values())
    assert {part: found.count(part) for part in set(found)} == parts
    assert all(size >= NAMED * FLOOR for size in parts.values())


@settings(max_examples=60, deadline=None)
@given(history=nights)
def test_of_each_entry_fewer_than_k_wait_to_be_read(history: list[Night]) -> None:
    memory, evidence = Editions(), dict.fromkeys(PEOPLE, 1)
    for number, night in enumerate(history):
        for person in night["studied"]:
            evidence[person] += 1
        memory = at(number, memory, evidence)
        read = {person: memory.versions["t", person].evidence for person in memory.counted().get("t", {})}
        assert sum(evidence[person] > read.get(person, 0) for person in PEOPLE) < FLOOR
