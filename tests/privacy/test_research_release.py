"""The research release: laws over random populations, a golden table, attackers with and without protection."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.catalogue.research_columns import KNOWN, RELEASE_COLUMNS, RUNGS, SENSITIVE, WITHHELD
from akademos.privacy.release_attacks import KNOWN_WEEKS, attack, disclosure_report, fits, knowledge_of, wilson
from akademos.privacy.release_dictionary import dictionary, dictionary_page
from akademos.privacy.research_release import (
    Release,
    Row,
    Trace,
    anonymise,
    band,
    reached,
    sensitive,
    told,
    unprotected,
    without,
)

WEEKS = 9


@st.composite
def populations(draw: st.DrawFn) -> list[Trace]:
    """Learners of two courses: some alike, some like nobody else."""
    week = st.sampled_from((0, 0, 1, 5, 12, 40))
    habits = draw(st.lists(st.lists(week, min_size=WEEKS, max_size=WEEKS).map(tuple), min_size=1, max_size=5))
    made = []
    for number in range(draw(st.integers(0, 60))):
        own = draw(st.integers(0, 3)) == 0
        activity = draw(st.lists(week, min_size=WEEKS, max_size=WEEKS).map(tuple)) if own else draw(
            st.sampled_from(habits)
        )  # fmt: skip
        made.append(
            Trace(
                f"person-{number}",
                draw(st.sampled_from(("algebra", "algebra", "geometry"))),
                draw(st.sampled_from(("student", "student", "student", "nurse"))),
                activity,
                tuple(count // 2 for count in activity),
                draw(st.sampled_from((None, 0.2, 0.5, 0.7, 0.9))),
                draw(st.sampled_from(("stayed", "stayed", "withdrew"))),
            )
        )
    return made


def crowd(count: int = 120, seed: int = 3) -> list[Trace]:
    """Learners with a rhythm of their own each: nearly everybody is unique."""
    chance = random.Random(seed)
    made = []
    for number in range(count):
        activity = tuple(chance.choice((0, 3, 12, 40)) for _ in range(WEEKS))
        made.append(
            Trace(
                f"person-{number}",
                "algebra",
                chance.choice(("student", "student", "nurse")),
                activity,
                tuple(one // 2 for one in activity),
                chance.random(),
                chance.choice(("stayed", "withdrew")),
            )
        )
    return made


@settings(max_examples=80, deadline=None)
@given(population=populations(), k=st.integers(5, 12), least=st.integers(2, 3))
def test_every_released_row_is_shared_and_diverse_and_nobody_is_lost(
    population: list[Trace], k: int, least: int
) -> None:
    release = anonymise(population, k=k, diversity=least)
    classes: dict[tuple[int, tuple[str, ...]], list[tuple[str, Row]]] = defaultdict(list)
    for learner, row in release.rows:
        classes[row.rung, row.known].append((learner, row))
    for members in classes.values():
        assert len({learner for learner, _ in members}) >= k
        for column in zip(*(row.sensitive for _, row in members), strict=True):
            assert set(column) == {WITHHELD} or len(set(column)) >= least
    patterns = Counter((row.rung, row.known[0], row.known[4], row.known[5]) for _, row in release.rows)
    assert all(count >= k for count in patterns.values())
    truth = {(one.learner, one.course): one for one in population}
    for learner, row in release.rows:  # coarser, never wrong
        trace = truth[learner, row.known[0]]
        assert row.known == told(trace, RUNGS[row.rung])
        assert all(said in (WITHHELD, true) for said, true in zip(row.sensitive, sensitive(trace), strict=True))
    assert sorted([learner for learner, _ in release.rows] + [one.learner for one in release.suppressed]) == sorted(
        one.learner for one in population
    )
    for course in {one.course for one in release.suppressed}:  # suppression comes last
        assert sum(one.course == course for one in population) < k


@settings(max_examples=40, deadline=None)
@given(population=populations(), seed=st.integers(0, 1_000))
def test_the_release_withstands_its_own_attackers(population: list[Trace], seed: int) -> None:
    release = anonymise(population, k=5, diversity=2)
    report = disclosure_report(population, release.rows, k=5, diversity=2, chance=random.Random(seed))
    assert report["failed"] == ([] if release.rows else ["k_anonymity"])


@settings(max_examples=40, deadline=None)
@given(population=populations(), rung=st.integers(0, len(RUNGS) - 1), seed=st.integers(0, 1_000))
def test_what_is_known_of_a_target_always_fits_its_own_row(population: list[Trace], rung: int, seed: int) -> None:
    for trace in population[:10]:
        for weeks in KNOWN_WEEKS:
            known = knowledge_of(trace, weeks, random.Random(seed))
            assert fits(known, rung, told(trace, RUNGS[rung]))


@settings(max_examples=40, deadline=None)
@given(population=populations(), gone=st.sets(st.integers(0, 60)))
def test_what_is_left_after_people_went_is_still_protected(population: list[Trace], gone: set[int]) -> None:
    release = anonymise(population, k=5, diversity=2)
    names = {f"person-{number}" for number in gone}
    left = without(release.rows, lambda key: key in names, k=5, diversity=2)
    assert not names & {key for key, _ in left}
    kept = reached([row for _, row in left], 5)
    assert kept.k is None or kept.k >= 5
    assert kept.diversity is None or kept.diversity >= 2
    assert kept.rare_sequences == 0


def test_attackers_find_people_without_protection_and_nobody_with_it() -> None:
    population = crowd()
    bare = attack(population, unprotected(population).rows, k=10, known_weeks=3, chance=random.Random(1))
    assert bare.alone > 40
    assert bare.rate > 0.5
    assert bare.inferred > 60
    assert bare.low > 10 * bare.chance
    release = anonymise(population, k=10, diversity=2)
    for weeks in KNOWN_WEEKS:
        found = attack(population, release.rows, k=10, known_weeks=weeks, chance=random.Random(1))
        assert (found.singled_out, found.alone, found.inferred) == (0, 0, 0)
        assert found.rate <= 1 / 10
        low, high = wilson(found.matches, found.targets, z=4)  # guesses hit as often as they should
        assert low <= found.rate <= high


def test_a_release_that_is_not_protected_fails_every_test() -> None:
    population = crowd()
    report = disclosure_report(population, unprotected(population).rows, k=10, diversity=2, chance=random.Random(1))
    assert report["failed"] == [
        "k_anonymity", "l_diversity", "unique_sequences", "singling_out", "linkage", "inference",
    ]  # fmt: skip
    assert report["attackers_can_find"]


@pytest.mark.parametrize(
    ("spoil", "test"),
    [
        (lambda row: replace(row, known=(*row.known[:4], "9" * (WEEKS - 1), row.known[5])), "unique_sequences"),
        (lambda row: replace(row, known=("algebra", "poet", *row.known[2:])), "k_anonymity"),
    ],
)
def test_one_row_that_stands_out_fails_the_release(spoil: object, test: str) -> None:
    population = crowd()
    rows = list(anonymise(population, k=10, diversity=2).rows)
    assert callable(spoil)
    rows[0] = rows[0][0], spoil(rows[0][1])
    assert test in disclosure_report(population, rows, k=10, diversity=2, chance=random.Random(1))["failed"]


def test_a_class_of_one_opinion_fails_the_release() -> None:
    population = crowd()
    rows = [
        (learner, replace(row, sensitive=("80+", "stayed")))
        for learner, row in anonymise(population, k=10, diversity=2).rows
    ]
    failed = disclosure_report(population, rows, k=10, diversity=2, chance=random.Random(1))["failed"]
    assert failed == ["l_diversity", "inference"]


def test_golden_table() -> None:
    """Five students of one rhythm are told by weeks; four of a rarer one and a nurse go down the ladder together; a
    course of two is not released."""
    often, rarely = (0, 12, 3, 0, 1), (0, 0, 3, 0, 0)

    def one(number: int, course: str, persona: str, activity: tuple[int, ...], score: float, outcome: str) -> Trace:
        return Trace(f"p{number}", course, persona, activity, activity, score, outcome)

    population = [
        *(one(at, "algebra", "student", often, (0.3, 0.9)[at % 2], ("stayed", "withdrew")[at // 3]) for at in range(5)),
        *(one(at, "algebra", "student", rarely, (0.5, 0.9)[at % 2], "stayed") for at in range(5, 9)),
        one(9, "algebra", "nurse", rarely, 0.9, "withdrew"),
        *(one(at, "geometry", "student", often, 0.9, "stayed") for at in (10, 11)),
    ]
    release = anonymise(population, k=5, diversity=2)
    assert sorted(release.rows) == [
        *(
            (f"p{at}", Row(0, ("algebra", "student", "1", "2-3", "02101", "02101"), (("0-39", "80+")[at % 2], outcome)))
            for at, outcome in enumerate(("stayed", "stayed", "stayed", "withdrew", "withdrew"))
        ),
        *(
            (f"p{at}", Row(7, ("algebra", "*", "*", "1-3", "*", "*"), (("40-59", "80+")[at % 2], "stayed")))
            for at in range(5, 9)
        ),
        ("p9", Row(7, ("algebra", "*", "*", "1-3", "*", "*"), ("80+", "withdrew"))),
    ]  # fmt: skip
    assert [trace.learner for trace in release.suppressed] == ["p10", "p11"]


def test_a_value_that_all_of_a_course_share_is_withheld() -> None:
    population = [replace(one, outcome="stayed") for one in crowd()]
    release = anonymise(population, k=10, diversity=2)
    assert release.rows
    assert {row.sensitive[1] for _, row in release.rows} == {WITHHELD}


def test_nobody_makes_no_release() -> None:
    assert anonymise([], k=5, diversity=2) == Release((), ())
    assert disclosure_report([], [], k=5, diversity=2, chance=random.Random(1))["failed"] == ["k_anonymity"]


def test_bands_cover_every_count() -> None:
    assert [band(count, (1, 2, 4)) for count in (1, 2, 3, 4, 400)] == ["1", "2-3", "2-3", "4+", "4+"]


def test_the_dictionary_names_every_column_and_rung() -> None:
    said, page = dictionary(), dictionary_page()
    assert [one["name"] for one in said["columns"]] == [one.name for one in RELEASE_COLUMNS]
    assert len(said["rungs"]) == len(RUNGS)
    assert all(f"| {one.name} |" in page for one in RELEASE_COLUMNS)
    assert {*KNOWN, *SENSITIVE} < {one.name for one in RELEASE_COLUMNS}
    assert all(set(rung) == set(KNOWN) for rung in RUNGS)
