"""Which option of a question was chosen: four to each, one of them right, wrong ones more or less tempting."""

from __future__ import annotations

import numpy as np

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.population import Bools
from akademos.demo.randomness import stream

OPTIONS = ("a", "b", "c", "d")
_TEMPTING = 1.4
_IDLE_EVERY = 9


def keys(seed: int, bank: Bank) -> Ints:
    """Number of the right option of each item."""
    return stream(seed, "keys").integers(0, len(OPTIONS), len(bank.question_ids))


def temptations(seed: int, bank: Bank) -> Floats:
    """(items, options - 1): how often each wrong option is taken by who is wrong. Of some items one is taken by nobody
    to speak of."""
    drawn = stream(seed, "distractors").dirichlet(np.full(len(OPTIONS) - 1, _TEMPTING), len(bank.question_ids))
    drawn[::_IDLE_EVERY, 0] = 0.01
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True))


def chosen(seed: int, bank: Bank, item: Ints, correct: Bools) -> list[list[str]]:
    """What each answer chose."""
    right = keys(seed, bank)[item]
    edges = np.cumsum(temptations(seed, bank), axis=1)[item]
    wrong = (edges <= stream(seed, "choices").random(len(item))[:, None]).sum(axis=1)
    wrong = np.minimum(wrong, len(OPTIONS) - 2)
    place = np.where(correct, right, np.where(wrong >= right, wrong + 1, wrong))
    return [[OPTIONS[one]] for one in place]
