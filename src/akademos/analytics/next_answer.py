"""P(next answer correct) per topic: what the knowledge-tracing model in service says of a learner's next answer.

The question asked of the model: were the learner given, now, an item of this topic that they have not met, and that is
as the topic's items usually are (`tracing_floor`: the mean of what the model learned about them, weighted by their
answers), would the answer be right? A topic that the model does not know has no probability.

`features_ahead` gives the rows of `tracing.FEATURES` for many learners at once, equal to those of
`tracing_state.TracingState.features` (tests/analytics/test_next_answer.py); sums are of multiples of 2**-20, so that a
learner alone gives the same bits as the learner among others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from akademos.analytics.random_effects import ABILITY, Past, ahead_of_many
from akademos.analytics.rounds import Index, runs
from akademos.analytics.running import Groups, steps
from akademos.analytics.traced_answers import TracedAnswers
from akademos.analytics.tracing import (
    BACK,
    FADING_SKILL_WEIGHT,
    FEATURES,
    KEEP,
    KEEP_AUDIENCE,
    KEEP_COMPANY,
    KEEP_SKILL,
    LONGEST_STREAK,
    NEVER,
    PRIOR_WEIGHT,
)
from akademos.analytics.tracing_difficulty import LEARNED, MAP
from akademos.analytics.tracing_model import TracingModel
from akademos.analytics.tracing_trees import Trees, read_trees

Floats = npt.NDArray[np.float64]
DECIMALS = 6


@dataclass(frozen=True)
class ServedTracing:
    """The knowledge-tracing model in service, without LightGBM."""

    model: TracingModel
    version: int

    @cached_property
    def trees(self) -> Trees:
        """Its trees as arrays."""
        return read_trees(self.model.booster)

    def predict(self, rows: Floats) -> Floats:
        """P(correct) per row of `tracing.FEATURES`; within 1e-9 of `TracingModel.predict`."""
        return self.trees.chance(rows)

    def next_answers(self, answers: TracedAnswers) -> tuple[Index, Index, Floats]:
        """(learner, skill, P(correct)) of every skill that a learner has met and the model knows, by number.

        Args:
            answers: whole histories of learners.
        """
        met = np.unique(answers.learner[answers.answer] * len(answers.skills) + answers.skill)
        learner, skill = met // max(len(answers.skills), 1), met % max(len(answers.skills), 1)
        known = np.array([name in self.model.typical for name in answers.skills], dtype=bool)
        kept = known[skill] if len(skill) else np.zeros(0, dtype=bool)
        learner, skill = learner[kept], skill[kept]
        if not len(skill):
            return learner, skill, np.zeros(0)
        typical = np.array([self.model.typical[answers.skills[n]] for n in skill.tolist()])
        rows = features_ahead(answers, self.model.tables.columns(answers), learner, skill, typical)
        return learner, skill, np.round(self.predict(rows), DECIMALS)


def features_ahead(answers: TracedAnswers, learned: Floats, learner: Index, skill: Index, typical: Floats) -> Floats:
    """targets x `tracing.FEATURES`: the next answer of a learner, to an item that is new to them, of one skill.

    Args:
        answers: whole histories of learners.
        learned: answers x `LEARNED`.
        learner, skill: numbers of each target; each pair once.
        typical: targets x `LEARNED`.
    """
    past = dict(zip(LEARNED, learned.T, strict=True))
    of = dict(zip(LEARNED, steps(typical).T, strict=True))
    chance = _expit(past["difficulty"])
    residual, weight = steps(answers.correct - chance), steps(chance * (1 - chance))
    found = {**of, **_overall(answers, past, residual, weight, learner, of), "skills": np.ones(len(learner))}
    found |= _of_skill(answers, residual, weight, learner, skill, found["attempts"])
    mean, variance = _process(answers, past["difficulty"], learner, skill)
    found["process_mean"], found["process_variance"] = mean, variance
    found["process_logit"] = (of["difficulty"] + mean) / np.sqrt(1 + np.pi * np.maximum(variance, 0) / 8)
    found["other_ability"] = (found.pop("_residuals") - found.pop("_skill_residuals")) / (
        np.maximum(found.pop("_weights") - found.pop("_skill_weights"), 0) + PRIOR_WEIGHT
    )
    found["prior_logit"] = of["difficulty"] + found["ability"] + 0.7 * found["skill_ability"]
    found["attempts"] = np.log1p(found["attempts"])
    found["item_repeats"], found["item_last"] = np.zeros(len(learner)), np.full(len(learner), np.nan)
    return np.column_stack([found[name] for name in FEATURES])


class _Ends:
    """Running sums at the end of groups: a row of nothing stands behind the past of each."""

    def __init__(self, key: Index, ends: Index) -> None:
        self._past, self._ends = len(key), len(ends)
        self._groups = Groups(np.concatenate((key, ends)))
        self.rank = self._groups.rank[self._past :].astype(np.float64)

    def _padded(self, values: Floats) -> Floats:
        return np.concatenate((values, np.zeros((self._ends, *values.shape[1:]))))

    def before(self, values: Floats) -> Floats:
        return self._groups.before(self._padded(values))[self._past :]

    def earlier(self, values: Floats, back: int) -> Floats:
        return self._groups.earlier(self._padded(values), back)[self._past :]

    def fading(self, values: Floats, keep: tuple[float, ...]) -> Floats:
        return self._groups.fading(self._padded(values), keep)[self._past :]

    def since(self, marked: npt.NDArray[np.bool_]) -> Floats:
        return self._groups.since(np.concatenate((marked, np.zeros(self._ends, dtype=bool))))[self._past :]


def _overall(
    answers: TracedAnswers,
    past: dict[str, Floats],
    residual: Floats,
    weight: Floats,
    learner: Index,
    of: dict[str, Floats],
) -> dict[str, Floats]:
    """Features of the learner's whole past; `attempts` still as a count."""
    learners, place = np.unique(learner, return_inverse=True)
    ends = _Ends(answers.learner, learners)
    skill_of = np.unique(answers.learner[answers.answer] * len(answers.skills) + answers.skill) // len(answers.skills)
    seen = np.bincount(skill_of, minlength=int(learners.max()) + 1)[learners]

    def each(values: Floats) -> Floats:
        return values[place]

    def before(values: Floats) -> Floats:
        return each(ends.before(values))

    attempts, successes = each(ends.rank), before(answers.correct)
    residuals, weights = before(residual), before(weight)
    fading = each(ends.fading(np.column_stack((residual, weight)), KEEP))
    audience_fading = each(
        ends.fading(np.column_stack((past["item_audience"], np.ones(len(answers)))), (KEEP_AUDIENCE,))
    )[:, :, 0]
    places = np.column_stack([*(past[name] for name in MAP), np.ones(len(answers))])
    next_places = np.column_stack([*(of[name] for name in MAP), np.ones(len(learner))])
    company = each(ends.fading(places, (KEEP_COMPANY,)))[:, :, 0] + next_places
    usual = _expit(past["item_rate"])
    last = each(ends.earlier(answers.correct, 1))
    return {
        "_residuals": residuals,
        "_weights": weights,
        "attempts": attempts,
        "successes": np.log1p(successes),
        "rate": (successes + 2) / (attempts + 3),
        "ability": residuals / (weights + PRIOR_WEIGHT),
        **{
            f"ability_keeping_{keep}": fading[:, 0, n] / (fading[:, 1, n] + PRIOR_WEIGHT) for n, keep in enumerate(KEEP)
        },
        **{f"outcome_{back}_back": each(ends.earlier(answers.correct, back)) for back in BACK},
        "streak": np.minimum(each(ends.since(answers.correct == 0)), LONGEST_STREAK),
        "audience": (before(past["item_audience"]) + of["item_audience"]) / (attempts + 1),
        "audience_fading": (audience_fading[:, 0] + of["item_audience"]) / (audience_fading[:, 1] + 1),
        **{f"company_{n}": company[:, n] / company[:, -1] for n in range(len(MAP))},
        "rate_ability": before(steps(answers.correct - usual)) / (before(steps(usual * (1 - usual))) + PRIOR_WEIGHT),
        "mean_difficulty": before(past["difficulty"]) / (attempts + 0.5),
        "after_last": np.where(np.isnan(last), 0.0, np.where(last == 1, of["after_right"], of["after_wrong"])),
        "skills_seen": seen[place].astype(np.float64),
    }


def _of_skill(
    answers: TracedAnswers, residual: Floats, weight: Floats, learner: Index, skill: Index, position: Floats
) -> dict[str, Floats]:
    """Features of the learner's past on the skill alone."""
    own = answers.answer
    ends = _Ends(answers.learner[own] * len(answers.skills) + answers.skill, learner * len(answers.skills) + skill)
    attempts, successes = ends.rank, ends.before(answers.correct[own])
    residuals, weights = ends.before(residual[own]), ends.before(weight[own])
    ability = residuals / (weights + PRIOR_WEIGHT)
    fading = ends.fading(np.column_stack((residual[own], weight[own])), KEEP_SKILL)
    at = answers.position[own].astype(np.float64)
    since = {back: np.nan_to_num(position - ends.earlier(at, back), nan=NEVER) for back in (1, 3)}
    return {
        "_skill_residuals": residuals,
        "_skill_weights": weights,
        "skill_attempts": np.log1p(attempts),
        "skill_attempts_least": attempts,
        "skill_successes": np.log1p(successes),
        "skill_failures": np.log1p(attempts - successes),
        "skill_ability": ability,
        "skill_ability_least": ability,
        **{
            f"skill_ability_keeping_{keep}": fading[:, 0, n] / (fading[:, 1, n] + FADING_SKILL_WEIGHT)
            for n, keep in enumerate(KEEP_SKILL)
        },
        **{f"skill_residual_{back}_back": ends.earlier(residual[own], back) for back in BACK},
        "since_skill": np.log1p(since[1]),
        "since_skill_3_back": np.log1p(since[3]),
    }


def _process(answers: TracedAnswers, difficulty: Floats, learner: Index, skill: Index) -> tuple[Floats, Floats]:
    """Mean and variance of the running ability at each target."""
    mean, variance = np.zeros(len(learner)), np.zeros(len(learner))
    edges = np.searchsorted(answers.answer, np.arange(len(answers) + 1))
    rows_of = {
        int(answers.learner[start]): (start, start + count)
        for start, count in zip(*(part.tolist() for part in runs(answers.learner)), strict=True)
    }
    order = np.argsort(learner, kind="stable")
    for begin, targets in zip(*(part.tolist() for part in runs(learner[order])), strict=True):
        mine = order[begin : begin + targets]
        start, end = rows_of[int(learner[mine[0]])]
        first, last = edges[start], edges[end]
        past = Past(
            answers.correct[start:end],
            difficulty[start:end],
            answers.item[start:end],
            answers.answer[first:last] - start,
            answers.skill[first:last],
        )
        mean[mine], variance[mine] = ahead_of_many(past, skill[mine], ABILITY)
    return steps(mean), steps(variance)


def _expit(logit: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logit)))
