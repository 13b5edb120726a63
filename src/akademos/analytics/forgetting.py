"""Memory of cards, retrieval strength of topics, and when they are due.

A card is (learner, item); its reviews are the learner's answers to the item that have a clock. A topic's retrieval
strength is the mean retrievability over the learner's seen items of the topic, and the topic is due from the instant
on at which that mean falls under the target (0.9). A card is due when the scheduler's interval for the target has
passed since its last review. Two schedulers stand beside each other: FSRS-6 (`fsrs`) and the quality-scaled interval
rule (`sm2`). Repeats within a day are short-term steps of both.
Source: the specification of retrieval strength and forgetting.

Units: instants in microseconds since 1970 (UTC), days of 24 hours, stability in days. Retrievability counts whole
days since the last review, so it steps down once a day per card.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics import fsrs, sm2
from akademos.analytics.attempts import Activity
from akademos.analytics.clock import DAY_US
from akademos.analytics.grading import grade_answers
from akademos.analytics.mastery import RECALL_STEPS, divided
from akademos.analytics.parameters import ForgettingParameters
from akademos.analytics.rounds import Index, runs

Floats = npt.NDArray[np.float64]
NEVER = np.iinfo(np.int64).max
"""An instant that does not come."""


@dataclass(frozen=True, slots=True)
class CardMemory:
    """Every card after its last review; cards in order of learner, then item.

    Attributes:
        learner, question: numbers of the two that make the card.
        decay: weight w20 of the card's learner.
        answers: rows of `Activity.answers`, in order of card, then time.
        starts, counts: the card's answers among `answers`.
        card_of_answer: per row of `Activity.answers`, its card.
        review_starts, review_counts: the card's reviews among the `review_` arrays; a count may be 0. What was carried
            forward stands there as one.
        reviews: how many there were, those that were carried forward included.
        review_at, review_day, review_stability: instant, local day and stability after each review.
        stability, difficulty: after the last review, NaN without one.
        last_review: NEVER without one.
        due: instant at which the FSRS interval for the target has passed, NEVER without a review.
        rule_interval: days, 0 without a review.
        rule_due: instant, NEVER without a review.
    """

    learner: Index
    question: Index
    decay: Floats
    answers: Index
    starts: Index
    counts: Index
    card_of_answer: Index
    review_starts: Index
    review_counts: Index
    reviews: Index
    review_at: Index
    review_day: Index
    review_stability: Floats
    stability: Floats
    difficulty: Floats
    last_review: Index
    due: Index
    rule_interval: Index
    rule_due: Index


def card_memory(activity: Activity, weights: Floats, params: ForgettingParameters) -> CardMemory:
    """Grades every answer and steps every card through its reviews.

    Args:
        activity: the learners' answers.
        weights: (learners, 21), the FSRS-6 weights in force for each learner.
        params: grades, target and horizon.
    """
    table = activity.answers
    learner, question = table["learner"].to_numpy(), table["question"].to_numpy()
    key = learner * max(1, len(activity.questions)) + question
    order = np.argsort(key, kind="stable")
    starts, counts = runs(key[order])
    cards = len(starts)
    card_of_answer = np.empty(len(order), dtype=np.int64)
    card_of_answer[order] = np.repeat(np.arange(cards), counts)

    grades = grade_answers(table, params, activity.earlier_times.filter("correct"))
    reviews = order[table["reviewed"].to_numpy()[order]]
    review_counts = np.bincount(card_of_answer[reviews], minlength=cards)
    review_starts = np.cumsum(review_counts) - review_counts
    at = table["reviewed_at"].dt.epoch("us").to_numpy()[reviews]
    known_stability, known_difficulty = (
        table[name].fill_null(np.nan).to_numpy()[reviews] for name in ("stability", "difficulty")
    )
    known_interval = table["rule_interval"].fill_null(-1).to_numpy()[reviews]
    has = review_counts > 0
    span = (review_starts[has], review_counts[has])
    first = order[starts]
    own = weights[learner[first]].T
    states = fsrs.review_all(at, grades.grade[reviews], *span, own[:, has], (known_stability, known_difficulty))
    interval = np.zeros(cards, dtype=np.int64)
    last = review_starts[has] + review_counts[has] - 1
    interval[has] = sm2.review_all(at, grades.quality[reviews], *span, params.maximum_interval_days, known_interval)[
        last
    ]
    stability, difficulty = np.full(cards, np.nan), np.full(cards, np.nan)
    last_review, due, rule_due = (np.full(cards, NEVER) for _ in range(3))
    stability[has], difficulty[has], last_review[has] = states.stability[last], states.difficulty[last], at[last]
    days = fsrs.interval_days(
        states.stability[last], params.target_retention, params.maximum_interval_days, own[20, has]
    )
    due[has] = at[last] + days * DAY_US
    rule_due[has] = at[last] + interval[has] * DAY_US
    return CardMemory(
        learner=learner[first],
        question=question[first],
        decay=own[20],
        answers=order,
        starts=starts,
        counts=counts,
        card_of_answer=card_of_answer,
        review_starts=review_starts,
        review_counts=review_counts,
        reviews=np.bincount(card_of_answer[reviews], table["reviews"].to_numpy()[reviews], minlength=cards).astype(
            np.int64
        ),
        review_at=at,
        review_day=table["date"].to_physical().to_numpy()[reviews].astype(np.int64),
        review_stability=states.stability,
        stability=stability,
        difficulty=difficulty,
        last_review=last_review,
        due=due,
        rule_interval=interval,
        rule_due=rule_due,
    )


def retrievability_at(at_us: Index | int, last_review: Index, stability: Floats, decay: Floats) -> Floats:
    """Retrievability of cards at an instant (or at one instant per card): NaN for a card without a review, 1 up to
    a day after the last one. `decay` is w20 of each card's learner."""
    reviewed = last_review != NEVER
    elapsed = np.maximum((at_us - np.where(reviewed, last_review, 0)) // DAY_US, 0).astype(np.float64)
    curve = fsrs.retrievability(elapsed, np.where(reviewed, stability, 1.0), decay)
    return np.where(reviewed, np.rint(curve * RECALL_STEPS) / RECALL_STEPS, np.nan)


def mean_recall(recall: Floats, starts: Index) -> Floats:
    """Mean over the rows of each group, leaving NaN out; NaN for a group without any. The last axis is that of rows."""
    known = ~np.isnan(recall)
    total = np.add.reduceat(np.where(known, recall, 0.0), starts, axis=-1)
    count = np.add.reduceat(known.astype(np.float64), starts, axis=-1)
    return divided(total, count)


def topic_due(
    last_review: Index, stability: Floats, decay: Floats, starts: Index, params: ForgettingParameters
) -> Index:
    """The instant at which each group's mean retrievability falls under the target, if nothing more is answered.

    Args:
        last_review, stability, decay: per row (item within a group); NEVER and NaN without a review.
        starts: first row of each group.
        params: target and horizon.

    Returns:
        Microseconds; not before the group's last review; NEVER where no item has a review or the mean holds beyond
        the horizon.

    The mean steps down only, so the instant is found by bisection, exact to the microsecond.
    """
    if not len(starts):
        return np.empty(0, dtype=np.int64)
    sizes = np.diff(starts, append=len(last_review))
    group = np.repeat(np.arange(len(starts)), sizes)
    latest = np.maximum.reduceat(np.where(last_review == NEVER, -1, last_review), starts)

    def below(at: Index) -> npt.NDArray[np.bool_]:
        mean = mean_recall(retrievability_at(at[group], last_review, stability, decay), starts)
        return mean < params.target_retention  # NaN compares false

    horizon = latest + params.due_horizon_days * DAY_US
    falls = below(horizon)
    due = np.where(below(latest), latest, horizon)
    early = latest
    while np.any(open_groups := falls & (due - early > 1)):
        middle = (early + due) // 2
        fallen = below(middle)
        due = np.where(open_groups & fallen, middle, due)
        early = np.where(open_groups & ~fallen, middle, early)
    return np.where(falls, due, NEVER)
