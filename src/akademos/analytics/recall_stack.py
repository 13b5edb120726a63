"""P(recall) of a review from three sources: FSRS, how the learner has done lately, and how hard the item is.

    logit P = a logit(R) + b0 + b1 fast + b2 slow + b3 lapses + b4 reviews + b5 item

- R: FSRS-6 retrievability before the review, with the weights in force;
- fast, slow: recency-weighted averages x of the learner's outcomes, x += rate (y - sigmoid(x)), rates 0.3 and 0.05;
- lapses, reviews: ln(1 + n) of the card's earlier wrong long-term reviews and of all its earlier reviews;
- item: logit of the item's share of earlier recalls by anybody, shrunk by ten reviews to the share of all items.

Every feature rests on earlier reviews only. The coefficients are a ridge regression on standardised features around
a = 1 and all others 0, so that without evidence P is FSRS itself. Retrievability stays FSRS's: this says how a
particular answer will go, and nothing of when to review.

Source: stacking after Wolpert (1992), doi:10.1016/S0893-6080(05)80023-1; the fast average is the moving average of
the open spaced repetition benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.rounds import Index, rounds, runs

Floats = npt.NDArray[np.float64]

FAST, SLOW = 0.3, 0.05
START = 1.2
"""Where the averages start: 77% recalled."""
ITEM_PRIOR = 10.0
_RIDGE = 4.0
_CLIP = 1e-4
_STEPS = 25


@dataclass(frozen=True, slots=True)
class Stack:
    """Coefficients of the features as they are; `reviews` is how many it was fitted to."""

    intercept: float
    coefficients: Floats
    reviews: int


def moving_average(learner: Index, at_us: Index, recalled: npt.NDArray[np.bool_], rate: float) -> Floats:
    """x before each review: x += rate (y - sigmoid(x)) after it, along each learner's reviews in time.

    Args:
        learner: number of the learner of each review.
        at_us: instants; equal ones in order of row.
        recalled: outcome of each.
        rate: how quickly it forgets.
    """
    order = np.lexsort((at_us, learner))
    starts, counts = runs(learner[order])
    state, before = np.full(len(starts), START), np.empty(len(order))
    for _, who, rows in rounds(starts, counts):
        place = order[rows]
        x = state[who]
        before[place] = x
        state[who] = x + rate * (recalled[place] - 1 / (1 + np.exp(-x)))
    return before


def running_difficulty(item: Index, at_us: Index, recalled: npt.NDArray[np.bool_]) -> Floats:
    """Logit of each item's share of recalls before each review, shrunk to the share of all items up to then."""
    order = np.argsort(at_us, kind="stable")
    hits = recalled[order].astype(np.float64)
    all_hits = np.concatenate(([0.0], np.cumsum(hits)[:-1]))
    shared = (all_hits + ITEM_PRIOR * 0.8) / (np.arange(len(order)) + ITEM_PRIOR)
    by_item = np.argsort(item[order], kind="stable")
    starts, counts = runs(item[order][by_item])
    within = np.cumsum(hits[by_item]) - hits[by_item]
    before = within - np.repeat(within[starts], counts)
    seen = np.arange(len(order)) - np.repeat(starts, counts)
    share = np.empty(len(order))
    share[by_item] = (before + ITEM_PRIOR * shared[by_item]) / (seen + ITEM_PRIOR)
    result = np.empty(len(order))
    result[order] = _logit(share)
    return result


def stack_features(
    retrievability: Floats,
    learner: Index,
    item: Index,
    at_us: Index,
    recalled: npt.NDArray[np.bool_],
    lapses: Index,
    earlier: Index,
) -> Floats:
    """(scored reviews, 6): the features in the order of the formula.

    Args:
        retrievability: before each scored review.
        learner, item: numbers.
        at_us: instants.
        recalled: outcomes; that of a row goes into later rows only.
        lapses, earlier: of the card before the review.
    """
    return np.column_stack(
        (
            _logit(retrievability),
            moving_average(learner, at_us, recalled, FAST),
            moving_average(learner, at_us, recalled, SLOW),
            np.log1p(lapses),
            np.log1p(earlier),
            running_difficulty(item, at_us, recalled),
        )
    )


def fit_stack(features: Floats, recalled: npt.NDArray[np.bool_]) -> Stack:
    """Ridge coefficients by Newton steps; FSRS as it is where there is nothing to fit to."""
    width = features.shape[1]
    if not len(features):
        return Stack(0.0, np.eye(width)[0], 0)
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 1e-9, spread, 1.0)
    mean[0], spread[0] = 0.0, 1.0  # logit(R) keeps its own scale: its coefficient is pulled to 1
    x = np.column_stack((np.ones(len(features)), (features - mean) / spread))
    target = np.zeros(width + 1)
    target[1] = 1.0
    pull = np.full(width + 1, _RIDGE)
    at = target.copy()
    for _ in range(_STEPS):
        p = 1 / (1 + np.exp(-x @ at))
        gradient = x.T @ (p - recalled) + pull * (at - target)
        step = np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + np.diag(pull), gradient)
        at = at - step
        if np.abs(step).max() < 1e-10:
            break
    raw = at[1:] / spread
    return Stack(float(at[0] - raw @ mean), raw, len(features))


def recall_probability(stack: Stack, features: Floats) -> Floats:
    """P(recall) of each row of features."""
    p: Floats = 1 / (1 + np.exp(-(stack.intercept + features @ stack.coefficients)))
    return p


def _logit(p: Floats) -> Floats:
    kept = np.clip(p, _CLIP, 1 - _CLIP)
    odds: Floats = np.log(kept) - np.log1p(-kept)
    return odds
