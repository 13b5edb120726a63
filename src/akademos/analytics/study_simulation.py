"""What studying would do to the memory of cards: one learner's items carried forward day by day.

A review that is still to come has two outcomes. Its expected course is followed: with retrievability r before it, the
new stability is the geometric mean, weighted r and 1 - r, of what FSRS-6 gives after Good and after Again followed by
Good on the same day (a miss is answered once more), and the new difficulty the mean. An item that was never answered
counts as not recalled until it is; it is right at first sight with the learner's own first-attempt share.
A review takes the learner's median time per answer, and a miss takes it twice.

Units: days of 24 hours from now on (0 today), stability in days, minutes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics import fsrs
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]


@dataclass(slots=True)
class Memory:
    """The items of one learner as they are carried forward.

    Attributes:
        stability, difficulty: of seen items.
        last: day of the last review, 0 or negative at first; NaN where never reviewed.
        weights: (21, 1), the learner's w0..w20.
        first_right: chance that a new item is right at first sight.
        minutes: per answer.
    """

    stability: Floats
    difficulty: Floats
    last: Floats
    weights: Floats
    first_right: float
    minutes: float

    def copy(self) -> Memory:
        """Another one that may be changed."""
        return Memory(
            self.stability.copy(), self.difficulty.copy(), self.last.copy(), self.weights, self.first_right,
            self.minutes,
        )  # fmt: skip

    def recall(self, day: float | Floats, items: Index | slice = slice(None)) -> Floats:
        """Retrievability of items on a day (or a day of each); 0 where never reviewed."""
        last = self.last[items]
        seen = ~np.isnan(last)
        elapsed = np.maximum(np.where(seen, day - np.where(seen, last, 0.0), 0.0), 0.0)
        curve = fsrs.retrievability(elapsed, np.where(seen, self.stability[items], 1.0), self.weights[20])
        return np.where(seen, curve, 0.0)

    def after_review(self, day: float | Floats, items: Index) -> tuple[Floats, Floats, Floats]:
        """(stability, difficulty, minutes taken) were the items reviewed on a day (or a day of each), none of them
        for the second time on it."""
        last = self.last[items]
        new = np.isnan(last)
        r = np.where(new, self.first_right, self.recall(day, items))
        first = [fsrs.first_state(np.full(1, grade), self.weights) for grade in (fsrs.GOOD, fsrs.AGAIN)]
        elapsed = np.where(new, 1.0, day - np.where(new, 0.0, last))
        s, d = np.where(new, 1.0, self.stability[items]), np.where(new, 5.0, self.difficulty[items])
        outcomes = []
        for grade, opening in zip((fsrs.GOOD, fsrs.AGAIN), first, strict=True):
            graded = np.full(len(items), grade)
            after_s, after_d = fsrs.next_state(s, d, r, elapsed, graded, self.weights)
            outcomes.append((np.where(new, opening[0], after_s), np.where(new, opening[1], after_d)))
        (good_s, good_d), (again_s, again_d) = outcomes
        same_day, good = np.zeros(len(items)), np.full(len(items), fsrs.GOOD)
        again_s, again_d = fsrs.next_state(again_s, again_d, np.ones(len(items)), same_day, good, self.weights)
        stability = np.exp(r * np.log(good_s) + (1 - r) * np.log(again_s))
        return stability, r * good_d + (1 - r) * again_d, self.minutes * (2 - r)

    def take(self, day: float | Floats, items: Index, stability: Floats, difficulty: Floats) -> None:
        """The items were reviewed on a day."""
        self.stability[items], self.difficulty[items], self.last[items] = stability, difficulty, day


@dataclass(frozen=True, slots=True)
class Load:
    """Reviews of the days ahead when every card is reviewed on the day its retrievability reaches a target.

    Attributes:
        target: retrievability at which a card is reviewed.
        reviews: per day, today's with all that is overdue.
        minutes: per day.
        recall: mean retrievability of the cards after the last day.
    """

    target: float
    reviews: list[int]
    minutes: list[float]
    recall: float


def review_load(memory: Memory, target: float, days: int) -> Load:
    """The load of the days ahead under a target, of the cards that have been seen.

    Args:
        memory: of one learner; it stays as it is.
        target: retrievability at which a card is reviewed.
        days: how many, today included.
    """
    seen = np.flatnonzero(~np.isnan(memory.last))
    mine = Memory(
        memory.stability[seen], memory.difficulty[seen], memory.last[seen], memory.weights, memory.first_right,
        memory.minutes,
    )  # fmt: skip
    decay = memory.weights[20]
    due = mine.last + fsrs.interval_days(mine.stability, target, decay=decay)
    reviews, minutes = [], []
    for day in range(days):
        items = np.flatnonzero((due <= day) & (mine.last < day))
        reviews.append(len(items))
        spent = 0.0
        if len(items):
            stability, difficulty, taken = mine.after_review(day, items)
            mine.take(day, items, stability, difficulty)
            due[items] = day + fsrs.interval_days(stability, target, decay=decay)
            spent = float(taken.sum())
        minutes.append(spent)
    recall = mine.recall(days)
    return Load(target, reviews, minutes, float(recall.mean()) if len(recall) else float("nan"))
