"""FSRS-6 weights fitted to reviews: of one learner, of many learners side by side, or of all of them together.

The weights of a group minimise, over its n scored reviews (those at least a day after the card's last one),

    sum of -log P(outcome | weights) + strength(n) * sum over j of ((w_j - prior_j) / spread_j)^2

within the bounds of package `fsrs`. `spread` is how much the weights of many thousand learners scatter, so the
penalty is what the learner's reviews have to outweigh; strength(n) = max(1, n_own / n): below n_own scored reviews
the pull towards the prior grows as reviews are fewer, and without any the weights are the prior itself. The prior of a
learner is the tenant, that of the tenant the default weights.

Minimised by damped Fisher scoring (Levenberg-Marquardt steps on the expected information), derivatives from
`fsrs_gradient`, all groups in step with each other but each with its own damping and its own end: what one group
gets depends on its own reviews alone. No randomness.

Source of objective and spreads: fsrs-optimizer 6.5 of open-spaced-repetition (`DEFAULT_PARAMS_STDDEV_TENSOR`, gamma 1);
of the bounds: package `fsrs` 6.3.2.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.fsrs import AGAIN
from akademos.analytics.fsrs_gradient import WEIGHTS, recall_slopes
from akademos.analytics.parameters import FitParameters
from akademos.analytics.rounds import Index, runs

Floats = npt.NDArray[np.float64]

SPREAD = np.array([
    6.43, 9.66, 17.58, 27.85, 0.57, 0.28, 0.60, 0.12, 0.39, 0.18, 0.33, 0.30, 0.09, 0.16, 0.57, 0.25, 1.03, 0.31, 0.32,
    0.14, 0.27,
])  # fmt: skip
LOWER = np.array([
    0.001, 0.001, 0.001, 0.001, 1, 0.001, 0.001, 0.001, 0, 0, 0.001, 0.001, 0.001, 0.001, 0, 0, 1, 0, 0, 0, 0.1,
])  # fmt: skip
UPPER = np.array([
    100, 100, 100, 100, 10, 4, 4, 0.75, 4.5, 0.8, 3.5, 5, 0.25, 0.9, 4, 1, 6, 2, 2, 0.8, 0.8,
])  # fmt: skip
_RECALL_LEAST = 1e-5
_DAMPING_MOST = 1e8


@dataclass(frozen=True, slots=True)
class Fitted:
    """Weights of each group.

    Attributes:
        weights: (groups, 21), w0..w20; the prior where a group has no scored review.
        reviews: scored reviews of each group.
        log_loss: mean over them at the weights, NaN without any.
        log_loss_prior: the same at the prior.
        steps: how many were tried.
    """

    weights: Floats
    reviews: Index
    log_loss: Floats
    log_loss_prior: Floats
    steps: int


def fit(
    at_us: Index,
    grades: npt.NDArray[np.integer],
    starts: Index,
    counts: Index,
    group: Index,
    prior: Floats,
    params: FitParameters,
) -> Fitted:
    """Weights of every group from the reviews of its cards.

    Args:
        at_us: instant of each review, microseconds; ascending within a card.
        grades: 1..4.
        starts, counts: first row and number of rows of each card.
        group: the group of each card, ascending, 0 on without holes.
        prior: (groups, 21), what the weights are pulled to.
        params: strength of the pull and when to stop.
    """
    reviews = _Reviews(at_us, grades, starts, counts, group)
    groups = len(prior)
    weights = np.clip(prior, LOWER, UPPER)
    fits = reviews.at(weights, np.arange(groups))
    scored = fits.reviews
    strength = params.pull * np.maximum(1.0, params.own_reviews / np.maximum(scored, 1))
    cost = fits.loss + _penalty(weights, prior, strength)
    at_prior = fits.loss.copy()
    damping = np.full(groups, 1e-3)
    going = np.flatnonzero(scored > 0)
    steps = 0
    while len(going) and steps < params.steps_most:
        steps += 1
        tried = _step(weights[going], prior[going], strength[going], fits.of(going), damping[going])
        found = reviews.at(tried, going)
        new_cost = found.loss + _penalty(tried, prior[going], strength[going])
        gain = cost[going] - new_cost
        better = gain > 0
        won = going[better]
        weights[won], cost[won] = tried[better], new_cost[better]
        fits.take(won, found, better)
        damping[going] = np.where(better, np.maximum(damping[going] / 5, 1e-7), damping[going] * 8)
        done = (better & (gain < params.tolerance * cost[going])) | (damping[going] > _DAMPING_MOST)
        going = going[~done]
    with np.errstate(invalid="ignore", divide="ignore"):
        return Fitted(weights, scored, fits.loss / scored, at_prior / scored, steps)


def _penalty(weights: Floats, prior: Floats, strength: Floats) -> Floats:
    penalty: Floats = strength * (((weights - prior) / SPREAD) ** 2).sum(axis=1)
    return penalty


def _step(weights: Floats, prior: Floats, strength: Floats, fits: _Fits, damping: Floats) -> Floats:
    """Weights one damped step on, within the bounds; weights that a bound stops stay where they are."""
    pull = 2 * strength[:, None] / SPREAD**2
    gradient = fits.gradient + pull * (weights - prior)
    stopped = ((weights <= LOWER) & (gradient > 0)) | ((weights >= UPPER) & (gradient < 0))
    gradient[stopped] = 0
    diagonal = np.arange(WEIGHTS)
    matrix = fits.information.copy()
    matrix[:, diagonal, diagonal] += pull
    matrix[:, diagonal, diagonal] *= 1 + damping[:, None]
    row, column = np.nonzero(stopped)
    matrix[row, column, :] = 0
    matrix[row, :, column] = 0
    matrix[row, column, column] = 1
    move = np.linalg.solve(matrix, gradient[:, :, None])[:, :, 0]
    return np.clip(weights - move, LOWER, UPPER)


@dataclass(slots=True)
class _Fits:
    """At some weights, by group: scored reviews, summed loss, its gradient and expected information."""

    reviews: Index
    loss: Floats
    gradient: Floats
    information: Floats

    def of(self, groups: Index) -> _Fits:
        return _Fits(self.reviews[groups], self.loss[groups], self.gradient[groups], self.information[groups])

    def take(self, groups: Index, other: _Fits, rows: npt.NDArray[np.bool_]) -> None:
        self.loss[groups] = other.loss[rows]
        self.gradient[groups] = other.gradient[rows]
        self.information[groups] = other.information[rows]


class _Reviews:
    """The reviews, cut by group."""

    def __init__(
        self, at_us: Index, grades: npt.NDArray[np.integer], starts: Index, counts: Index, group: Index
    ) -> None:
        self._at, self._grades, self._starts, self._counts, self._group = at_us, grades, starts, counts, group
        self._of_row = np.empty(len(at_us), dtype=np.int64)
        order = np.repeat(np.arange(len(starts)), counts)
        first = np.cumsum(counts) - counts
        self._of_row[np.repeat(starts - first, counts) + np.arange(len(order))] = group[order]

    def at(self, weights: Floats, groups: Index) -> _Fits:
        """Loss and derivatives of some groups (ascending) at weights of their own."""
        place = np.full(int(self._group.max(initial=-1)) + 2, -1)
        known = groups[groups < len(place)]
        place[known] = np.arange(len(known))
        cards = np.flatnonzero(place[self._group] >= 0)
        slopes = recall_slopes(
            self._at, self._grades, self._starts[cards], self._counts[cards], weights.T, place[self._group[cards]]
        )
        p = np.clip(slopes.recall, _RECALL_LEAST, 1 - _RECALL_LEAST)
        recalled = self._grades[slopes.row] > AGAIN
        mine = place[self._of_row[slopes.row]]
        order = np.argsort(mine, kind="stable")
        mine, p, recalled, slope = mine[order], p[order], recalled[order], slopes.slope[order]
        spread = p * (1 - p)
        pull = (p - recalled) / spread
        loss = -np.where(recalled, np.log(p), np.log1p(-p))
        found = _Fits(
            np.bincount(mine, minlength=len(groups)),
            np.zeros(len(groups)),
            np.zeros((len(groups), WEIGHTS)),
            np.zeros((len(groups), WEIGHTS, WEIGHTS)),
        )
        scaled = slope / np.sqrt(spread)[:, None]
        for start, count in zip(*runs(mine), strict=True):
            rows = slice(start, start + count)
            one = mine[start]
            found.loss[one] = loss[rows].sum()
            found.gradient[one] = (slope[rows] * pull[rows, None]).sum(axis=0)
            own = scaled[rows].copy()
            found.information[one] = own.T @ own
        return found
