"""Journeys, retention and survival: brute force over each learner, examples by hand, published survival."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics.journeys import (
    FunnelStep,
    Loop,
    Path,
    Steps,
    funnel,
    loops,
    paths,
    read_steps,
    time_between,
)
from akademos.analytics.retention import Cell, retention
from akademos.analytics.survival import kaplan_meier, time_to_value

MINUTE = 60_000_000
START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
Events = list[tuple[str, int, str]]


def steps(events: Events) -> Steps:
    """From (learner, minutes after the start, name)."""
    return read_steps(
        pl.DataFrame(
            {
                "learner_key": [who for who, _, _ in events],
                "occurred_at": [START + timedelta(minutes=at) for _, at, _ in events],
                "step": [name for _, _, name in events],
            },
            schema={"learner_key": pl.String, "occurred_at": pl.Datetime("us", "UTC"), "step": pl.String},
        )
    )


many = st.lists(
    st.tuples(st.sampled_from("xyz"), st.integers(0, 40), st.sampled_from("ABCD")), max_size=40
)  # fmt: skip


def by_learner(events: Events) -> dict[str, list[tuple[int, str]]]:
    found: dict[str, list[tuple[int, str]]] = {}
    for who, at, name in sorted(events, key=lambda one: (one[0], one[1])):
        found.setdefault(who, []).append((at, name))
    return found


def reaches(walk: list[tuple[int, str]], asked: list[FunnelStep]) -> bool:
    """Whether there is a sequence through all obligatory steps, with or without each optional one."""
    flat = [one for step in asked for one in [step] * step.times]
    keep = [[True] if not one.optional else [True, False] for one in flat]
    for chosen in product(*keep):
        wanted = [one for one, kept in zip(flat, chosen, strict=True) if kept]
        if _walks(walk, wanted, 0, None):
            return True
    return False


def _walks(walk: list[tuple[int, str]], wanted: list[FunnelStep], start: int, before: int | None) -> bool:
    if not wanted:
        return True
    first = wanted[0]
    for place in range(start, len(walk)):
        at, name = walk[place]
        if name not in first.names:
            continue
        if before is not None and first.within_us is not None and (at - before) * MINUTE > first.within_us:
            continue
        if _walks(walk, wanted[1:], place + 1, at):
            return True
    return False


@settings(deadline=None)
@given(
    events=many,
    windows=st.lists(st.one_of(st.none(), st.integers(0, 20)), min_size=3, max_size=3),
    optional=st.booleans(),
    times=st.integers(1, 2),
)
def test_funnels_find_every_sequence_that_exists_and_no_other(
    events: Events, windows: list[int | None], optional: bool, times: int
) -> None:
    within = [None if one is None else one * MINUTE for one in windows]
    asked = [
        FunnelStep(("A",)),
        FunnelStep(("B",), within[0], optional=optional),
        FunnelStep(("C", "D"), within[1], times=times),
        FunnelStep(("A",), within[2]),
    ]
    found = funnel(steps(events), asked)
    walks = by_learner(events)
    for length in range(1, 5):
        chosen = [*asked[: length - 1], replace(asked[length - 1], optional=False)]
        assert found[length - 1].learners == sum(reaches(walk, chosen) for walk in walks.values())


def test_a_funnel_by_hand() -> None:
    events = [("x", 0, "A"), ("x", 5, "A"), ("x", 12, "B"), ("y", 0, "A"), ("y", 30, "B"), ("z", 1, "B"), ("z", 2, "A")]
    found = funnel(steps(events), [FunnelStep(("A",)), FunnelStep(("B",), 10 * MINUTE)])
    assert [(one.learners, one.share) for one in found] == [(3, None), (1, 1 / 3)]
    assert found[1].median_us == 7 * MINUTE
    with pytest.raises(ValueError, match="starts with"):
        funnel(steps(events), [FunnelStep(("A",), optional=True)])


def test_a_share_is_of_those_who_took_the_last_obligatory_step() -> None:
    events = [("x", 0, "A"), ("x", 1, "C"), ("y", 0, "A"), ("y", 1, "B"), ("y", 2, "C")]
    found = funnel(steps(events), [FunnelStep(("A",)), FunnelStep(("B",), optional=True), FunnelStep(("C",))])
    assert [(one.learners, one.share) for one in found] == [(2, None), (1, 0.5), (2, 1.0)]


@settings(deadline=None)
@given(events=many, depth=st.integers(1, 3), gap=st.integers(0, 20), backwards=st.booleans())
def test_paths_are_those_that_were_walked(events: Events, depth: int, gap: int, backwards: bool) -> None:
    counted: Counter[tuple[str, ...]] = Counter()
    people: dict[tuple[str, ...], set[str]] = {}
    for who, walk in by_learner(events).items():
        way = walk[::-1] if backwards else walk
        for place, (_, name) in enumerate(way):
            if name != "A":
                continue
            path, at = ["A"], way[place][0]
            for when, after in way[place + 1 : place + 1 + depth]:
                if abs(when - at) > gap:
                    break
                path.append(after)
                at = when
            walked = tuple(path[::-1]) if backwards else tuple(path)
            counted[walked] += 1
            people.setdefault(walked, set()).add(who)
    found = paths(steps(events), ["A"], depth=depth, gap_us=gap * MINUTE, backwards=backwards, most=1_000)
    assert {one.names: (one.times, one.learners) for one in found} == {
        path: (times, len(people[path])) for path, times in counted.items()
    }
    assert [one.times for one in found] == sorted((one.times for one in found), reverse=True)


def test_paths_by_hand() -> None:
    events = [("x", 0, "A"), ("x", 1, "B"), ("x", 99, "C"), ("y", 0, "A"), ("y", 2, "B"), ("y", 3, "A")]
    assert paths(steps(events), ["A"], depth=2, gap_us=10 * MINUTE) == [
        Path(("A",), 1, 1),
        Path(("A", "B"), 1, 1),
        Path(("A", "B", "A"), 1, 1),
    ]


@settings(deadline=None)
@given(events=many, gap=st.integers(0, 20))
def test_loops_are_returns_within_the_gap(events: Events, gap: int) -> None:
    counted: Counter[tuple[str, str]] = Counter()
    for walk in by_learner(events).values():
        for place in range(len(walk) - 1):
            (first, one), (second, other) = walk[place], walk[place + 1]
            if second - first <= gap and one == other:
                counted[one, one] += 1
            if place + 2 < len(walk) and one != other:
                third, last = walk[place + 2]
                if second - first <= gap and third - second <= gap and last == one:
                    counted[one, other] += 1
    found = loops(steps(events), gap_us=gap * MINUTE)
    assert {(one.name, one.by_way_of): one.times for one in found} == dict(counted)


def test_a_loop_counts_its_learners() -> None:
    events = [("x", at, name) for at, name in enumerate("ABABA")] + [("y", at, name) for at, name in enumerate("ABA")]
    assert loops(steps(events), gap_us=MINUTE) == [Loop("A", "B", 3, 2), Loop("B", "A", 1, 1)]


@settings(deadline=None)
@given(events=many)
def test_time_between_is_from_the_first_to_the_next(events: Events) -> None:
    expected: list[tuple[int, int | None]] = []
    for _, walk in sorted(by_learner(events).items()):
        first = next((place for place, (_, name) in enumerate(walk) if name == "A"), None)
        if first is None:
            continue
        after = next((at for at, name in walk[first + 1 :] if name == "B"), None)
        expected.append((walk[first][0], None if after is None else (after - walk[first][0]) * MINUTE))
    found = time_between(steps(events), ["A"], ["B"])
    waits = [int(wait) if came else None for wait, came in zip(found.ended - found.began, found.arrived, strict=True)]
    assert waits == [wait for _, wait in expected]
    origin = steps(events).at.min(initial=0) if not expected else found.began[0] - expected[0][0] * MINUTE
    assert found.began.tolist() == [int(origin + at * MINUTE) for at, _ in expected]


weekly = st.lists(st.tuples(st.sampled_from("wxyz"), st.integers(0, 40), st.just("A")), max_size=40)


@settings(deadline=None)
@given(events=weekly, today=st.integers(0, 50), grouped=st.booleans())
def test_retention_is_of_those_whose_week_is_over(events: Events, today: int, grouped: bool) -> None:
    """Days instead of minutes; the oracle goes learner by learner and week by week."""
    days = [(who, day * 24 * 60, name) for who, day, name in events]
    table = steps(days)
    as_of = START + timedelta(days=today)
    keys = sorted({who for who, _, _ in events})
    groups = {number: "early" if who < "y" else "late" for number, who in enumerate(keys)} if grouped else None
    expected: dict[tuple[str, int], list[int]] = {}
    for number, who in enumerate(keys):
        weeks = sorted({day // 7 for one, day, _ in events if one == who and day <= today})
        if not weeks:
            continue
        monday = str((START + timedelta(weeks=weeks[0])).date())
        label = monday if groups is None else groups[number]
        for week in range(today // 7 - weeks[0]):
            cell = expected.setdefault((label, week), [0, 0])
            cell[0] += 1
            cell[1] += weeks[0] + week in weeks
    found = retention(table, int(as_of.timestamp() * 1e6), groups)
    assert {(one.group, one.week): [one.started, one.retained] for one in found} == expected


def test_a_triangle_by_hand() -> None:
    day = 24 * 60
    events = [("x", 0, "A"), ("x", 8 * day, "A"), ("y", day, "A"), ("z", 9 * day, "A")]
    as_of = int((START + timedelta(days=15)).timestamp() * 1e6)
    assert retention(steps(events), as_of) == [
        Cell("2026-03-02", 0, 2, 2),
        Cell("2026-03-02", 1, 2, 1),
        Cell("2026-03-09", 0, 1, 1),
    ]


def test_the_remission_of_leukaemia_gives_the_published_survival() -> None:
    """Freireich et al. (1963), 6-mercaptopurine, as in Kalbfleisch and Prentice (1980), table 1.2; standard errors by
    Greenwood."""
    told = (
        *("6", "6", "6", "6+", "7", "9+", "10", "10+", "11+", "13", "16"),
        *("17+", "19+", "20+", "22", "23", "25+", "32+", "32+", "34+", "35+"),
    )
    found = kaplan_meier(
        np.array([float(one.rstrip("+")) for one in told]), np.array([not one.endswith("+") for one in told])
    )
    assert found.times.tolist() == [6, 7, 10, 13, 16, 22, 23]
    assert found.at_risk.tolist() == [21, 17, 15, 12, 11, 7, 6]
    assert found.share.round(3).tolist() == [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    assert found.standard_error.round(4).tolist() == [0.0764, 0.0869, 0.0963, 0.1068, 0.1141, 0.1282, 0.1346]
    assert (found.median, found.median_low) == (23, 13)


def test_nobody_to_whom_it_happened_has_no_median() -> None:
    found = kaplan_meier(np.array([1.0, 2.0]), np.array([False, False]))
    assert (len(found.times), found.median) == (0, None)


def test_time_to_value_censors_who_has_mastered_nothing_yet() -> None:
    found = time_to_value(np.zeros(4), np.array([10.0, 20.0, np.nan, 90.0]), as_of=50.0)
    assert found.times.tolist() == [10, 20]
    assert found.share.tolist() == [0.75, 0.5]
    assert found.median == 20


def test_more_paths_than_can_be_numbered_are_refused() -> None:
    some = pl.DataFrame(
        {"learner_key": ["a", "a"], "occurred_at": [datetime(2026, 1, 1, tzinfo=UTC)] * 2, "step": ["s0", "s1"]}
    ).with_columns(pl.col("step").cast(pl.Enum([f"s{n}" for n in range(3000)])))
    with pytest.raises(ValueError, match="64 bits"):
        paths(read_steps(some), ("s0",), depth=5, gap_us=1)
    assert paths(read_steps(some), ("s0",), depth=4, gap_us=1)[0].names == ("s0", "s1")
