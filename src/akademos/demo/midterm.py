"""The midterm exams: one a course, over the topics of the first half of the term, sat by whoever is still there.

A learner of the course who has begun and not dropped out sits a paper of 40 items drawn from the course's first half by
the weight of their topics; each is answered as in practice, without hints, memory or fatigue of a session:
P(right) = guess + (1 - guess - slip) logistic(logit of the knowledge on that day). The score is the share of right
ones.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.courses import COURSES, Course, Leaf
from akademos.demo.learning import Knowledge, logistic
from akademos.demo.parameters import Parameters
from akademos.demo.population import Learners

PAPER = 40
PASS_MARK = 0.5
HANDED_IN = 11.5 / 24
"""Local time of day."""


@dataclass(frozen=True, slots=True)
class MidtermResults:
    """One row a learner and course: local day of handing in, right answers of `PAPER`."""

    who: Ints
    course: Ints
    at: Floats
    right: Ints


def midterm_id(course: Course) -> str:
    """The exam in the middle of the term."""
    return f"{course.course_id}-midterm"


def midterm_leaves(course: Course) -> tuple[Leaf, ...]:
    """Topics that it examines: the first half."""
    return course.leaves[: (len(course.leaves) + 1) // 2]


def sit_midterms(
    day: int,
    learners: Learners,
    bank: Bank,
    knowledge: Knowledge,
    draws: Callable[[int], np.random.Generator],
    params: Parameters,
) -> MidtermResults:
    """Everybody's midterms on a day, from what they know then; nothing is learned by sitting them.

    Args:
        draws: random stream of each course.
    """
    rows: list[MidtermResults] = []
    for course, declared in enumerate(COURSES):
        examined = {leaf.topic_id: leaf.weight for leaf in midterm_leaves(declared)}
        topics = [bank.leaves[main].topic_id for main in bank.topics_of_item[:, 0]]
        weight = np.array([examined.get(topic, 0) for topic in topics], dtype=np.float64)
        rng = draws(course)
        sits = learners.enrolled[:, course] & (learners.starts < day) & (learners.drops > day)
        who = np.flatnonzero(sits)
        paper = rng.choice(len(weight), PAPER, replace=False, p=weight / weight.sum())
        at = np.full((len(who), PAPER), day + HANDED_IN)
        logit = knowledge.logit(np.repeat(who[:, None], PAPER, axis=1), np.broadcast_to(paper, at.shape), at)
        chance = params.items.guess + (1 - params.items.guess - params.items.slip) * logistic(logit)
        right = (rng.random(chance.shape) < chance).sum(axis=1)
        rows.append(MidtermResults(who, np.full(len(who), course), np.full(len(who), day + HANDED_IN), right))
    return MidtermResults(*(np.concatenate([getattr(one, name) for one in rows]) for name in MidtermResults.__slots__))
