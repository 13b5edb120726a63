"""Knowledge tracing: what is known about an answer before it is given, as features of P(correct).

Grain: one answer of one learner, however many skills it has. A feature of an answer rests on the item and its skills,
on what other learners taught about them (`tracing_difficulty`), and on the learner's earlier answers; never on the
answer itself or on a later one (tests/analytics/test_tracing.py). One pass over the answers in order.

The learner's part: ability as residuals against difficulty, in total, by skill, over the skills of other answers, with
memory that fades at several speeds, and as a Gaussian process (`random_effects`); attempts and successes on log scales;
the last outcomes; answers since the skill was last practised; repeats of the item; who else meets such items.

Residuals are correct - p and weights p (1 - p) with p from the difficulty alone; ability is a sum of residuals over a
sum of weights and a prior weight: the first Newton step of a logistic model's ability from 0.

Source of the counts: Gervet, Koedinger, Schneider and Mitchell (2020), When is deep learning the best approach to
knowledge tracing?, Journal of Educational Data Mining 12(3).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from akademos.analytics.random_effects import one_ahead
from akademos.analytics.rounds import runs
from akademos.analytics.running import Groups, steps
from akademos.analytics.traced_answers import TracedAnswers
from akademos.analytics.tracing_difficulty import LEARNED, MAP

Floats = npt.NDArray[np.float64]

KEEP = (0.5, 0.8, 0.9, 0.97)
KEEP_SKILL = (0.4, 0.7, 0.9)
"""Shares of an earlier answer's weight that are kept with every later answer (of the skill)."""
KEEP_AUDIENCE, KEEP_COMPANY = 0.8, 0.9
BACK = (1, 2, 3)
PRIOR_WEIGHT, FADING_SKILL_WEIGHT = 1.0, 0.5
LONGEST_STREAK = 50.0
NEVER = 2000.0
"""Answers since a skill that was never practised."""

FEATURES = (
    *LEARNED,
    "prior_logit",
    "process_mean",
    "process_variance",
    "process_logit",
    "attempts",
    "successes",
    "rate",
    "ability",
    *(f"ability_keeping_{keep}" for keep in KEEP),
    *(f"outcome_{back}_back" for back in BACK),
    "streak",
    "audience",
    "audience_fading",
    *(f"company_{n}" for n in range(len(MAP))),
    "rate_ability",
    "mean_difficulty",
    "after_last",
    "skills",
    "skills_seen",
    "skill_attempts",
    "skill_attempts_least",
    "skill_successes",
    "skill_failures",
    "skill_ability",
    "skill_ability_least",
    *(f"skill_ability_keeping_{keep}" for keep in KEEP_SKILL),
    *(f"skill_residual_{back}_back" for back in BACK),
    "since_skill",
    "since_skill_3_back",
    "other_ability",
    "item_repeats",
    "item_last",
)


def features(answers: TracedAnswers, learned: Floats) -> Floats:
    """answers x `FEATURES`; nan where there is no earlier answer of the kind.

    Args:
        answers: whole histories of learners.
        learned: answers x `LEARNED`, from tables without these learners.
    """
    of = dict(zip(LEARNED, learned.T, strict=True))
    chance = _expit(of["difficulty"])
    residual, weight = steps(answers.correct - chance), steps(chance * (1 - chance))
    found = {
        **of,
        **_overall(answers, of, residual, weight),
        **_by_skill(answers, residual, weight),
        **_process(answers, of["difficulty"]),
    }
    total, total_weight = found.pop("_residuals"), found.pop("_weights")
    of_skill, of_skill_weight = found.pop("_skill_residuals"), found.pop("_skill_weights")
    found["other_ability"] = (total - of_skill) / (np.maximum(total_weight - of_skill_weight, 0) + PRIOR_WEIGHT)
    found["prior_logit"] = of["difficulty"] + found["ability"] + 0.7 * found["skill_ability"]
    item = Groups(answers.learner * len(answers.items) + answers.item)
    found["item_repeats"] = item.rank.astype(np.float64)
    found["item_last"] = item.earlier(answers.correct, 1)
    return np.column_stack([found[name] for name in FEATURES])


def _overall(answers: TracedAnswers, of: dict[str, Floats], residual: Floats, weight: Floats) -> dict[str, Floats]:
    learner = Groups(answers.learner)
    attempts = answers.position.astype(np.float64)
    successes = learner.before(answers.correct)
    residuals, weights = learner.before(residual), learner.before(weight)
    fading = learner.fading(np.column_stack((residual, weight)), KEEP)
    audience = of["item_audience"]
    audience_fading = learner.fading(np.column_stack((audience, np.ones(len(answers)))), (KEEP_AUDIENCE,))[:, :, 0]
    places = np.column_stack([*(of[name] for name in MAP), np.ones(len(answers))])
    company = learner.fading(places, (KEEP_COMPANY,))[:, :, 0] + places
    usual = _expit(of["item_rate"])
    last = learner.earlier(answers.correct, 1)
    return {
        "_residuals": residuals,
        "_weights": weights,
        "attempts": np.log1p(attempts),
        "successes": np.log1p(successes),
        "rate": (successes + 2) / (attempts + 3),
        "ability": residuals / (weights + PRIOR_WEIGHT),
        **{
            f"ability_keeping_{keep}": fading[:, 0, n] / (fading[:, 1, n] + PRIOR_WEIGHT) for n, keep in enumerate(KEEP)
        },
        **{f"outcome_{back}_back": learner.earlier(answers.correct, back) for back in BACK},
        "streak": np.minimum(learner.since(answers.correct == 0), LONGEST_STREAK),
        "audience": (learner.before(audience) + audience) / (attempts + 1),
        "audience_fading": (audience_fading[:, 0] + audience) / (audience_fading[:, 1] + 1),
        **{f"company_{n}": company[:, n] / company[:, -1] for n in range(len(MAP))},
        "rate_ability": learner.before(steps(answers.correct - usual))
        / (learner.before(steps(usual * (1 - usual))) + PRIOR_WEIGHT),
        "mean_difficulty": learner.before(of["difficulty"]) / (attempts + 0.5),
        "after_last": np.where(np.isnan(last), 0.0, np.where(last == 1, of["after_right"], of["after_wrong"])),
    }


def _by_skill(answers: TracedAnswers, residual: Floats, weight: Floats) -> dict[str, Floats]:
    """Features of the skills, aggregated over the skills of an answer."""
    skill = Groups(answers.learner[answers.answer] * len(answers.skills) + answers.skill)
    own = answers.answer
    starts, _ = runs(own)
    mean = answers.mean_of_skills
    attempts = skill.rank.astype(np.float64)
    successes = skill.before(answers.correct[own])
    residuals, weights = skill.before(residual[own]), skill.before(weight[own])
    ability = residuals / (weights + PRIOR_WEIGHT)
    fading = skill.fading(np.column_stack((residual[own], weight[own])), KEEP_SKILL)
    position = answers.position[own].astype(np.float64)
    since = {back: position - skill.earlier(position, back) for back in (1, 3)}
    return {
        "_skill_residuals": mean(residuals),
        "_skill_weights": mean(weights),
        "skills": answers.skills_each,
        "skills_seen": Groups(answers.learner).before(np.add.reduceat((attempts == 0) * 1.0, starts)),
        "skill_attempts": np.log1p(mean(attempts)),
        "skill_attempts_least": np.minimum.reduceat(attempts, starts),
        "skill_successes": np.log1p(mean(successes)),
        "skill_failures": np.log1p(mean(attempts - successes)),
        "skill_ability": mean(ability),
        "skill_ability_least": np.minimum.reduceat(ability, starts),
        **{
            f"skill_ability_keeping_{keep}": mean(fading[:, 0, n] / (fading[:, 1, n] + FADING_SKILL_WEIGHT))
            for n, keep in enumerate(KEEP_SKILL)
        },
        **{f"skill_residual_{back}_back": _known_mean(answers, skill.earlier(residual[own], back)) for back in BACK},
        "since_skill": np.log1p(np.minimum.reduceat(np.nan_to_num(since[1], nan=NEVER), starts)),
        "since_skill_3_back": np.log1p(np.minimum.reduceat(np.nan_to_num(since[3], nan=NEVER), starts)),
    }


def _known_mean(answers: TracedAnswers, values: Floats) -> Floats:
    """Mean over those skills of an answer that have a value, nan where none has."""
    known = np.bincount(answers.answer, ~np.isnan(values), minlength=len(answers))
    total = np.bincount(answers.answer, np.nan_to_num(values), minlength=len(answers))
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _process(answers: TracedAnswers, difficulty: Floats) -> dict[str, Floats]:
    mean, variance = np.zeros(len(answers)), np.zeros(len(answers))
    edges = np.searchsorted(answers.answer, np.arange(len(answers) + 1))
    for start, count in zip(*(part.tolist() for part in runs(answers.learner)), strict=True):
        rows = slice(start, start + count)
        first, last = edges[start], edges[start + count]
        mean[rows], variance[rows] = one_ahead(
            answers.correct[rows],
            difficulty[rows],
            answers.item[rows],
            answers.answer[first:last] - start,
            answers.skill[first:last],
        )
    mean, variance = steps(mean), steps(variance)
    # The logit whose chance is about the mean chance over the process's uncertainty (MacKay 1992).
    level = (difficulty + mean) / np.sqrt(1 + np.pi * np.maximum(variance, 0) / 8)
    return {"process_mean": mean, "process_variance": variance, "process_logit": level}


def _expit(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
