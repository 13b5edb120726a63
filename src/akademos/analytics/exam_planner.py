"""The exam-day plan and the load of reviews of one learner, from the learner's state.

In the plan are the topics that the target exam weighs, with that weight; without a target exam every topic in the
learner's scope, all alike. Their items are those of the curriculum and whatever else of them the learner has answered.
Source: the specification of the exam-date planner.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import polars as pl

from akademos.analytics.clock import DAY_US
from akademos.analytics.curriculum import Curriculum
from akademos.analytics.exam_plan import DAYS_MOST, ExamPlan, exam_plan
from akademos.analytics.forgetting import NEVER
from akademos.analytics.mastery_tables import scope_of
from akademos.analytics.parameters import DEFAULT, Parameters
from akademos.analytics.state_arrays import StateArrays, date_of, read_state
from akademos.analytics.study_simulation import Load, Memory, review_load
from akademos.errors import InputError

LOAD_TARGETS = (0.8, 0.85, 0.9, 0.95)
LOAD_DAYS = 30


@dataclass(frozen=True, slots=True)
class Asked:
    """What is planned for: a date (None: that of the learner's target exam), a share to recall, minutes a day."""

    on: date | None = None
    target_recall: float = 0.9
    minutes_a_day: int = 30


@dataclass(frozen=True, slots=True)
class Planning:
    """What can be said.

    Attributes:
        status: ok, or what is missing: no_data, needs_clock, not_enough_data, needs_date (there is no exam date to plan
            for, or it has passed).
        today: the learner's local day.
        on: the day planned for, None without one.
        exam_id: the target exam, if any.
        weighed: whether the exam says what its topics weigh.
        answers, items, seen: what it rests on: answers, items in the plan, those of them seen.
        answer_seconds, answer_basis: time per answer; basis own, cohort or assumed.
        first_right: chance that a new item is right at first sight.
        weights: memory_basis, memory_reviews and memory_version of the state.
        plan: with status ok.
        load: with and without a date, one per target; empty without reviews.
    """

    status: str
    today: date
    on: date | None
    exam_id: str | None
    weighed: bool
    answers: int
    items: int
    seen: int
    answer_seconds: float
    answer_basis: str
    first_right: float
    weights: tuple[str, int, str]
    plan: ExamPlan | None
    load: list[Load]


def planning(
    state: Mapping[str, pl.DataFrame],
    curriculum: Curriculum,
    as_of: datetime,
    asked: Asked,
    params: Parameters = DEFAULT,
) -> Planning:
    """The plan of one learner.

    Args:
        state: of exactly one learner.
        curriculum: prepared.
        as_of: aware instant, not before the state's own.
        asked: what to plan for.
        params: those of the state.

    Raises:
        InputError: the date asked for is not one of the next 366 days (`exam_date_out_of_range`).
    """
    arrays = read_state(state, as_of, params)
    today = date_of(int(arrays.today[0]))
    exam_id, target = arrays.texts("profile", "exam_id")[0], arrays.texts("profile", "target_date")[0]
    on = asked.on or target
    days = None if on is None else (on - today).days
    if asked.on is not None and (days is None or not 0 < days <= DAYS_MOST):
        raise InputError(
            "date is none of the days ahead.",
            hint=f"Name a day after {today.isoformat()}, at most {DAYS_MOST} days ahead.",
            pointer="/query/date",
            code="exam_date_out_of_range",
        )
    topics, questions = _topics(arrays, curriculum, exam_id)
    memory, basis = _memory(arrays, questions)
    answers = int(arrays.texts("profile", "answers")[0])
    clock = arrays.clocks[0]
    status = "ok"
    if clock in ("order", "none"):
        status = {"order": "needs_clock", "none": "no_data"}[clock]
    elif answers < params.plan.answers_min:
        status = "not_enough_data"
    elif days is None or not 0 < days <= DAYS_MOST:
        status = "needs_date"
    elif not any(members for weight, members in topics.values() if weight > 0):
        status = "no_data"
    found = None
    if status == "ok" and days is not None:
        found = exam_plan(memory, topics, days=days, target=asked.target_recall, minutes=asked.minutes_a_day)
    counted = sorted({item for _, members in topics.values() for item in members})
    known = ~np.isnan(memory.last)
    texts = {name: arrays.texts("profile", name)[0] for name in ("memory_basis", "memory_reviews", "memory_version")}
    return Planning(
        status=status,
        today=today,
        on=on,
        exam_id=exam_id,
        weighed=bool(curriculum.weights(exam_id)),
        answers=answers,
        items=len(counted),
        seen=int(known[counted].sum()) if counted else 0,
        answer_seconds=memory.minutes * 60,
        answer_basis=basis,
        first_right=memory.first_right,
        weights=(texts["memory_basis"], texts["memory_reviews"], texts["memory_version"]),
        plan=found,
        load=[review_load(memory, target, LOAD_DAYS) for target in LOAD_TARGETS] if known.any() else [],
    )


def _topics(
    arrays: StateArrays, curriculum: Curriculum, exam_id: str | None
) -> tuple[dict[str, tuple[float, Sequence[int]]], int]:
    """(weight and numbers of items by topic, how many items there are); the learner's cards come first."""
    weights = {topic: weight for topic, weight in curriculum.weights(exam_id).items() if weight > 0}
    chosen = weights or dict.fromkeys(scope_of(arrays, curriculum)[0], 1.0)
    number = {question: n for n, question in enumerate(arrays.texts("cards", "question_id"))}
    answered: dict[str, list[int]] = {}
    for group, card in zip(arrays.row_group.tolist(), arrays.row_card.tolist(), strict=True):
        answered.setdefault(arrays.topic_ids[group], []).append(card)
    found: dict[str, tuple[float, Sequence[int]]] = {}
    for topic, weight in chosen.items():
        members = dict.fromkeys(answered.get(topic, ()))
        for question in sorted(curriculum.items.get(topic, ())):
            members[number.setdefault(question, len(number))] = None
        if members:
            found[topic] = weight, list(members)
    return found, len(number)


def _memory(arrays: StateArrays, items: int) -> tuple[Memory, str]:
    """(the learner's items, on what the time per answer rests); items beyond the cards were never answered."""
    cards = len(arrays.last_review)
    stability, difficulty, last = np.ones(items), np.full(items, 5.0), np.full(items, np.nan)
    reviewed = arrays.last_review != NEVER
    stability[:cards] = np.where(reviewed, arrays.stability, 1.0)
    difficulty[:cards] = np.where(reviewed, arrays.floats("cards", "difficulty"), 5.0)
    passed = (arrays.now - np.where(reviewed, arrays.last_review, arrays.now)) // DAY_US
    last[:cards] = np.where(reviewed, -passed.astype(np.float64), np.nan)
    first = arrays.floats("cards", "first_score")
    known = first[~np.isnan(first)]
    prior = arrays.params.plan.first_prior_answers
    first_right = float((known.sum() + prior * 0.5) / (len(known) + prior))
    seconds, basis = (arrays.texts("profile", name)[0] for name in ("answer_seconds", "answer_seconds_basis"))
    if seconds is None or seconds <= 0:
        seconds, basis = arrays.params.plan.answer_seconds, "assumed"
    memory = Memory(stability, difficulty, last, arrays.weights[0][:, None], first_right, float(seconds) / 60)
    return memory, str(basis)
