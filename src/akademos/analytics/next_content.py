"""Which material comes next: rankings of what a learner has not opened yet, from what others of the course opened.

Grain: one course, items by number, one row a learner or a question asked at an instant. All of it rests on first
openings, on days; a ranker is fitted to what had been opened before a cut and asked with what a learner had opened
before the day in question.

* popularity: how many have opened the item.
* transition: how often the item was newly opened on the learner's next day with something new, after the items that
  were newly opened on the last one; first-order, over days, since days have no order within.
* item_knn: cosine of the columns of openings, shrunk, nearest neighbours only, summed over what was opened (Sarwar et
  al. 2001, doi:10.1145/371920.372071).
* ease: the linear autoencoder with a zero diagonal in closed form (Steck 2019, doi:10.1145/3308558.3313710).
* blend: a conditional logit over these and over how lately others began the item, how near it lies in the course's
  order to what was opened last, its kind, and whether its planned weeks are now. Every signal is standardised among the
  candidates of a question, so that one set of weights holds for courses of any size (McFadden 1974).

Caveat: what people open next is not what helps them most; `recommendations` puts prerequisites and gaps first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Index = npt.NDArray[np.int64]
FirstDays = npt.NDArray[np.int16]

NEVER = 32_000
"""Day of what was never opened; later than any day of a course."""

KNN_NEIGHBOURS, KNN_SHRINK = 50, 10.0
EASE_PENALTY = 100.0
"""Of 10, 30, 100, 300, 1000: 30 and 100 are best on a sample of the protocol's inner split (838 questions of OULAD)."""
RECENT_DAYS = (1, 3, 7, 14, 28)
RIDGE = 1e-3
"""Penalty of the blend's squared weights, per question."""

SIGNALS = (
    "popularity", "transition", "item_knn", "ease", *(f"new_{days}_days" for days in RECENT_DAYS), "near_in_order",
    "right_after", "kind", "planned_now", "never_opened",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class CourseItems:
    """What can be opened in a course.

    Attributes:
        order: place of each item in the course's order, 0..1.
        kind: number of the item's kind.
        week_from, week_to: planned weeks, NaN where there are none.
    """

    order: Floats
    kind: Index
    week_from: Floats
    week_to: Floats


@dataclass(frozen=True, slots=True)
class Fitted:
    """What goes with what in a course, from everything before a day.

    Attributes:
        day: everything before it counts.
        steps: (items, items) share of the next new openings after the row; rows sum to 1, or to 0 without any.
        knn, ease: (items, items) weights.
    """

    day: int
    steps: Floats
    knn: Floats
    ease: Floats


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: learners (rows of `first`) and the day before which their openings are known."""

    learner: Index
    day: Index


class CourseHistory:
    """The openings of a course, read on in time: what goes with what is fitted anew at every cut asked for."""

    def __init__(self, first: FirstDays) -> None:
        """From (learners, items) days of the first openings."""
        self._first = first
        self._steps = np.zeros((first.shape[1], first.shape[1]))
        self._read_to = -NEVER
        self._later, self._before, self._after = _steps_of(first)

    def fitted(self, day: int) -> Fitted:
        """What was known before a day; days come in order.

        Raises:
            ValueError: the day lies before one asked for earlier.
        """
        if day < self._read_to:
            raise ValueError("days come in order")
        items = self._first.shape[1]
        window = (self._later >= self._read_to) & (self._later < day)
        pairs = self._before[window] * items + self._after[window]
        self._steps += np.bincount(pairs, minlength=items * items).reshape(items, items)
        self._read_to = day
        opened = (self._first < day).astype(np.float32)
        gram = (opened.T @ opened).astype(np.float64)
        steps = self._steps / np.maximum(self._steps.sum(axis=1, keepdims=True), 1.0)
        return Fitted(day, steps, knn_weights(gram), ease_weights(gram))


def knn_weights(gram: Floats) -> Floats:
    """Shrunk cosine of each pair of items, the nearest `KNN_NEIGHBOURS` of each column kept."""
    counts = np.diag(gram)
    cosine = gram / (np.sqrt(np.outer(counts, counts)) + KNN_SHRINK)
    np.fill_diagonal(cosine, 0.0)
    if len(cosine) > KNN_NEIGHBOURS:
        least = np.partition(cosine, -KNN_NEIGHBOURS, axis=0)[-KNN_NEIGHBOURS]
        cosine[cosine < least] = 0.0
    return cosine


def ease_weights(gram: Floats, penalty: float = EASE_PENALTY) -> Floats:
    """Weights of the closed form: minus the inverse over its diagonal, zero on the diagonal."""
    inverse = np.linalg.inv(gram + penalty * np.eye(len(gram)))
    weights = -inverse / np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return np.asarray(weights)


def _steps_of(first: FirstDays) -> tuple[Index, Index, Index]:
    """Every pair of items newly opened on neighbouring new days of a learner: (later day, item before, item after)."""
    days: list[Index] = []
    before: list[Index] = []
    after: list[Index] = []
    for row in first:
        seen = np.flatnonzero(row < NEVER)
        order = seen[np.argsort(row[seen], kind="stable")]
        edges = np.flatnonzero(np.diff(row[order], prepend=-NEVER))
        groups = np.split(order, edges[1:])
        for earlier, later in pairwise(groups):
            before.append(np.repeat(earlier, len(later)))
            after.append(np.tile(later, len(earlier)))
            days.append(np.full(len(earlier) * len(later), row[later[0]], dtype=np.int64))
    empty = np.empty(0, dtype=np.int64)
    return (
        np.concatenate(days or [empty]),
        np.concatenate(before or [empty]),
        np.concatenate(after or [empty]),
    )


def signals(fitted: Fitted, first: FirstDays, asked: Question, items: CourseItems) -> Floats:
    """(questions, items, signals) in the order of `SIGNALS`, raw; counts are those of each question's own day."""
    known = first[asked.learner]
    seen = known < asked.day[:, None]
    own = np.where(seen, known, -NEVER)
    last = seen & (own == own.max(axis=1)[:, None])
    weights = seen.astype(np.float64)
    of_last = last / np.maximum(last.sum(axis=1, keepdims=True), 1)
    place = (of_last * items.order).sum(axis=1)[:, None]
    furthest = np.where(last, items.order, -1.0).max(axis=1)[:, None]
    ahead = items.order[None, :] - furthest
    week = asked.day[:, None] / 7
    planned = (items.week_from <= week + 1) & (week - 1 <= np.nan_to_num(items.week_to, nan=-99.0))
    opened, new, kinds = _counts(first, asked.day, items.kind)
    return np.stack(
        (
            np.log1p(opened),
            np.log(of_last @ fitted.steps + 1e-4),
            weights @ fitted.knn / np.maximum(weights.sum(axis=1, keepdims=True), 1),
            weights @ fitted.ease,
            *np.log1p(new),
            -np.log(np.abs(items.order[None, :] - place) + 0.01),
            np.where(ahead > 0, -np.log(np.maximum(ahead, 0.0) + 0.002), 0.0),
            np.log(kinds + 1e-3),
            planned.astype(np.float64),
            (opened == 0).astype(np.float64),
        ),
        axis=2,
    )


def _counts(first: FirstDays, days: Index, kind: Index) -> tuple[Floats, list[Floats], Floats]:
    """Per question and item, before its day: by how many opened, by how many newly in each of `RECENT_DAYS`, and
    openings a learner and item of its kind."""
    each, place = np.unique(days, return_inverse=True)
    back = np.array((NEVER, *RECENT_DAYS))
    found = np.empty((len(each), len(back), first.shape[1]))
    kinds = np.empty((len(each), first.shape[1]))
    sizes = np.maximum(np.bincount(kind), 1)
    for number, day in enumerate(each):
        before = first < day
        for window, reach in enumerate(back):
            found[number, window] = (before & (first >= day - reach)).sum(axis=0)
        active = max(int(before.any(axis=1).sum()), 1)
        kinds[number] = (np.bincount(kind, found[number, 0]) / sizes / active)[kind]
    of_question = found[place]
    return of_question[:, 0], [of_question[:, window] for window in range(1, len(back))], kinds[place]


def standardised(raw: Floats, candidates: Bools) -> Floats:
    """Signals with mean 0 and spread 1 among the candidates of each question; 0 where they do not vary."""
    weight = candidates[:, :, None] / np.maximum(candidates.sum(axis=1), 1)[:, None, None]
    mean = (raw * weight).sum(axis=1, keepdims=True)
    spread = np.sqrt((((raw - mean) ** 2) * weight).sum(axis=1, keepdims=True))
    return np.asarray(np.where(spread > 1e-9, (raw - mean) / np.maximum(spread, 1e-9), 0.0))


@dataclass(frozen=True, slots=True)
class Asked:
    """Questions with their answers: signals (of `SIGNALS`, or more) standardised, which items could be chosen,
    and which were."""

    signals: Floats
    candidates: Bools
    chosen: Bools


def fit_blend(questions: Sequence[Asked]) -> Floats:
    """Weights of the signals that make what was chosen most likely, each question counting once; at least one."""
    from scipy.optimize import minimize  # fitted rarely, and heavy

    total = sum(len(one.chosen) for one in questions)

    def loss(weights: Floats) -> tuple[float, Floats]:
        value, gradient = 0.0, np.zeros_like(weights)
        for one in questions:
            score = np.where(one.candidates, one.signals @ weights, -np.inf)
            score -= score.max(axis=1, keepdims=True)
            chance = np.exp(score)
            whole = chance.sum(axis=1, keepdims=True)
            chance /= whole
            share = one.chosen / one.chosen.sum(axis=1, keepdims=True)
            value -= float((share * np.where(one.chosen, score - np.log(whole), 0.0)).sum())
            gradient -= np.einsum("qi,qis->s", share - chance, one.signals)
        return value / total + RIDGE * float(weights @ weights), gradient / total + 2 * RIDGE * weights

    found = minimize(
        loss, np.zeros(questions[0].signals.shape[2]), jac=True, method="L-BFGS-B", options={"maxiter": 60}
    )
    return np.asarray(found.x)
