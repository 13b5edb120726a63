"""The people of the demo institution and what is true of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.courses import COURSES
from akademos.demo.parameters import Parameters
from akademos.demo.randomness import stream
from akademos.errors import InputError

Consent = Literal["granted", "refused", "undecided"]
Bools = npt.NDArray[np.bool_]

LEAST_LEARNERS = 10
NEVER = 1e9
"""A day that does not come."""
_GIVEN = [
    "Aisha",
    "Ben",
    "Clara",
    "Dana",
    "Emil",
    "Farida",
    "Greta",
    "Hugo",
    "Ines",
    "Jakob",
    "Kira",
    "Leon",
    "Maja",
    "Noah",
    "Olga",
    "Pia",
    "Quentin",
    "Rosa",
    "Samir",
    "Tilda",
    "Uma",
    "Viktor",
    "Wanda",
    "Ximena",
    "Yusuf",
    "Zoe",
    "Anton",
    "Bea",
    "Cem",
    "Dilara",
]
_FAMILY = [
    "Adler",
    "Brandt",
    "Celik",
    "Diaz",
    "Engel",
    "Fuchs",
    "Gomez",
    "Haas",
    "Ivanov",
    "Jansen",
    "Keller",
    "Lang",
    "Meier",
    "Novak",
    "Okafor",
    "Park",
]
_ZONES = ("Europe/Berlin", "Europe/Lisbon", "America/New_York", "Asia/Kolkata", "Australia/Sydney")
_ZONE_SHARES = (0.74, 0.08, 0.08, 0.06, 0.04)


@dataclass(slots=True)
class Learners:
    """Everybody who learns; arrays have one row a learner, times are days since the first day of the term.

    Attributes:
        user_ids, names, personas, zones, consents: as the institution knows them.
        enrolled: (learners, courses).
        target: number of the course whose exam the learner aims at, -1 without one.
        ability: logit. aptitude: (learners, leaves), logit.
        gain, fast_half_life: learning.
        engagement: z-score. weekday: (learners, 7), factors, Monday first.
        answers: median answers on a study day. hour, hour_sd: local start of study, hours.
        crams, reviews: 0..1. neglects, reads: (learners, leaves), topics never returned to, and topics whose
            materials are of interest.
        confidence: probability of stating it. confidence_bias: logit. hints: probability of taking one when at a
            loss. slow: log of the time factor.
        starts: first day. drops: day of dropping out, or NEVER. withdraws: whether a drop-out withdraws.
        pace: days between two openings of topics.
    """

    user_ids: list[str]
    names: list[str]
    personas: list[str]
    zones: list[str]
    consents: list[Consent]
    enrolled: Bools
    target: Ints
    ability: Floats
    aptitude: Floats
    gain: Floats
    fast_half_life: Floats
    engagement: Floats
    weekday: Floats
    answers: Floats
    hour: Floats
    hour_sd: Floats
    crams: Floats
    reviews: Floats
    neglects: Bools
    reads: Bools
    confidence: Floats
    confidence_bias: Floats
    hints: Floats
    slow: Floats
    starts: Floats
    drops: Floats
    withdraws: Bools
    pace: Floats

    def __len__(self) -> int:
        return len(self.user_ids)


def invented_name(number: int) -> str:
    """The name of the learner of that number; a long way on they come again."""
    return f"{_GIVEN[number % len(_GIVEN)]} {_FAMILY[number // len(_GIVEN) % len(_FAMILY)]}"


def draw_learners(count: int, seed: int, weeks: int, bank: Bank, params: Parameters) -> Learners:
    """Everybody but the staff; whoever has a story of their own is put in by `personas`.

    Raises:
        InputError: fewer than ten learners.
    """
    if count < LEAST_LEARNERS:
        raise InputError(f"{count} learners are too few for an institution.", hint=f"Take {LEAST_LEARNERS} or more.")
    rng = stream(seed, "learners")
    who, habits, learning, answering = params.population, params.habits, params.learning, params.answering
    leaves = len(bank.leaves)
    career = rng.random(count) < who.career_changers
    ability = rng.normal(who.ability_mean, who.ability_sd, count)
    engagement = rng.normal(0, 1, count)
    weekend = np.where(career, habits.weekend_career, habits.weekend_student)
    weekday = np.exp(rng.normal(0, habits.weekday_sd, (count, 7)))
    weekday[:, 5:] *= weekend[:, None]
    starts = np.where(career, rng.uniform(0, 7 * who.late_start_weeks, count), rng.uniform(0, who.register_days, count))
    hazard = (
        habits.hazard
        / 7
        * np.exp(-habits.hazard_engagement * engagement - habits.hazard_ability * (ability - who.ability_mean))
    )
    hour, hour_sd = _hours(rng, career)
    enrolled = _courses(rng, career, who.second_course)
    target = np.array([rng.choice(np.flatnonzero(row)) for row in enrolled])
    return Learners(
        user_ids=[f"learner-{at + 1:04}" for at in range(count)],
        names=[invented_name(at) for at in range(count)],
        personas=["career_changer" if one else "student" for one in career],
        zones=list(rng.choice(_ZONES, count, p=_ZONE_SHARES)),
        consents=_consents(rng, count, who.without_consent),
        enrolled=enrolled,
        target=np.where(rng.random(count) < who.without_target, -1, target),
        ability=ability,
        aptitude=rng.normal(0, who.aptitude_sd, (count, leaves)),
        gain=learning.answer_gain * np.exp(rng.normal(0, learning.answer_gain_sd, count)),
        fast_half_life=learning.fast_half_life * np.exp(rng.normal(0, learning.fast_half_life_sd, count)),
        engagement=engagement,
        weekday=weekday,
        answers=np.where(career, habits.answers_career, habits.answers_student)
        * np.exp(rng.normal(0, habits.answers_sd, count)),
        hour=hour,
        hour_sd=hour_sd,
        crams=rng.beta(2, 3, count),
        reviews=rng.beta(1.5, 2.5, count),
        neglects=rng.random((count, leaves)) < habits.neglected,
        reads=np.ones((count, leaves), dtype=np.bool_),
        confidence=np.where(rng.random(count) < answering.gives_confidence, 0.9, 0.0),
        confidence_bias=rng.normal(answering.confidence_bias, answering.confidence_bias_sd, count),
        hints=rng.beta(2, 6, count),
        slow=rng.normal(0, answering.seconds_sd, count),
        starts=starts,
        drops=starts + 7 + rng.exponential(1, count) / hazard,  # nobody drops out in the first week
        withdraws=rng.random(count) < habits.withdraws,
        pace=_pace(career, weeks, bank),
    )


def _hours(rng: np.random.Generator, career: Bools) -> tuple[Floats, Floats]:
    """Local start of study: early, afternoon or evening people; beside a job the evening."""
    kind = rng.choice(3, len(career), p=(0.25, 0.35, 0.40))
    kind = np.where(career & (rng.random(len(career)) < 0.85), 2, kind)
    return np.array([8.5, 14.5, 19.5])[kind] + rng.normal(0, 0.7, len(career)), np.array([1.0, 2.0, 1.3])[kind]


def _courses(rng: np.random.Generator, career: Bools, second: float) -> Bools:
    """One course each, some two; career changers mostly analyse data."""
    first = np.where(
        career,
        rng.choice(len(COURSES), len(career), p=(0.15, 0.15, 0.70)),
        rng.choice(len(COURSES), len(career), p=(0.40, 0.40, 0.20)),
    )
    enrolled = np.zeros((len(career), len(COURSES)), dtype=np.bool_)
    enrolled[np.arange(len(career)), first] = True
    other = (first + rng.integers(1, len(COURSES), len(career))) % len(COURSES)
    enrolled[np.arange(len(career)), other] |= rng.random(len(career)) < second
    return enrolled


def _consents(rng: np.random.Generator, count: int, share: float) -> list[Consent]:
    """Exactly the share of learners without consent (at least two), refused and undecided in turn."""
    consents: list[Consent] = ["granted"] * count
    for turn, at in enumerate(rng.permutation(count)[: max(2, round(share * count))]):
        consents[at] = "refused" if turn % 2 == 0 else "undecided"
    return consents


def _pace(career: Bools, weeks: int, bank: Bank) -> Floats:
    """The term's topics open over its first four fifths; career changers take them in half the time."""
    longest = int(bank.place_of_leaf.max()) + 1
    return np.where(career, 0.5, 1.0) * 0.8 * 7 * weeks / longest
