"""The exam-day planner: its laws, and its expected course against reviews drawn at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from akademos.analytics import exam_plan as exam_plan_module
from akademos.analytics import fsrs
from akademos.analytics.exam_plan import ExamPlan, exam_plan
from akademos.analytics.parameters import FSRS_6_DEFAULT
from akademos.analytics.study_simulation import Memory, review_load

WEIGHTS = np.array(FSRS_6_DEFAULT)[:, None]
law = settings(max_examples=25, deadline=None)


def memory_of(items: int, seed: int, unseen: float = 0.4) -> Memory:
    rng = np.random.default_rng(seed)
    last = np.where(rng.random(items) < unseen, np.nan, -rng.integers(0, 120, items).astype(float))
    return Memory(rng.lognormal(2, 1, items), rng.uniform(2, 9, items), last, WEIGHTS, 0.6, 0.5)


def topics_of(items: int, topics: int = 4) -> dict[str, tuple[float, list[int]]]:
    return {f"topic {k}": (1.0 + k, [n for n in range(items) if n % topics == k]) for k in range(topics)}


def plan(items: int, seed: int, **asked: Any) -> ExamPlan:
    return exam_plan(memory_of(items, seed), topics_of(items), **{"days": 20, "target": 0.9, "minutes": 10, **asked})


@law
@given(st.integers(4, 60), st.integers(0, 99), st.integers(1, 60), st.integers(1, 90), st.floats(0.5, 0.97))
def test_no_day_takes_more_than_asked_and_the_numbers_agree(
    items: int, seed: int, days: int, minutes: int, target: float
) -> None:
    found = plan(items, seed, days=days, minutes=minutes, target=target)
    assert [one.day for one in found.schedule] == list(range(days))
    assert all(one.minutes <= minutes for one in found.schedule)
    assert found.minutes <= minutes
    assert 0 <= found.low <= found.recall <= found.high <= 1
    assert found.feasible == (found.recall >= target)
    weight = sum(topic.weight for topic in found.topics)
    for name, total in (("recall_planned", found.recall), ("recall_unstudied", found.recall_unstudied)):
        mean = sum(topic.weight * getattr(topic, name) for topic in found.topics) / weight
        assert mean == pytest.approx(total)
    assert sum(topic.reviews for topic in found.topics) == sum(one.reviews for one in found.schedule)
    assert sum(topic.new_items for topic in found.topics) == sum(one.new_items for one in found.schedule)


@law
@given(st.integers(4, 60), st.integers(0, 99), st.integers(1, 40), st.integers(1, 60), st.integers(1, 60))
def test_more_minutes_never_lower_the_recall(items: int, seed: int, days: int, one: int, other: int) -> None:
    less, more = (plan(items, seed, days=days, minutes=minutes) for minutes in sorted((one, other)))
    assert less.recall <= more.recall or less.feasible  # a target reached with less is not reached by more
    assert more.feasible or not less.feasible
    rungs = [rung.recall for rung in more.ladder]
    assert rungs == sorted(rungs)


@law
@given(st.integers(4, 60), st.integers(0, 99), st.integers(1, 40))
def test_what_would_make_it_feasible_does(items: int, seed: int, days: int) -> None:
    tight = plan(items, seed, days=days, minutes=1, target=0.85)
    if tight.feasible:
        assert tight.minutes_needed == 1
    elif tight.minutes_needed is not None:
        again = plan(items, seed, days=days, minutes=tight.minutes_needed, target=0.85)
        assert again.feasible
        assert again.minutes == tight.minutes_needed
    else:
        assert tight.recall_most < 0.85


def test_a_plan_takes_the_least_minutes_that_reach_the_target() -> None:
    found = plan(12, 3, days=30, minutes=120, target=0.8)
    assert found.feasible
    assert found.minutes == found.minutes_needed
    below = [rung for rung in found.ladder if rung.minutes < found.minutes]
    assert all(rung.recall < 0.8 for rung in below)


def test_what_is_never_answered_counts_as_not_recalled() -> None:
    found = exam_plan(memory_of(8, 1, unseen=1.1), topics_of(8), days=10, target=0.5, minutes=60)
    assert found.recall_now == found.recall_unstudied == 0
    assert sum(day.new_items for day in found.schedule) == 8
    assert found.recall > 0.5


def test_planning_changes_nothing_and_is_repeatable() -> None:
    memory = memory_of(30, 5)
    before = memory.copy()
    first = exam_plan(memory, topics_of(30), days=25, target=0.9, minutes=10)
    assert exam_plan(memory, topics_of(30), days=25, target=0.9, minutes=10) == first
    np.testing.assert_array_equal(memory.stability, before.stability)
    np.testing.assert_array_equal(memory.last, before.last)


def test_the_expected_course_is_near_the_mean_of_reviews_drawn_at_random() -> None:
    """Items reviewed on days 0, 3, 9, 20 with outcomes drawn by their own retrievability, looked at on day 30."""
    items, days = 40_000, (0, 3, 9, 20)
    rng = np.random.default_rng(4)
    expected = Memory(np.full(1, 6.0), np.full(1, 5.0), np.full(1, -10.0), WEIGHTS, 0.6, 0.5)
    s, d, last = np.full(items, 6.0), np.full(items, 5.0), -10.0
    for day in days:
        chosen = np.array([0])
        stability, difficulty, _ = expected.after_review(day, chosen)
        expected.take(day, chosen, stability, difficulty)
        elapsed = np.full(items, day - last)
        r = fsrs.retrievability(elapsed, s)
        right = rng.random(items) < r
        s, d = fsrs.next_state(s, d, r, elapsed, np.where(right, fsrs.GOOD, fsrs.AGAIN), WEIGHTS)
        again_s, again_d = fsrs.next_state(s, d, np.ones(items), np.zeros(items), np.full(items, fsrs.GOOD), WEIGHTS)
        s, d, last = np.where(right, s, again_s), np.where(right, d, again_d), float(day)
    drawn = fsrs.retrievability(np.full(items, 10.0), s).mean()
    assert expected.recall(30)[0] == pytest.approx(drawn, abs=0.02)


@law
@given(st.integers(4, 60), st.integers(0, 99), st.integers(1, 60))
def test_rungs_side_by_side_are_the_rungs_alone(items: int, seed: int, days: int) -> None:
    together = plan(items, seed, days=days)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exam_plan_module, "SIDE_BY_SIDE", 1)
        alone = plan(items, seed, days=days)
    assert [rung.minutes for rung in alone.ladder] == [rung.minutes for rung in together.ladder]
    for one, other in zip(alone.ladder, together.ladder, strict=True):
        assert (one.recall, one.used) == pytest.approx((other.recall, other.used), rel=1e-9)
    assert [day.reviews for day in alone.schedule] == [day.reviews for day in together.schedule]


@law
@given(st.integers(1, 40), st.integers(0, 99), st.integers(1, 90))
def test_a_review_is_what_fsrs_gives_after_each_outcome(items: int, seed: int, day: int) -> None:
    memory = memory_of(items, seed)
    everything = np.arange(items)
    stability, difficulty, minutes = memory.after_review(day, everything)
    for n in everything.tolist():
        if np.isnan(memory.last[n]):
            r = memory.first_right
            good, again = (fsrs.first_state(np.array([grade]), WEIGHTS) for grade in (fsrs.GOOD, fsrs.AGAIN))
        else:
            s, d, elapsed = memory.stability[[n]], memory.difficulty[[n]], np.array([day - memory.last[n]])
            recall = fsrs.retrievability(elapsed, s)
            r = float(recall[0])
            good, again = (
                fsrs.next_state(s, d, recall, elapsed, np.array([grade]), WEIGHTS) for grade in (fsrs.GOOD, fsrs.AGAIN)
            )
        again = fsrs.next_state(*again, np.ones(1), np.zeros(1), np.array([fsrs.GOOD]), WEIGHTS)
        assert stability[n] == pytest.approx(float(good[0][0] ** r * again[0][0] ** (1 - r)), rel=1e-12)
        assert difficulty[n] == pytest.approx(float(r * good[1][0] + (1 - r) * again[1][0]), rel=1e-12)
        assert minutes[n] == pytest.approx(memory.minutes * (2 - r), rel=1e-12)


@law
@given(st.integers(1, 40), st.integers(0, 99))
def test_a_higher_target_never_asks_for_fewer_reviews(items: int, seed: int) -> None:
    memory = memory_of(items, seed)
    loads = [review_load(memory, target, 30) for target in (0.8, 0.9, 0.95)]
    assert [sum(load.reviews) for load in loads] == sorted(sum(load.reviews) for load in loads)
    assert all(len(load.reviews) == len(load.minutes) == 30 for load in loads)


def test_the_load_is_empty_without_cards_and_starts_with_what_is_overdue() -> None:
    nothing = review_load(memory_of(5, 1, unseen=1.1), 0.9, 30)
    assert nothing.reviews == [0] * 30
    late = Memory(np.full(3, 2.0), np.full(3, 5.0), np.full(3, -50.0), WEIGHTS, 0.6, 0.5)
    load = review_load(late, 0.9, 30)
    assert load.reviews[0] == 3
    assert load.minutes[0] > 3 * 0.5  # some of them are missed, and answered again
    assert replace(load, target=0.9) == load
