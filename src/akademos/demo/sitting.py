"""What happens while people sit and study: materials first, then questions, then the wrong ones again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from akademos.demo.bank import Bank, Floats, Ints
from akademos.demo.habits import StudyDay, Term
from akademos.demo.learning import Knowledge, logistic
from akademos.demo.materials import is_long_winded
from akademos.demo.parameters import Answering, Parameters
from akademos.demo.population import Bools, Learners

SECOND = 1 / 86_400
_MATERIAL_SECONDS, _MATERIAL_SD = 300.0, 0.5
_PAUSE_SECONDS = (3.0, 12.0)


class Rows:
    """Columns of equal length, as a dataclass of arrays."""

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """All rows of the parts, in their order."""
        names = [one.name for one in fields(cls)]  # type: ignore[arg-type]  # subclasses are dataclasses
        return cls(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


@dataclass(frozen=True, slots=True)
class Attempts(Rows):
    """One answer: learner, item, local time, outcome; confidence is NaN where not stated; `chance` is the true
    probability of the right answer; `session` is the day."""

    who: Ints
    item: Ints
    at: Floats
    correct: Bools
    seconds: Floats
    confidence: Floats
    hints: Ints
    number: Ints
    chance: Floats
    session: Ints


@dataclass(frozen=True, slots=True)
class Contacts(Rows):
    """One material opened at `at`, and left or worked through `seconds` later."""

    who: Ints
    material: Ints
    at: Floats
    seconds: Floats
    completed: Bools
    session: Ints


@dataclass(frozen=True, slots=True)
class Sittings(Rows):
    """One session of a learner; `session` is the day."""

    who: Ints
    start: Floats
    end: Floats
    session: Ints


@dataclass(frozen=True, slots=True)
class Breaks(Rows):
    """One break within a session; `session` is the day."""

    who: Ints
    start: Floats
    end: Floats
    session: Ints


class StudyRoom:
    """Where studying happens: keeps what was seen and worked through, next to what is known."""

    def __init__(self, term: Term, learners: Learners, bank: Bank, params: Parameters) -> None:
        self.knowledge = Knowledge(learners, bank, params)
        self._term = term
        self._learners = learners
        self._bank = bank
        self._params = params
        self._worked_through = np.zeros((len(learners), len(bank.material_ids)), dtype=np.bool_)
        self._attempts: list[Attempts] = []
        self._contacts: list[Contacts] = []
        self._sittings: list[Sittings] = []
        self._breaks: list[Breaks] = []

    def sit(self, day: int, plan: StudyDay, rng: np.random.Generator, breaks: np.random.Generator) -> None:
        """One day of everybody who studies on it; `breaks` decides on breaks alone."""
        clock = plan.start.copy()
        for turn in range(int(plan.materials.max(initial=0))):
            self._open_material(day, plan, plan.materials > turn, clock, rng)
        items = self._choose_items(day, plan, rng)
        wrong = np.zeros(items.shape, dtype=np.bool_)
        for turn in range(items.shape[1]):
            sits = (plan.answers > turn) & (items[:, turn] >= 0)
            if turn:
                self._rest(day, plan, sits, clock, breaks)
            wrong[:, turn] = self._answer(day, plan, items[:, turn], sits, clock, rng)
        again = wrong & (rng.random(wrong.shape) < self._params.habits.retries)
        for place in np.flatnonzero(again.any(axis=0)):
            self._answer(day, plan, items[:, place], again[:, place], clock, rng)
        present = clock > plan.start
        self._sittings.append(
            Sittings(
                plan.who[present],
                plan.start[present],
                np.minimum(clock, self._term.end[plan.who])[present],
                np.full(int(present.sum()), day),
            )
        )

    def history(self) -> tuple[Attempts, Contacts, Sittings, Breaks]:
        """Everything that happened so far."""
        return (
            Attempts.joined(self._attempts),
            Contacts.joined(self._contacts),
            Sittings.joined(self._sittings),
            Breaks.joined(self._breaks),
        )

    def _rest(self, day: int, plan: StudyDay, sits: Bools, clock: Floats, rng: np.random.Generator) -> None:
        """A break of some of those who go on, unless it would last beyond the end."""
        params = self._params.signs
        dice = rng.random((2, len(plan.who)))
        end = clock + (params.break_least + dice[1] * (params.break_most - params.break_least)) / 1440
        rests = np.flatnonzero(sits & (dice[0] < params.breaks) & (end + 1 / 24 < self._term.end[plan.who]))
        self._breaks.append(Breaks(plan.who[rests], clock[rests], end[rests], np.full(len(rests), day)))
        clock[rests] = end[rests]

    def _open_material(self, day: int, plan: StudyDay, wants: Bools, clock: Floats, rng: np.random.Generator) -> None:
        """The next unfinished material of a topic of interest, or any of its materials when all are finished."""
        count = len(plan.who)
        interest = np.where(self._learners.reads[plan.who], plan.interest, 0.0)
        leaf = _weighted(interest, rng.random(count))
        per_leaf = self._bank.materials_per_leaf
        places = leaf[:, None] * per_leaf + np.arange(per_leaf)
        finished = self._worked_through[plan.who[:, None], places]
        place = np.where(finished.all(axis=1), rng.integers(0, per_leaf, count), np.argmin(finished, axis=1))
        material = leaf * per_leaf + place
        seconds = _MATERIAL_SECONDS * np.exp(rng.normal(0, _MATERIAL_SD, count))
        habits = self._params.habits
        long_winded = is_long_winded(self._bank, material, clock)
        usual = np.where(long_winded, habits.completes_long, habits.completes)
        completed = rng.random(count) < usual
        seconds = np.where(completed, seconds, 0.4 * seconds)
        pause = rng.uniform(*_PAUSE_SECONDS, count)
        end = clock + seconds * SECOND
        sits = wants & (end < self._term.end[plan.who]) & (interest.sum(axis=1) > 0)
        who = plan.who[sits]
        self._contacts.append(
            Contacts(who, material[sits], clock[sits], seconds[sits], completed[sits], np.full(len(who), day))
        )
        self._worked_through[who, material[sits]] |= (completed | long_winded)[sits]
        gain = self._params.learning.material_gain * np.where(completed, 1.0, 0.5)
        self.knowledge.understanding.study(who, leaf[sits], end[sits], gain[sits])
        clock[sits] = end[sits] + pause[sits] * SECOND

    def _choose_items(self, day: int, plan: StudyDay, rng: np.random.Generator) -> Ints:
        """Items of each learner's session, (who, turns), -1 where there is none: drawn without replacement by
        interest in the topic, seen items the more the longer ago they were seen."""
        gap = np.maximum(plan.start[:, None] - self.knowledge.memory.last[plan.who], 0.0)
        worth = np.maximum(-np.expm1(-gap / self._params.habits.seen_days), 0.02)  # unseen: 1
        weight = plan.interest[:, self._bank.topics_of_item[:, 0]] * worth
        turns = int(plan.answers.max(initial=0))
        with np.errstate(divide="ignore"):
            keys = np.log(weight) + rng.gumbel(size=weight.shape)
        items = np.argsort(-keys, axis=1)[:, :turns]
        return np.where(np.take_along_axis(weight, items, axis=1) > 0, items, -1)

    def _answer(
        self, day: int, plan: StudyDay, items: Ints, wants: Bools, clock: Floats, rng: np.random.Generator
    ) -> Bools:
        """One answer of everybody who wants to give one; returns whose was wrong."""
        params, learners = self._params.answering, self._learners
        rows = np.flatnonzero(wants)
        who, item, begins = plan.who[rows], items[rows], clock[rows]
        dice = rng.random((5, len(rows)))
        noise = rng.normal(size=(2, len(rows)))
        logit = self.knowledge.logit(who, item, begins)
        hinted = dice[0] < _loss(logit, learners.hints[who])
        chance, hints = self._chance(logit, begins, plan.start[rows], hinted, dice[1])
        log_factor = learners.slow[who] + self._bank.seconds[item] - params.seconds_slope * logit
        seconds = params.seconds * np.exp(log_factor + params.seconds_noise * noise[0]) * (1 + 0.3 * hints)
        seconds = np.clip(seconds, 2.0, 900.0).round(1)
        at = begins + seconds * SECOND
        correct = dice[2] < chance
        bias = learners.confidence_bias[who] + params.confidence_noise * noise[1]
        stated = logistic(params.confidence_slope * logit + bias).round(2)
        stated = np.where(dice[3] < learners.confidence[who], stated, np.nan)
        pause = _PAUSE_SECONDS[0] + dice[4] * (_PAUSE_SECONDS[1] - _PAUSE_SECONDS[0])

        sits = at < self._term.end[who]
        who, item, at = who[sits], item[sits], at[sits]
        self._attempts.append(
            Attempts(
                who=who,
                item=item,
                at=at,
                correct=correct[sits],
                seconds=seconds[sits],
                confidence=stated[sits],
                hints=hints[sits],
                number=self.knowledge.memory.practised[who, item] + 1,
                chance=chance[sits],
                session=np.full(len(who), day),
            )
        )
        self.knowledge.learn_from_answer(who, item, at)
        clock[rows[sits]] = at + pause[sits] * SECOND
        wrong = np.zeros(len(plan.who), dtype=np.bool_)
        wrong[rows] = sits & ~correct
        return wrong

    def _chance(self, logit: Floats, clock: Floats, start: Floats, hinted: Bools, dice: Floats) -> tuple[Floats, Ints]:
        """Probability of the right answer, and hints taken."""
        params, items = self._params.answering, self._params.items
        hints = np.where(hinted, 1 + (dice < 0.3), 0)
        shifted = logit + params.hint_effect * (hints > 0) + _state_of_mind(clock, start, params)
        return items.guess + (1 - items.guess - items.slip) * logistic(shifted), hints


def _loss(logit: Floats, inclined: Floats) -> Floats:
    """Probability of taking a hint."""
    return np.minimum(1.0, 1.5 * inclined * logistic(-logit))


def _state_of_mind(clock: Floats, start: Floats, params: Answering) -> Floats:
    """Logit: best at ten in the morning, and tired after half an hour."""
    of_day = params.rhythm / 2 * np.cos(2 * np.pi * (clock % 1.0 - 10 / 24))
    return of_day - params.fatigue * np.maximum(0.0, (clock - start) * 24 - 0.5)


def _weighted(weights: Floats, dice: Floats) -> Ints:
    """One column of each row, drawn by weight; the first where all weights are zero."""
    edges = np.cumsum(weights, axis=1)
    column: Ints = (edges <= dice[:, None] * edges[:, -1:]).sum(axis=1)
    last: Ints = np.minimum(column, weights.shape[1] - 1)
    return last
