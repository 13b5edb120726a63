"""The two-parameter logistic item response model, fitted by marginal maximum likelihood.

Question: how hard is each item, and how sharply does it tell those who know from those who do not, whoever happened to
answer it?

P(right | theta) = 1 / (1 + exp(-a (theta - b))), theta ~ N(0, 1): a is the item's discrimination (1/logit), b its
difficulty (logits of ability). Nothing is put between 1 and a: the scale is logistic, not normal. The likelihood
integrates ability out over Gauss-Legendre nodes; it is climbed by EM (Bock and Aitkin 1981, doi:10.1007/BF02293801),
the M-step by Newton's method on slope and intercept, all items at once, and hastened by SQUAREM (Varadhan and Roland
2008, doi:10.1111/j.1467-9469.2007.00585.x), which keeps only steps that raise the likelihood. Unanswered items do not
count. Standard errors are those of the empirical information (cross products of the people's scores), for the
difficulty by the delta method; with fewer than ten people a parameter, of each item's own two parameters alone.

Caveats: one ability for all items, no guessing; an item that everybody or nobody gets right has no estimate; slopes end
at `SLOPE_MOST`. Agreement with package `girth` 0.8.0 is within 0.01 (tests/analytics/test_two_parameter_logistic.py).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.errors import InputError

Floats = npt.NDArray[np.float64]

LEARNERS_MIN = 200
"""Specification, item analysis."""
NODES, REACH = 41, 4.5
"""Quadrature over ability from -4.5 to 4.5; beyond lie 7 of a million people."""
SLOPE_MOST = 6.0
"""A slope beyond it is a step function: the sample does not say how steep."""
TOLERANCE = 1e-5
"""Largest change of slope or intercept in one EM step at which the climb ends."""
STEPS_MOST = 500
PEOPLE_PER_PARAMETER = 10
"""From so many on, the whole information matrix is worth inverting."""
NEWTON_STEPS = 2
"""Per M-step: EM needs to go up, not to the top (generalised EM)."""


@dataclass(frozen=True, slots=True)
class ItemParameters:
    """Parameters of items, in the order of the matrix's columns; NaN where an item has no estimate.

    Attributes:
        discrimination, difficulty: a and b.
        discrimination_se, difficulty_se: standard errors.
        log_likelihood: marginal, of all answers to items with an estimate.
        learners: people with at least one such answer.
        steps: EM steps taken.
        converged: whether the last step changed less than `TOLERANCE`.
    """

    discrimination: Floats
    difficulty: Floats
    discrimination_se: Floats
    difficulty_se: Floats
    log_likelihood: float
    learners: int
    steps: int
    converged: bool


class _Answers:
    """The answers of people, one row each, as the sums that the likelihood needs."""

    def __init__(self, correct: Floats) -> None:
        known = ~np.isnan(correct)
        self.right = np.where(known, correct, 0.0)
        self.known = None if known.all() else known.astype(np.float64)
        self.items = correct.shape[1]
        nodes, weights = np.polynomial.legendre.leggauss(NODES)
        self.theta = REACH * nodes
        prior = weights * np.exp(-(self.theta**2) / 2)
        self.prior = prior / prior.sum()

    def of_known(self, columns: Floats) -> Floats:
        """(people, nodes) sums of (items, nodes) over the items that each person answered."""
        if self.known is None:
            return np.broadcast_to(columns.sum(axis=0), (len(self.right), columns.shape[1]))
        return np.asarray(self.known @ columns)

    def posterior(self, slope: Floats, intercept: Floats) -> tuple[Floats, float]:
        """(people, nodes) weights of ability that sum to 1 per person, and the marginal log-likelihood."""
        logit = slope[:, None] * self.theta + intercept[:, None]
        joint = self.right @ logit - self.of_known(np.logaddexp(0, logit)) + np.log(self.prior)
        most = joint.max(axis=1, keepdims=True)
        joint -= most
        weights = np.exp(joint, out=joint)
        whole = weights.sum(axis=1, keepdims=True)
        weights /= whole
        return weights, float((np.log(whole) + most).sum())

    def maximised(self, weights: Floats, slope: Floats, intercept: Floats) -> tuple[Floats, Floats]:
        """Slopes and intercepts a few Newton steps nearer to the top of the expected log-likelihood."""
        right = self.right.T @ weights
        asked = (
            np.broadcast_to(weights.sum(axis=0), right.shape)
            if self.known is None
            else np.asarray(self.known.T @ weights)
        )
        for _ in range(NEWTON_STEPS):
            chance = 1 / (1 + np.exp(-(slope[:, None] * self.theta + intercept[:, None])))
            gap, spread = right - asked * chance, asked * chance * (1 - chance)
            up_slope, up_intercept = gap @ self.theta, gap.sum(axis=1)
            slope_slope, cross, both = spread @ self.theta**2, spread @ self.theta, spread.sum(axis=1)
            area = np.maximum(slope_slope * both - cross**2, 1e-9)
            # A step of Newton from a bad start overshoots; half a unit is far on these scales.
            slope = slope + np.clip((both * up_slope - cross * up_intercept) / area, -0.5, 0.5)
            intercept = intercept + np.clip((slope_slope * up_intercept - cross * up_slope) / area, -0.5, 0.5)
            slope = np.clip(slope, -SLOPE_MOST, SLOPE_MOST)
        return slope, intercept


def fit_two_parameter_logistic(correct: Floats) -> ItemParameters:
    """Parameters of every item that somebody got right and somebody wrong.

    Args:
        correct: (people, items) with 1 for right, 0 for wrong, NaN for unanswered.

    Raises:
        InputError: too few people (`too_few_learners`), or values other than these (`not_dichotomous`).
    """
    answered = ~np.isnan(correct)
    if not np.isin(correct[answered], (0.0, 1.0)).all():
        raise InputError("An answer is neither right nor wrong.", hint="Give 1, 0 or NaN.", code="not_dichotomous")
    share = np.where(answered, correct, 0.0).sum(axis=0) / np.maximum(answered.sum(axis=0), 1)
    usable = (share > 0) & (share < 1)
    people = answered[:, usable].any(axis=1)
    if int(people.sum()) < LEARNERS_MIN:
        raise InputError(
            f"{int(people.sum())} learners are too few for an item response model.",
            hint=f"It takes {LEARNERS_MIN}.",
            code="too_few_learners",
        )
    matrix = correct[np.ix_(people, usable)]
    answers = _Answers(matrix)
    odds = np.log(share[usable] / (1 - share[usable]))
    slope, intercept, likelihood, steps, converged = _climbed(answers, _sign(matrix), odds)
    slope_se, difficulty_se = _standard_errors(answers, slope, intercept)
    found = np.full((4, correct.shape[1]), np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        found[:, usable] = slope, -intercept / slope, slope_se, difficulty_se
    return ItemParameters(found[0], found[1], found[2], found[3], likelihood, int(people.sum()), steps, converged)


def _sign(matrix: Floats) -> Floats:
    """Where each slope begins: 1, or -1 for an item that the better answer wrong."""
    filled = np.where(np.isnan(matrix), np.nanmean(matrix, axis=0), matrix)
    centred = filled - filled.mean(axis=0)
    rest = centred.sum(axis=1)[:, None] - centred
    return np.where((centred * rest).sum(axis=0) < 0, -1.0, 1.0)


def _climbed(answers: _Answers, slope: Floats, intercept: Floats) -> tuple[Floats, Floats, float, int, bool]:
    """EM steps with SQUAREM's extrapolation after every second one, until nothing moves."""

    def step(at: Floats) -> tuple[Floats, float]:
        weights, likelihood = answers.posterior(at[0], at[1])
        return np.stack(answers.maximised(weights, at[0], at[1])), likelihood

    at = np.stack((slope, intercept))
    for done in range(0, STEPS_MOST, 3):
        first, _ = step(at)
        second, before = step(first)
        if np.abs(second - first).max() < TOLERANCE:
            return second[0], second[1], answers.posterior(second[0], second[1])[1], done + 2, True
        change = first - at
        turn = second - first - change
        length = -np.sqrt((change**2).sum() / max(float((turn**2).sum()), 1e-30))
        leap = at - 2 * length * change + length**2 * turn
        leap[0] = np.clip(leap[0], -SLOPE_MOST, SLOPE_MOST)
        landed, likelihood = step(leap)
        at = landed if likelihood >= before else second
    return at[0], at[1], answers.posterior(at[0], at[1])[1], STEPS_MOST, False


def _standard_errors(answers: _Answers, slope: Floats, intercept: Floats) -> tuple[Floats, Floats]:
    """Of slope and difficulty, from the cross products of each person's score vector."""
    weights, _ = answers.posterior(slope, intercept)
    chance = 1 / (1 + np.exp(-(slope[:, None] * answers.theta + intercept[:, None])))
    expected = weights @ answers.theta
    known = np.ones_like(answers.right) if answers.known is None else answers.known
    of_slope = answers.right * expected[:, None] - known * (weights @ (chance * answers.theta).T)
    of_intercept = answers.right - known * (weights @ chance.T)
    of_slopes, of_intercepts, cross = _covariance(of_slope, of_intercept)
    with np.errstate(divide="ignore", invalid="ignore"):
        to_slope, to_intercept = intercept / slope**2, -1 / slope
        of_difficulty = to_slope**2 * of_slopes + to_intercept**2 * of_intercepts + 2 * to_slope * to_intercept * cross
    return np.sqrt(of_slopes), np.sqrt(np.maximum(of_difficulty, 0.0))


def _covariance(of_slope: Floats, of_intercept: Floats) -> tuple[Floats, Floats, Floats]:
    """Per item, variance of slope, of intercept, and their covariance, from (people, items) scores."""
    people, items = of_slope.shape
    if people >= PEOPLE_PER_PARAMETER * 2 * items:
        scores = np.hstack((of_slope, of_intercept))
        covariance = np.linalg.pinv(scores.T @ scores, hermitian=True)
        variance = np.diag(covariance)
        return variance[:items], variance[items:], np.diag(covariance[:items, items:])
    first, second, both = (
        (of_slope**2).sum(axis=0),
        (of_intercept**2).sum(axis=0),
        (of_slope * of_intercept).sum(axis=0),
    )
    area = np.maximum(first * second - both**2, 1e-9)
    return second / area, first / area, -both / area
