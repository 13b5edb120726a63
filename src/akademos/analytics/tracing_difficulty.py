"""What a cohort teaches about items and skills before a learner's own answers speak.

Per item: its effect (`rasch`), how many answered and how many correctly, the ability of those who met it, how early in
a learner's sequence it comes, how it fares after a wrong and after a right answer, and the same of the items that stand
beside or near it in learners' sequences, since items of one assignment are alike: their effects, those of their
neighbours in turn, the ability of those who met them, and the item's coordinates on a map (`item_map`). Per skill:
effect, answers, correct answers, ability of those who met it. Counts are stored, shares are shrunk when they are
read, so that an item that was never seen has the values of its skills.

Learned from the answers of training learners only; for the training learners themselves out of fold, from the others
(`out_of_fold`), so that nobody's own answers stand in what predicts them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from akademos.analytics.item_map import DIMENSIONS, map_items
from akademos.analytics.rasch import fit_effects
from akademos.analytics.rounds import Index
from akademos.analytics.running import steps
from akademos.analytics.traced_answers import TracedAnswers

Floats = npt.NDArray[np.float64]

MAP = tuple(f"map_{n}" for n in range(DIMENSIONS))
ITEM = (
    "effect",
    "answers",
    "correct",
    "ability_sum",
    "log_position_sum",
    "after_wrong",
    "after_wrong_correct",
    "after_right",
    "after_right_correct",
    "beside_sum",
    "beside",
    "near_sum",
    "near",
    "near_ability_sum",
    "near_answers",
    *MAP,
)
SKILL = ("effect", "answers", "correct", "ability_sum")
LEARNED = (
    "difficulty",
    "skill_level",
    "item_answers",
    "item_rate",
    "skill_rate",
    "item_audience",
    "skill_audience",
    "item_position",
    "after_wrong",
    "after_right",
    "item_after_right",
    "beside",
    "beside_answers",
    "near",
    "near_audience",
    *MAP,
)
"""Columns of `LearnedTables.columns`: logits, except log counts, shares after an outcome, coordinates."""

SKILL_WEIGHT, ITEM_WEIGHT, POSITION_WEIGHT, AFTER_WEIGHT, BESIDE_WEIGHT = 20.0, 5.0, 2.0, 4.0, 3.0
"""Answers that the value shrunk to counts as."""
TYPICAL_LOG_POSITION = 3.0
NEAR, NEAR_KEPT = 3, 0.8
"""Items up to so many answers apart are near; each answer between them keeps this share of the weight."""
FOLDS = 5
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class LearnedTables:
    """One row per item and per skill, columns `ITEM` and `SKILL`; the last row of each is the one of unknown names."""

    intercept: float
    share: float
    items: tuple[str, ...]
    skills: tuple[str, ...]
    item: Floats
    skill: Floats

    def columns(self, answers: TracedAnswers) -> Floats:
        """answers x `LEARNED`, from the items' and skills' names alone, never from the answers' results."""
        item = self.item[_places(answers.items, self.items)][answers.item].T
        skill = self.skill[_places(answers.skills, self.skills)][answers.skill].T
        return steps(self._columns(dict(zip(ITEM, item, strict=True)), dict(zip(SKILL, skill, strict=True)), answers))

    def _columns(self, item: Mapping[str, Floats], skill: Mapping[str, Floats], answers: TracedAnswers) -> Floats:
        mean = answers.mean_of_skills
        skill_level = self.intercept + mean(skill["effect"])
        skill_rate = mean(_logit((skill["correct"] + SKILL_WEIGHT * self.share) / (skill["answers"] + SKILL_WEIGHT)))
        skill_audience = mean(skill["ability_sum"] / (skill["answers"] + SKILL_WEIGHT))
        met = item["answers"] + ITEM_WEIGHT
        usual = (item["correct"] + AFTER_WEIGHT * self.share) / (item["answers"] + AFTER_WEIGHT)
        followed = item["after_wrong"] + item["after_right"]
        found = {
            "difficulty": skill_level + item["effect"],
            "skill_level": skill_level,
            "item_answers": np.log1p(item["answers"]),
            "item_rate": _logit((item["correct"] + ITEM_WEIGHT * _expit(skill_rate)) / met),
            "skill_rate": skill_rate,
            "item_audience": (item["ability_sum"] + ITEM_WEIGHT * skill_audience) / met,
            "skill_audience": skill_audience,
            "item_position": (item["log_position_sum"] + POSITION_WEIGHT * TYPICAL_LOG_POSITION)
            / (item["answers"] + POSITION_WEIGHT),
            "after_wrong": (item["after_wrong_correct"] - item["after_wrong"] * usual)
            / (item["after_wrong"] + AFTER_WEIGHT),
            "after_right": (item["after_right_correct"] - item["after_right"] * usual)
            / (item["after_right"] + AFTER_WEIGHT),
            "item_after_right": (item["after_right"] + AFTER_WEIGHT * self.share) / (followed + AFTER_WEIGHT),
            "beside": item["beside_sum"] / (item["beside"] + BESIDE_WEIGHT),
            "beside_answers": np.log1p(item["beside"]),
            "near": item["near_sum"] / (item["near"] + BESIDE_WEIGHT),
            "near_audience": item["near_ability_sum"] / (item["near_answers"] + ITEM_WEIGHT),
            **{name: item[name] for name in MAP},
        }
        return np.column_stack([found[name] for name in LEARNED])

    def document(self) -> dict[str, Any]:
        """JSON-ready; `from_document` gives the tables back equal."""
        return {
            "intercept": self.intercept,
            "share": self.share,
            "items": list(self.items),
            "skills": list(self.skills),
            "item": self.item[:-1].T.tolist(),
            "skill": self.skill[:-1].T.tolist(),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> LearnedTables:
        """Tables from `document`.

        Raises:
            KeyError, ValueError: it is none.
        """
        return cls(
            intercept=float(document["intercept"]),
            share=float(document["share"]),
            items=tuple(document["items"]),
            skills=tuple(document["skills"]),
            item=_with_unknown(np.array(document["item"], dtype=np.float64).reshape(len(ITEM), -1).T),
            skill=_with_unknown(np.array(document["skill"], dtype=np.float64).reshape(len(SKILL), -1).T),
        )


def learn_tables(answers: TracedAnswers, coordinates: Floats | None = None) -> LearnedTables:
    """The tables of all answers given; at least one answer is needed.

    Args:
        answers: of the learners who teach.
        coordinates: of all items by number, from `item_map`; else of these answers.
    """
    place = map_items(answers) if coordinates is None else coordinates
    effects = fit_effects(answers)
    of_learner = effects.ability[answers.learner]
    before = np.concatenate(([np.nan], answers.correct[:-1]))
    before[answers.position == 0] = np.nan
    after_wrong, after_right = (before == 0).astype(np.float64), (before == 1).astype(np.float64)
    by_item = _summed(answers.item, len(answers.items))
    answered, ability_sum = by_item(np.ones(len(answers))), by_item(of_learner)
    beside = _Neighbours(answers, 1)
    near = _Neighbours(answers, NEAR)
    near_mean = near.total(effects.item) / (near.count + BESIDE_WEIGHT)
    item = np.column_stack(
        [
            effects.item,
            answered,
            by_item(answers.correct),
            ability_sum,
            by_item(np.log1p(answers.position)),
            by_item(after_wrong),
            by_item(after_wrong * answers.correct),
            by_item(after_right),
            by_item(after_right * answers.correct),
            beside.total(effects.item),
            beside.count,
            near.total(near_mean),
            near.count,
            near.total(ability_sum),
            near.total(answered),
            place,
        ]
    )
    by_skill = _summed(answers.skill, len(answers.skills))
    skill = np.column_stack(
        [
            effects.skill,
            by_skill(np.ones(len(answers.skill))),
            by_skill(answers.correct[answers.answer]),
            by_skill(of_learner[answers.answer]),
        ]
    )
    met, practised = item[:, 1] > 0, skill[:, 1] > 0
    return LearnedTables(
        intercept=round(effects.intercept, DECIMALS),
        share=round(float(np.clip(answers.correct.mean(), 0.01, 0.99)), DECIMALS),
        items=tuple(np.array(answers.items, dtype=object)[met]),
        skills=tuple(np.array(answers.skills, dtype=object)[practised]),
        item=_with_unknown(item[met]),
        skill=_with_unknown(skill[practised]),
    )


def out_of_fold(answers: TracedAnswers, seed: int, folds: int = FOLDS) -> Floats:
    """answers x `LEARNED`, for each learner from tables of the learners in other folds.

    The coordinates of items know no results; they are learned once, from all, so that all folds share their directions.
    With a single learner there are no others: the values of unknown items, from the overall share.
    """
    place = map_items(answers)
    fold = learner_folds(len(answers.learners), seed, folds)
    found = np.zeros((len(answers), len(LEARNED)))
    for one in range(folds):
        own = fold == one
        others, mine = answers.of(~own), answers.of(own)
        if len(mine):
            tables = learn_tables(others, place) if len(others) else _empty_tables()
            found[own[answers.learner]] = tables.columns(mine)
    return found


def learner_folds(learners: int, seed: int, folds: int = FOLDS) -> Index:
    """A fold number for each learner, drawn so that folds differ by one learner at most."""
    return np.asarray(np.random.default_rng(seed).permutation(learners) % folds)


def _empty_tables() -> LearnedTables:
    return LearnedTables(0.0, 0.5, (), (), np.zeros((1, len(ITEM))), np.zeros((1, len(SKILL))))


class _Neighbours:
    """Which items stand close to which in learners' sequences: symmetric, an item is no neighbour of itself.

    Attributes:
        count: neighbours of each item, by weight.
    """

    def __init__(self, answers: TracedAnswers, reach: int) -> None:
        self._size = len(answers.items)
        self._pairs = []
        for lag in range(1, reach + 1):
            after = np.flatnonzero(answers.position >= lag)
            left, right = answers.item[after - lag], answers.item[after]
            other = left != right
            self._pairs.append((left[other], right[other], NEAR_KEPT ** (lag - 1)))
        self.count = self.total(np.ones(self._size))

    def total(self, values: Floats) -> Floats:
        """Weighted sum of the neighbours' values, for each item."""
        found = np.zeros(self._size)
        for left, right, weight in self._pairs:
            found += weight * np.bincount(left, values[right], minlength=self._size)
            found += weight * np.bincount(right, values[left], minlength=self._size)
        return found


def _summed(of: Index, size: int) -> Callable[[Floats], Floats]:
    return lambda values: np.asarray(np.bincount(of, values, minlength=size), dtype=np.float64)


def _places(names: list[str], known: tuple[str, ...]) -> Index:
    """The row of each name among the known ones, the last row for an unknown name."""
    rows = pl.DataFrame({"name": known, "row": np.arange(len(known))}, schema={"name": pl.String, "row": pl.Int64})
    found = pl.DataFrame({"name": names}, schema={"name": pl.String}).join(
        rows, on="name", how="left", maintain_order="left"
    )
    return found["row"].fill_null(len(known)).to_numpy()


def _with_unknown(rows: Floats) -> Floats:
    """The rows, rounded so that their JSON is short, and one of zeros."""
    return np.round(np.concatenate((rows, np.zeros((1, rows.shape[1])))), DECIMALS).astype(np.float64)


def _logit(share: Floats) -> Floats:
    return np.asarray(np.log(share / (1 - share)))


def _expit(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
