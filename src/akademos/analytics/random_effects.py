"""Running ability as a Gaussian process: what a learner's earlier residuals say about the answer at hand.

Model: logit P(correct) = difficulty + f, with f Gaussian and covariance between two answers of one learner that are
`lag` answers apart and share a fraction `s` of their skills (cosine of the skill sets):

    lasting + drifting exp(-lag / drift) + s (skill + skill_drifting exp(-lag / skill_drift)) + item [same item]

An answer with expected chance p is observed as f + noise through its working residual (correct - p) / (p (1 - p)), of
variance 1 / (p (1 - p)). One Cholesky factor of a learner's covariance gives the prediction of every answer from
the answers before it. Answers further back than two blocks of `BLOCK` are left out, so that the cost grows with the
number of answers.

Source: crossed random effects as in De Boeck and Wilson (2004), Explanatory Item Response Models; one step ahead by
the innovations of the factor, Rasmussen and Williams (2006), Gaussian Processes for Machine Learning, algorithm 2.1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from akademos.analytics.rounds import Index

Floats = npt.NDArray[np.float64]
BLOCK = 128
"""An answer is predicted from the earlier ones of its own block of so many answers and of the block before."""


@dataclass(frozen=True, slots=True)
class Covariance:
    """Variances in squared logits; drifts in answers. Chosen on ASSISTments 2009-2010 and fixed since."""

    lasting: float = 0.4
    drifting: float = 0.4
    drift: float = 20.0
    skill: float = 0.3
    skill_drifting: float = 0.8
    skill_drift: float = 8.0
    item: float = 0.3


ABILITY = Covariance()


def one_ahead(
    correct: Floats, difficulty: Floats, items: Index, entry: Index, skill: Index, covariance: Covariance = ABILITY
) -> tuple[Floats, Floats]:
    """Mean and variance of f for each answer of one learner, given the answers before it.

    Args:
        correct: 0 or 1, in order; the last may be anything, it is not looked at.
        difficulty: expected logit of each answer by item and skill alone.
        items: number of the item of each answer.
        entry, skill: one entry per answer and skill of it, in order of answers: the answer's row, the skill's number.
        covariance: parameters.
    """
    mean, variance = np.zeros(len(correct)), np.zeros(len(correct))
    for start in range(0, len(correct), BLOCK):
        first, end = max(0, start - BLOCK), min(len(correct), start + BLOCK)
        low, high = np.searchsorted(entry, (first, end))
        shares = _shares(entry[low:high] - first, skill[low:high], end - first)
        mean[start:end], variance[start:end] = _block(
            correct[first:end], difficulty[first:end], items[first:end], shares, covariance, start - first
        )
    return mean, variance


@dataclass(frozen=True, slots=True)
class Past:
    """The answers of one learner, as `one_ahead` takes them; `skill` is a number that targets share."""

    correct: Floats
    difficulty: Floats
    items: Index
    entry: Index
    skill: Index


def ahead_of_many(past: Past, skills: Index, of: Covariance = ABILITY) -> tuple[Floats, Floats]:
    """Mean and variance of f for the next answer to a new item of one skill, for each of several skills.

    One factor serves all of them: they stand as further rows below the answers of the past, each seen by none of the
    others. Equal to `ahead` but for rounding.
    """
    count = len(past.correct)
    held = min(count, BLOCK + count % BLOCK) if count >= BLOCK else count
    prior = of.lasting + of.drifting + of.skill + of.skill_drifting + of.item
    if not held:
        return np.zeros(len(skills)), np.full(len(skills), prior)
    first = count - held
    low = int(np.searchsorted(past.entry, first))
    known, column = np.unique(np.concatenate((past.skill[low:], skills)), return_inverse=True)
    entry = past.entry[low:] - first
    shares = np.zeros((held, len(known)))
    shares[entry, column[: len(entry)]] = 1 / np.sqrt(np.bincount(entry, minlength=held)[entry])
    chance = 1 / (1 + np.exp(-past.difficulty[first:]))
    noise = 1 / (chance * (1 - chance))
    items, at = past.items[first:], np.arange(held)
    always, shared = _by_lag(of)
    matrix = always[:held, :held] + (shares @ shares.T) * shared[:held, :held]
    matrix += of.item * (items[:, None] == items[None, :])
    matrix[at, at] += noise
    lower = np.linalg.cholesky(matrix)
    # What the targets share with the answers of the past, beside those answers' working residuals.
    towards = always[held, :held, None] + shares[:, column[len(entry) :]] * shared[held, :held, None]
    residual = (past.correct[first:] - chance) * noise
    whitened = np.linalg.solve(lower, np.column_stack((towards, residual)))
    explained, innovations = whitened[:, :-1], whitened[:, -1]
    # Sums column by column, so that a skill alone gives the same bits as among others.
    mean = np.array([float(innovations @ np.ascontiguousarray(one)) for one in explained.T])
    spread = np.array([float(one @ one) for one in map(np.ascontiguousarray, explained.T)])
    return mean, prior - spread


def _shares(entry: Index, skill: Index, answers: int) -> Floats:
    """Answers x skills, each row of length 1, so that products of rows are cosines."""
    known, column = np.unique(skill, return_inverse=True)
    found = np.zeros((answers, len(known)))
    found[entry, column] = 1 / np.sqrt(np.bincount(entry, minlength=answers)[entry])
    return found


@lru_cache(maxsize=4)
def _by_lag(of: Covariance) -> tuple[Floats, Floats]:
    """The parts of the covariance that depend on the lag alone: of any two answers, and of two on the same skills."""
    at = np.arange(2 * BLOCK + 1)
    lag = np.abs(at[:, None] - at[None, :])
    return (
        of.lasting + of.drifting * np.exp(-lag / of.drift),
        of.skill + of.skill_drifting * np.exp(-lag / of.skill_drift),
    )


def _block(
    correct: Floats, difficulty: Floats, items: Index, shares: Floats, of: Covariance, wanted: int
) -> tuple[Floats, Floats]:
    """Mean and variance of f for the answers from `wanted` on, each given those before it."""
    n = len(correct)
    chance = 1 / (1 + np.exp(-difficulty))
    noise = 1 / (chance * (1 - chance))
    at = np.arange(n)
    always, shared = (part[:n, :n] for part in _by_lag(of))
    matrix = np.empty((n + 1, n + 1))
    among = matrix[:n, :n]
    np.matmul(shares, shares.T, out=among)
    among *= shared
    among += always
    among[items[:, None] == items[None, :]] += of.item
    among[at, at] += noise
    residual = (correct - chance) * noise
    # The residuals as one row more: its part of the factor is the innovations, with no solver besides.
    matrix[n, :n] = matrix[:n, n] = residual
    matrix[n, n] = residual @ residual + 1.0  # the smallest eigenvalue of the noise is 4 > 1
    factor = np.linalg.cholesky(matrix)
    diagonal = np.diagonal(factor)[wanted:n]
    innovations = factor[n, :n]
    mean = factor[wanted:n, :n] @ innovations - diagonal * innovations[wanted:]
    return mean, diagonal**2 - noise[wanted:]


def ahead(
    past: Sequence[tuple[float, float, str, tuple[str, ...]]], item: str, skills: tuple[str, ...], of: Covariance
) -> tuple[float, float]:
    """Mean and variance of f for one answer that is not given yet.

    Args:
        past: correct, difficulty, item and skills of the earlier answers that count, in order.
        item, skills: of the answer to come.
        of: parameters.
    """
    names = [*(one[2] for one in past), item]
    sets = [*(one[3] for one in past), skills]
    numbers = {name: n for n, name in enumerate(dict.fromkeys(skill for own in sets for skill in own))}
    entry = np.repeat(np.arange(len(sets)), [len(own) for own in sets])
    skill = np.array([numbers[name] for own in sets for name in own], dtype=np.int64)
    codes = {name: n for n, name in enumerate(dict.fromkeys(names))}
    mean, variance = _block(
        np.array([*(one[0] for one in past), 0.0]),
        np.array([*(one[1] for one in past), 0.0]),
        np.array([codes[name] for name in names], dtype=np.int64),
        _shares(entry, skill, len(sets)),
        of,
        len(past),
    )
    return float(mean[0]), float(variance[0])
