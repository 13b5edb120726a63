"""`evaluate insights`: how often the insights say something where there is nothing to say, and how often they find an
effect that is there. docs/evaluation/insights.md holds the protocol.

Every report goes through `analytics.insights.report`, the function that makes the reports learners see, with its
default parameters, on residuals as `analytics.study_state` makes them.

**A/A.** 1,000 reports of 200 candidates. A report is one learner: 300 to 1,500 answers over a term, 4 to 20 a day, with
an ability, a disposition of the day (answers of one day are alike) and items of differing difficulty that the cohort's
table knows imperfectly. The labels of a candidate are shuffled: over single answers for one half of the candidates
(like times of day), over whole days for the other (like notes or weekends); the share on the first side is drawn
between 15% and 50%. So no label has to do with any score, and every statement is a false one. The report emits when
any of its 200 statements is made. The bound is Clopper and Pearson's, one-sided, 95%.

**Power.** 400 reports each: one candidate of the 200 has an effect of d standard deviations of the residual, between
so many answers a side; the other 199 are shuffled. Power is the share of reports that make that one statement.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, expit

from akademos.analytics.insights import Evidence, Report, report
from akademos.analytics.parameters import DEFAULT
from akademos.analytics.resampling import name_hash

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

SEED = 2026
REPORTS, CANDIDATES, POWER_REPORTS = 1_000, 200, 400
EFFECTS = ((0.40, 300), (0.25, 700))
MOST_EMITTING = 0.065
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class _Learner:
    """Answers of one learner in order of time: `day` (number, from 0), chance of a right answer, what was expected."""

    day: Index
    chance: Floats
    expected: Floats


def run(
    *, reports: int = REPORTS, candidates: int = CANDIDATES, power_reports: int = POWER_REPORTS, seed: int = SEED
) -> dict[str, Any]:
    """The figures of the last line; the arguments are for the tests, the command has none."""
    began = time.perf_counter()
    emitting = sum(
        bool(_without_effect(np.random.default_rng([seed, 1, number]), candidates).made.any())
        for number in range(reports)
    )
    power = {
        f"d={effect:.2f}, {side} a side": _power(effect, side, power_reports, candidates, seed)
        for effect, side in EFFECTS
    }
    bound = upper_bound(emitting, reports)
    return {
        "aa_reports": reports,
        "aa_candidates": candidates,
        "aa_emitting": emitting,
        "aa_share": emitting / reports,
        "aa_upper_bound": round(bound, 4),
        "aa_within": bound <= MOST_EMITTING,
        "power": power,
        "false_discovery_rate": DEFAULT.insights.false_discovery_rate,
        "seconds": round(time.perf_counter() - began, 1),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def upper_bound(successes: int, trials: int, level: float = LEVEL) -> float:
    """One-sided upper bound of a share (Clopper and Pearson 1934)."""
    return 1.0 if successes == trials else float(betaincinv(successes + 1, trials - successes, level))


def _power(effect: float, side: int, reports: int, candidates: int, seed: int) -> Mapping[str, float | int]:
    found = 0
    for number in range(reports):
        rng = np.random.default_rng([seed, 2, round(effect * 100), number])
        found += bool(_with_effect(rng, candidates, effect, side).made[0])
    return {"reports": reports, "found": found, "power": found / reports}


def _without_effect(rng: np.random.Generator, candidates: int) -> Report:
    learner = _learner(rng, int(rng.integers(300, 1_501)))
    labels = _shuffled(rng, learner.day, candidates)
    return _reported(rng, learner, learner.chance, labels)


def _with_effect(rng: np.random.Generator, candidates: int, effect: float, side: int) -> Report:
    learner = _learner(rng, 2 * side)
    labels = _shuffled(rng, learner.day, candidates)
    labels[0] = rng.permutation(np.arange(2 * side) < side)
    # Raised on one side and lowered on the other until the means lie `effect` standard deviations apart.
    spread = np.sqrt(np.mean(learner.chance * (1 - learner.chance)) + np.var(learner.chance - learner.expected))
    sign = np.where(labels[0], 0.5, -0.5)
    low, high = 0.0, 10.0
    for _ in range(40):
        shift = (low + high) / 2
        chance = expit(_logit(learner.chance) + shift * sign)
        apart = chance[labels[0]].mean() - chance[~labels[0]].mean()
        base = learner.chance[labels[0]].mean() - learner.chance[~labels[0]].mean()
        low, high = (shift, high) if apart - base < effect * spread else (low, shift)
    return _reported(rng, learner, chance, labels)


def _learner(rng: np.random.Generator, answers: int) -> _Learner:
    per_day = rng.integers(4, 21, answers // 4 + 1)
    day = np.repeat(np.arange(len(per_day)), per_day)[:answers]
    difficulty = rng.normal(0, 0.9, answers)
    level = rng.normal(0.7, 0.8) + rng.normal(0, 0.4, len(per_day))[day]
    known = difficulty + rng.normal(0, 0.25, answers)  # the cohort's table is an estimate
    return _Learner(day, expit(level - difficulty), expit(0.7 - known))


def _shuffled(rng: np.random.Generator, day: Index, candidates: int) -> npt.NDArray[np.bool_]:
    """(candidates, answers): labels shuffled over answers, then over days."""
    share = rng.uniform(0.15, 0.5, (candidates, 1))
    half = candidates // 2
    days = int(day[-1]) + 1
    over_answers = rng.random((half, len(day))) < share[:half]
    over_days = (rng.random((candidates - half, days)) < share[half:])[:, day]
    return np.concatenate((over_answers, over_days))


def _reported(rng: np.random.Generator, learner: _Learner, chance: Floats, labels: npt.NDArray[np.bool_]) -> Report:
    """Scores drawn, residuals taken as the state takes them, and one report made of them."""
    over = (rng.random(len(chance)) < chance) - learner.expected
    residual = over - over.mean()
    starts = np.flatnonzero(np.diff(learner.day, prepend=-1))

    def per_day(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        return np.add.reduceat(values, starts, axis=1)

    count, total, squares = (
        np.add.reduceat(values, starts) for values in (np.ones(len(residual), dtype=np.int64), residual, residual**2)
    )
    one, mine = per_day(labels.astype(np.int64)), per_day(labels * residual)
    evidence = Evidence(one, count - one, mine, total - mine, count, total, squares)
    return report(evidence, name_hash([f"evaluate {len(residual)}"]), DEFAULT.insights)


def _logit(share: Floats) -> Floats:
    logit: Floats = np.log(share) - np.log1p(-share)
    return logit
