"""Difficulty of items and skills, adjusted for the ability of who answered: a penalised crossed logistic model.

logit P(correct) = intercept + ability(learner) + effect(item) + mean over the answer's skills of effect(skill), each
kind of effect Gaussian around 0, fitted to its mode by alternating Newton steps. An item with few answers stays near
its skills.

Source: explanatory item response models, De Boeck and Wilson (2004), doi:10.1007/978-1-4757-3990-9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from akademos.analytics.traced_answers import TracedAnswers

Floats = npt.NDArray[np.float64]
SWEEPS = 15
ABILITY_VARIANCE, ITEM_VARIANCE, SKILL_VARIANCE = 1.0, 0.7, 0.7
"""Squared logits. Own choice on ASSISTments 2009-2010, fixed since."""
SKILL_STEP = 0.7
"""Newton steps of skills are shortened, since the skills of one answer move together."""


@dataclass(frozen=True, slots=True)
class Effects:
    """Effects in logits, by number of learner, item and skill of the answers; 0 for those without answers."""

    intercept: float
    ability: Floats
    item: Floats
    skill: Floats


def fit_effects(answers: TracedAnswers) -> Effects:
    """The mode of the model. At least one answer is needed."""
    share = float(np.clip(answers.correct.mean(), 0.01, 0.99))
    intercept = float(np.log(share / (1 - share)))
    ability, item, skill = (np.zeros(len(names)) for names in (answers.learners, answers.items, answers.skills))
    per_skill = 1 / answers.skills_each[answers.answer]
    eased = answers.mean_of_skills(skill[answers.skill])
    for _ in range(SWEEPS):
        gap, weight = _gap(answers, intercept + ability[answers.learner] + item[answers.item] + eased)
        ability += _step(ability, answers.learner, gap, weight, ABILITY_VARIANCE)
        gap, weight = _gap(answers, intercept + ability[answers.learner] + item[answers.item] + eased)
        skill += SKILL_STEP * _step(
            skill, answers.skill, gap[answers.answer] * per_skill, weight[answers.answer] * per_skill, SKILL_VARIANCE
        )
        eased = answers.mean_of_skills(skill[answers.skill])
        gap, weight = _gap(answers, intercept + ability[answers.learner] + item[answers.item] + eased)
        item += _step(item, answers.item, gap, weight, ITEM_VARIANCE)
        intercept += float(gap.sum() / weight.sum())
    return Effects(intercept, ability, item, skill)


def _gap(answers: TracedAnswers, logit: Floats) -> tuple[Floats, Floats]:
    chance = 1 / (1 + np.exp(-logit))
    return answers.correct - chance, chance * (1 - chance)


def _step(effect: Floats, of: npt.NDArray[np.int64], gap: Floats, weight: Floats, variance: float) -> Floats:
    n = len(effect)
    gradient = np.bincount(of, gap, minlength=n) - effect / variance
    return np.asarray(gradient / (np.bincount(of, weight, minlength=n) + 1 / variance))
