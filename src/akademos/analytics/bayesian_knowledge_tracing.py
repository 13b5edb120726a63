"""Bayesian knowledge tracing: two states per skill, known or not, for explanation beside the stronger model.

Four chances per skill: `start` known before the first answer, `learn` from not known to known after an answer, `slip`
wrong though known, `guess` right though not known; nothing is forgotten. P(correct) = P(known) (1 - slip) +
(1 - P(known)) guess. An answer of several skills is predicted by the mean over them and teaches each of them.

Fitted by expectation maximisation over the sequences of all learners, all skills at once. Slip and guess stay below
`LARGEST`, since a skill that is guessed more often than known means nothing (Baker, Corbett and Aleven 2008).

Source: Corbett and Anderson (1995), Knowledge tracing, doi:10.1007/BF01099821.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.rounds import Index, rounds, runs
from akademos.analytics.traced_answers import TracedAnswers

Floats = npt.NDArray[np.float64]
ROUNDS = 30
LARGEST = 0.45
SMALLEST = 0.005
PRIOR_SEQUENCES = 10.0
"""A skill's chances are drawn to the starting values as if by so many sequences, or answers."""


@dataclass(frozen=True, slots=True)
class Chances:
    """One value per skill."""

    start: Floats
    learn: Floats
    slip: Floats
    guess: Floats

    @classmethod
    def usual(cls, skills: int) -> Chances:
        """Where the fit starts, and what a skill without answers keeps."""
        return cls(*(np.full(skills, value) for value in (0.5, 0.1, 0.1, 0.25)))


def posterior(known: Floats, correct: Floats, slip: Floats, guess: Floats) -> Floats:
    """P(known) after an answer, before anything is learned from it."""
    if_known = np.where(correct == 1, 1 - slip, slip)
    if_not = np.where(correct == 1, guess, 1 - guess)
    return np.asarray(known * if_known / (known * if_known + (1 - known) * if_not))


def known_before(answers: TracedAnswers, chances: Chances) -> Floats:
    """P(known) before each entry (answer and skill of it), from the earlier answers on the skill."""
    order, starts, counts = _sequences(answers)
    correct, skill = answers.correct[answers.answer][order], answers.skill[order]
    return _placed(_forward(correct, skill, starts, counts, chances), order)


def predict(answers: TracedAnswers, chances: Chances) -> Floats:
    """P(correct) of each answer before it is given."""
    known = known_before(answers, chances)
    slip, guess = chances.slip[answers.skill], chances.guess[answers.skill]
    return answers.mean_of_skills(known * (1 - slip) + (1 - known) * guess)


def fit(answers: TracedAnswers, iterations: int = ROUNDS) -> Chances:
    """The chances of each skill after so many steps of expectation maximisation."""
    chances = usual = Chances.usual(len(answers.skills))
    order, starts, counts = _sequences(answers)
    correct, skill = answers.correct[answers.answer][order], answers.skill[order]
    for _ in range(iterations):
        chances = _improved(correct, skill, starts, counts, chances, usual)
    return chances


def _sequences(answers: TracedAnswers) -> tuple[Index, Index, Index]:
    key = answers.learner[answers.answer] * len(answers.skills) + answers.skill
    order = np.argsort(key, kind="stable")
    return order, *runs(key[order])


def _forward(correct: Floats, skill: Index, starts: Index, counts: Index, at: Chances) -> Floats:
    before = np.zeros(len(correct))
    known = at.start[skill[starts]] if len(starts) else np.zeros(0)
    for k, sequences, rows in rounds(starts, counts):
        # Round 0 orders the sequences by length; a later round's are the first of them.
        known = known[sequences] if k == 0 else known[: len(rows)]
        before[rows] = known
        own = skill[rows]
        after = posterior(known, correct[rows], at.slip[own], at.guess[own])
        known = after + (1 - after) * at.learn[own]
    return before


def _improved(correct: Floats, skill: Index, starts: Index, counts: Index, at: Chances, prior: Chances) -> Chances:
    """One step: forward, backward, and the expected counts as new chances."""
    before = _forward(correct, skill, starts, counts, at)
    after = posterior(before, correct, at.slip[skill], at.guess[skill])
    smoothed, learned = after.copy(), np.zeros(len(correct))
    lasts = np.repeat(starts + counts - 1, counts)
    left = lasts - np.arange(len(correct))
    last_round = int(counts.max(initial=1))
    by_left = np.argsort(left, kind="stable")
    edges = np.searchsorted(left[by_left], np.arange(last_round + 1))
    for k in range(1, last_round):  # from the last but one answer of each sequence backwards
        rows = by_left[edges[k] : edges[k + 1]]
        own = skill[rows]
        ahead = after[rows] + (1 - after[rows]) * at.learn[own]
        share = smoothed[rows + 1] / np.maximum(ahead, 1e-12)
        learned[rows] = (1 - after[rows]) * at.learn[own] * share
        smoothed[rows] = after[rows] * share
    size = len(at.start)
    open_rows = left > 0

    def total(values: Floats, rows: npt.NDArray[np.bool_] | Index) -> Floats:
        return np.asarray(np.bincount(skill[rows], values[rows], minlength=size), dtype=np.float64)

    def share_of(part: Floats, whole: Floats, usual: Floats, largest: float) -> Floats:
        return np.clip((part + PRIOR_SEQUENCES * usual) / (whole + PRIOR_SEQUENCES), SMALLEST, largest)

    ones, everything = np.ones(len(correct)), np.ones(len(correct), dtype=bool)
    return Chances(
        start=share_of(total(smoothed, starts), total(ones, starts), prior.start, 1 - SMALLEST),
        learn=share_of(total(learned, open_rows), total(1 - smoothed, open_rows), prior.learn, 1 - SMALLEST),
        slip=share_of(total(smoothed * (1 - correct), everything), total(smoothed, everything), prior.slip, LARGEST),
        guess=share_of(
            total((1 - smoothed) * correct, everything), total(1 - smoothed, everything), prior.guess, LARGEST
        ),
    )


def _placed(ordered: Floats, order: Index) -> Floats:
    found = np.empty_like(ordered)
    found[order] = ordered
    return found
