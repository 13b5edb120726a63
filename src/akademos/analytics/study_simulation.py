"""What studying would do to the memory of cards: one learner's items carried forward day by day.

A review that is still to come has two outcomes. Its expected course is followed: with retrievability r before it, the
new stability is the geometric mean, weighted r and 1 - r, of what FSRS-6 gives after Good and after Again followed by
Good on the same day (a miss is answered once more), and the new difficulty the mean. An item that was never answered
counts as not recalled until it is; it is right at first sight with the learner's own first-attempt share.
A review takes the learner's median time per answer, and a miss takes it twice.

Units: days of 24 hours from now on (0 today), stability in days, minutes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics import fsrs
from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]
_GOOD, _AGAIN = np.array([fsrs.GOOD]), np.array([fsrs.AGAIN])


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
        return self.repeated(1)

    def repeated(self, times: int) -> Memory:
        """So many times the same items, one after the other, to be carried forward side by side."""
        return Memory(
            np.tile(self.stability, times), np.tile(self.difficulty, times), np.tile(self.last, times), self.weights,
            self.first_right, self.minutes,
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
        r, stability = self.stability_after(day, items)
        difficulty = np.full(len(items), self._first_sight()[1])
        seen = np.flatnonzero(~np.isnan(self.last[items]))
        d = self.difficulty[items[seen]]
        good, again = (fsrs.next_difficulty(d, grade, self.weights) for grade in (_GOOD, _AGAIN))
        again = fsrs.next_difficulty(again, _GOOD, self.weights)
        difficulty[seen] = r[seen] * good + (1 - r[seen]) * again
        return stability, difficulty, self.minutes_of(r)

    def stability_after(self, day: float | Floats, items: Index) -> tuple[Floats, Floats]:
        """(chance of a right answer, stability afterwards) of such reviews."""
        last = self.last[items]
        new = np.isnan(last)
        r, stability = np.full(len(items), self.first_right), np.full(len(items), self._first_sight()[0])
        seen = np.flatnonzero(~new)
        s, d, own = self.stability[items[seen]], self.difficulty[items[seen]], last[seen]
        elapsed = (day[seen] if isinstance(day, np.ndarray) else day) - own
        recall = r[seen] = fsrs.retrievability(np.maximum(elapsed, 0.0), s, self.weights[20])
        good, again = self._floored(fsrs.recalled, s, d, recall), self._floored(fsrs.forgotten, s, d, recall)
        stability[seen] = _between(recall, good, self._once_more(again, d))
        return r, stability

    def minutes_of(self, right: Floats) -> Floats:
        """Minutes that reviews take, by the chance of a right answer: a miss is answered twice."""
        return self.minutes * (2 - right)

    def _first_sight(self) -> tuple[float, float]:
        """(stability, difficulty) of a new item once it was answered."""
        (good_s, good_d), (again_s, again_d) = (fsrs.first_state(grade, self.weights) for grade in (_GOOD, _AGAIN))
        r = np.array([self.first_right])
        again_d = fsrs.next_difficulty(again_d, _GOOD, self.weights)
        stability = _between(r, good_s, self._once_more(again_s, again_d))
        return float(stability[0]), float((r * good_d + (1 - r) * again_d)[0])

    def _once_more(self, s: Floats, d: Floats) -> Floats:
        """Stability after a miss that is answered once more, rightly, on the same day."""
        return self._floored(fsrs.short_term, s, d, np.ones(1))

    def _floored(self, step: Callable[..., Floats], s: Floats, d: Floats, r: Floats) -> Floats:
        return np.maximum(step(s, d, r, _GOOD, self.weights), fsrs.STABILITY_MIN)

    def take(self, day: float | Floats, items: Index, stability: Floats, difficulty: Floats) -> None:
        """The items were reviewed on a day."""
        self.stability[items], self.difficulty[items], self.last[items] = stability, difficulty, day


def _between(r: Floats, good: Floats, again: Floats) -> Floats:
    """The stability expected, between those after a right answer and after a miss; see the module."""
    stability: Floats = np.exp(r * np.log(good) + (1 - r) * np.log(again))
    return stability


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
