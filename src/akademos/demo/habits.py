"""Who studies on a day, when, how much, and what they turn to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.learning import logistic
from akademos.demo.parameters import Habits, Parameters
from akademos.demo.personas import STUDENT
from akademos.demo.population import Learners

PRESENT_MINUTES = 40.0
"""The student of the demo sat down so long before now."""
_EVERYBODY = 0.05


@dataclass(frozen=True, slots=True)
class Term:
    """The calendar: local days since the first midnight of the term, which was a weekday (0 is Monday).

    `now` and `end` are per learner: the local time of the demo's making, and until when studying is simulated.
    """

    weekday: int
    weeks: int
    now: Floats
    end: Floats
    exam: float
    midterm: float


@dataclass(frozen=True, slots=True)
class StudyDay:
    """Learners who sit down on a day: start (local days), answers and materials wanted, interest per leaf."""

    who: Ints
    start: Floats
    answers: Ints
    materials: Ints
    interest: Floats


def plan_day(
    day: int, term: Term, learners: Learners, bank: Bank, rng: np.random.Generator, params: Parameters
) -> StudyDay:
    """Everybody's plans for one day."""
    habits = params.habits
    count = len(learners)
    hour = np.clip(rng.normal(learners.hour, learners.hour_sd), 6.0, 23.2)
    start = day + hour / 24
    cramming = learners.crams * (_before(term.exam, day, habits) | _before(term.midterm, day, habits))
    chance = logistic(habits.day_offset + habits.day_slope * learners.engagement + 1.2 * cramming)
    rhythm = learners.weekday / learners.weekday.mean(axis=1, keepdims=True)
    chance = chance * rhythm[:, (term.weekday + day) % 7]
    students = np.array([persona == "student" for persona in learners.personas])
    if day // 7 + 1 == habits.break_week:
        chance = np.where(students, habits.break_factor * chance, chance)
    sits = rng.random(count) < np.minimum(chance, 0.97)
    wanted = learners.answers * np.exp(rng.normal(0, habits.answers_sd, count)) * (1 + habits.cram_volume * cramming)
    answers = np.clip(np.rint(wanted), 1, habits.answers_most).astype(np.int64)
    materials = np.minimum(rng.poisson(habits.materials, count), 3)
    if day == int(term.now[STUDENT]):
        start[STUDENT] = max(float(day), term.now[STUDENT] - PRESENT_MINUTES / 1440)
        sits[STUDENT] = True
    sits &= (start >= learners.starts) & (start < learners.drops) & (start < term.end)
    who = np.flatnonzero(sits)
    return StudyDay(
        who, start[who], answers[who], materials[who], _interest(day, who, cramming, learners, bank, habits)
    )


def _before(test: float, day: int, habits: Habits) -> bool:
    return 0 <= test - day <= habits.cram_days


def _interest(day: int, who: Ints, cramming: Floats, learners: Learners, bank: Bank, habits: Habits) -> Floats:
    """Interest in each leaf, (who, leaves): open topics only, most in the newest, reviews and cramming in the rest,
    none in a topic that is neglected."""
    opened = np.floor(learners.starts[who, None]) + learners.pace[who, None] * bank.place_of_leaf
    since = day - opened
    older = habits.review_share * learners.reviews[who, None] * -np.expm1(-np.maximum(since, 0) / 14)
    interest = np.exp(-np.maximum(since, 0) / habits.current_days) + older + 0.8 * cramming[who, None] + _EVERYBODY
    dropped = learners.neglects[who] & (since > habits.neglected_after)
    open_now = learners.enrolled[who][:, bank.course_of_leaf] & (since >= 0) & ~dropped
    return np.where(open_now, interest, 0.0)
