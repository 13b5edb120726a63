"""Laws of what is shown of single shares, curves and choices, and of the rows that statistics are made of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.catalogue.policies import LIMITS
from akademos.jobs.content_rows import published_of, taken_now
from akademos.privacy.disclosure_editions import Editions, advance
from akademos.privacy.shown_shares import shown_choices, shown_curve, shown_falls, shown_share

FLOORS = st.integers(5, 15)


@given(people=st.integers(0, 400), share=st.floats(0, 1), floor=FLOORS)
def test_a_share_says_something_of_at_least_k_on_either_side(people: int, share: float, floor: int) -> None:
    count = round(share * people)
    shown = shown_share(count, people, floor)
    if people < 2 * floor:
        assert shown is None
        return
    assert shown is not None
    assert shown.people % LIMITS.count_rounding == 0
    assert (shown.bound == "below") == (count < floor)
    assert (shown.bound == "above") == (people - count < floor <= count)
    if shown.bound == "below":
        assert count / people < shown.value
        assert shown_share(0, people, floor) == shown  # whatever is below says the same
    elif shown.bound == "above":
        assert count / people > shown.value
        assert shown_share(people, people, floor) == shown


@given(left=st.lists(st.integers(0, 8), min_size=1, max_size=120), stay=st.integers(0, 60), floor=FLOORS)
def test_a_curve_falls_only_where_k_have_left_and_k_remain(left: list[int], stay: int, floor: int) -> None:
    still = [sum(left[place:]) + stay for place in range(len(left) + 1)]
    points = shown_curve(still, floor)
    if still[0] < 2 * floor:
        assert points == []
        return
    reached = [still[point.position] for point in points]
    assert reached[0] == still[0]
    assert all(before - after >= floor for before, after in pairwise(reached))
    assert reached[-1] >= floor
    assert [point.position for point in points] == sorted({point.position for point in points})


@given(
    places=st.lists(st.tuples(st.integers(0, 30), st.integers(0, 12)), min_size=1, max_size=30),
    stay=st.integers(0, 60),
    floor=FLOORS,
)
def test_a_curve_of_survival_falls_by_k_while_k_are_left(places: list[tuple[int, int]], stay: int, floor: int) -> None:
    events = [happened for happened, _ in places]
    at_risk = [sum(map(sum, places[place:])) + stay for place in range(len(places))]
    falls = shown_falls(at_risk, events, at_risk[0], floor)
    places_of = [-1, *(fall.place for fall in falls)]
    assert all(sum(events[a + 1 : b + 1]) >= floor for a, b in pairwise(places_of))
    assert all(at_risk[fall.place] - events[fall.place] >= floor for fall in falls)
    for fall in falls:
        assert 0 < fall.events < fall.people
        assert {fall.events % LIMITS.count_rounding, fall.people % LIMITS.count_rounding, fall.left % 5} == {0}


@given(counts=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 60)), floor=FLOORS)
def test_choices_of_few_stand_together(counts: dict[str, int], floor: int) -> None:
    found = shown_choices(counts, floor)
    assert all(people >= floor for _, people in found)
    assert all(people == sum(counts[name] for name in names) for names, people in found)
    named = [name for names, _ in found for name in names]
    assert len(named) == len(set(named))
    if sum(counts.values()) >= floor:
        assert set(named) >= {name for name, count in counts.items() if count}


NIGHTS = st.lists(
    st.tuples(
        st.dictionaries(st.integers(0, 39), st.integers(1, 3)),  # who has so many more events
        st.sets(st.integers(0, 39), max_size=2),  # who leaves
        st.sets(st.integers(0, 39), max_size=4),  # whose rows expire without a word
    ),
    min_size=2,
    max_size=6,
)


@settings(max_examples=40, deadline=None)
@given(nights=NIGHTS)
def test_rows_of_two_nights_differ_by_nobody_or_at_least_k(
    nights: list[tuple[dict[int, int], set[int], set[int]]],
) -> None:
    floor, entry, start = 5, "content:video", datetime(2026, 3, 1, tzinfo=UTC)
    schema = {"learner_key": pl.String, "entry": pl.String, "value": pl.Int64}
    everybody = {f"person-{number:02}" for number in range(40)}
    memory, taken, events = Editions(), pl.DataFrame(schema=schema), dict.fromkeys(sorted(everybody), 1)
    gone: set[str] = set()
    published: list[dict[str, int]] = []
    for number, (more, leave, expire) in enumerate(nights):
        for person, by in more.items():
            events[f"person-{person:02}"] += by
        gone |= {f"person-{person:02}" for person in leave}
        there = {key: count for key, count in events.items() if key not in gone and int(key[-2:]) not in expire}
        rows = pl.DataFrame([(key, entry, count) for key, count in there.items()], schema=schema, orient="row")
        at = start + timedelta(days=number)
        memory = advance(
            memory, may_stay=everybody - gone, may_enter=dict.fromkeys(sorted(everybody - gone), ""),
            evidence={entry: there}, floor=floor, as_of=at,
        )  # fmt: skip
        taken = taken_now(rows, taken, memory, at)
        now = dict(published_of(taken, memory.counted()).select("learner_key", "value").iter_rows())
        assert not now.keys() & gone
        if now:
            assert now.keys() == memory.counted()[entry].keys()
            published.append(now)
    for before, after in combinations(published, 2):
        changed = sum(before.get(key) != after.get(key) for key in before.keys() | after.keys())
        assert changed == 0 or changed >= floor
