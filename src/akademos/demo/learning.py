"""What learners know, how it grows with practice and how it fades (docs/demo.md has the equations).

Two things are known. *Understanding* of a topic is held in a fast and a slow store: an answer or a material adds
to both, more to the slow one after a gap, and each decays by halves. *Memory* of an item is a sum of traces, one
per answer, that decay by a power law; a trace made while much is remembered decays sooner (P. Pavlik and J.
Anderson, 2005, "Practice and forgetting effects on vocabulary memory", Cognitive Science 29, 559-586). Neither is
the model that the platform schedules reviews with.

Times are days since the first day of the term; arrays are per (learner, leaf) or (learner, item).
"""

from __future__ import annotations

import numpy as np

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.parameters import Learning, Memory, Parameters
from akademos.demo.population import NEVER, Learners


def logistic(value: Floats) -> Floats:
    """1 / (1 + e^-value)."""
    return 1.0 / (1.0 + np.exp(-value))


class Understanding:
    """The two stores of every (learner, leaf), brought forward to the time of a question when they are asked."""

    def __init__(self, learners: Learners, bank: Bank, params: Learning) -> None:
        self._params = params
        self._before = learners.ability[:, None] + learners.aptitude
        self._half_life = learners.fast_half_life
        self._gain = learners.gain / params.answer_gain
        self._needs = bank.needs
        shape = self._before.shape
        self._fast, self._slow = np.zeros(shape), np.zeros(shape)
        self._at = np.full(shape, -NEVER)

    def _stores(self, who: Ints, leaf: Ints, at: Floats) -> tuple[Floats, Floats, Floats]:
        since = at - self._at[who, leaf]
        fast = self._fast[who, leaf] * np.exp2(-since / self._half_life[who])
        slow = self._slow[who, leaf] * np.exp2(-since / self._params.slow_half_life)
        return fast, slow, since

    def ability(self, who: Ints, leaf: Ints, at: Floats) -> Floats:
        """Ability of each learner in each leaf at a time, logit."""
        fast, slow, _ = self._stores(who, leaf, at)
        return self._before[who, leaf] + fast + slow

    def matrix(self, who: Ints, at: Floats) -> Floats:
        """Ability of some learners in every leaf, (learners, leaves)."""
        leaves = np.arange(self._before.shape[1])
        return self.ability(who[:, None], leaves[None, :], at[:, None])

    def readiness(self, who: Ints, leaf: Ints, at: Floats) -> Floats:
        """Share of a gain that the prerequisites let through: floor + (1 - floor) * least logistic(slope * ability)."""
        ability = self.matrix(who, at)
        ability = np.where(self._needs[leaf], ability, np.inf)
        least = logistic(self._params.prerequisite_slope * ability.min(axis=1))
        return self._params.prerequisite_floor + (1 - self._params.prerequisite_floor) * least

    def study(self, who: Ints, leaf: Ints, at: Floats, amount: Floats) -> None:
        """Add a gain (logit, for a learner of median gain who has learned nothing yet); learners at most once each."""
        fast, slow, since = self._stores(who, leaf, at)
        params = self._params
        room = np.maximum(0.0, 1.0 - (fast + slow) / params.cap)
        gain = amount * self._gain[who] * self.readiness(who, leaf, at) * room
        first = self._at[who, leaf] == -NEVER
        spaced = np.where(first, 0.0, 1.0 - np.exp(-since / params.spacing_days))
        share = params.slow_share_massed + (params.slow_share_spaced - params.slow_share_massed) * spaced
        self._fast[who, leaf] = fast + (1 - share) * gain
        self._slow[who, leaf] = slow + share * gain
        self._at[who, leaf] = at


class ItemMemory:
    """The traces of every (learner, item); `practised` counts all ever made, `last` is the newest one's time."""

    def __init__(self, learners: int, items: int, params: Memory) -> None:
        self._params = params
        self._at = np.full((learners, items, params.traces), -np.inf, dtype=np.float32)
        self._decay = np.ones((learners, items, params.traces), dtype=np.float32)
        self.practised = np.zeros((learners, items), dtype=np.int64)
        self.last = np.full((learners, items), -np.inf)

    def activation(self, who: Ints, item: Ints, at: Floats) -> Floats:
        """Sum of (age in days)^-decay over the traces; 0 without any."""
        made = self._at[who, item]
        age = np.maximum(at[..., None] - made, self._params.lag_least)
        held: Floats = np.where(np.isinf(made), 0.0, age ** -self._decay[who, item]).sum(axis=-1)
        return held

    def practise(self, who: Ints, item: Ints, at: Floats) -> None:
        """Add a trace: decay = intercept + scale * activation, where activation is e^m of the source."""
        params = self._params
        decay = params.decay_intercept + params.decay_scale * self.activation(who, item, at)
        slot = self.practised[who, item] % params.traces  # the oldest makes room
        self._at[who, item, slot] = at
        self._decay[who, item, slot] = np.minimum(decay, params.decay_most)
        self.practised[who, item] += 1
        self.last[who, item] = at


class Knowledge:
    """Understanding and memory together: how likely an item is known."""

    def __init__(self, learners: Learners, bank: Bank, params: Parameters) -> None:
        self.understanding = Understanding(learners, bank, params.learning)
        self.memory = ItemMemory(len(learners), len(bank.question_ids), params.memory)
        self._bank = bank
        self._params = params

    def logit(self, who: Ints, item: Ints, at: Floats) -> Floats:
        """a * (ability - difficulty + weight * ln(1 + activation)); ability is the mean over the item's topics."""
        topics = self._bank.topics_of_item[item]
        ability = (
            self.understanding.ability(who, topics[..., 0], at) + self.understanding.ability(who, topics[..., 1], at)
        ) / 2
        remembered = self._params.memory.weight * np.log1p(self.memory.activation(who, item, at))
        return self._bank.discrimination[item] * (ability - self._bank.difficulty[item] + remembered)

    def learn_from_answer(self, who: Ints, item: Ints, at: Floats) -> None:
        """Every answer is followed by feedback: a trace, and a gain on each topic of the item."""
        self.memory.practise(who, item, at)
        main, second = self._bank.topics_of_item[item].T
        gain = np.full(len(who), self._params.learning.answer_gain)
        self.understanding.study(who, main, at, gain)
        both = main != second
        self.understanding.study(who[both], second[both], at[both], gain[both])

    def recall(self, who: Ints, at: Floats) -> Floats:
        """Probability that each item is known, (learners, items)."""
        items = np.arange(len(self._bank.question_ids))
        rows = [
            logistic(self.logit(np.full(len(items), one), items, np.full(len(items), when)))
            for one, when in zip(who, at, strict=True)
        ]
        return np.stack(rows)
