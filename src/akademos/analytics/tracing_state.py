"""What knowledge tracing holds of one learner, moved on by one live answer; equal to the batch of `tracing.features`.

`features` gives the row of any item and skills the learner might meet next, `after` the state once an answer came. A
state grows with the skills and items met, and holds the last answers that the running ability looks back on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from akademos.analytics.random_effects import ABILITY, BLOCK, Covariance, ahead
from akademos.analytics.running import steps
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

Floats = npt.NDArray[np.float64]
Learned = Mapping[str, float]
"""Columns `LEARNED` of one item and its skills (`LearnedTables.columns`)."""


@dataclass(slots=True)
class _Tally:
    """Running sums over the answers of one kind."""

    keep: Floats
    attempts: int = 0
    successes: float = 0.0
    residuals: float = 0.0
    weights: float = 0.0
    fading: Floats = field(default_factory=lambda: np.zeros((2, 1)))
    last: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=max(BACK)))

    def add(self, position: int, correct: float, residual: float, weight: float, last: float) -> None:
        self.attempts += 1
        self.successes += correct
        self.residuals += residual
        self.weights += weight
        self.fading = self.fading * self.keep + np.array([[residual], [weight]])
        self.last.appendleft((position, last))

    def copied(self) -> _Tally:
        new = copy(self)
        new.last = self.last.copy()
        return new

    def back(self, number: int) -> float:
        return self.last[number - 1][1] if len(self.last) >= number else np.nan

    def since(self, position: int, number: int) -> float:
        return position - self.last[number - 1][0] if len(self.last) >= number else NEVER

    def ability(self) -> float:
        return self.residuals / (self.weights + PRIOR_WEIGHT)

    def faded(self, prior: float) -> Floats:
        return np.asarray(np.broadcast_to(self.fading[0] / (self.fading[1] + prior), self.keep.shape))


@dataclass(slots=True)
class TracingState:
    """One learner's past as sums. Start with no arguments."""

    overall: _Tally = field(default_factory=lambda: _Tally(np.array(KEEP)))
    skills: dict[str, _Tally] = field(default_factory=dict)
    items: dict[str, tuple[int, float]] = field(default_factory=dict)
    streak: int = 0
    rate: tuple[float, float] = (0.0, 0.0)
    audience: float = 0.0
    audience_fading: tuple[float, float] = (0.0, 0.0)
    company: Floats = field(default_factory=lambda: np.zeros(len(MAP) + 1))
    difficulty: float = 0.0
    recent: deque[tuple[float, float, str, tuple[str, ...]]] = field(default_factory=lambda: deque(maxlen=2 * BLOCK))

    def after(self, item: str, skills: Sequence[str], learned: Learned, correct: bool) -> TracingState:
        """The state once the learner answered; this one stays as it is."""
        new = copy(self)
        new.overall = self.overall.copied()
        new.skills = dict(self.skills)
        for skill in skills:
            known = self.skills.get(skill)
            new.skills[skill] = known.copied() if known else _Tally(np.array(KEEP_SKILL))
        new.items, new.recent = dict(self.items), self.recent.copy()
        of = {name: float(steps(np.array(learned[name]))) for name in LEARNED}
        chance, usual = _expit(of["difficulty"]), _expit(of["item_rate"])
        result, position = float(correct), self.overall.attempts
        residual, weight = _step(result - chance), _step(chance * (1 - chance))
        new.overall.add(position, result, residual, weight, result)
        for skill in skills:
            new.skills[skill].add(position, result, residual, weight, residual)
        new.items[item] = (self.items.get(item, (0, 0.0))[0] + 1, result)
        new.streak = self.streak + 1 if correct else 0
        new.rate = (self.rate[0] + _step(result - usual), self.rate[1] + _step(usual * (1 - usual)))
        new.audience = self.audience + of["item_audience"]
        new.audience_fading = (
            self.audience_fading[0] * KEEP_AUDIENCE + of["item_audience"],
            self.audience_fading[1] * KEEP_AUDIENCE + 1,
        )
        new.company = self.company * KEEP_COMPANY + _place(of)
        new.difficulty = self.difficulty + of["difficulty"]
        new.recent.append((result, of["difficulty"], item, tuple(skills)))
        return new

    def features(self, item: str, skills: Sequence[str], learned: Learned, covariance: Covariance = ABILITY) -> Floats:
        """The row of `tracing.FEATURES` for this item and these skills as the next answer."""
        of = {name: float(steps(np.array(learned[name]))) for name in LEARNED}
        total, position = self.overall, self.overall.attempts
        mine = [self.skills.get(skill) or _Tally(np.array(KEEP_SKILL)) for skill in skills]
        mean, variance = self._process(item, skills, covariance)
        ability, skill_ability = total.ability(), float(np.mean([one.ability() for one in mine]))
        residuals = float(np.mean([one.residuals for one in mine]))
        weights = float(np.mean([one.weights for one in mine]))
        company = self.company + _place(of)
        faded, skill_faded = (
            total.faded(PRIOR_WEIGHT),
            np.mean([one.faded(FADING_SKILL_WEIGHT) for one in mine], axis=0),
        )
        repeats, item_last = self.items.get(item, (0, np.nan))
        last = total.back(1)
        found = {
            **of,
            "prior_logit": of["difficulty"] + ability + 0.7 * skill_ability,
            "process_mean": mean,
            "process_variance": variance,
            "process_logit": (of["difficulty"] + mean) / np.sqrt(1 + np.pi * max(variance, 0) / 8),
            "attempts": np.log1p(position),
            "successes": np.log1p(total.successes),
            "rate": (total.successes + 2) / (position + 3),
            "ability": ability,
            **{f"ability_keeping_{keep}": faded[n] for n, keep in enumerate(KEEP)},
            **{f"outcome_{back}_back": total.back(back) for back in BACK},
            "streak": min(self.streak, LONGEST_STREAK),
            "audience": (self.audience + of["item_audience"]) / (position + 1),
            "audience_fading": (self.audience_fading[0] + of["item_audience"]) / (self.audience_fading[1] + 1),
            **{f"company_{n}": company[n] / company[-1] for n in range(len(MAP))},
            "rate_ability": self.rate[0] / (self.rate[1] + PRIOR_WEIGHT),
            "mean_difficulty": self.difficulty / (position + 0.5),
            "after_last": 0.0 if np.isnan(last) else of["after_right"] if last else of["after_wrong"],
            "skills": len(mine),
            "skills_seen": len(self.skills),
            "skill_attempts": np.log1p(np.mean([one.attempts for one in mine])),
            "skill_attempts_least": min(one.attempts for one in mine),
            "skill_successes": np.log1p(np.mean([one.successes for one in mine])),
            "skill_failures": np.log1p(np.mean([one.attempts - one.successes for one in mine])),
            "skill_ability": skill_ability,
            "skill_ability_least": min(one.ability() for one in mine),
            **{f"skill_ability_keeping_{keep}": skill_faded[n] for n, keep in enumerate(KEEP_SKILL)},
            **{f"skill_residual_{back}_back": _known_mean([one.back(back) for one in mine]) for back in BACK},
            "since_skill": np.log1p(min(one.since(position, 1) for one in mine)),
            "since_skill_3_back": np.log1p(min(one.since(position, 3) for one in mine)),
            "other_ability": (total.residuals - residuals) / (max(total.weights - weights, 0) + PRIOR_WEIGHT),
            "item_repeats": repeats,
            "item_last": item_last,
        }
        return np.array([found[name] for name in FEATURES], dtype=np.float64)

    def _process(self, item: str, skills: Sequence[str], covariance: Covariance) -> tuple[float, float]:
        position = self.overall.attempts
        held = min(position, BLOCK + position % BLOCK) if position >= BLOCK else position
        past = list(self.recent)[len(self.recent) - held :] if held else []
        mean, variance = ahead(past, item, tuple(skills), covariance)
        return _step(mean), _step(variance)


def _place(of: Learned) -> Floats:
    return np.array([*(of[name] for name in MAP), 1.0])


def _known_mean(values: list[float]) -> float:
    known = [one for one in values if not np.isnan(one)]
    return float(np.mean(known)) if known else np.nan


def _step(value: float) -> float:
    return float(steps(np.array(value)))


def _expit(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
